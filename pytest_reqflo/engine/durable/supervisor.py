"""Several worker processes: started, told to end together, started again when one falls.

Each is a fresh interpreter: a process that carries out runs is never forked. One that cannot even
start the first time says why, and then none is started again.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field

from pytest_reqflo.codec import to_json
from pytest_reqflo.engine.durable.settings import CANNOT_START, WorkerSettings

_COMMAND = (sys.executable, "-m", "pytest_reqflo.engine.durable.worker")
_NEVER_BEGAN = (1, CANNOT_START)
"""It said why, or Python did."""

_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 30.0
_STEADY_S = 60.0
"""A worker that ran this long did not fail because of how it was started."""


class Supervisor:
    """Keeps *processes* workers running until it is stopped."""

    def __init__(self, settings: WorkerSettings, processes: int) -> None:
        self._stopped = threading.Event()
        self._places = [_Place(settings) for _ in range(processes)]

    def run(self) -> bool:
        """Return when every worker has ended, after `stop`: true unless one could not start."""
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
        return not any(place.is_hopeless for place in self._places)

    def stop(self) -> None:
        """Tell every worker to end; safe in a signal handler."""
        self._stopped.set()

    def kill(self) -> None:
        """End every worker at once, whatever it does."""
        self._stopped.set()
        for place in self._places:
            place.kill()


@dataclass(slots=True)
class _Place:
    """One place for a worker, and the process that has it now."""

    settings: WorkerSettings
    is_hopeless: bool = False
    _process: subprocess.Popen[str] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, stopped: threading.Event) -> None:
        """Start a worker whenever there is none, later each time it falls at once."""
        pause_s = _FIRST_PAUSE_S
        has_served = False
        while self._start(stopped):
            started_s = time.monotonic()
            code = self._wait()
            if code in _NEVER_BEGAN and not has_served:
                self.is_hopeless = True
                stopped.set()
                return
            # One that began once begins again when the database is back, however long that takes.
            has_served = True
            is_steady = time.monotonic() - started_s > _STEADY_S
            pause_s = _FIRST_PAUSE_S if is_steady else min(pause_s * 2, _LONGEST_PAUSE_S)
            stopped.wait(pause_s)

    def terminate(self) -> None:
        """Tell the worker to end."""
        with self._lock:
            if self._process is not None:
                self._process.terminate()

    def kill(self) -> None:
        """End the worker at once. Takes no lock: a signal may have come while one is held."""
        if self._process is not None:
            self._process.kill()

    def _start(self, stopped: threading.Event) -> bool:
        with self._lock:
            if stopped.is_set():
                return False
            # The settings may hold a password, which arguments show to every user of the machine.
            # A session of its own: Ctrl-C is for the supervisor, which tells each worker once.
            self._process = subprocess.Popen(  # noqa: S603
                _COMMAND, stdin=subprocess.PIPE, text=True, start_new_session=True
            )
            if self._process.stdin is not None:
                json.dump(to_json(self.settings), self._process.stdin)
                self._process.stdin.close()
        return True

    def _wait(self) -> int:
        return self._process.wait() if self._process is not None else 0
