"""How much evidence a step, a run and a session keep. Pure.

A server decides how long its answers are, and a poll how often it is asked. What is cut away leaves
its size behind: the number of a try, the bytes of a body.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pytest_reqflo.evidence.model import Body, Exchange
from pytest_reqflo.noted import find_unread
from pytest_reqflo.result import JourneyResult, StepResult, TryResult

KEPT_TRIES = 10
"""Tries at the beginning, and as many at the end of a step, whose evidence is kept."""

MAX_RUN = 8 * 1024 * 1024
"""Characters of bodies that one run keeps; those of later steps are cut to their heads."""

MAX_SESSION = 256 * 1024 * 1024
"""Characters of bodies that one process keeps, in the same way."""

_HEAD = 2_000


def thin_out(tries: list[TryResult]) -> None:
    """Take the evidence from the try that is now neither among the first nor the last of a step."""
    if len(tries) > 2 * KEPT_TRIES:
        middle = tries[-KEPT_TRIES - 1]
        tries[-KEPT_TRIES - 1] = TryResult(
            number=middle.number,
            outcome=middle.outcome,
            started_at=middle.started_at,
            elapsed_s=middle.elapsed_s,
            is_thinned_out=True,
        )


def size_of(step: StepResult) -> int:
    """Return how many characters the bodies of *step* have."""
    size = 0
    for each in step.tries:
        # To read it only for its size would be to make it.
        unread = find_unread(each, "exchanges")
        size += unread.size if unread else sum([len(body.text) for body in _bodies(each)])
    return size


def shorten_bodies(step: StepResult) -> StepResult:
    """Return *step* with the heads of its bodies."""
    if all(len(body.text) <= _HEAD for each in step.tries for body in _bodies(each)):
        return step
    return replace(step, tries=tuple(map(_shorten_try, step.tries)))


def shorten_result(result: JourneyResult) -> JourneyResult:
    """Return *result* with the heads of all bodies."""
    return replace(result, steps=tuple(map(shorten_bodies, result.steps)))


def _bodies(each: TryResult) -> Iterator[Body]:
    for exchange in each.exchanges:
        if exchange.request.body:
            yield exchange.request.body
        if exchange.response and exchange.response.body:
            yield exchange.response.body


def _shorten_try(each: TryResult) -> TryResult:
    return replace(each, exchanges=tuple(map(_shorten_exchange, each.exchanges)))


def _shorten_exchange(exchange: Exchange) -> Exchange:
    request, response = exchange.request, exchange.response
    return replace(
        exchange,
        request=replace(request, body=_head(request.body)),
        response=replace(response, body=_head(response.body)) if response else None,
    )


def _head(body: Body | None) -> Body | None:
    if body is None or len(body.text) <= _HEAD:
        return body
    return replace(body, text=body.text[:_HEAD], is_shortened=True)
