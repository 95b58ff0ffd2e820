"""The one place of the tests that looks again and again; all others wait for an event."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(look: Callable[[], T], what: str, *, timeout_s: float = 60.0) -> T:
    """Return the first true value that *look* gives."""
    end = time.monotonic() + timeout_s
    while not (found := look()):
        assert time.monotonic() < end, f"not within {timeout_s} s: {what}"
        time.sleep(0.02)
    return found
