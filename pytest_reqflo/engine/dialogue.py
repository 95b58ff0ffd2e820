"""The only door to h11: the client's side of HTTP/1.1 on one connection. No I/O.

Requests become bytes, bytes become answers; a blocking and an asynchronous connection read and write
them. h11 is what httpx speaks HTTP with.
"""

from __future__ import annotations

from typing import NamedTuple

import h11

from pytest_reqflo.engine.failures import NO_ENCODING, bad_answer, not_sendable
from pytest_reqflo.engine.operation import Operation
from pytest_reqflo.engine.plain import Headers, read_plain, render_plain
from pytest_reqflo.engine.transport import ResponseHead, TransportFailed

_MAX_HEAD_BYTES = 100 * 1024
_MAX_JOINED_BYTES = 64 * 1024


class Dialogue:
    """One request and its answer after the other, as long as *may_go_on*.

    A plain request with a plain answer needs no h11, which costs more than all else that is done on
    the wire. It learns what was said at the moment when something comes that is not plain.
    """

    def __init__(self) -> None:
        self._said: _Said | None = None
        self._h11: h11.Connection | None = None
        self._body: _PlainBody | None = None
        self._head: ResponseHead | None = None

    def request(
        self, method: str, target: str, headers: Headers, body: bytes | None
    ) -> list[bytes]:
        """Return what to write, in as many writes as it has parts.

        Raises: TransportFailed RF405 when it cannot be said in HTTP.
        """
        self._said = _Said(method, target, headers, body)
        self._h11 = self._body = self._head = None
        plain = render_plain(method, target, headers, body)
        if plain is not None:
            return _joined([plain, body] if body else [plain])
        self._h11 = connection = _begin()
        return _joined(_say(connection, self._said))

    def take(self, data: bytes, operation: Operation) -> None:
        """Add what came from the server, b"" for its end. Raises: TransportFailed."""
        if self._body is not None:
            self._take_plain(self._body, data, operation)
            return
        if self._h11 is None and (plain := read_plain(data)) is not None:
            self._head = plain.head
            self._body = _PlainBody(plain.length_bytes, data[plain.body_at :])
            return
        connection = self._speak_h11()
        if not data and connection.their_state is h11.SEND_RESPONSE:
            raise self._refused("Server disconnected without sending a response.", operation)
        connection.receive_data(data)

    def find_head(self, operation: Operation) -> ResponseHead | None:
        """Return the head of the answer, None while more must come. Raises: TransportFailed."""
        while self._h11 is not None:
            event = self._next_event(self._h11, operation)
            if event is h11.NEED_DATA:
                return None
            if isinstance(event, h11.Response):
                return _head_of(event)
            if isinstance(event, h11.InformationalResponse) and event.status_code == 101:
                return _head_of(event)
        return self._head

    def find_piece(self, operation: Operation) -> bytes | None:
        """Return a piece of the body, b"" at its end, None while more must come.

        Raises: TransportFailed.
        """
        if self._body is not None:
            return self._body.find_piece()
        while True:
            event = self._next_event(self._speak_h11(), operation)
            if event is h11.NEED_DATA:
                return None
            if not isinstance(event, h11.Data):
                return b""
            if event.data:
                return bytes(event.data)

    def may_go_on(self) -> bool:
        """Say whether another request may follow."""
        if self._body is not None:
            return self._body.is_at_end
        connection = self._h11
        if connection is None or connection.our_state is not h11.DONE:
            return False
        return connection.their_state is h11.DONE and not connection.trailing_data[0]

    def _speak_h11(self) -> h11.Connection:
        if self._h11 is None:
            self._h11 = _begin()
            if self._said is not None:
                _say(self._h11, self._said)
        return self._h11

    def _take_plain(self, body: _PlainBody, data: bytes, operation: Operation) -> None:
        if not data and body.missing:
            reason = (
                "peer closed connection without sending complete message body "
                f"(received {body.length - body.missing} bytes, expected {body.length})"
            )
            raise self._refused(reason, operation)
        body.data += data

    def _next_event(self, connection: h11.Connection, operation: Operation) -> object:
        try:
            return connection.next_event()
        except h11.RemoteProtocolError as error:
            raise self._refused(str(error), operation) from None

    def _refused(self, reason: str, operation: Operation) -> TransportFailed:
        failure = bad_answer(reason, is_begun=operation.first_byte_s is not None)
        return TransportFailed(failure)


class _Said(NamedTuple):
    """A request as it was written."""

    method: str
    target: str
    headers: Headers
    body: bytes | None


class _PlainBody:
    """A body of *length* bytes; *data* has come and was not asked for yet."""

    def __init__(self, length: int, data: bytes) -> None:
        self.length = length
        self.data = data
        self._taken = 0

    @property
    def missing(self) -> int:
        """How many bytes are still to come."""
        return max(0, self.length - self._taken - len(self.data))

    @property
    def is_at_end(self) -> bool:
        """Whether all of it was taken, and nothing came behind it."""
        return self._taken == self.length and not self.data

    def find_piece(self) -> bytes | None:
        """Return what has come of it, b"" at its end, None while more must come."""
        left = self.length - self._taken
        piece, rest = self.data[:left], self.data[left:]
        if left and not piece:
            return None
        self._taken, self.data = self._taken + len(piece), rest
        return piece


def _begin() -> h11.Connection:
    return h11.Connection(h11.CLIENT, max_incomplete_event_size=_MAX_HEAD_BYTES)


def _say(connection: h11.Connection, said: _Said) -> list[bytes]:
    """Return the parts of a request. Raises: TransportFailed RF405."""
    try:
        head = connection.send(
            h11.Request(
                method=said.method.encode("ascii"),
                target=said.target.encode("ascii"),
                headers=[(name.encode(), value.encode()) for name, value in said.headers],
            )
        )
        content = connection.send(h11.Data(data=said.body)) if said.body else b""
        end = connection.send(h11.EndOfMessage())
    except UnicodeError:
        raise TransportFailed(not_sendable(NO_ENCODING)) from None
    except h11.LocalProtocolError as error:
        raise TransportFailed(not_sendable(str(error))) from None
    return [part for part in (head, content, end) if part]


def _joined(parts: list[bytes]) -> list[bytes]:
    """Join what is small: two writes are two packets, and a server may wait for the second."""
    if sum(map(len, parts)) <= _MAX_JOINED_BYTES:
        return [b"".join(parts)]
    return parts


def _head_of(event: h11.Response | h11.InformationalResponse) -> ResponseHead:
    return ResponseHead(
        status=event.status_code,
        reason=event.reason.decode("latin-1"),
        http_version=f"HTTP/{event.http_version.decode('latin-1')}",
        headers=tuple(
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in event.headers.raw_items()
        ),
    )
