"""Which transport there is for which choice."""

from __future__ import annotations

import asyncio
from typing import Literal, TypeAlias

from pytest_reqflo.engine.http import HttpTransport
from pytest_reqflo.engine.transport import (
    AsyncTransport,
    Deadline,
    ResponseHead,
    ResponseStream,
    Target,
    Transport,
    TransportRequest,
)
from pytest_reqflo.run.effects import PhaseTimes

TransportKind: TypeAlias = Literal["default", "fast"]


def make_transport(kind: TransportKind) -> Transport:
    """Return the blocking transport of *kind*."""
    return HttpTransport()


def make_async_transport(kind: TransportKind) -> AsyncTransport:
    """Return the transport of *kind* for an event loop."""
    return _ThreadedTransport()


def new_event_loop(kind: TransportKind) -> asyncio.AbstractEventLoop:
    """Return a loop that suits the transport of *kind*."""
    return asyncio.new_event_loop()


class _ThreadedTransport:
    """The blocking transport, each operation in a thread."""

    def __init__(self) -> None:
        self._blocking = HttpTransport()

    async def open(self, request: TransportRequest, deadline: Deadline) -> _ThreadedStream:
        return _ThreadedStream(await asyncio.to_thread(self._blocking.open, request, deadline))

    def shown_proxy(self, target: Target) -> str:
        return self._blocking.shown_proxy(target)

    async def close(self) -> None:
        self._blocking.close()


class _ThreadedStream:
    def __init__(self, stream: ResponseStream) -> None:
        self._stream = stream

    @property
    def head(self) -> ResponseHead:
        return self._stream.head

    @property
    def times(self) -> PhaseTimes:
        return self._stream.times

    async def read(self) -> bytes:
        return await asyncio.to_thread(self._stream.read)

    async def close(self) -> None:
        self._stream.close()
