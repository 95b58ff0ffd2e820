"""The hooks that are registered when the first journey is met."""

from __future__ import annotations

import json
import warnings
from collections.abc import Generator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from pytest_reqflo.host.exceptions import hide_exception
from pytest_reqflo.host.hiding import hide_in, hide_in_fields
from pytest_reqflo.host.item import JourneyNode
from pytest_reqflo.host.others import BETWEEN_RUNS, HARMLESS, Others
from pytest_reqflo.host.selection import select_items
from pytest_reqflo.host.session import JourneySession
from pytest_reqflo.host.unwritten import warn_unwritten
from pytest_reqflo.values import Json, is_printable_line, printable_line

if TYPE_CHECKING:
    from pytest_reqflo.host.evidence import RunEvidence


class JourneyHooks:
    """Marks on reports, the result file, and the end of the connections."""

    def __init__(self, config: pytest.Config, session: JourneySession) -> None:
        self._config = config
        self._session = session
        self._reported: tuple[pytest.Item, object] | None = None
        self._keywords: Mapping[str, Any] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Drop journeys without the named case; refuse selections that make no sense."""
        select_items(session, config, items, self._session.settings)

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Wait for no report of *items*."""
        for item in items:
            if isinstance(item, JourneyNode):
                item.subject.waiting -= 1

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Look whether hooks of the suite run between the runs."""
        others = Others(HARMLESS, BETWEEN_RUNS)
        self._session.choices.is_watched = others.are_heard(session.config.hook)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Attach the result to the report of the call; it crosses from workers as plain data."""
        if call.excinfo is not None:
            # Reporters that read the exception come after us.
            self._hide_exception(call)
        report = yield
        self.complete(item, report, call.when)
        return report

    def complete(self, item: pytest.Item, report: pytest.TestReport, when: str) -> None:
        """Put what we tell of phase *when* of *item* into its *report*, and hide in that."""
        self._hide(report)
        if not isinstance(item, JourneyNode):
            # A test of the suite may have changed variables and files.
            self._session.choices.forget()
            return
        # The names of the folders above are among them.
        report.keywords = self._shown_keywords(report.keywords)
        if when == "setup" and not report.passed:
            # JUnit reads them from the report of the teardown, which is made from the item.
            item.name_without_run()
            report.user_properties = list(item.user_properties)
        if when == "call":
            if isinstance(report.longrepr, tuple):  # skipped: not our file, the journey's
                report.longrepr = (printable_line(str(item.path)), item.line, report.longrepr[2])
            _set_times(report, item)
            report.reqflo = item.report_data(is_full=self._session.settings.wants_results)  # type: ignore[attr-defined]
            item.forget_run()
        elif report.failed:
            report.reqflo = item.broken_data(report)  # type: ignore[attr-defined]
        self._reported = (item, getattr(report, "reqflo", None))
        if when == "teardown":
            item.subject.end_item()

    @pytest.hookimpl(optionalhook=True)
    def pytest_json_runtest_metadata(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> dict[str, Json]:
        """Tell pytest-json-report what the report of *item* carries, which is made by now."""
        reported, data = self._reported or (None, None)
        # What a teardown says would take the place of what the run did.
        if reported is not item or not isinstance(data, dict) or call.when == "teardown":
            return {}
        # The whole result is for those who asked for it elsewhere.
        return {"reqflo": {key: data[key] for key in data if key not in ("result", "results")}}

    def _shown_keywords(self, keywords: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return *keywords* printable, and once for the reports of one item: pytest keeps them all."""
        if keywords == self._keywords:
            return self._keywords
        if not is_printable_line("".join(keywords)):
            keywords = {printable_line(name): mark for name, mark in keywords.items()}
        if keywords != self._keywords:
            self._keywords = keywords
        return self._keywords

    def _hide_exception(self, call: pytest.CallInfo[None]) -> None:
        assert call.excinfo is not None  # noqa: S101  # the caller has looked
        shown = hide_exception(call.excinfo.value, self._session.hiding.failure_text)
        if shown is not call.excinfo.value:
            call.excinfo = pytest.ExceptionInfo.from_exception(shown)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any]
    ) -> Generator[None, object, object]:
        """Hide in what a fixture raises: some reporters note it before any report is made."""
        # A fixture that fails is the suite's: our frame above it tells nothing.
        __tracebackhide__ = True
        self._session.ready.note_fixture(fixturedef)
        self._session.choices.forget()
        try:
            return (yield)
        except BaseException as error:
            shown = hide_exception(error, self._session.hiding.failure_text)
            if shown is error:
                raise
            replaced = shown
        raise replaced

    def _hide(self, report: pytest.TestReport) -> None:
        """Hide in the report of any test what slipped through: other tests print and raise too."""
        hiding = self._session.hiding
        if hiding.is_empty:
            return
        if report.sections:
            report.sections = hide_in(report.sections, hiding.text)
        if report.longrepr is not None:
            report.longrepr = hide_in(report.longrepr, hiding.failure_text)
        if hiding.may_show_in(report.user_properties):
            report.user_properties = hide_in(report.user_properties, hiding.text)

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage) -> None:
        """Hide in warnings, before they are listed or sent to the controller."""
        if isinstance(warning_message.message, Warning):
            hide_exception(warning_message.message, self._session.hiding.text)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the result of a report that came from a worker; hide in what subtests add to theirs."""
        context = getattr(report, "context", None)
        if context is not None:
            self._hide(report)
            report.context = hide_in_fields(context, self._session.hiding.text)  # type: ignore[attr-defined]
        if self._session.summary is not None:
            self._session.summary.note(report)
        data = getattr(report, "reqflo", None)
        if not (self._session.outputs and isinstance(data, dict)):
            return
        # Whole results are for those who asked for them: other reporters and pytest keep reports.
        results = json.loads(data.pop("results", "{}"))
        if "result" in data:
            results = {report.nodeid: json.loads(data.pop("result"))}
        for name, document in results.items():
            self._session.add_result(name, document)

    def pytest_sessionfinish(self) -> None:
        """Write what is made of the results, on the controller or without xdist."""
        self._session.close()
        summary = (self._session.summary,) if self._session.summary else ()
        for output in (*self._session.outputs, *summary):
            try:
                output.write()
            except (OSError, ValueError, RecursionError) as error:
                reason = error.strerror if isinstance(error, OSError) else None
                why = f"`{output.path}`: {reason or error}"
                warn_unwritten(self._config, f"the results could not be written to {why}")
        if self._session.evidence is not None:
            self._end_evidence(self._session.evidence)

    def _end_evidence(self, evidence: RunEvidence) -> None:
        from pytest_reqflo.host.evidence import end_evidence
        from pytest_reqflo.host.xdist import EVIDENCE_KEY

        if not (evidence.has_kept or evidence.problem):
            return
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            output[EVIDENCE_KEY] = evidence.to_output()
            return
        settings, session_id = self._session.settings, evidence.session_id
        end_evidence(self._config, settings, session_id, **evidence.to_output())

    def pytest_unconfigure(self) -> None:
        """Close the connections also when the session never finished."""
        self._session.end()


def _set_times(report: pytest.TestReport, item: JourneyNode) -> None:
    """Give *report* the times of the run itself, when pytest has only waited for its end."""
    if item.span is not None:
        report.start, report.stop = item.span.start_s, item.span.stop_s
        report.duration = item.span.stop_s - item.span.start_s
