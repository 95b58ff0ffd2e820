"""Several worker processes: started, told to end together, started again when one falls.

Each is a fresh interpreter: a process that carries out runs is never forked.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field

from pytest_reqflo.codec import to_json
from pytest_reqflo.engine.durable.settings import WorkerSettings

_COMMAND = (sys.executable, "-m", "pytest_reqflo.engine.durable.worker")
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 30.0
_STEADY_S = 60.0
"""A worker that ran this long did not fail because of how it was started."""


class Supervisor:
    """Keeps *processes* workers running until it is stopped."""

    def __init__(self, settings: WorkerSettings, processes: int) -> None:
        self._stopped = threading.Event()
        self._places = [_Place(settings) for _ in range(processes)]

    def run(self) -> None:
        """Return when `stop` was called and every worker has ended."""
        threads = [
            threading.Thread(target=place.keep, args=(self._stopped,)) for place in self._places
        ]
        for thread in threads:
            thread.start()
        self._stopped.wait()
        for place in self._places:
            place.terminate()
        for thread in threads:
            thread.join()

    def stop(self) -> None:
        """Tell every worker to end; safe in a signal handler."""
        self._stopped.set()


@dataclass(slots=True)
class _Place:
    """One place for a worker, and the process that has it now."""

    settings: WorkerSettings
    _process: subprocess.Popen[str] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, stopped: threading.Event) -> None:
        """Start a worker whenever there is none, later each time it falls at once."""
        pause_s = _FIRST_PAUSE_S
        while self._start(stopped):
            started_s = time.monotonic()
            self._wait()
            is_steady = time.monotonic() - started_s > _STEADY_S
            pause_s = _FIRST_PAUSE_S if is_steady else min(pause_s * 2, _LONGEST_PAUSE_S)
            stopped.wait(pause_s)

    def terminate(self) -> None:
        """Tell the worker to end."""
        with self._lock:
            if self._process is not None:
                self._process.terminate()

    def _start(self, stopped: threading.Event) -> bool:
        with self._lock:
            if stopped.is_set():
                return False
            # The settings may hold a password, which arguments show to every user of the machine.
            self._process = subprocess.Popen(_COMMAND, stdin=subprocess.PIPE, text=True)  # noqa: S603
            if self._process.stdin is not None:
                json.dump(to_json(self.settings), self._process.stdin)
                self._process.stdin.close()
        return True

    def _wait(self) -> None:
        if self._process is not None:
            self._process.wait()
