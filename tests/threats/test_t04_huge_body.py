"""T4, huge bodies: cut at the limit while they arrive, never whole in memory."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from peaks import MIB, SMALL, STEPS, run_measured
from servers import ScriptedServer, head, reply

ALLOWED_GROWTH_BYTES = 60_000_000


def streamed(first: bytes, piece: bytes, count: int):
    def handle(request, connection):
        connection.send(first)
        try:
            for _ in range(count):
                connection.send(piece)
        except OSError:
            connection.close()

    return handle


PIECE = b"x" * MIB
CASES = {
    "length": streamed(head(200, [("Content-Length", str(200 * MIB))]), PIECE, 200),
    "chunks": streamed(
        head(200, [("Transfer-Encoding", "chunked")]), b"%x\r\n%s\r\n" % (MIB, PIECE), 200
    ),
    "until-close": streamed(head(200, [("Connection", "close")]), PIECE, 200),
    "redirects": lambda request, connection: reply(302, b"y" * 9 * MIB, [("Location", "/x")]),
    "just-allowed": reply(200, b"z" * 10 * MIB),
    "emoji": reply(200, "\U0001f4a5".encode() * (10 * MIB // 4)),
}


@pytest.mark.parametrize("case", CASES)
def test_the_peak_does_not_grow_with_the_body(tmp_path: Path, case: str) -> None:
    answer = CASES[case]
    handle = (lambda request, connection: answer) if isinstance(answer, bytes) else answer
    with ScriptedServer(lambda request, connection: SMALL) as server:
        base, _ = run_measured(tmp_path / "small", STEPS, server.url)
    with ScriptedServer(handle) as server:
        peak, text = run_measured(tmp_path / "huge", STEPS, server.url)

    assert peak - base < ALLOWED_GROWTH_BYTES
    is_refused = case not in ("just-allowed", "emoji")
    assert ("the body of the answer is too large: more than 10 MiB" in text) == is_refused
    result = json.loads((tmp_path / "huge/out.json").read_text())
    exchange = result["steps"][0]["tries"][0]["exchanges"][-1]
    body = exchange["response"]["body"]
    assert body["is_shortened"]
    assert 0 < len(body["text"]) <= 64 * 1024
    assert body["size_bytes"] == (MIB if case == "redirects" else 10 * MIB)
