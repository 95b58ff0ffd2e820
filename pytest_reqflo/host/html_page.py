"""The page of `--reqflo-html`: collects what is told of each test, and writes it at the end."""

from __future__ import annotations

import re
import time
from collections import Counter, deque
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from pytest_reqflo.host.html_runs import HtmlRuns
from pytest_reqflo.report.html.page import render_html
from pytest_reqflo.report.html.summary import BAD, Status, Told
from pytest_reqflo.run.headers import user_agent
from pytest_reqflo.values import Json, printable_line
from pytest_reqflo.writing import replace_file

_CATEGORIES = {"setup": "fixture", "teardown": "fixture"}
_MAX_EARLIER = 10
_CODE = re.compile(r"error\[RF\d+\]: ")
_FILES = (".yaml", ".yml", ".json")


class HtmlPage:
    """An output, and a plugin: how a test ended is said by its reports, not by its result alone.

    A result that comes waits for the report it belongs to, and is reduced to what the page shows.
    """

    def __init__(self, config: pytest.Config, path: Path) -> None:
        self.path = path
        self._config = config
        self._runs = HtmlRuns()
        self._arrived: deque[tuple[str, Json]] = deque()
        self._others: Counter[str] = Counter()
        self._journeys: set[str] = set()
        self._earlier: dict[str, list[str]] = {}
        self._exit_status = 0
        self._began = datetime.now(UTC)
        self._clock = time.monotonic()

    def add(self, name: str, document: Json) -> None:
        """Take the result of the test *name*; the report that it belongs to follows."""
        self._arrived.append((name, document))

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take how a test ended; reports of subtests and of other plugins count among the others."""
        if not _is_of_journey(report, self._journeys):
            self._count_other(report)
            return
        self._journeys.add(report.nodeid)
        arrived, self._arrived = self._arrived, deque()
        if report.outcome == "rerun":  # type: ignore[comparison-overlap]  # of pytest-rerunfailures
            self._note_earlier(report)
        elif report.when == "call":
            self._take_call(report, arrived)
        elif report.outcome != "passed":
            self._take_fixture(report)

    def _note_earlier(self, report: pytest.TestReport) -> None:
        messages = self._earlier.setdefault(report.nodeid, [])
        if len(messages) < _MAX_EARLIER:
            messages.append(_message_of(report))

    def _take_call(self, report: pytest.TestReport, arrived: deque[tuple[str, Json]]) -> None:
        data = getattr(report, "reqflo", None) or {}
        failed_rows = {each["run_id"] for each in data.get("failed", ())}
        for name, document in arrived:
            is_failed = document["identity"]["run_id"] in failed_rows
            status = _status_of(report, document["outcome"], data, is_failed=is_failed)
            self._runs.add(name, document, self._told(report, status, is_whole="rows" not in data))
        if not arrived:
            self._runs.add_without_result(self._told(report, _plain_status(report)), _title(report))

    def _take_fixture(self, report: pytest.TestReport) -> None:
        """Take a test that was skipped or failed before its call, or whose fixtures failed after."""
        status: Status = "skipped" if report.outcome == "skipped" else "error"
        told = self._told(report, status)
        if report.when == "teardown" and self._runs.note_teardown(told):
            return
        category = "" if status == "skipped" else _CATEGORIES.get(str(report.when), "crash")
        self._runs.add_without_result(told, _title(report), category=category)

    def _told(self, report: Any, status: Status, *, is_whole: bool = True) -> Told:
        if not is_whole:  # what pytest says of a test of many rows is not said of each
            return Told(test=report.nodeid, status=status)
        shown = status in BAD
        return Told(
            test=report.nodeid,
            status=status,
            message=_message_of(report),
            text=report.longreprtext if shown else "",
            sections=tuple(_sections(report)) if shown else (),
            earlier=tuple(self._earlier.get(report.nodeid, ())),
        )

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Take a journey file that could not be collected."""
        text = report.longreprtext
        if report.failed and report.nodeid.endswith(_FILES) and "[RF" in text:
            message = _CODE.sub("", text.strip().partition("\n")[0])
            told = Told(test=report.nodeid, status="error", message=message, text=text)
            self._runs.add_without_result(told, "", category="collection")

    def _count_other(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            self._others[report.outcome] += 1

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Note how the session ended, before the page is written."""
        self._exit_status = int(exitstatus)

    def write(self) -> None:
        """Write the page.

        Raises: OSError.
        """
        # pytest makes no report of a test that was interrupted.
        for name, document in self._arrived:
            told = Told(test=name, status=document["outcome"])
            self._runs.add(name, document, told)
        is_distributed = self._config.getoption("dist", "no") != "no"
        journeys, runs, details = self._runs.finish(is_sorted=is_distributed)
        index = {"format": 1, "session": self._session(), "journeys": journeys, "runs": runs}
        replace_file(self.path, render_html(index, details))

    def _session(self) -> dict[str, Json]:
        return {
            "project": printable_line(self._config.rootpath.name),
            "started_at": self._began.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "elapsed_s": round(time.monotonic() - self._clock, 3),
            "exit": self._exit_status,
            "version": user_agent().partition("/")[2],
            "others": dict(self._others),
            "notes": list(self._runs.notes()),
        }


def _is_of_journey(report: pytest.TestReport, known: set[str]) -> bool:
    if hasattr(report, "context"):  # a subtest has the node id of its test
        return False
    if hasattr(report, "reqflo") or report.nodeid in known:
        return True
    # Of a worker that died, xdist makes a report that knows of no phase.
    is_crashed = str(report.when) == "???" and report.nodeid.partition("::")[0].endswith(_FILES)
    return is_crashed or any(pair[0] == "reqflo.journey" for pair in report.user_properties)


def _status_of(
    report: pytest.TestReport, outcome: str, data: dict[str, Json], *, is_failed: bool
) -> Status:
    """Return how the run ended that had *outcome*: a warning may be an error, a failure expected."""
    if "rows" in data:
        is_expected = report.outcome == "skipped" and outcome in BAD
        status = "xfailed" if is_expected else outcome
        return "failed" if is_failed and outcome == "passed" else cast("Status", status)
    plain = _plain_status(report)
    is_known_bad = plain == "failed" and outcome in BAD
    return cast("Status", outcome) if is_known_bad else plain


def _plain_status(report: pytest.TestReport) -> Status:
    if hasattr(report, "wasxfail") and report.outcome != "failed":
        return "xfailed" if report.outcome == "skipped" else "xpassed"
    return cast("Status", report.outcome)


def _message_of(report: Any) -> str:
    """Return the sentence that pytest's summary shows."""
    if isinstance(report.longrepr, tuple):
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    crash = getattr(report.longrepr, "reprcrash", None)
    text = crash.message if crash is not None else report.longreprtext
    first = str(text).strip().partition("\n")[0]
    return first or str(getattr(report, "wasxfail", ""))


def _sections(report: pytest.TestReport) -> Iterator[tuple[str, str]]:
    for title, text in report.sections:
        if text and not title.startswith("reqflo"):
            yield title, text


def _title(report: pytest.TestReport) -> str:
    """Return the name of the journey from the heading of a test without result."""
    item = report.nodeid.rpartition("::")[2]
    return report.location[2].removesuffix(f": {item}")
