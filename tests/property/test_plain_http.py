"""What is read and written without h11 is read and written as h11 does."""

from __future__ import annotations

import time

import h11
from hypothesis import given
from hypothesis import strategies as st

from pytest_reqflo.engine.dialogue import Dialogue
from pytest_reqflo.engine.operation import Operation
from pytest_reqflo.engine.plain import read_plain, render_plain
from pytest_reqflo.engine.transport import Deadline, TransportFailed

NAMES = st.sampled_from(
    [
        "Host",
        "content-length",
        "Content-Length",
        "X-Id",
        "x-é",
        "Connection",
        "Transfer-Encoding",
        "expect",
        "a:b",
        "Set-Cookie",
    ]
) | st.text(max_size=4)
VALUES = st.sampled_from(["", "0", "3", "+3", "3, 3", "keep-alive", "close", "chunked", "a b"]) | (
    st.text(max_size=6)
)
FIELDS = st.lists(st.tuples(NAMES, VALUES), max_size=4).map(tuple)
METHODS = st.sampled_from(["GET", "POST", "HEAD", "get", "CONNECT", "G T", "", "ÄT"])
TARGETS = st.sampled_from(["/", "/a?b=c", "/a b", "", "/é", "/\r\nX: y"]) | st.text(max_size=4)
BODIES = st.sampled_from([None, b"", b"abc", b"\r\n\r\n"])


@given(METHODS, TARGETS, FIELDS, BODIES)
def test_a_request_that_is_written_plainly_is_written_as_h11_writes_it(
    method: str, target: str, fields: tuple[tuple[str, str], ...], body: bytes | None
) -> None:
    headers = (("Host", "a.example"), *fields)
    plain = render_plain(method, target, headers, body)
    if plain is None:
        return
    connection = h11.Connection(h11.CLIENT)
    pairs = [(name.encode(), value.encode()) for name, value in headers]
    request = h11.Request(method=method.encode(), target=target.encode(), headers=pairs)
    sent = connection.send(request) or b""
    sent += (connection.send(h11.Data(data=body)) if body else b"") or b""
    sent += connection.send(h11.EndOfMessage()) or b""
    assert plain + (body or b"") == sent


def told(answer: list[bytes], *, is_plain: bool) -> list[object]:
    """Return what a client learns of *answer*, piece by piece, and whether it may go on."""
    operation = Operation(Deadline(1e12, 1.0, time.monotonic), 0.0)
    dialogue = Dialogue()
    headers = (("Host", "a"), *(() if is_plain else (("TE", "trailers"),)))
    dialogue.request("GET", "/", headers, None)
    rest = iter([*answer, b"", b""])
    try:
        while (head := dialogue.find_head(operation)) is None:
            dialogue.take(next(rest), operation)
        body = b""
        while (piece := dialogue.find_piece(operation)) != b"":
            body += piece or b""
            if piece is None:
                dialogue.take(next(rest), operation)
        return [head, body, dialogue.may_go_on()]
    except TransportFailed as failed:
        return [failed.failure.message]


ENDS = st.sampled_from(["\r\n", "\n", "\r\n "])
STARTS = st.sampled_from(
    ["HTTP/1.1 200 OK", "HTTP/1.1 204 No Content", "HTTP/1.0 200 OK", "HTTP/1.1 200",
     "HTTP/1.1 100 Continue", "HTTP/1.1 304 Not Modified", "HTTP/1.1 600 Odd", "HTTP/1.1 200 O\0K"]
)  # fmt: skip
ANSWERED = st.sampled_from(
    ["Content-Length: 3", "content-length:3", "Content-Length: 0", "Content-Length: 3, 3",
     "Transfer-Encoding: chunked", "Connection: close", "Connection: Keep-Alive", "X-A:  b c\t",
     "X-A: \x01", "X : y", "X:", "X-\xe9: y", "X-A: caf\xe9", "nothing", "Upgrade: h2c"]
)  # fmt: skip


@given(STARTS, st.lists(st.tuples(ANSWERED, ENDS), max_size=4), BODIES, st.integers(0, 60))
def test_an_answer_that_is_read_plainly_is_read_as_h11_reads_it(
    start: str, lines: list[tuple[str, str]], body: bytes | None, cut: int
) -> None:
    text = start + "\r\n" + "".join(f"{line}{end}" for line, end in lines) + "\r\n"
    content = text.encode("latin-1") + (body or b"")
    pieces = [piece for piece in (content[:-cut], content[-cut:]) if piece] if cut else [content]
    assert told(pieces, is_plain=True) == told(pieces, is_plain=False)


def test_the_usual_is_plain() -> None:
    """Otherwise the tests above compare h11 with itself."""
    assert render_plain("POST", "/", (("Host", "a"), ("Content-Length", "3")), b"abc")
    found = read_plain(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\nabc")
    assert found is not None
    assert (found.head.status, found.length_bytes) == (200, 3)
