"""Several worker processes: started, told to end together, started again when one falls.

Each is a fresh interpreter: a process that carries out runs is never forked. One that cannot even
start the first time says why, and then none is started again.
"""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from pytest_reqflo.codec import to_json
from pytest_reqflo.engine.durable.settings import CANNOT_START, WorkerSettings

End: TypeAlias = Literal["ended", "killed", "never began"]
_News: TypeAlias = Literal["stop", "left"]

_COMMAND = (sys.executable, "-m", "pytest_reqflo.engine.durable.worker")
_NEVER_BEGAN = (1, CANNOT_START)
"""It said why, or Python did."""

_FIRST_PAUSE_S = 0.5
_LOOK_UP_EVERY_S = 0.5
_LONGEST_PAUSE_S = 30.0
_STEADY_S = 60.0
"""A worker that ran this long did not fail because of how it was started."""


class Supervisor:
    """Keeps *processes* workers running until it is stopped."""

    def __init__(self, settings: WorkerSettings, processes: int) -> None:
        self._stopped = threading.Event()
        self._places = [_Place(settings) for _ in range(processes)]
        # The one thing that a signal handler may use while another is at it.
        self._told: queue.SimpleQueue[_News] = queue.SimpleQueue()

    def run(self) -> End:
        """Return when every worker has ended: after `stop`, or because one could not even begin."""
        threads = [
            threading.Thread(target=self._keep, args=(place,), daemon=True)
            for place in self._places
        ]
        for thread in threads:
            thread.start()
        was_killed = self._follow(len(threads))
        for thread in threads:
            thread.join()
        if any(place.is_hopeless for place in self._places):
            return "never began"
        return "killed" if was_killed else "ended"

    def stop(self) -> None:
        """Tell every worker to end, and end it at once when told again; safe in a signal handler."""
        self._told.put("stop")

    def _keep(self, place: _Place) -> None:
        try:
            place.keep(self._stopped)
        finally:
            self._told.put("left")

    def _follow(self, running: int) -> bool:
        """Do what the news ask for until nothing runs; say whether workers were killed."""
        was_killed = False
        while running:
            news = self._next_news()
            running -= news == "left"
            was_killed |= news == "stop" and self._stopped.is_set()
            self._stopped.set()
            for place in self._places:
                place.end(at_once=was_killed)
        return was_killed

    def _next_news(self) -> _News:
        while True:
            # A second signal may reach another thread, which does not wake this one, and only this
            # one runs handlers.
            with contextlib.suppress(queue.Empty):
                return self._told.get(timeout=_LOOK_UP_EVERY_S)


@dataclass(slots=True)
class _Place:
    """One place for a worker, and the process that has it now."""

    settings: WorkerSettings
    is_hopeless: bool = False
    _is_told: bool = False
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
                return
            # One that began once begins again when the database is back, however long that takes.
            has_served = True
            is_steady = time.monotonic() - started_s > _STEADY_S
            pause_s = _FIRST_PAUSE_S if is_steady else min(pause_s * 2, _LONGEST_PAUSE_S)
            stopped.wait(pause_s)

    def end(self, *, at_once: bool) -> None:
        """Tell the worker to end, or end it."""
        with self._lock:
            if self._process is None or (self._is_told and not at_once):
                return
            self._is_told = True
            if at_once:
                self._process.kill()
            else:
                self._process.terminate()

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
