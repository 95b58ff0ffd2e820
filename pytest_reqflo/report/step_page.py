"""What the failure page tells of the step that failed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pytest_reqflo.report.differences import render_differences
from pytest_reqflo.report.exchange import indent, render_curl, render_exchange
from pytest_reqflo.report.place import find_span
from pytest_reqflo.report.safe import to_line
from pytest_reqflo.report.sentence import check_sentence, failed_checks, step_name
from pytest_reqflo.result import CheckResult, StepResult, TryResult, ValueUse
from pytest_reqflo.source import SourceMap
from pytest_reqflo.values import Json, canonical_json, shorten

_MAX_VALUE = 200

_SHORT_SCALAR = 120
"""Characters of a value that the sentence of a check shows whole."""


def step_blocks(step: StepResult, places: SourceMap | None) -> Iterator[list[str]]:
    """Yield the parts of the page about *step*: checks, exchange, curl, values, tries; some empty."""
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
        lines.append(f"  {each.number}: {try_summary(each, step)}")
    return lines


def try_word(each: TryResult, step: StepResult) -> str:
    """Return how *each* try of *step* ended, in words: a poll that goes on has not failed."""
    failed = [check for check in each.checks if not check.passed and not check.soft]
    is_polling = bool(failed) and all(check.origin == "poll" for check in failed)
    is_over = each is step.last_try or each.outcome != "failed"
    return each.outcome if is_over or not is_polling else "not yet"


def try_summary(each: TryResult, step: StepResult) -> str:
    """Return how *each* try of *step* ended, and why."""
    word = try_word(each, step)
    if each.problems:
        return f"{word}, {to_line(each.problems[0].message)}"
    failed = [check for check in each.checks if not check.passed and not check.soft]
    return f"{word}, {check_sentence(failed[0])}" if failed else word


def _value(value: Json) -> str:
    return to_line(shorten(canonical_json(value).decode("utf-8", "replace"), _MAX_VALUE))
