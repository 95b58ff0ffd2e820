"""What is tried again when the database does not answer, and for how long."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

import sqlalchemy as sa

T = TypeVar("T")

PATIENCE_S = 120.0
_FIRST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 2.0
_PASSING = (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError)
"""No connection, none free in the pool, a lock, a full disk: it may be over in a moment."""


def patiently(act: Callable[[], T], *, patience_s: float = PATIENCE_S) -> T:
    """Return what *act* returns; it must be a whole transaction, as it may be done again.

    Raises: SQLAlchemyError when the database is still of no use after *patience_s*.
    """
    end = time.monotonic() + patience_s
    pause_s = _FIRST_PAUSE_S
    while True:
        try:
            return act()
        except sa.exc.SQLAlchemyError as error:
            if not _is_passing(error) or time.monotonic() > end:
                raise
        time.sleep(pause_s * random.uniform(0.5, 1.0))  # noqa: S311  # spreads, hides nothing
        pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)


def _is_passing(error: sa.exc.SQLAlchemyError) -> bool:
    return isinstance(error, _PASSING) or getattr(error, "connection_invalidated", False)
