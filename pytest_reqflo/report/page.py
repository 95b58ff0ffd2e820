"""`JourneyResult` to the failure page that people read in the terminal and in CI. Pure.

The first line is a full sentence; summaries, JUnit and annotations show it alone.
"""

from __future__ import annotations

from collections.abc import Iterable

from pytest_reqflo.frozen import dataclass
from pytest_reqflo.report.place import find_secret_span, find_span, place_lines
from pytest_reqflo.report.safe import to_line
from pytest_reqflo.report.sentence import BAD, cause_of, find_failed_step, page_heading, step_name
from pytest_reqflo.report.step_page import step_blocks, try_summary
from pytest_reqflo.report.told import SHORT_ID
from pytest_reqflo.result import JourneyResult, RunIdentity, StepResult
from pytest_reqflo.source import SourceMap, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class FailurePage:
    """What a failed run shows.

    Shape: *first_line* is the first line of *text*; *code* is the code of what went wrong first;
        *span* is its place in the journey file, None when the file is not at hand.
    """

    first_line: str
    text: str
    code: str
    span: Span | None = None


def render_page(result: JourneyResult, places: SourceMap | None, *, shown: str) -> FailurePage:
    """Return the page of *result*; *places* maps pointers to the file that is called *shown*."""
    step = find_failed_step(result)
    cause = cause_of(result, step)
    span = find_span(places, cause.pointer, cause.origin)
    if cause.code == "RF302" and places and not cause.pointer:
        span = find_secret_span(places, cause.sentence) or span
    first_line = f"{page_heading(step, result.identity)}{cause.sentence}"
    blocks = [
        [first_line, *place_lines(cause.code, places, span, shown)],
        cause.facts,
        *(step_blocks(step, places) if step else ()),
        _other_failures(result, step),
        _notes(result),
        _skipped(result),
        _open_guards(result),
        [*_identity(result.identity, result.notices), *evidence_lines(result)],
    ]
    text = "\n\n".join("\n".join(block) for block in blocks if block)
    return FailurePage(first_line=first_line, text=text, code=cause.code, span=span)


def _other_failures(result: JourneyResult, shown: StepResult | None) -> list[str]:
    lines = []
    for step in result.steps:
        if step is shown or step.outcome not in BAD:
            continue
        lines.append(f"  `{to_line(step.id)}`: {_summary(step)}")
    return ["further failed steps", *lines] if lines else []


def _summary(step: StepResult) -> str:
    last = step.last_try
    return try_summary(last, step) if last else step.outcome


def _notes(result: JourneyResult) -> list[str]:
    """Return what a warning about an earlier step may explain of the failure."""
    return [
        f"note: {step_name(step)} has no assertion and was answered {_status_of(step)} (RF503)"
        for step in result.steps
        if step.last_try and any(each.code == "RF503" for each in step.last_try.warnings)
    ]


def _status_of(step: StepResult) -> str:
    exchanges = step.last_try.exchanges if step.last_try else ()
    response = exchanges[-1].response if exchanges else None
    return str(response.status) if response else "400 or more"


def _skipped(result: JourneyResult) -> list[str]:
    causes: dict[str, list[str]] = {}
    lines = []
    for step in result.steps:
        if step.outcome != "skipped":
            continue
        if step.cause:
            causes.setdefault(step.cause, []).append(to_line(step.id))
        else:
            lines.append(f"step `{to_line(step.id)}` skipped: {to_line(step.skip_reason)}")
    folded = []
    for cause, ids in causes.items():
        count = "1 step" if len(ids) == 1 else f"{len(ids)} steps"
        folded.append(f"{count} skipped because of `{to_line(cause)}`: {', '.join(ids)}")
    return [*folded, *lines]


def _identity(identity: RunIdentity, notices: Iterable[str]) -> list[str]:
    facts = [
        ("run id", identity.run_id),
        ("journey", identity.journey_id),
        ("version", identity.version),
        ("artifact", identity.artifact),
        ("environment", identity.environment),
    ]
    lines = [", ".join(f"{name} {to_line(value)}" for name, value in facts if value)]
    if identity.is_file_changed:
        lines.append("the journey file has changed since this artifact was compiled")
    return [*lines, *(to_line(notice) for notice in notices)]


def evidence_lines(result: JourneyResult) -> list[str]:
    """Return where the record of the run lies on disk and how it is shown; empty when it is not."""
    path = result.extra.get("evidence")
    if not isinstance(path, str):
        return []
    return [f"evidence: {to_line(path)} (`reqflo show {result.identity.run_id[:SHORT_ID]}`)"]


def recorded_lines(result: JourneyResult) -> list[str]:
    """Return how a run is shown whose record lies in a database."""
    return [f"evidence: `reqflo show {result.identity.run_id[:SHORT_ID]}`"]


def _open_guards(result: JourneyResult) -> list[str]:
    return [f"warning: {to_line(each.message)}" for each in result.warnings if each.code == "RF511"]
