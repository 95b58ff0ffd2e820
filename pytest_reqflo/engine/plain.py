"""The HTTP/1.1 that nearly all requests and answers speak, without the cost of the whole protocol. Pure.

What is read or written here is read or written in the same way by h11, which takes over for all
else: anything that is not as plain as can be is not understood here, rather than guessed at.
"""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

from pytest_reqflo.engine.transport import ResponseHead

Headers = tuple[tuple[str, str], ...]

_TOKEN = re.compile(r"[-!#$%&'*+.^_`|~0-9A-Za-z]+")
_NO_BODY = frozenset({"CONNECT", "HEAD"})
"""Methods whose answers have no body, whatever their headers say."""

_FRAMING = frozenset({"connection", "expect", "te", "trailer", "transfer-encoding", "upgrade"})
"""Names of headers by which an exchange takes another course."""

_STATUS = re.compile(r"HTTP/1\.1 ([2-5][0-9][0-9]) ([!-~]+(?: [!-~]+)*)")
_FIELD = re.compile(r"([-!#$%&'*+.^_`|~0-9A-Za-z]+): ?([!-~]+(?:[ \t]+[!-~]+)*|)")
_LENGTH = re.compile(r"[0-9]{1,12}")


def render_plain(method: str, target: str, headers: Headers, body: bytes | None) -> bytes | None:
    """Return the head of a request as h11 writes it, None for one that is not plain.

    Shape: one `Host`, the first header; a `Content-Length` exactly when there is a body, and of its size.
    """
    if not headers or headers[0][0].lower() != "host" or method in _NO_BODY:
        return None
    lines = [f"{method} {target} HTTP/1.1"]
    for name, value in headers:
        kind = _kind_of(name)
        if kind == "framing" or (kind == "host" and len(lines) > 1) or value.strip() != value:
            return None
        if kind == "length":
            if value != str(len(body or b"")):
                return None
            body = None if body is None else b""  # a second one does not fit
        lines.append(f"{name}: {value}")
    if body or not _is_method(method) or " " in target or not target:
        return None
    head = "\r\n".join(lines)
    # No value may end its line; what is printable holds no line end beside ours.
    is_whole = head.count("\r\n") == len(headers)
    if not is_whole or not head.isascii() or not head.replace("\r\n", "").isprintable():
        return None
    return f"{head}\r\n\r\n".encode("ascii")


@functools.lru_cache(maxsize=512)
def _kind_of(name: str) -> str:
    """Return what a header does: ``host``, ``length``, ``framing``, else nothing that matters here."""
    low = name.lower()
    if low in _FRAMING or not _TOKEN.fullmatch(name):
        return "framing"
    return {"host": "host", "content-length": "length"}.get(low, "")


@functools.lru_cache(maxsize=64)
def _is_method(method: str) -> bool:
    return _TOKEN.fullmatch(method) is not None


class PlainHead(NamedTuple):
    """The head of an answer; the body begins at *body_at* and has *length_bytes*."""

    head: ResponseHead
    body_at: int
    length_bytes: int


def read_plain(data: bytes) -> PlainHead | None:
    """Return the head with which *data* begins, None for one that is not whole or not plain.

    Shape: a plain answer has a body whose length it tells once, and leaves the connection open.
    """
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    first, *lines = data[:end].decode("latin-1").split("\r\n")
    status = _STATUS.fullmatch(first)
    headers = _read_fields(lines)
    length = _length_of(headers) if headers else None
    if status is None or headers is None or length is None or status[1] in ("204", "304"):
        return None
    head = ResponseHead(
        status=int(status[1]), reason=status[2], http_version="HTTP/1.1", headers=headers
    )
    return PlainHead(head, end + 4, length)


def _read_fields(lines: list[str]) -> Headers | None:
    headers = []
    for line in lines:
        field = _FIELD.fullmatch(line)
        if field is None:
            return None
        headers.append((field[1], field[2]))
    return tuple(headers)


def _length_of(headers: Headers) -> int | None:
    """Return the one length that *headers* tell, None when there is none or another framing."""
    length = None
    for name, value in headers:
        kind = _kind_of(name)
        if kind == "length":
            if length is not None or not _LENGTH.fullmatch(value):
                return None
            length = int(value)
        elif kind == "framing" and not (name.lower() == "connection" and value == "keep-alive"):
            return None
    return length
