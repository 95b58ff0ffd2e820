"""What a run of pytest reported, read from what it printed and wrote."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from html import unescape
from pathlib import Path

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


def told_by_reporters(folder: Path) -> dict[str, object]:
    """Return what JUnit, reportlog, pytest-html and we wrote into *folder*, without ids and times."""
    log = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    log = [each for each in log if each["$report_type"] == "TestReport"]
    for each in log:
        # The results stand in a file of their own.
        each.get("reqflo", {}).pop("result", None)
    junit = ElementTree.parse(folder / "out.xml").getroot()
    for each in junit.iter():
        for name in ("time", "timestamp", "hostname"):
            each.attrib.pop(name, None)
    results = json.loads((folder / "out.json").read_text())["results"]
    html = re.search(r'data-jsonblob="([^"]*)"', (folder / "report.html").read_text())
    assert html
    tests = json.loads(unescape(html[1]))["tests"]
    return {
        "html": {name: [each["result"] for each in tries] for name, tries in tests.items()},
        "reportlog": plain(log),
        "junit": plain(ElementTree.tostring(junit, "unicode")),
        "results": plain(results),
    }
