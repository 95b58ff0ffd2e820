"""What pytest is told about a run: passed, skipped, or the error with its page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.engine.protocol import LocalRun
from pytest_reqflo.errors import ChecksFailed, ReqfloError, RequestError, RunCheckError
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.host.failure import Failure, failure_of
from pytest_reqflo.report.page import FailurePage, evidence_lines, recorded_lines, render_page
from pytest_reqflo.report.safe import to_line
from pytest_reqflo.report.sentence import page_heading
from pytest_reqflo.result import JourneyResult, Problem, RunIdentity

if TYPE_CHECKING:
    from pytest_reqflo.host.subject import Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of one item.

    Shape: *error* and *failure* are set together when the item fails; *pending* is what interrupted
        the run and must be raised on; *warnings* are still to be issued.
    """

    result: JourneyResult
    error: ReqfloError | None = None
    failure: Failure | None = None
    warnings: tuple[Diagnostic, ...] = ()
    pending: BaseException | None = None


def judge(run: LocalRun, subject: Subject, *, is_recorded: bool = False) -> Verdict:
    """Return what pytest is told of a run that came to an end.

    Shape: of one that *is_recorded* in a database the page says how it is shown.
    """
    result = run.result
    warnings = tuple(_warnings_of(result, subject))
    if result.outcome in ("passed", "skipped") or run.pending is not None:
        return Verdict(result=result, warnings=warnings, pending=run.pending)
    page = render_page(result, subject.places, shown=subject.shown)
    return Verdict(
        result=result,
        warnings=warnings,
        error=_error_of(result, page),
        failure=Failure(
            reason=page.first_line,
            text="\n".join((page.text, *(recorded_lines(result) if is_recorded else ()))),
            path=str(subject.path),
            line=page.span.start.line if page.span else 1,
        ),
    )


def is_quiet(result: JourneyResult, subject: Subject) -> bool:
    """Say whether a run passed, and warns of nothing."""
    return result.outcome == "passed" and next(_warnings_of(result, subject), None) is None


def _error_of(result: JourneyResult, page: FailurePage) -> ReqfloError:
    # A report reads the exception too: it holds the sentence and nothing that the page does not.
    diagnostic = Diagnostic(code=page.code, title=page.first_line)
    if result.outcome == "failed":
        return ChecksFailed(diagnostic)
    if page.code.startswith("RF3"):
        return RunCheckError(diagnostic)
    return RequestError(diagnostic)


def refused(
    error: ReqfloError,
    subject: Subject,
    identity: RunIdentity,
    settle: Callable[[JourneyResult], JourneyResult],
) -> Verdict:
    """Return the verdict of a run that could not begin: nothing was sent.

    Shape: its result is what *settle* makes of it.
    """
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    result = settle(
        JourneyResult(
            identity=identity,
            outcome="error",
            started_at=now,
            finished_at=now,
            elapsed_s=0.0,
            problems=tuple(_problem_of(item) for item in error.diagnostics),
            category="run_check",
        )
    )
    heading = page_heading(None, identity)
    line = subject.line_of("/journey")
    failure = failure_of(error, path=str(subject.path), line=line, heading=heading)
    text = "\n".join((failure.text, *evidence_lines(result)))
    return Verdict(result=result, error=error, failure=replace(failure, text=text))


def _problem_of(diagnostic: Diagnostic) -> Problem:
    return Problem(
        code=diagnostic.code,
        category="run_check",
        message=diagnostic.title,
        notes=diagnostic.notes,
        hint=diagnostic.hint,
    )


def _warnings_of(result: JourneyResult, subject: Subject) -> Iterator[Diagnostic]:
    """Yield RF502 of each soft check that failed, and what the run itself warned of."""
    for step in result.steps:
        last = step.last_try
        failed = last.soft_failures if last else ()
        if last is None or not (failed or last.warnings):
            continue
        heading = page_heading(step, result.identity)
        for check in failed:
            yield _warning("RF502", heading, check.message, check.pointer, subject)
        for problem in last.warnings:
            if problem.code != "RF502":
                yield _warning(problem.code, heading, problem.message, problem.pointer, subject)
    for problem in result.warnings:
        heading = page_heading(None, result.identity)
        yield _warning(problem.code, heading, problem.message, problem.pointer, subject)


def _warning(code: str, heading: str, message: str, pointer: str, subject: Subject) -> Diagnostic:
    return Diagnostic(
        code=code,
        title=f"{heading}{to_line(message)}",
        labels=subject.labels_at(f"/journey{pointer}"),
        severity="warning",
    )
