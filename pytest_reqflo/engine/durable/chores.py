"""What a worker does beside carrying out runs, over and over, in one thread."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from pytest_reqflo.frozen import dataclass

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Chore:
    """Something to do every so many seconds; the first time at once."""

    act: Callable[[], None]
    every_s: float


class Chores:
    """Does each chore when its time has come. One that fails is done again the next time."""

    def __init__(self, *chores: Chore) -> None:
        self._due_s = dict.fromkeys(chores, 0.0)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reqflo-chores", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, *, wait_s: float = 2.0) -> None:
        """Begin no other chore, and wait for the one at hand."""
        self._stopped.set()
        self._thread.join(wait_s)

    def _run(self) -> None:
        while not self._stopped.is_set():
            for chore, due_s in self._due_s.items():
                if time.monotonic() >= due_s and not self._stopped.is_set():
                    _do(chore)
                    self._due_s[chore] = time.monotonic() + chore.every_s
            next_s = min(self._due_s.values())
            self._stopped.wait(max(next_s - time.monotonic(), 0.0))


def _do(chore: Chore) -> None:
    try:
        chore.act()
    except Exception as error:  # noqa: BLE001  # a database that is away must not end the thread
        _log.warning("a chore of the worker failed and is tried again: %s", error)
