"""A run on the loop that is told to end: once, so that its cleanup is left alone."""

from __future__ import annotations

import asyncio
import queue
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_reqflo.engine.loop import LoopThread
from pytest_reqflo.host.flight import Flight


class Engine:
    """Waits until it is interrupted, then cleans up at its leisure."""

    def __init__(self) -> None:
        self.interruptions = 0
        self.begun = threading.Event()

    async def run(self, *given: Any, **means: Any) -> Any:
        for wait_s in (60, 0):
            self.begun.set()
            try:
                await asyncio.sleep(wait_s)
            except asyncio.CancelledError:
                self.interruptions += 1
        return SimpleNamespace(result=SimpleNamespace(outcome="interrupted"))


@pytest.fixture
def loop():
    thread = LoopThread(asyncio.new_event_loop)
    yield thread
    thread.close(10)


def test_a_second_interruption_does_not_reach_the_cleanup(loop) -> None:
    engine, flight = Engine(), Flight(30)
    landed: queue.SimpleQueue[Flight] = queue.SimpleQueue()
    given: Any = None
    flight.begin(loop, engine, given, given, given, landed)  # type: ignore[arg-type]
    assert engine.begun.wait(30)
    for error in (KeyboardInterrupt(), RuntimeError(), KeyboardInterrupt()):
        flight.interrupt(error)
    assert landed.get(timeout=30) is flight
    assert flight.is_over
    assert flight.is_bad
    assert engine.interruptions == 1
