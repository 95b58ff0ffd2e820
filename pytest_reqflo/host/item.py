"""The test items of journeys: slim ones, and functions where fixtures are in play.

Everything that can go wrong is raised in the call phase: test explorers show no other.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import pytest

from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.errors import (
    ChecksFailed,
    ReqfloBug,
    ReqfloError,
    ReqfloWarning,
    RunCheckError,
)
from pytest_reqflo.host.failure import Failure, bug_of, failure_of, failure_of_bug, failure_repr
from pytest_reqflo.host.hiding import hide_in
from pytest_reqflo.host.session import warn
from pytest_reqflo.host.version import find_version
from pytest_reqflo.report.facts import FailureReason, render_facts, render_outcome, share_keys
from pytest_reqflo.report.properties import properties_of
from pytest_reqflo.report.safe import to_line, to_report
from pytest_reqflo.report.section import render_section
from pytest_reqflo.report.sentence import cause_sentence
from pytest_reqflo.values import Json, printable_line

if TYPE_CHECKING:
    from pytest_reqflo.host.flight import Span
    from pytest_reqflo.host.quiet_run import QuietRun
    from pytest_reqflo.host.session import JourneySession
    from pytest_reqflo.host.subject import Subject
    from pytest_reqflo.host.verdict import Verdict
    from pytest_reqflo.plan.items import ItemSpec
    from pytest_reqflo.result import JourneyResult


T = TypeVar("T")

_SERIAL_GROUP = "reqflo-serial"
"""Journeys that run beside no other share a worker at least, where xdist looks at groups."""


_OF_PYTEST = ("_report_sections", "keywords", "own_markers", "stash", "user_properties")
"""What pytest sets on each item, beside what it has slots for itself."""

_OF_OURS = (
    "subject", "spec", "line", "_location", "_matches", "_verdict", "_problem", "_span",
    "_setup_problem",
)  # fmt: skip


class JourneyNode(pytest.Item):
    """What both kinds of items share.

    The attributes are set by `prepare`, because the two kinds are constructed differently.
    """

    # There may be very many, each of which would have a dict of its own once something of it changes.
    __slots__ = (*_OF_PYTEST, *_OF_OURS)

    subject: Subject
    spec: ItemSpec
    line: int
    lacks_case = False
    data_problem: ReqfloError | None = None
    _location: tuple[str, int | None, str] | None
    _matches: set[str] | None
    _verdict: Verdict | None
    _problem: ReqfloError | None
    _span: Span | None
    _setup_problem: ReqfloError | None

    def prepare(self, subject: Subject, spec: ItemSpec, *, line: int) -> None:
        """Take what is run; *line* (from 1) is where the case, row or journey stands."""
        self.subject = subject
        subject.waiting += 1
        self.spec = spec
        self.line = line
        self._location = self._setup_problem = None
        self.forget_run()
        # An empty set is larger than the item, and hardly anyone asks for it.
        self._matches = self._matches or None
        of = spec.of
        if subject.tags or of.tags or of.skip or of.xfail:
            for marker in marks_of(subject.tags, spec):
                self.add_marker(marker)
        group = subject.group or (_SERIAL_GROUP if subject.is_serial else "")
        if group and self.config.pluginmanager.hasplugin("xdist"):
            self.add_marker(pytest.mark.xdist_group(group))

    def runs(self) -> Iterator[tuple[Subject, ItemSpec]]:
        """Yield what the item runs."""
        yield self.subject, self.spec

    @property
    def ihook(self) -> Any:
        """The hooks that the folder of the file sees; looked up once, when collecting is over."""
        # Before, a conftest.py may still be found.
        if not self.session.testscollected:
            return super().ihook
        file: Any = self.parent
        return file.relay

    @property
    def case_names(self) -> tuple[str, ...]:
        """The names of all cases of the journey."""
        return self.subject.case_names

    @property
    def journeys(self) -> JourneySession:
        """The session of this process."""
        file: Any = self.parent
        session: JourneySession = file.journeys
        return session

    def fixture_values(self) -> Mapping[str, Any]:
        """Return the values of the fixtures set up for this item, by name."""
        return {}

    def runtest(self) -> None:
        """Run the journey once.

        Raises: ChecksFailed, RunCheckError, RequestError; whatever interrupted the run.
        """
        self._begin()
        self._problem = self.data_problem or self._setup_problem
        if self._problem is not None:
            raise self._problem
        verdict, span = self._find_verdict()
        self._verdict = verdict
        if span is not None:
            self._span = span
        self.user_properties += properties_of(verdict.result)
        if verdict.pending is not None:
            # pytest makes no report of an interrupted test.
            self.journeys.add_result(self.nodeid, self._with_lines(verdict.result).to_json())
            raise self._bare(verdict.pending) from None
        if verdict.error is not None or verdict.warnings:
            self._problem = self._find_problem(verdict)
        if self._problem is not None:
            self._show_exchanges(verdict)
            self._attach_evidence(self._verdict.result)
            # Nothing of the engine's frames or of an earlier exception may reach a report.
            raise self._problem.with_traceback(None) from None
        if verdict.result.outcome == "skipped":
            pytest.skip(to_line(_skip_reason(verdict)))

    def _find_verdict(self) -> tuple[Verdict, Span | None]:
        """Return what became of the run: one that was started before, or one here and now."""
        ahead = self.journeys.ahead
        landed = self._guarded(lambda: ahead.run(self)) if ahead is not None else None
        return landed or (self._run(self.spec), None)

    @property
    def verdict(self) -> Verdict | None:
        """What became of the run, from its end until it is reported."""
        return self._verdict

    @property
    def span(self) -> Span | None:
        """When the run was under way, for one that was not run at the turn of its item."""
        return self._span

    def _run(self, spec: ItemSpec) -> Verdict:
        # No value of a fixture may stand in a frame that a traceback with locals shows.
        return self._guarded(lambda: self._run_now(spec))

    def _run_now(self, spec: ItemSpec) -> Verdict:
        # The HTTP client is loaded by the first run, not by collection.
        from pytest_reqflo.host.run import run_item

        return run_item(self.journeys, self.subject, spec, self.fixture_values())

    def _guarded(self, run: Callable[[], T]) -> T:
        try:
            return run()
        except Exception as error:  # noqa: BLE001  # a defect of ours
            bug = self._bare(error)
        # Outside of the block, so that the bug does not lead back to what was raised.
        raise bug

    def _bare(self, error: BaseException) -> BaseException:
        """Return *error* without the frames that it passed through, a defect of ours as text."""
        if isinstance(error, Exception):
            return bug_of(error, self.journeys.hiding.text)
        return error.with_traceback(None)

    def _begin(self) -> None:
        self.forget_run()
        self._drop_properties()

    def _drop_properties(self) -> None:
        # A rerun starts from a clean slate: properties of the earlier try would stand twice.
        if self.user_properties:
            self.user_properties[:] = [
                each for each in self.user_properties if not each[0].startswith("reqflo.")
            ]

    def forget_run(self) -> None:
        """Keep nothing of the run: pytest keeps its items, of which there may be very many."""
        self._verdict = self._problem = self._span = None

    def _find_problem(self, verdict: Verdict) -> ReqfloError | None:
        """Return why the test fails: the run itself, or a warning that is an error here."""
        problem = verdict.error or self._warn(verdict)
        if problem is None or verdict.error is not None:
            return problem
        from pytest_reqflo.host.run import keep_run
        from pytest_reqflo.report.page import evidence_lines

        # Nobody could know before that this run would fail its test.
        result = keep_run(self.journeys, self.subject, verdict.result)
        self._note_kept(replace(verdict, result=result))
        return _with_notes(problem, evidence_lines(result))

    def _note_kept(self, verdict: Verdict) -> None:
        """Say in the report of the test where the run was kept."""
        self._verdict = verdict
        known = set(self.user_properties)
        self.user_properties += [
            each for each in properties_of(verdict.result) if each not in known
        ]

    def _warn(self, verdict: Verdict) -> ReqfloError | None:
        """Issue the warnings of the run; return the first that is an error here."""
        for diagnostic in verdict.warnings:
            if diagnostic.code == "RF502" and self.journeys.settings.is_soft_failing:
                return ChecksFailed(diagnostic)
            try:
                warn(diagnostic, path=self.path, line=self.line)
            except ReqfloWarning:
                return ChecksFailed(diagnostic)
        return None

    def _show_exchanges(self, verdict: Verdict) -> None:
        text = render_section(verdict.result)
        if text:
            self.add_report_section("call", "reqflo", text)

    def _attach_evidence(self, result: JourneyResult) -> None:
        settings, evidence = self.journeys.settings, result.extra.get("evidence")
        if not (settings.attaches_in_junit and isinstance(evidence, str)):
            return
        from pytest_reqflo.report.junit import render_attachment

        # No other section than those of captured output comes into a JUnit file.
        line = render_attachment(settings.rootdir / evidence, os.environ)
        self.add_report_section("call", "stdout", line)

    def add_report_section(self, when: str, key: str, content: str) -> None:
        """Keep *content* for reports, with the secrets known by now hidden."""
        # pytest offers what was printed in each phase of each test, which is most often nothing.
        if content:
            super().add_report_section(when, key, self.journeys.hiding.text(content))

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return file, line (from 0) and heading."""
        name = _heading(self.subject.name)
        heading = name if self.spec.id == "run" else f"{name}: {self.spec.id}"
        return self.path, self.line - 1, heading

    @property
    def location(self) -> tuple[str, int | None, str]:
        """File, line (from 0) and heading for reports: any file name can cross to xdist."""
        if self._location is None:
            if not self.subject.located:
                self.subject.located = printable_line(self._find_place())
            _, line, heading = self.reportinfo()
            self._location = self.subject.located, line, heading
        return self._location

    @location.setter
    def location(self, location: tuple[str, int | None, str]) -> None:
        self._location = location

    def _find_place(self) -> str:
        """Return the path of the file as pytest shows it, which takes long to find where it lies."""
        path, root = str(self.path), f"{self.config.rootpath}{os.sep}"
        return path.removeprefix(root) if path.startswith(root) else super().location[0]

    @property
    def extra_keyword_matches(self) -> set[str]:
        """Further names that ``-k`` finds the item by."""
        if self._matches is None:
            self._matches = set()
        return self._matches

    @extra_keyword_matches.setter
    def extra_keyword_matches(self, names: set[str]) -> None:
        self._matches = names

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return our page for our own errors, pytest's representation for all others."""
        error = excinfo.value
        if isinstance(error, ReqfloBug):
            failure = failure_of_bug(error, path=str(self.path), line=self.line)
        elif isinstance(error, ReqfloError):
            failure = self._failure_of(error, self._verdict)
        else:
            return super().repr_failure(excinfo)
        if self.config.getoption("tbstyle", "auto") == "line":
            # pytest adds file and line to it; the page would make a line of forty.
            failure = replace(failure, text=failure.reason)
        return failure_repr(excinfo, failure)

    def _failure_of(self, error: ReqfloError, verdict: Verdict | None) -> Failure:
        if verdict is not None and verdict.failure is not None and error is verdict.error:
            return verdict.failure
        return failure_of(error, path=str(self.path), line=self.line)

    def name_without_run(self) -> None:
        """Put into the properties what a report names of a journey that did not run."""
        self._drop_properties()
        self.user_properties += [
            ("reqflo.journey", self.subject.artifact.journey_id),
            ("reqflo.version", find_version(self.journeys.store, self.subject)),
            ("reqflo.artifact", self.subject.artifact_id),
        ]

    def report_data(self, *, is_full: bool) -> Json:
        """Return what the report of the call carries: basic types only."""
        problem = self._problem
        if self._verdict is not None:
            result = self._verdict.result
        elif problem is not None:
            result = self._unbegun(problem)
        else:
            return None
        failed = {"failure": self._facts_of(problem, result, self._verdict)} if problem else {}
        told = {**self._told_of_failure(result), **self._told_of_run()}
        # As text: the result must arrive as it is, and escapes make any text encodable.
        full = {"result": json.dumps(self._with_lines(result).to_json())} if is_full else {}
        return share_keys({**render_outcome(result), **told, **failed, **full})

    def broken_data(self, report: pytest.TestReport) -> Json:
        """Return what the report of a setup or teardown that failed carries."""
        reason = getattr(
            getattr(report.longrepr, "reprcrash", None), "message", report.longreprtext
        )
        title = f"{report.when} failed: {to_line(reason.strip().partition(chr(10))[0])}"
        problem = RunCheckError(Diagnostic(code="", title=title))
        result = self._unbegun(problem)
        failure = self._facts_of(problem, result, None)
        return {**render_outcome(result), "phase": report.when, "failure": failure}

    def _unbegun(self, problem: ReqfloError) -> JourneyResult:
        """Return the result of what never came to a run."""
        from pytest_reqflo.host.request import make_identity
        from pytest_reqflo.host.verdict import refused

        identity = make_identity(self.journeys, self.subject, self.spec, run_id="")
        return refused(problem, self.subject, identity, lambda result: result).result

    def _facts_of(
        self, problem: ReqfloError, result: JourneyResult, verdict: Verdict | None
    ) -> Json:
        failure = self._failure_of(problem, verdict)
        code = problem.diagnostics[0].code
        cause = FailureReason(sentence=failure.reason, code=code, line=failure.line)
        return hide_in(render_facts(result, cause, self.subject.places), self.journeys.hiding.text)

    def _told_of_failure(self, result: JourneyResult) -> dict[str, Json]:
        if result.outcome not in ("failed", "error"):
            return {}
        return {"sentence": to_report(self.journeys.hiding.text(cause_sentence(result)))}

    def _told_of_run(self) -> dict[str, Json]:
        if self._verdict is None:
            return {}
        result, slowest = self._verdict.result, self.journeys.slowest
        steps = slowest.select(result) if slowest is not None else []
        told = {"elapsed_s": to_report(result.elapsed_s)}
        return {**told, "slow_steps": to_report(steps)} if steps else told

    def _with_lines(self, result: JourneyResult) -> JourneyResult:
        # Only who reads the whole result asks where its parts stand.
        from pytest_reqflo.report.lines import is_smooth, note_lines

        if is_smooth(result) and not self.journeys.settings.wants_all_lines:
            return result
        return note_lines(result, self.subject.places)


