"""What the terminal shows of all journeys at the end: causes, journeys, slowest steps.

Everything is read from the reports that pytest keeps: nothing is paid for while tests run.
"""

from __future__ import annotations

import copy
from collections.abc import Generator, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import pytest

from pytest_reqflo.host.options import Settings
from pytest_reqflo.report.causes import Cause, find_causes, render_causes, render_others
from pytest_reqflo.report.durations import find_slowest, render_durations, step_times
from pytest_reqflo.report.journeys import (
    JourneyCount,
    is_worth_telling,
    render_summary,
    tally_up,
)
from pytest_reqflo.report.told import RunFacts, facts_of
from pytest_reqflo.values import Json

_NAME = "reqflo-console"
_CATEGORIES = ("passed", "failed", "error", "skipped", "xfailed", "xpassed")


def begin_console(config: pytest.Config, settings: Settings) -> None:
    """Let the terminal of this process, which is no worker, tell of journeys."""
    if not config.pluginmanager.hasplugin(_NAME):
        before = BeforePages(config, settings)
        config.pluginmanager.register(before, f"{_NAME}-causes")
        config.pluginmanager.register(AfterPages(config, settings, before), _NAME)


class BeforePages:
    """Tells causes before pytest shows the pages of failures, and leaves out pages of equal ones.

    pytest shows them before any other hook is asked, so these surround its own. The reports
    themselves stay as they are.
    """

    def __init__(self, config: pytest.Config, settings: Settings) -> None:
        self._config = config
        self._settings = settings
        self._all_failed: list[Any] | None = None
        self.tallies: list[JourneyCount] = []

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter
    ) -> Generator[None, None, None]:
        """Surround the summary of pytest."""
        is_asked = _is_wanted(terminalreporter) or self._is_folding(terminalreporter)
        self.tallies = tally_up(_all_facts(terminalreporter)) if is_asked else []
        causes = find_causes(each for tally in self.tallies for each in tally.failures)
        width = _width_of(self._config)
        if _is_wanted(terminalreporter):
            _show(terminalreporter, "root causes", render_causes(causes, width), red=True)
        if self._is_folding(terminalreporter):
            self._all_failed = terminalreporter.stats.get("failed", [])
            terminalreporter.stats["failed"] = fold(self._all_failed, causes, width)
        try:
            yield
        finally:
            self.restore(terminalreporter)

    def _is_folding(self, reporter: pytest.TerminalReporter) -> bool:
        has_pages = self._config.getoption("tbstyle", "auto") not in ("no", "line")
        is_asked = self._settings.is_folding and has_pages and reporter.verbosity < 2
        return is_asked and "failed" in reporter.stats

    def restore(self, reporter: pytest.TerminalReporter) -> None:
        """Give all failures back to *reporter*, once the pages are shown."""
        if self._all_failed is not None:
            reporter.stats["failed"], self._all_failed = self._all_failed, None


class AfterPages:
    """Tells of journeys and slow steps after the pages of failures."""

    def __init__(self, config: pytest.Config, settings: Settings, before: BeforePages) -> None:
        self._config = config
        self._settings = settings
        self._before = before

    @pytest.hookimpl(tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Let everybody else see all failures, and add our sections."""
        self._before.restore(terminalreporter)
        tallies = self._before.tallies
        if _is_wanted(terminalreporter) and tallies:
            self._show_journeys(terminalreporter, tallies)
        limit = self._settings.durations
        if limit is not None and not terminalreporter.no_summary:
            self._show_slowest(terminalreporter, limit)

    def _show_journeys(
        self, reporter: pytest.TerminalReporter, tallies: Sequence[JourneyCount]
    ) -> None:
        if self._settings.has_summary or is_worth_telling(tallies):
            is_bad = any(tally.bad for tally in tallies)
            lines = render_summary(tallies, _width_of(self._config))
            _show(reporter, "journeys", lines, red=is_bad, green=not is_bad)

    def _show_slowest(self, reporter: pytest.TerminalReporter, limit: int) -> None:
        reports = _journey_reports(reporter)
        times = (each for _, report, data in reports for each in step_times(report.nodeid, data))
        lines = render_durations(find_slowest(times, limit), _width_of(self._config))
        _show(reporter, "slowest steps", lines)


def fold(reports: Sequence[Any], causes: Sequence[Cause], width: int) -> list[Any]:
    """Return *reports* without those that failed as an earlier one did, which names them."""
    firsts = {cause.first.test: cause for cause in causes if cause.others}
    others = {test for cause in firsts.values() for test in cause.others} - firsts.keys()
    return [
        _naming(report, firsts[report.nodeid], width)
        if report.nodeid in firsts
        else _without_pages(report, others)
        for report in reports
        if report.nodeid not in others
    ]


def _without_pages(report: pytest.TestReport, others: AbstractSet[str]) -> pytest.TestReport:
    """Return the report of a test of all rows without the pages of *others* among them."""
    titles = {
        f"Captured reqflo {test.removeprefix(f'{report.nodeid}::')} call"
        for test in others
        if test.startswith(f"{report.nodeid}::")
    }
    if not titles:
        return report
    shorter = copy.copy(report)
    shorter.sections = [each for each in report.sections if each[0] not in titles]
    return shorter


def _naming(report: pytest.TestReport, cause: Cause, width: int) -> pytest.TestReport:
    named = copy.copy(report)
    count = len(cause.others)
    title = f"{count:,} more {'run' if count == 1 else 'runs'} failed the same way"
    named.sections = [*report.sections, (title, render_others(cause, width))]
    return named


def _all_facts(reporter: pytest.TerminalReporter) -> Iterator[RunFacts]:
    for category, report, data in _journey_reports(reporter):
        sentence = _crash_of(report) if category == "failed" else ""
        yield facts_of(report.nodeid, category, data, sentence=sentence)


def _journey_reports(
    reporter: pytest.TerminalReporter,
) -> Iterator[tuple[str, pytest.TestReport, Mapping[str, Json]]]:
    """Yield the reports that count, each with its category and light dict, of files of journeys."""
    # What ended before its run, or with its worker, carries nothing. Looked at twice rather than
    # kept together: there may be very many.
    files = {_file_of(report) for _, report in _counted(reporter) if _data_of(report)}
    for category, report in _counted(reporter):
        data = _data_of(report)
        if data or _file_of(report) in files:
            yield category, report, data


def _counted(reporter: pytest.TerminalReporter) -> Iterator[tuple[str, pytest.TestReport]]:
    for category in _CATEGORIES:
        for report in reporter.stats.get(category, ()):
            if isinstance(report, pytest.TestReport):
                yield category, report


def _file_of(report: pytest.TestReport) -> str:
    return report.nodeid.partition("::")[0]


def _data_of(report: pytest.TestReport) -> Mapping[str, Json]:
    return getattr(report, "reqflo", None) or _named(report)


def _named(report: pytest.TestReport) -> Mapping[str, Json]:
    names = [value for name, value in report.user_properties if name == "reqflo.journey"]
    return {"journey": names[0]} if names else {}


def _crash_of(report: pytest.TestReport) -> str:
    return str(getattr(getattr(report.longrepr, "reprcrash", None), "message", ""))


def _width_of(config: pytest.Config) -> int:
    return config.get_terminal_writer().fullwidth


def _is_wanted(reporter: pytest.TerminalReporter) -> bool:
    return reporter.verbosity >= 0 and not reporter.no_summary


def _show(
    reporter: pytest.TerminalReporter, title: str, lines: Sequence[str], **markup: bool
) -> None:
    if lines:
        reporter.write_sep("=", title, **markup)
        for line in lines:
            reporter.write_line(line)
