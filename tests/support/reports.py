"""What a run of pytest reported, read from what it printed and wrote."""

from __future__ import annotations

import re

import pytest


def reported(result: pytest.RunResult | str) -> list[tuple[str, str]]:
    """Return node id and outcome of each report, in order, of a run with ``-v``."""
    lines = result.splitlines() if isinstance(result, str) else result.outlines
    found = (re.match(r"(\S+::\S+) ([A-Z]+)", line) for line in lines)
    return [(each[1], each[2]) for each in found if each]


VARYING = [
    (r"\d{8}T\d{6}Z-[0-9a-f]{8}", "SESSION"),
    (r"run_[0-9a-f]{32}", "RUN"),
    (r"run_[0-9a-f]{8}\b", "RUN"),
    (r"\d+(\.\d+)? ?ms\b", "MS"),
    (r"\d+\.\d+ s\b", "MS"),
    ("(?<=\\S) {2,}", "  "),
    (r"\d{4}-\d\d-\d\dT[0-9:.+Z]+", "WHEN"),
    (r"\d+\.\d+s\b", "S"),
    (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}\b", "UUID"),
    (r"--reqflo-concurrency=\d", "N"),
]
TIMED = {
    "start", "stop", "duration", "created", "time", "timestamp", "elapsed_s", "started_at",
    "finished_at", "uuid", "thread", "total_s", "connect_s", "send_s", "wait_s", "receive_s",
    "tls_s", "dns_s", "pool_s", "seed", "lineno",
}  # fmt: skip


def plain(value):
    """Return *value* without what differs from run to run: ids and times."""
    if isinstance(value, str):
        for pattern, shown in VARYING:
            value = re.sub(pattern, shown, value)
        return value
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if key not in TIMED}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value