class JourneyItem(JourneyNode):
    """An item without fixtures; pytest's cheapest."""

    _quiet: QuietRun | None = None

    def run_quietly(self) -> bool:
        """Run the journey before pytest puts anything around it; say whether only reports are left."""
        from pytest_reqflo.host.run import run_quietly

        self._quiet = run_quietly(self.journeys, self.subject, self.spec)
        return self._quiet.is_smooth

    def keep_quiet_run(self) -> None:
        """Know what became of the run although what pytest puts around it failed."""
        quiet = self._quiet
        if quiet is None or not quiet.is_over:
            self._quiet = None
            return
        self._begin()
        # A defect of ours would hide what failed.
        with contextlib.suppress(Exception):
            self._verdict, _ = self._find_verdict()
            self.user_properties += properties_of(self._verdict.result)

    def _find_verdict(self) -> tuple[Verdict, Span | None]:
        quiet = self._quiet
        if quiet is None:
            return super()._find_verdict()
        from pytest_reqflo.host.run import end_quietly

        # A rerun runs anew.
        del self._quiet
        return self._guarded(lambda: end_quietly(self.journeys, self.subject, quiet)), None


class JourneyFunction(JourneyNode, pytest.Function):
    """An item with fixtures, as `settings.fixtures`, autouse and our two fixtures ask for them."""

    def setup(self) -> None:
        """Set the fixtures up; one that does not exist fails the item in its call phase."""
        # A fixture that fails is the suite's: our frame above it tells nothing.
        __tracebackhide__ = True
        from pytest_reqflo.host.run import know_secrets

        # A fixture may print or log a secret before the journey reads it.
        know_secrets(self.journeys, self.subject, self.spec)
        self._setup_problem = None
        try:
            super().setup()
        except pytest.FixtureLookupError as error:
            self._setup_problem = self._explain_lookup(error)
        else:
            self.journeys.ready.note_item(self)

    def _explain_lookup(self, error: pytest.FixtureLookupError) -> ReqfloError:
        title = f"there is no fixture `{error.argname}`, which this journey asks for"
        labels = self.subject.labels_at("/journey/settings/fixtures")
        hint = "define it in a conftest.py beside the journey or above"
        return RunCheckError(Diagnostic(code="RF303", title=title, labels=labels, hint=hint))

    def fixture_values(self) -> Mapping[str, Any]:
        """Return the values of the fixtures set up for this item, by name."""
        return self.funcargs


def marks_of(tags: tuple[str, ...], spec: ItemSpec) -> Iterator[pytest.MarkDecorator]:
    """Yield the marks of an item: tags, skip, xfail (of failed checks only)."""
    for tag in dict.fromkeys((*tags, *spec.tags)):
        yield cast("pytest.MarkDecorator", getattr(pytest.mark, tag))
    if spec.skip is not None:
        yield pytest.mark.skip(reason=to_line(spec.skip.reason))
    if spec.xfail is not None:
        yield pytest.mark.xfail(reason=to_line(spec.xfail.reason), raises=ChecksFailed)


@functools.lru_cache(maxsize=64)
def _heading(name: str) -> str:
    return to_line(name, limit=100)


def _with_notes(problem: ReqfloError, notes: list[str]) -> ReqfloError:
    first, *others = problem.diagnostics
    return type(problem)(replace(first, notes=(*first.notes, *notes)), *others)


def _skip_reason(verdict: Verdict) -> str:
    reasons = [step.skip_reason for step in verdict.result.steps if step.skip_reason]
    return reasons[0] if reasons else "no step ran"
