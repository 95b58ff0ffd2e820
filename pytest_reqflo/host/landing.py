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


def wait_until_over(
    flights: Sequence[Flight],
    landed: queue.SimpleQueue[Flight],
    land: Callable[[Flight], object] = id,
) -> bool:
    """Wait until all *flights* are over, and say whether they are; each has its time for cleanup.

    Shape: *land* is called with each flight that comes out of *landed* meanwhile.
    """
    grace_s = max((flight.finally_timeout_s for flight in flights), default=0.0)
    end_s = time.monotonic() + grace_s + _OVERHEAD_S
    while not all(flight.is_over for flight in flights):
        try:
            land(landed.get(timeout=max(0.0, end_s - time.monotonic())))
        except queue.Empty:
            return False
    return True
