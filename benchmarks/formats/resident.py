"""Tells how much memory the process holds when its items are collected, and at its end."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_PAGE_KIB = os.sysconf("SC_PAGE_SIZE") // 1024
_SEEN: dict[str, int] = {}


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_finish() -> object:
    """Look when all others have seen the items."""
    seen = yield
    _SEEN["collected"] = _resident_kib()
    return seen


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say both figures."""
    _SEEN["ended"] = _resident_kib()
    for when, resident_kib in _SEEN.items():
        terminalreporter.write_line(f"resident when {when}: {resident_kib} KiB")


def _resident_kib() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_KIB
