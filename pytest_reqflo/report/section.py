"""`JourneyResult` to the report section with the exchanges that the page leaves out. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_reqflo.evidence.model import Exchange
from pytest_reqflo.report.exchange import render_exchange
from pytest_reqflo.report.safe import to_line
from pytest_reqflo.report.sentence import find_failed_step
from pytest_reqflo.report.step_page import try_word
from pytest_reqflo.result import JourneyResult, StepResult
from pytest_reqflo.values import shorten

MAX_STEP = 16 * 1024
"""Characters per step; the longest section is four times as long."""

_MAX_SECTION = 64 * 1024


def render_section(result: JourneyResult) -> str:
    """Return what each step sent and received but for the exchange that the page shows.

    Shape: bounded per step and in all; empty when nothing is left.
    """
    return _render(result, _find_exchange_on_page(result))


def render_exchanges(result: JourneyResult) -> str:
    """Return what each step sent and received, as bounded as the section."""
    return _render(result, None)


def _render(result: JourneyResult, on_page: Exchange | None) -> str:
    parts = [shorten(text, MAX_STEP) for step in result.steps if (text := _step(step, on_page))]
    return shorten("\n\n".join(parts), _MAX_SECTION)


def _find_exchange_on_page(result: JourneyResult) -> Exchange | None:
    step = find_failed_step(result)
    last = step.last_try if step else None
    return last.exchanges[-1] if last and last.exchanges else None


def _step(step: StepResult, on_page: Exchange | None) -> str:
    lines = list(_exchanges(step, on_page))
    if not lines:
        return ""
    head = f"step `{to_line(step.id)}`: {step.outcome}, {step.elapsed_s * 1000:.0f} ms"
    return "\n".join([head, *lines])


def _exchanges(step: StepResult, on_page: Exchange | None) -> Iterator[str]:
    tries = step.tries
    between = len(tries) - 2
    for each in tries if between <= 0 else (tries[0], tries[-1]):
        left = [exchange for exchange in each.exchanges if exchange != on_page]
        if each is not tries[0] and (left or between > 0):
            yield ""
        if each is tries[-1] and between > 0:
            yield from (f"... {between} {'try' if between == 1 else 'tries'} in between", "")
        if left and len(tries) > 1:
            yield f"try {each.number}: {try_word(each, step)}"
        for exchange in left:
            yield from render_exchange(exchange)
        if not left and each.exchanges and between > 0:
            yield f"try {each.number}: {try_word(each, step)}, as shown above"
