"""One request and its answer, by either driver: what is asked of a transport, and in which order."""

from __future__ import annotations

import asyncio

import pytest
from sending import make_send

from pytest_reqflo.engine.clock import SystemClock
from pytest_reqflo.engine.perform import perform_send
from pytest_reqflo.engine.perform_async import perform_send_async
from pytest_reqflo.engine.transport import ResponseHead, TransportFailed
from pytest_reqflo.run.effects import PhaseTimes, Send, SendFailure, Sent

TIMES = PhaseTimes(total_s=1.0)
LOST = SendFailure(code="RF404", category="protocol", message="lost")
URL = "https://api.example.com/x"


class Script:
    """A transport, and the stream of its answers; *pieces* end with b"" or what is raised."""

    def __init__(
        self, pieces: list[bytes | BaseException], head: ResponseHead | None = None
    ) -> None:
        self.head = head or ResponseHead(status=200, reason="", http_version="", headers=())
        self.times = TIMES
        self.asked: list[str] = []
        self._pieces = pieces

    def open(self, request, deadline) -> Script:
        self.asked.append("open")
        if self._pieces and isinstance(self._pieces[0], TransportFailed):
            raise self._pieces[0]
        return self

    def read(self) -> bytes:
        self.asked.append("read")
        piece = self._pieces.pop(0)
        if isinstance(piece, BaseException):
            raise piece
        return piece

    def close(self) -> None:
        self.asked.append("close")

    def shown_proxy(self, target) -> str:
        return ""


class AsyncScript:
    """The same, awaited."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self.head, self.times = script.head, script.times
        self.shown_proxy = script.shown_proxy

    async def open(self, request, deadline) -> AsyncScript:
        self._script.open(request, deadline)
        return self

    async def read(self) -> bytes:
        return self._script.read()

    async def close(self) -> None:
        self._script.close()


def perform_blocking(send: Send, script: Script) -> Sent:
    return perform_send(send, transport=script, clock=SystemClock())


def perform_awaited(send: Send, script: Script) -> Sent:
    return asyncio.run(perform_send_async(send, transport=AsyncScript(script), clock=SystemClock()))


@pytest.fixture(params=[perform_blocking, perform_awaited])
def perform(request):
    return request.param


def test_an_answer_is_opened_read_to_its_end_and_closed(perform):
    script = Script([b"ab", b"c", b""])
    sent = perform(make_send(URL), script)

    assert script.asked == ["open", "read", "read", "read", "close"]
    assert sent.failure is None
    [hop] = sent.hops
    assert (hop.response.body, hop.response.wire_size_bytes, hop.response.url) == (b"abc", 3, URL)
    assert hop.times == TIMES


def test_an_answer_that_breaks_off_is_closed_and_what_came_is_kept(perform):
    script = Script([b"ab", TransportFailed(LOST)])
    sent = perform(make_send(URL), script)

    assert script.asked == ["open", "read", "read", "close"]
    assert sent.failure == LOST
    assert (sent.hops[0].response.body, sent.hops[0].response.is_cut) == (b"ab", True)


def test_an_answer_over_its_limit_is_read_no_further(perform):
    script = Script([b"abc", b"def", b"ghi", b""])
    sent = perform(make_send(URL, max_body_bytes=5), script)

    assert script.asked == ["open", "read", "read", "close"]
    assert sent.failure.code == "RF406"
    assert (sent.hops[0].response.body, sent.hops[0].response.is_cut) == (b"abcde", True)


def test_a_request_without_answer_has_the_times_of_its_failure(perform):
    script = Script([TransportFailed(LOST, TIMES)])
    sent = perform(make_send(URL), script)

    assert script.asked == ["open"]
    assert sent.failure == LOST
    assert (sent.hops[0].response, sent.hops[0].times) == (None, TIMES)


def test_an_interruption_passes_through_and_the_answer_is_closed(perform):
    script = Script([b"ab", KeyboardInterrupt()])

    with pytest.raises(KeyboardInterrupt):
        perform(make_send(URL), script)

    assert script.asked == ["open", "read", "read", "close"]
