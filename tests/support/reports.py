"""What a run of pytest reported, read from what it printed and wrote."""

from __future__ import annotations

import re

import pytest


def reported(result: pytest.RunResult | str) -> list[tuple[str, str]]:
    """Return node id and outcome of each report, in order, of a run with ``-v``."""
    lines = result.splitlines() if isinstance(result, str) else result.outlines
    found = (re.match(r"(\S+::\S+) ([A-Z]+)", line) for line in lines)
    return [(each[1], each[2]) for each in found if each]
