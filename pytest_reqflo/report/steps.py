"""`JourneyResult` to a tree of steps, as reporters with steps of their own show them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from pytest_reqflo.frozen import dataclass
from pytest_reqflo.report.attached import Attached, attach_exchange
from pytest_reqflo.report.safe import to_line
from pytest_reqflo.report.sentence import check_sentence
from pytest_reqflo.report.step_page import try_word
from pytest_reqflo.result import CheckResult, JourneyResult, Outcome, StepResult, TryResult
from pytest_reqflo.values import canonical_json, shorten

Status = Literal["passed", "failed", "broken", "skipped"]

_STATUS: dict[Outcome, Status] = {
    "passed": "passed",
    "failed": "failed",
    "error": "broken",
    "interrupted": "broken",
    "skipped": "skipped",
}
_MAX_TRIES = 6
_MAX_PARAMETERS = 20
_MAX_VALUE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownStep:
    """One line of the tree: a step, a try of it, or a check.

    Shape: times are milliseconds since the epoch; *message* says why it did not pass.
    """

    name: str
    status: Status
    start_ms: int
    stop_ms: int
    message: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    attachments: tuple[Attached, ...] = ()
    steps: tuple[ShownStep, ...] = ()


def render_steps(result: JourneyResult, *, with_exchanges: bool) -> tuple[ShownStep, ...]:
    """Return the steps of *result* with the times at which they ran; one that never did has none.

    Shape: nothing is attached unless *with_exchanges*.
    """
    shown: list[ShownStep] = []
    now_ms = round(_milliseconds(result.started_at))
    for step in result.steps:
        shown.append(_step(step, now_ms, with_exchanges=with_exchanges))
        now_ms = shown[-1].stop_ms
    return tuple(shown)


def _step(step: StepResult, now_ms: int, *, with_exchanges: bool) -> ShownStep:
    tries = [_try(each, step, now_ms, with_exchanges=with_exchanges) for each in _some(step.tries)]
    last = step.last_try
    is_single = len(step.tries) == 1
    return ShownStep(
        name=_name(step),
        status=_STATUS[step.outcome],
        start_ms=tries[0].start_ms if tries else now_ms,
        stop_ms=tries[-1].stop_ms if tries else now_ms,
        message=_message(step),
        parameters=tuple(_parameters(last)) if last else (),
        attachments=tries[0].attachments if is_single else (),
        steps=tries[0].steps if is_single else tuple(tries),
    )


def _name(step: StepResult) -> str:
    name = to_line(step.name, limit=200)
    shown = f"{name} ({to_line(step.id)})" if name and step.name != step.id else to_line(step.id)
    return f"finally: {shown}" if step.phase == "finally" else shown


def _message(step: StepResult) -> str:
    if step.outcome == "passed":
        return ""
    if step.skip_reason:
        return to_line(step.skip_reason)
    return _try_message(step.last_try) if step.last_try else _problem_of(step.problems)


def _try_message(each: TryResult) -> str:
    sentences = [check_sentence(check) for check in each.checks if not check.passed]
    return _problem_of(each.problems) or "; ".join(sentences[:5])


def _problem_of(problems: tuple[object, ...]) -> str:
    return to_line(getattr(problems[0], "message", "")) if problems else ""


def _some(tries: tuple[TryResult, ...]) -> tuple[TryResult, ...]:
    """Return the first and the last of very many."""
    if len(tries) <= _MAX_TRIES:
        return tries
    return (*tries[: _MAX_TRIES // 2], *tries[-_MAX_TRIES // 2 :])


def _try(each: TryResult, step: StepResult, now_ms: int, *, with_exchanges: bool) -> ShownStep:
    began_ms = _milliseconds(each.started_at) or now_ms
    # Rounded at the end: rounded apart, the two would reach into what follows.
    start_ms, stop_ms = round(began_ms), round(began_ms + each.elapsed_s * 1000)
    word = try_word(each, step)
    return ShownStep(
        name=f"try {each.number}: {word}",
        status="skipped" if word == "not yet" else _STATUS[each.outcome],
        start_ms=start_ms,
        stop_ms=stop_ms,
        message=_try_message(each),
        attachments=tuple(_attachments(each)) if with_exchanges else (),
        steps=tuple(_check(check, stop_ms) for check in each.checks),
    )


def _attachments(each: TryResult) -> Iterator[Attached]:
    for number, exchange in enumerate(each.exchanges, 1):
        yield from attach_exchange(exchange, f" {number}" if len(each.exchanges) > 1 else "")


def _check(check: CheckResult, at_ms: int) -> ShownStep:
    soft = "soft: " if check.soft else ""
    return ShownStep(
        name=f"{soft}{to_line(check.subject, limit=200)} {to_line(check.operator)}",
        status="passed" if check.passed else "failed",
        start_ms=at_ms,
        stop_ms=at_ms,
        message="" if check.passed else check_sentence(check),
        parameters=tuple(_sides(check)),
    )


def _sides(check: CheckResult) -> Iterator[tuple[str, str]]:
    if check.expected is not None:
        yield "expected", _value(check.expected)
    yield "actual", "(nothing there)" if check.is_actual_missing else _value(check.actual)


def _parameters(last: TryResult) -> Iterator[tuple[str, str]]:
    for exchange in last.exchanges[-1:]:
        yield "request", to_line(f"{exchange.request.method} {exchange.request.url}")
        if exchange.response is not None:
            yield "status", str(exchange.response.status)
    uses = {to_line(use.expression, limit=200): _value(use.value) for use in last.values_used}
    yield from list(uses.items())[:_MAX_PARAMETERS]


def _value(value: object) -> str:
    return to_line(shorten(canonical_json(value).decode("utf-8", "replace"), _MAX_VALUE))


def _milliseconds(moment: str) -> float:
    try:
        return datetime.fromisoformat(moment).timestamp() * 1000
    except ValueError:  # a run that was never begun
        return 0.0
