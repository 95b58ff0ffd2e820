"""Progress of long sessions, in place of the letters of journeys.

`pytest_report_teststatus` leaves those out; all else that pytest writes stays, and so do the
letters of other tests.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable
from typing import Any

import pytest

from pytest_reqflo.host.live_line import LiveLine
from pytest_reqflo.host.session import JourneySession
from pytest_reqflo.host.telling import Kind, Telling
from pytest_reqflo.report.progress import LEAST_RUNS


def find_kind(config: pytest.Config) -> Kind | None:
    """Return how progress is shown; None where the output of pytest is left alone.

    That is where somebody asked for more or less output than usual, where tests may write between
    ours, and beside the reporter of another plugin.
    """
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if type(reporter) is not pytest.TerminalReporter or _is_unusual(config):
        return None
    is_terminal = bool(reporter.isatty) and os.environ.get("TERM") != "dumb"
    # A debugger and the output of tests would write into the line.
    is_shared = config.getoption("capture", "fd") == "no" or config.getoption("usepdb", False)
    return "live" if is_terminal and not is_shared else "lines"


def _is_unusual(config: pytest.Config) -> bool:
    style = config.getini("console_output_style")
    is_watched = style.endswith("no") or config.getoption("capture", "fd") != "no"
    level = config.get_verbosity(pytest.Config.VERBOSITY_TEST_CASES)
    is_plain = (
        config.get_verbosity() == 0 and level == 0 and not config.getoption("setupshow", False)
    )
    return style == "classic" or not (is_watched and is_plain)


class ProgressHooks:
    """Counts runs, and lets the terminal be told."""

    def __init__(self, config: pytest.Config, session: JourneySession | None = None) -> None:
        self._config = config
        self._session = session
        self._files: set[str] = set()
        self._known = self._files
        self._rows: dict[str, int] = {}
        self._total = 0
        self._file = ""
        self._told: Telling | None = None

    # --- how much there is to do -----------------------------------------------------------------

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Count the runs of this process."""
        from pytest_reqflo.host.item import JourneyNode
        from pytest_reqflo.host.rows import RowsNode

        file = None
        for item in session.items:
            if isinstance(item, RowsNode):
                self._add(item.nodeid, len(item.rows))
            elif isinstance(item, JourneyNode):
                self._total += 1
                # The items of one file come one after another.
                if item.parent is not file:
                    file = item.parent
                    self._files.add(_file_of(item.nodeid))

    def begin_elsewhere(self, tests: Iterable[str]) -> None:
        """Count the runs among *tests*, which workers have collected, and begin."""
        for test in tests:
            # Good enough to count by; letters are left out in files that are known.
            if _file_of(test).endswith((".yaml", ".yml")):
                self._add(test, 0)
        self._known = set()
        self._begin()

    def _add(self, test: str, rows: int) -> None:
        self._files.add(_file_of(test))
        self._total += rows or 1
        if rows:
            self._rows[test] = rows

    def _begin(self) -> None:
        kind = find_kind(self._config) if self._total >= LEAST_RUNS else None
        if kind is None:
            self._config.pluginmanager.unregister(self)
            return
        reporter: Any = self._config.pluginmanager.get_plugin("terminalreporter")
        # Of workers pytest names no files: letters of other tests stand before.
        line = LiveLine(self._config, reporter, gap="" if self._session else " ")
        has_terminal = bool(kind == "live" or self._rows) and line.open_terminal()
        self._told = Telling(line, kind if has_terminal else "lines", self._total)
        if self._rows and self._session is not None:
            self._session.watch_rows = self._told.tell_inside

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtestloop(self) -> Generator[None, object, object]:
        """Begin when no other plugin changes the settings of the terminal any more, and end."""
        self._begin()
        try:
            return (yield)
        finally:
            self.end()

    def end(self) -> None:
        """Tell what is left to be told."""
        if self._told is not None:
            self._told.end_part()
            self._told.close()

    # --- what happens ----------------------------------------------------------------------------

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logstart(self, nodeid: str) -> Generator[None, object, object]:
        """End the part of a file before pytest begins a line for the next."""
        told = self._told
        if told is not None and self._session is not None and _file_of(nodeid) != self._file:
            told.end_part()
            self._file = _file_of(nodeid)
        result = yield
        if told is not None and nodeid in self._rows:
            told.begin_inside()
        return result

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count failures, and make room for the letters of other tests."""
        if self._told is None:
            return
        file, data = _file_of(report.nodeid), getattr(report, "reqflo", None)
        if data is not None:
            self._known.add(file)
        if file not in self._known:
            self._told.clear()
        elif report.failed:
            failed = data.get("failed") if data else None
            self._told.add_failed(len(failed) if failed else 1)

    @pytest.hookimpl(wrapper=True)
    def pytest_report_teststatus(
        self, report: pytest.CollectReport | pytest.TestReport
    ) -> Generator[None, Any, Any]:
        """Leave out the letters of journeys, and nothing else of their status."""
        status = yield
        if self._told is None or _file_of(report.nodeid) not in self._known:
            return status
        return (status[0], "", status[2]) if isinstance(status, tuple) else status

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Count a test that is over."""
        if self._told is not None and _file_of(nodeid) in self._files:
            self._told.add(self._rows.get(nodeid, 1))


def _file_of(test: str) -> str:
    return test.partition("::")[0]
