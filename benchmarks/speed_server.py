"""The server of the benchmark: compiled from source into the cache, a process of its own.

with loopback() as server:
    server.reset()
    ... server.url ...
    assert server.counted() == Counted(requests=8000, connections=1)
"""

from __future__ import annotations

import contextlib
import http.client
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_SOURCE = Path(__file__).parent / "loopback.c"


@dataclass(frozen=True, slots=True)
class Counted:
    """What reached the server since the last reset."""

    requests: int
    connections: int


@dataclass(frozen=True, slots=True)
class Loopback:
    """The server, as its users see it."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def counted(self) -> Counted:
        """Return what arrived since the last reset; this question is not counted."""
        return Counted(**json.loads(self._ask("GET", "/stats")))

    def reset(self) -> None:
        """Count from 0."""
        self._ask("POST", "/reset")

    def _ask(self, method: str, path: str) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        with contextlib.closing(connection):
            connection.request(method, path)
            return connection.getresponse().read()


@contextlib.contextmanager
def loopback(cache: Path) -> Iterator[Loopback]:
    """Give a server that runs as long as the block; it is compiled into *cache* where it is new."""
    command = [str(_compiled(cache))]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield Loopback(int(process.stdout.readline()))
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


def _compiled(cache: Path) -> Path:
    program = cache / "loopback"
    if not program.exists() or program.stat().st_mtime < _SOURCE.stat().st_mtime:
        cache.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cc", "-O2", "-o", str(program), str(_SOURCE)], check=True)
    return program
