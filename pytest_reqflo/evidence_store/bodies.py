"""Large bodies of a result to files beside it, and back. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace

from pytest_reqflo.evidence.model import Body, Exchange
from pytest_reqflo.evidence_store.layout import body_name
from pytest_reqflo.result import JourneyResult, StepResult, TryResult

MAX_INLINE = 16 * 1024
"""Characters of a body up to which it stands in the result itself."""

HEAD = 2_000
"""Characters of a larger one that stand there."""

_Change = Callable[[Body, int, str], Body]


def split_bodies(result: JourneyResult) -> tuple[JourneyResult, dict[str, bytes]]:
    """Return *result* with the heads of its large bodies, and the bodies by the names of their files.

    Shape: most results have none, and are given back as they are.
    """
    if all(len(body.text) <= MAX_INLINE for body in _bodies_of(result)):
        return result, {}
    files: dict[str, bytes] = {}

    def split(body: Body, number: int, side: str) -> Body:
        if len(body.text) <= MAX_INLINE:
            return body
        name = body_name(number, side, is_text=body.encoding == "utf-8")
        # JSON allows lone surrogates, and UTF-8 does not.
        files[name] = body.text.encode(errors="surrogatepass")
        return replace(body, text=body.text[:HEAD], file=name)

    return _with_bodies(result, split), files


def join_bodies(result: JourneyResult, read: Callable[[str], bytes | None]) -> JourneyResult:
    """Return *result* with the bodies that *read* finds in their files.

    Shape: of a body whose file is not there the head stays, and is marked as shortened.
    """
    if not any(body.file for body in _bodies_of(result)):
        return result

    def join(body: Body, number: int, side: str) -> Body:
        if not body.file:
            return body
        content = read(body.file)
        if content is None:
            return replace(body, file="", is_shortened=True)
        return replace(body, file="", text=_decode(content))

    return _with_bodies(result, join)


def _decode(content: bytes) -> str:
    try:
        return content.decode(errors="surrogatepass")
    except UnicodeDecodeError:  # not as it was written
        return content.decode(errors="replace")


def _bodies_of(result: JourneyResult) -> Iterator[Body]:
    for exchange in _exchanges_of(result):
        if exchange.request.body:
            yield exchange.request.body
        if exchange.response and exchange.response.body:
            yield exchange.response.body


def _exchanges_of(result: JourneyResult) -> Iterator[Exchange]:
    tries = itertools.chain.from_iterable(step.tries for step in result.steps)
    return itertools.chain.from_iterable(each.exchanges for each in tries)


def _with_bodies(result: JourneyResult, change: _Change) -> JourneyResult:
    numbers = itertools.count(1)

    def in_exchange(exchange: Exchange) -> Exchange:
        number, request, response = next(numbers), exchange.request, exchange.response
        if request.body:
            request = replace(request, body=change(request.body, number, "request"))
        if response and response.body:
            response = replace(response, body=change(response.body, number, "response"))
        return replace(exchange, request=request, response=response)

    def in_try(each: TryResult) -> TryResult:
        return replace(each, exchanges=tuple(map(in_exchange, each.exchanges)))

    def in_step(step: StepResult) -> StepResult:
        return replace(step, tries=tuple(map(in_try, step.tries)))

    return replace(result, steps=tuple(map(in_step, result.steps)))
