"""A server that holds answers until a test lets them go, and pytest processes that are killed."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from servers import Connection, ReceivedRequest, ScriptedServer, json_reply


@dataclass
class Gate:
    """Holds the answers of the paths in *held* from their *after*-th request on, until `open`."""

    held: dict[str, int] = field(default_factory=dict)
    arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    opened: threading.Event = field(default_factory=threading.Event)

    def hold(self, path: str, *, after: int = 1) -> None:
        self.held[path] = after

    def wait(self, count: int = 1, timeout_s: float = 60) -> None:
        """Return when *count* more requests are held."""
        for _ in range(count):
            assert self.arrived.acquire(timeout=timeout_s), "no request arrived"

    def open(self) -> None:
        """Answer everything from now on."""
        self.held.clear()
        self.opened.set()


class GatedServer(ScriptedServer):
    """Answers every request with what it was sent, an id and a token; `gate` holds some of them."""

    TOKEN = "tok-K7q9-Zz-live"
    SESSION = "sess-Q2w8-Yy-live"

    def __init__(self) -> None:
        self.gate = Gate()
        self._lock = threading.Lock()
        self._counts: dict[str, int] = {}
        super().__init__(self._answer)

    def lines(self) -> list[str]:
        """Return method and target of each request, in the order of arrival."""
        return [each.line for each in self.requests]

    def _answer(self, request: ReceivedRequest, connection: Connection) -> bytes | None:
        with self._lock:
            count = self._counts[request.path] = self._counts.get(request.path, 0) + 1
        if self.gate.held.get(request.path, 10**9) <= count:
            self.gate.arrived.release()
            self.gate.opened.wait(120)
        body = {"id": 7, "token": self.TOKEN, "body": request.body.decode("utf-8", "replace")}
        return json_reply(body, headers=[("Set-Cookie", f"sid={self.SESSION}; Path=/")])


class DurableProject:
    """A folder with journeys against one server, and pytest processes inside, with *options*."""

    def __init__(
        self, path: Path, server: GatedServer, options: Sequence[str] = ("--reqflo-durable",)
    ) -> None:
        self.path = path
        self._options = options
        self.server = server
        self.write("pytest.ini", "[pytest]\naddopts = -p no:randomly -p no:cacheprovider\n")
        self.write(
            "environments/local.yaml",
            "environment:\n  name: local\n  services:\n"
            f"    default: {{base_url: '{server.url}'}}\n",
        )
        self.env = {
            **os.environ,
            "XDG_CONFIG_HOME": str(path / "config"),
            "COLUMNS": "120",
            "API_KEY": "k3y-Secret-Value-1",
        }

    def write(self, name: str, text: str) -> None:
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start pytest; its whole group can be killed."""
        return subprocess.Popen(
            [sys.executable, "-m", "pytest", *self._options, *arguments],
            cwd=self.path,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, timeout_s: float = 120) -> tuple[int, str]:
        """Run pytest to its end; return the exit code and all that it printed."""
        process = self.start(*arguments)
        try:
            output, _ = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            kill(process)
            raise
        return process.returncode, output


def kill(process: subprocess.Popen[str]) -> str:
    """Kill *process* and its children at once, as the kernel does when memory is gone."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    output, _ = process.communicate(timeout=60)
    return output


def batch_in(output: str) -> str:
    """Return the batch that the header of pytest names."""
    found = re.search(r"durable runs, (batch_[0-9a-f]{12}) in", output)
    assert found, output
    return found.group(1)


@contextlib.contextmanager
def killed_while(
    project: DurableProject, *arguments: str, held: int = 1
) -> Iterator[subprocess.Popen[str]]:
    """Run pytest until *held* requests are held; kill it at the end of the block."""
    process = project.start(*arguments)
    try:
        project.server.gate.wait(held)
        yield process
    finally:
        kill(process)
        project.server.gate.open()
