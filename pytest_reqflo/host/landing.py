"""Waiting for runs in flight that were told to end."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_reqflo.host.flight import Flight

_OVERHEAD_S = 2.0
"""What a run may need to end beyond the time that its `finally` steps have."""


class Cleanup:
    """The wait for runs that were told to end: for all of them, until somebody breaks it off.

    Shape: *land* is called with each flight that comes out of *landed* meanwhile.
    """

    def __init__(
        self, landed: queue.SimpleQueue[Flight], land: Callable[[Flight], object] = id
    ) -> None:
        self._landed = landed
        self._land = land
        self._is_broken_off = False

    def wait_for(self, flights: Sequence[Flight]) -> bool:
        """Wait until all *flights* are over, and say whether they are; each has its own time.

        Raises: KeyboardInterrupt once; after it nothing is waited for any more.
        """
        grace_s = 0.0 if self._is_broken_off else _grace_of(flights)
        end_s = time.monotonic() + grace_s
        try:
            while not all(flight.is_over for flight in flights):
                self._land(self._landed.get(timeout=max(0.0, end_s - time.monotonic())))
        except queue.Empty:
            return False
        except KeyboardInterrupt:
            self._is_broken_off = True
            raise
        return True


def _grace_of(flights: Sequence[Flight]) -> float:
    return max((flight.finally_timeout_s for flight in flights), default=0.0) + _OVERHEAD_S
