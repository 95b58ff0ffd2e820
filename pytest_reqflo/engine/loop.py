"""One event loop in a thread of its own: what is awaited there goes on while this thread works."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class LoopThread:
    """A loop that runs from now until it is closed."""

    def __init__(self, make_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
        self._loop = make_loop()
        # A daemon: what hangs in a coroutine must not keep the process from its end.
        self._thread = threading.Thread(target=self._run, daemon=True, name="reqflo-journeys")
        self._thread.start()

    def start(self, coroutine: Coroutine[Any, Any, T]) -> Started[T]:
        """Begin *coroutine* as a task of the loop."""
        started = self.prepare(coroutine)
        self.begin(started)
        return started

    def prepare(self, coroutine: Coroutine[Any, Any, T]) -> Started[T]:
        """Return what `begin` begins: whoever must not lose it keeps it before that."""
        return Started(self._loop, coroutine)

    def begin(self, started: Started[Any]) -> None:
        """Begin what was prepared."""
        self._loop.call_soon_threadsafe(started.begin)

    def close(self, timeout_s: float) -> None:
        """End the loop and its thread; what is not over after *timeout_s* is left behind."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout_s)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            self._end_tasks()
            self._loop.close()

    def _end_tasks(self) -> None:
        """Close what is left: a task that is destroyed while it waits would be complained about."""
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        if left:
            self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self._loop.run_until_complete(self._loop.shutdown_default_executor())


class Started(Generic[T]):
    """A coroutine under way on a loop, seen from other threads.

    Shape: *future* is done when the coroutine is, whether or not it was told to stop.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, T]) -> None:
        self.future: concurrent.futures.Future[T] = concurrent.futures.Future()
        self._loop = loop
        self._coroutine = coroutine
        self._task: asyncio.Task[T] | None = None

    def begin(self) -> None:
        """Make the task; called by the loop."""
        self._task = self._loop.create_task(self._coroutine)
        self._task.add_done_callback(self._end)

    def cancel(self) -> None:
        """Raise CancelledError where the coroutine waits; it may go on in spite of it."""
        with contextlib.suppress(RuntimeError):  # the loop is closed: nothing waits any more
            self._loop.call_soon_threadsafe(self._cancel)

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
        elif not self.future.done():  # Ctrl-C came before it was begun
            self._coroutine.close()
            self.future.cancel()

    def _end(self, task: asyncio.Task[T]) -> None:
        if task.cancelled():
            self.future.cancel()
        elif (error := task.exception()) is not None:
            self.future.set_exception(error)
        else:
            self.future.set_result(task.result())
