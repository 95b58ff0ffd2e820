"""Worker processes without the seconds that imports take: a process that has imported all forks them.

Nothing is launched in the process that forks; what a child does is what `python -m` does. Its
faults, told by variables, are those that no test can bring about from outside.

    REQFLO_TEST_CLOCK_S    how far the clock of the machine is off
    REQFLO_TEST_STEP       a file that holds how far; it may be written at any time
    REQFLO_TEST_VERSION    the version of the checkpoints
    REQFLO_TEST_FULL       a file; while it is there, the disk of the database is full, and a
                           file `refused` beside it says that this was noticed
"""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

_HUGE = 1_000_000_000


class Forge:
    """The process that forks, as the tests see it; children are known by their pid."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair()
        command = [sys.executable, __file__, str(theirs.fileno())]
        self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()])
        theirs.close()
        self._answers = self._socket.makefile("r")
        self._exits: dict[int, int] = {}
        self._pids: list[int] = []
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def start(self, settings: Any, variables: dict[str, str], output: int) -> int:
        """Return the pid of a new worker that writes to the file descriptor *output*."""
        order = json.dumps({"settings": settings, "variables": variables}).encode()
        with self._changed:
            socket.send_fds(self._socket, [len(order).to_bytes(4, "big") + order], [output])
            assert self._changed.wait_for(lambda: self._pids, 60)
            return self._pids.pop()

    def exit_code(self, pid: int, timeout_s: float) -> int | None:
        """Return how a child ended, negative for a signal; None while it has not."""
        with self._changed:
            self._changed.wait_for(lambda: pid in self._exits, timeout_s)
            return self._exits.get(pid)

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_WR)
        self._process.wait(30)
        self._reader.join(30)
        self._answers.close()
        self._socket.close()

    def _read(self) -> None:
        for line in self._answers:
            kind, pid, code = line.split()
            with self._changed:
                if kind == "started":
                    self._pids.append(int(pid))
                else:
                    self._exits[int(pid)] = int(code)
                self._changed.notify_all()


def _serve(number: int) -> None:
    import pytest_reqflo.engine.durable.worker  # noqa: F401  # so that no child has to

    orders = socket.socket(fileno=number)
    waker, woken = socket.socketpair()
    woken.setblocking(False)
    signal.set_wakeup_fd(woken.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)
    import selectors

    selector = selectors.DefaultSelector()
    selector.register(orders, selectors.EVENT_READ)
    selector.register(waker, selectors.EVENT_READ)
    while True:
        ready = {key.fileobj for key, _ in selector.select()}
        if waker in ready:
            waker.recv(1024)
            _tell_ends(orders)
        if orders in ready and not _take(orders):
            return


def _tell_ends(orders: socket.socket) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        code = os.waitstatus_to_exitcode(status)
        orders.sendall(f"ended {pid} {code}\n".encode())


def _take(orders: socket.socket) -> bool:
    head, files, _, _ = socket.recv_fds(orders, 4, 1)
    if not head:
        return False
    content = b""
    while len(content) < int.from_bytes(head, "big"):
        content += orders.recv(65536)
    pid = os.fork()
    if pid == 0:
        orders.close()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _become_worker(json.loads(content), files[0])
    os.close(files[0])
    orders.sendall(f"started {pid} 0\n".encode())
    return True


def _become_worker(order: Any, output: int) -> None:
    os.dup2(output, 1)
    os.close(output)
    os.environ.update(order["variables"])
    _add_faults()
    from pytest_reqflo.engine.durable import worker

    sys.stdin = io.StringIO(json.dumps(order["settings"]))
    code = 1
    try:
        code = worker.main()
    finally:
        sys.stdout.flush()
        os._exit(code)


def _add_faults() -> None:
    offset_s = float(os.environ.get("REQFLO_TEST_CLOCK_S", "0"))
    if offset_s:
        real = time.time
        time.time = lambda: real() + offset_s
        _skew_scheduler(offset_s)
    step = os.environ.get("REQFLO_TEST_STEP")
    if step:
        right, path = time.time, Path(step)
        time.time = lambda: right() + float(path.read_text())
    version = os.environ.get("REQFLO_TEST_VERSION")
    if version:
        for name, module in list(sys.modules.items()):
            if name.startswith("pytest_reqflo.") and hasattr(module, "APPLICATION_VERSION"):
                module.APPLICATION_VERSION = version
    full = os.environ.get("REQFLO_TEST_FULL")
    if full:
        _watch_disk(Path(full))


def _skew_scheduler(offset_s: float) -> None:
    import datetime

    from dbos import _scheduler

    class Skewed(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Any:
            return datetime.datetime.now(tz) + datetime.timedelta(seconds=offset_s)

    _scheduler.datetime = Skewed  # type: ignore[attr-defined, misc]


def _watch_disk(full: Path) -> None:
    import sqlalchemy as sa

    @sa.event.listens_for(sa.Engine, "begin")
    def _limit(connection: sa.Connection) -> None:
        cursor = connection.connection.cursor()
        # SQLite itself then says what it says of a disk without space.
        cursor.execute(f"PRAGMA max_page_count = {1 if full.exists() else _HUGE}")
        cursor.close()

    @sa.event.listens_for(sa.Engine, "handle_error")
    def _note(context: sa.engine.ExceptionContext) -> None:
        if "full" in str(context.original_exception):
            full.with_name("refused").touch()


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
