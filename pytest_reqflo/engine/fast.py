"""Requests travel here with pyreqwest, one at a time, while the caller waits.

The blocking client of pyreqwest is not used: it keeps Ctrl-C waiting for as long as the server does,
and an error that comes after it ends the process. Its asynchronous one is driven here and now, by a
loop that knows no more than to wait for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import queue
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, cast

from pytest_reqflo.engine.fast_async import AsyncFastTransport
from pytest_reqflo.engine.fast_wire import is_forked
from pytest_reqflo.engine.transport import DrivenTransport

T = TypeVar("T")


class FastTransport(DrivenTransport):
    """Sends requests with pyreqwest; safe to use from several threads."""

    def __init__(self) -> None:
        super().__init__(AsyncFastTransport())
        self._resting: deque[_WaitingLoop] = deque()

    def drive(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Return what *coroutine* returns, which awaits pyreqwest only; Ctrl-C ends it at once."""
        try:
            loop = self._resting.pop()
        except IndexError:
            loop = _WaitingLoop()
        result = _drive(coroutine, loop)
        # Not after an interruption: what it waited for may still be told.
        self._resting.append(loop)
        return result

    def close(self) -> None:
        """End every connection; the transport can be used again."""
        if not is_forked():
            super().close()


def _drive(coroutine: Coroutine[Any, Any, T], loop: _WaitingLoop) -> T:
    # A part of asyncio for those who write loops.
    before = asyncio._get_running_loop()
    asyncio._set_running_loop(cast("asyncio.AbstractEventLoop", loop))
    try:
        while True:
            loop.wait_for(coroutine.send(None))
    except StopIteration as end:
        result: T = end.value
        return result
    except KeyboardInterrupt:
        _cancel(coroutine)
        raise
    finally:
        coroutine.close()
        asyncio._set_running_loop(before)


def _cancel(coroutine: Coroutine[Any, Any, object]) -> None:
    """End what *coroutine* waits for, as a task that is cancelled does: its connection closes."""
    if inspect.getcoroutinestate(coroutine) != inspect.CORO_SUSPENDED:
        return  # the interruption came while it ran, and ended it
    with contextlib.suppress(asyncio.CancelledError, StopIteration):
        coroutine.throw(asyncio.CancelledError())


class _WaitingLoop:
    """A loop for one coroutine: whatever it waits for is told from another thread."""

    def __init__(self) -> None:
        self._told: queue.SimpleQueue[tuple[Callable[..., object], tuple[Any, ...]]] = (
            queue.SimpleQueue()
        )

    def wait_for(self, future: asyncio.Future[Any] | None) -> None:
        """Return when *future* is done."""
        if future is None:
            return
        # As a task does, which says so that it waits.
        future._asyncio_future_blocking = False
        while not future.done():
            callback, arguments = self._told.get()
            callback(*arguments)

    def create_future(self) -> asyncio.Future[Any]:
        """Return what the coroutine will wait for."""
        return asyncio.Future(loop=cast("asyncio.AbstractEventLoop", self))

    def call_soon_threadsafe(
        self, callback: Callable[..., object], *arguments: Any, context: object = None
    ) -> None:
        """Be told something, from any thread."""
        self._told.put((callback, arguments))

    call_soon = call_soon_threadsafe

    def get_debug(self) -> bool:
        """Say that futures need not note where they were made."""
        return False
