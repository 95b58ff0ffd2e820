"""`JourneyResult` to the failure page that people read in the terminal and in CI. Pure.

The first line is a full sentence; summaries, JUnit and annotations show it alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pytest_reqflo.diagnostic import Diagnostic, label_at, render_diagnostic
from pytest_reqflo.errors import CODES
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.report.differences import render_differences
from pytest_reqflo.report.exchange import indent, render_curl, render_exchange
from pytest_reqflo.report.safe import to_line
from pytest_reqflo.report.told import SHORT_ID
from pytest_reqflo.result import (
    CheckResult,
    JourneyResult,
    Problem,
    RunIdentity,
    StepResult,
    TryResult,
    ValueUse,
)
from pytest_reqflo.source import SourceMap, Span
from pytest_reqflo.values import Json, canonical_json, shorten

_BAD = ("failed", "error", "interrupted")
_MAX_VALUE = 200

_QUOTED = re.compile(r"`([^`]+)`")
_SECRET_KEY = re.compile(r"/journey/variables/\d+/key")

_SHORT_SCALAR = 120
"""Characters of a value that the sentence of a check shows whole."""


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
    cause = _cause_of(result, step)
    span = find_span(places, cause.pointer, cause.origin)
    if cause.code == "RF302" and places and not cause.pointer:
        span = _secret_span(places, cause.sentence) or span
    first_line = f"{page_heading(step, result.identity)}{cause.sentence}"
    blocks = [
        [first_line, *place_lines(cause.code, places, span, shown)],
        cause.facts,
        *(_step_blocks(step, places) if step else ()),
        _other_failures(result, step),
        _notes(result),
        _skipped(result),
        _open_guards(result),
        [*_identity(result.identity, result.notices), *evidence_lines(result)],
    ]
    text = "\n\n".join("\n".join(block) for block in blocks if block)
    return FailurePage(first_line=first_line, text=text, code=cause.code, span=span)


def cause_sentence(result: JourneyResult) -> str:
    """Return step and sentence of what made *result* bad, without the case and row it ran with."""
    step = find_failed_step(result)
    heading = f"{step_name(step)}: " if step else ""
    return f"{heading}{_cause_of(result, step).sentence}"


def find_failed_step(result: JourneyResult) -> StepResult | None:
    """Return the step that the page is about: the first bad one that no other step caused."""
    bad = [step for step in result.steps if step.outcome in _BAD]
    return bad[0] if bad else None


# --- the cause -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cause:
    code: str
    sentence: str
    pointer: str
    origin: str = "step"
    facts: tuple[str, ...] = ()


def _cause_of(result: JourneyResult, step: StepResult | None) -> _Cause:
    problem = _first_problem(result, step)
    failed = failed_checks(step)
    if problem is not None and not (failed and problem.category == "assertion"):
        facts = [f"  = {to_line(note)}" for note in problem.notes]
        facts += [f"hint: {to_line(problem.hint)}"] if problem.hint else []
        facts += [
            f"  also {other.code}: {to_line(other.message)}"
            for other in result.problems
            if step is None and other is not problem
        ]
        return _Cause(
            code=problem.code,
            sentence=to_line(problem.message),
            pointer=problem.pointer or (step.pointer if step else ""),
            facts=tuple(facts),
        )
    if failed:
        more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        sentence = f"{check_sentence(failed[0])}{more}"
        return _Cause(
            code="RF501", sentence=sentence, pointer=failed[0].pointer, origin=failed[0].origin
        )
    return _Cause(
        code="RF501", sentence=f"the run {result.outcome}", pointer=step.pointer if step else ""
    )


def _first_problem(result: JourneyResult, step: StepResult | None) -> Problem | None:
    last = step.last_try if step else None
    problems = [
        *(last.problems if last else ()),
        *(step.problems if step else ()),
        *result.problems,
    ]
    return problems[0] if problems else None


def failed_checks(step: StepResult | None) -> list[CheckResult]:
    """Return the checks of the last try of *step* that it failed for."""
    checks = step.last_try.checks if step and step.last_try else ()
    return [check for check in checks if not check.passed and not check.soft]


def check_sentence(check: CheckResult) -> str:
    """Return why *check* does not hold, in the words of its author where there are any."""
    message = check.message or f"{check.subject} is not as expected"
    if check.author_message:
        return to_line(f"{check.author_message} ({message})")
    return to_line(message)


def page_heading(step: StepResult | None, identity: RunIdentity) -> str:
    """Return the words before the sentence: step or journey, case and row."""
    remarks = []
    if identity.case:
        remarks.append(f"case `{to_line(identity.case)}`")
    if identity.row_number is not None:
        key = f", `{to_line(identity.row)}`" if identity.row else ""
        remarks.append(f"row {identity.row_number}{key}")
    context = f" ({', '.join(remarks)})" if remarks else ""
    if step is None:
        return f"journey `{to_line(identity.journey_name)}`{context}: "
    return f"{step_name(step)}{context}: "


def step_name(step: StepResult) -> str:
    """Return what *step* is called in a sentence."""
    kind = "finally step" if step.phase == "finally" else "step"
    return f"{kind} `{to_line(step.id)}`"


# --- the place -----------------------------------------------------------------------------------


def find_span(places: SourceMap | None, pointer: str, origin: str) -> Span | None:
    """Return where the check at *pointer* stands, None when its file is not at hand."""
    if places is None:
        return None
    pointer = f"/journey{pointer}"
    if origin == "template":
        step = pointer.partition("/assertions")[0]
        return places.span_of(f"{step}/template")
    # The expected value says more than the mapping that holds it.
    expected = f"{pointer}/expected"
    return places.values.get(expected) or places.span_of(pointer)


def _secret_span(places: SourceMap, sentence: str) -> Span | None:
    """Return where the first secret that *sentence* names is asked for, None when it is not here."""
    quoted = _QUOTED.search(sentence)
    if quoted is None:
        return None
    name = re.escape(quoted.group(1))
    declared = re.compile(rf"(?P<q>['\"]?){name}(?P=q)")
    read = re.compile(rf"\bsecrets\.{name}(?![\w-])")
    spans = [(pointer, span) for pointer, span in places.values.items() if _is_in_line(span)]
    named = [span for pointer, span in spans if _SECRET_KEY.fullmatch(pointer)]
    found = [span for span in named if declared.fullmatch(_text_at(places, span))]
    found += [span for _, span in spans if read.search(_text_at(places, span))]
    # Of a flow mapping and the text inside it, the text says more.
    return min(found, key=_width, default=None)


def _is_in_line(span: Span) -> bool:
    return span.start.line == span.end.line


def _width(span: Span) -> int:
    return span.end.column - span.start.column


def _text_at(places: SourceMap, span: Span) -> str:
    return places.source.line(span.start.line)[span.start.column - 1 : span.end.column - 1]


def place_lines(code: str, places: SourceMap | None, span: Span | None, shown: str) -> list[str]:
    """Return what the code means, and the marked line; without the file only its name."""
    labels = (label_at(places.source, span),) if places and span else ()
    lines = render_diagnostic(
        Diagnostic(code=code, title=CODES.get(code, ""), labels=labels)
    ).split("\n")
    return lines if labels or not shown else [*lines, f"  --> {to_line(shown)}"]


# --- the step ------------------------------------------------------------------------------------


def _step_blocks(step: StepResult, places: SourceMap | None) -> Iterator[list[str]]:
    last = step.last_try
    if last is None:
        return
    yield _checks(step, last, places)
    for check in failed_checks(step):
        if check.differences:
            yield [
                f"differences of {to_line(check.subject)}",
                *indent(render_differences(check.differences)),
            ]
    for exchange in last.exchanges[-1:]:
        yield _redirects(last)
        yield render_exchange(exchange)
        yield render_curl(exchange)
    yield _values_used(last.values_used)
    yield _tries(step)


def _checks(step: StepResult, last: TryResult, places: SourceMap | None) -> list[str]:
    if not any(not check.passed for check in last.checks):
        return []
    lines = [f"checks of {step_name(step)}"]
    for check in last.checks:
        if check.passed:
            continue
        word = "soft" if check.soft else "failed"
        span = find_span(places, check.pointer, check.origin)
        place = f"  [{span}]" if span else ""
        lines.append(f"  {word}: {check_sentence(check)}{place}")
        lines += value_lines(check)
    passed = sum(check.passed for check in last.checks)
    return [*lines, f"  passed: {passed} of {len(last.checks)}"]


def value_lines(check: CheckResult) -> list[str]:
    """Return both values on lines of their own, none when the sentence shows them whole."""
    sides = [check.expected, None if check.is_actual_missing else check.actual]
    if all(_is_short_scalar(side) for side in sides):
        shown = [_value(side) for side in sides if side is not None]
        if all(text in check.message or text.strip('"') in check.message for text in shown):
            return []
    lines = [f"    expected: {_value(check.expected)}"] if check.expected is not None else []
    return [*lines, f"    actual:   {_actual(check)}"]


def _is_short_scalar(value: Json) -> bool:
    is_structure = isinstance(value, (dict, list, tuple))
    return not is_structure and len(canonical_json(value)) <= _SHORT_SCALAR


def _actual(check: CheckResult) -> str:
    return "(nothing there)" if check.is_actual_missing else _value(check.actual)


def _redirects(last: TryResult) -> list[str]:
    hops = last.exchanges[:-1]
    if not hops:
        return []
    lines = ["redirects followed"]
    for hop in hops:
        status = hop.response.status if hop.response else "no answer"
        lines.append(f"  {to_line(hop.request.method)} {to_line(hop.request.url)}: {status}")
    return lines


def _values_used(uses: Iterable[ValueUse]) -> list[str]:
    lines = []
    for use in uses:
        origin = f"  from {to_line(use.origin)}" if use.origin else ""
        lines.append(f"  {to_line(use.expression)} = {_value(use.value)}{origin}")
    return ["values in play", *dict.fromkeys(lines)] if lines else []


def _tries(step: StepResult) -> list[str]:
    if len(step.tries) < 2:
        return []
    shown = step.tries if len(step.tries) <= 6 else (*step.tries[:3], *step.tries[-2:])
    lines = [f"tries: {len(step.tries)}"]
    for number, each in enumerate(shown):
        if number == 3 and len(shown) < len(step.tries):
            lines.append("  …")
        lines.append(f"  {each.number}: {_try_summary(each, step)}")
    return lines


def try_word(each: TryResult, step: StepResult) -> str:
    """Return how *each* try of *step* ended, in words: a poll that goes on has not failed."""
    failed = [check for check in each.checks if not check.passed and not check.soft]
    is_polling = bool(failed) and all(check.origin == "poll" for check in failed)
    is_over = each is step.last_try or each.outcome != "failed"
    return each.outcome if is_over or not is_polling else "not yet"


def _try_summary(each: TryResult, step: StepResult) -> str:
    word = try_word(each, step)
    if each.problems:
        return f"{word}, {to_line(each.problems[0].message)}"
    failed = [check for check in each.checks if not check.passed and not check.soft]
    return f"{word}, {check_sentence(failed[0])}" if failed else word


# --- the rest of the journey -----------------------------------------------------------------------


def _other_failures(result: JourneyResult, shown: StepResult | None) -> list[str]:
    lines = []
    for step in result.steps:
        if step is shown or step.outcome not in _BAD:
            continue
        lines.append(f"  `{to_line(step.id)}`: {_summary(step)}")
    return ["further failed steps", *lines] if lines else []


def _summary(step: StepResult) -> str:
    last = step.last_try
    return _try_summary(last, step) if last else step.outcome


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


def _value(value: Json) -> str:
    return to_line(shorten(canonical_json(value).decode("utf-8", "replace"), _MAX_VALUE))
