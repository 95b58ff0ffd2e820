"""A question to a database that may never answer: a connection can be open and lead nowhere."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def within(act: Callable[[], T], limit_s: float) -> T:
    """Return what *act* returns. Raises: TimeoutError after *limit_s*; what *act* raises.

    Shape: an *act* that was given up on goes on in a thread of its own, which ends with the process.
    """
    answers: queue.SimpleQueue[tuple[T | None, BaseException | None]] = queue.SimpleQueue()

    def work() -> None:
        try:
            answers.put((act(), None))
        except BaseException as error:  # noqa: BLE001  # raised where it is waited for
            answers.put((None, error))

    threading.Thread(target=work, daemon=True, name="reqflo-question").start()
    try:
        value, error = answers.get(timeout=limit_s)
    except queue.Empty:
        raise TimeoutError(f"no answer within {limit_s:g} s") from None
    if error is not None:
        raise error
    return value  # type: ignore[return-value]  # it is None when that is what was returned
