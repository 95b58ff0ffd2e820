"""T5, bombs: what grows beyond all proportion when it is decoded or parsed is given up early."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import pytest
from peaks import MIB, SMALL, STEPS, run_measured
from servers import ScriptedServer, reply

ALLOWED_GROWTH_BYTES = 60_000_000

JSON = [("Content-Type", "application/json")]


def zeros(size_mib: int, *, wbits: int = 31) -> bytes:
    encoder = zlib.compressobj(9, wbits=wbits)
    pieces = [encoder.compress(b"\0" * MIB) for _ in range(size_mib)]
    return b"".join(pieces) + encoder.flush()


def encoded(body: bytes, encoding: str) -> bytes:
    return reply(200, body, [("Content-Encoding", encoding), *JSON])


def many_layers(count: int) -> bytes:
    body = b"{}"
    for _ in range(count):
        body = gzip.compress(body, 1)
    return encoded(body, ", ".join(["gzip"] * count))


def filled(item: bytes, size: int = 10_000_000) -> bytes:
    return reply(200, b"[" + b",".join([item] * (size // (len(item) + 1))) + b"]", JSON)


BOMBS = {
    "gzip": (lambda: encoded(zeros(315), "gzip"), "grows more than 100 times"),
    "deflate": (lambda: encoded(zeros(315, wbits=15), "deflate"), "grows more than 100 times"),
    "raw-deflate": (lambda: encoded(zeros(315, wbits=-15), "deflate"), "grows more than 100 times"),
    "nested": (lambda: encoded(gzip.compress(zeros(315)), "gzip, gzip"), "grows more than 100"),
    "many-layers": (lambda: many_layers(1_000), "encoded more than 5 times"),
    "json-objects": (lambda: filled(b"{}"), "holds more than 500,000 values and brackets"),
    "json-arrays": (lambda: filled(b"[]"), "holds more than 500,000 values and brackets"),
    "json-numbers": (lambda: filled(b"1"), "holds more than 500,000 values and brackets"),
    "json-depth": (lambda: reply(200, b"[" * 10_000_000, JSON), "holds more than 500,000 values"),
    "json-quotes": (lambda: reply(200, b'"\\",' * 2_500_000, JSON), "the body is not JSON"),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_the_peak_does_not_grow_with_the_bomb(tmp_path: Path, bomb: str) -> None:
    make, reason = BOMBS[bomb]
    answer = make()
    with ScriptedServer(lambda request, connection: SMALL) as server:
        base, _ = run_measured(tmp_path / "small", STEPS, server.url)
    with ScriptedServer(lambda request, connection: answer) as server:
        peak, text = run_measured(tmp_path / "bomb", STEPS, server.url)

    assert reason in text.replace("\n", " ")
    assert peak - base < ALLOWED_GROWTH_BYTES


def test_what_grows_less_is_decoded(tmp_path: Path) -> None:
    """The largest that is read: ten megabytes, sent in a hundredth of it and a little more."""
    plain = b"[" + b" " * 5_000_000 + b"1]"
    with ScriptedServer(
        lambda request, connection: encoded(gzip.compress(plain, 0), "gzip")
    ) as server:
        _, text = run_measured(tmp_path, STEPS, server.url)

    assert "too large" not in text
    assert 'body: expected a value that contains "nowhere"' in text.replace("\n", " ")
