"""The two clocks: one for durations, one for what is written down."""

from __future__ import annotations

import functools
import threading
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time and lets it pass."""

    def monotonic_s(self) -> float:
        """Return seconds that only grow."""

    def now(self) -> str:
        """Return the time of day as RFC 3339 in UTC with microseconds."""

    def wait(self, duration_s: float) -> None:
        """Return after *duration_s* seconds; Ctrl-C ends it at once."""


class SystemClock:
    """The clocks of this machine."""

    monotonic_s = staticmethod(time.monotonic)

    def now(self) -> str:
        second, rest_ns = divmod(time.time_ns(), 1_000_000_000)
        return f"{_second_as_text(second)}.{rest_ns // 1000:06}Z"

    def wait(self, duration_s: float) -> None:
        # Short waits: on some platforms a signal is only seen between two of them.
        never = threading.Event()
        end = time.monotonic() + duration_s
        while (left := end - time.monotonic()) > 0:
            never.wait(min(left, 0.5))


@functools.lru_cache(maxsize=1)
def _second_as_text(second: int) -> str:
    # A run asks several times within each: to write a date costs three times the rest.
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
