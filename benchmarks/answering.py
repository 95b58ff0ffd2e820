"""A server in a process of its own that answers ``GET /DELAY/...`` after DELAY milliseconds.

    with answering() as server:
        ... server.url ...
        server.times("/0/row-7/a")

The process prints its port; ``/counts`` answers with how often each path was asked for.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

_BODY = json.dumps({"order": {"id": "o-1", "state": "paid", "note": "x" * 900}}).encode()
_LONGEST_HEAD_BYTES = 65536


@dataclass(frozen=True)
class Answering:
    """The server, as its users see it."""

    url: str

    def counts(self) -> Counter[str]:
        """Return how often each path was asked for."""
        with urllib.request.urlopen(f"{self.url}/counts") as answer:
            return Counter(json.load(answer))


@contextlib.contextmanager
def answering() -> Iterator[Answering]:
    """Give a server that runs as long as the block."""
    command = [sys.executable, __file__]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield Answering(f"http://127.0.0.1:{int(process.stdout.readline())}")
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


async def _answer(
    counts: Counter[str], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            path = head.split(b" ", 2)[1].decode()
            body = _BODY
            if path == "/counts":
                body = json.dumps(counts).encode()
            else:
                counts[path] += 1
                await asyncio.sleep(int(path.split("/")[1]) / 1000)
            writer.write(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
                b"content-length: %d\r\n\r\n%s" % (len(body), body)
            )
            await writer.drain()
    writer.close()


async def _serve() -> None:
    counts: Counter[str] = Counter()
    server = await asyncio.start_server(
        lambda reader, writer: _answer(counts, reader, writer),
        "127.0.0.1",
        0,
        limit=_LONGEST_HEAD_BYTES,
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    # Whoever started this holds the other end, and its end is the end of this.
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve())
