"""Decoding in small pieces."""

from __future__ import annotations

import gzip
import random
import zlib

import pytest

from pytest_reqflo.engine.inflate import PIECE_BYTES, InflateProblem, Inflater


def decode(encoding: str, pieces: list[bytes]) -> bytes:
    inflater = Inflater(encoding)
    plain = b"".join(part for piece in pieces for part in inflater.feed(piece))
    inflater.finish()
    return plain


@pytest.mark.parametrize("step", [1, 7, 1000, 10**9])
@pytest.mark.parametrize("size", [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES * 3 + 5])
def test_any_splitting_gives_the_same_bytes(step, size):
    plain = random.Random(size).randbytes(size // 2) + b"a" * (size - size // 2)
    encoded = gzip.compress(plain, mtime=0)

    assert decode("gzip", [encoded[i : i + step] for i in range(0, len(encoded), step)]) == plain


def test_pieces_are_small_however_much_they_decode_to():
    inflater = Inflater("gzip")

    sizes = [len(piece) for piece in inflater.feed(gzip.compress(b"\0" * 900_000, mtime=0))]

    assert (sum(sizes), max(sizes)) == (900_000, PIECE_BYTES)


def test_a_high_ratio_is_fine_below_a_mebibyte_and_a_bomb_above():
    assert len(decode("gzip", [gzip.compress(b"\0" * 1024 * 1024, mtime=0)])) == 1024 * 1024
    with pytest.raises(InflateProblem) as caught:
        decode("gzip", [gzip.compress(b"\0" * (1024 * 1024 + 1))])
    assert caught.value.is_bomb


def test_padding_after_the_end_is_left_out():
    assert decode("gzip", [gzip.compress(b"abc", mtime=0) + b"\0\0\0"]) == b"abc"


def test_an_empty_body_needs_no_encoding():
    assert decode("gzip", []) == b""


@pytest.mark.parametrize("encoding", ["br", "gzip, br", "zstd, gzip", "chunked"])
def test_one_unknown_encoding_leaves_the_body_as_it_came(encoding):
    assert decode(encoding, [b"\x1f\x8bxyz"]) == b"\x1f\x8bxyz"


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("gzip", b"plain text"),
        ("deflate", b"\xff\xff\xff\xff"),
        ("gzip", gzip.compress(b"abc" * 100, mtime=0)[:-1]),
        ("deflate", zlib.compress(b"abc" * 100)[:5]),
    ],
)
def test_broken_data_is_a_problem(encoding, content):
    with pytest.raises(InflateProblem):
        decode(encoding, [content])
