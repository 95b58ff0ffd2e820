"""The only door to h11: the client's side of HTTP/1.1 on one connection. No I/O.

Requests become bytes, bytes become answers; a blocking and an asynchronous connection read and write
them. h11 is what httpx speaks HTTP with.
"""

from __future__ import annotations

import h11

from pytest_reqflo.engine.failures import NO_ENCODING, bad_answer, not_sendable
from pytest_reqflo.engine.operation import Operation
from pytest_reqflo.engine.transport import ResponseHead, TransportFailed

_MAX_HEAD_BYTES = 100 * 1024
_MAX_JOINED_BYTES = 64 * 1024

Headers = tuple[tuple[str, str], ...]


class Dialogue:
    """One request and its answer after the other, as long as *may_go_on*."""

    def __init__(self) -> None:
        self._h11 = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MAX_HEAD_BYTES)

    def request(
        self, method: str, target: str, headers: Headers, body: bytes | None
    ) -> list[bytes]:
        """Return what to write, in as many writes as it has parts.

        Raises: TransportFailed RF405 when it cannot be said in HTTP.
        """
        try:
            head = self._h11.send(
                h11.Request(
                    method=method.encode("ascii"),
                    target=target.encode("ascii"),
                    headers=[(name.encode(), value.encode()) for name, value in headers],
                )
            )
            content = self._h11.send(h11.Data(data=body)) if body else b""
            end = self._h11.send(h11.EndOfMessage())
        except UnicodeError:
            raise TransportFailed(not_sendable(NO_ENCODING)) from None
        except h11.LocalProtocolError as error:
            raise TransportFailed(not_sendable(str(error))) from None
        return _joined([part for part in (head, content, end) if part])

    def take(self, data: bytes, operation: Operation) -> None:
        """Add what came from the server, b"" for its end. Raises: TransportFailed."""
        if not data and self._h11.their_state is h11.SEND_RESPONSE:
            raise self._refused("Server disconnected without sending a response.", operation)
        self._h11.receive_data(data)

    def find_head(self, operation: Operation) -> ResponseHead | None:
        """Return the head of the answer, None while more must come. Raises: TransportFailed."""
        while True:
            event = self._next_event(operation)
            if event is h11.NEED_DATA:
                return None
            if isinstance(event, h11.Response):
                return _head_of(event)
            if isinstance(event, h11.InformationalResponse) and event.status_code == 101:
                return _head_of(event)

    def find_piece(self, operation: Operation) -> bytes | None:
        """Return a piece of the body, b"" at its end, None while more must come.

        Raises: TransportFailed.
        """
        while True:
            event = self._next_event(operation)
            if event is h11.NEED_DATA:
                return None
            if not isinstance(event, h11.Data):
                return b""
            if event.data:
                return bytes(event.data)

    def may_go_on(self) -> bool:
        """Say whether another request may follow, and be ready for it if so."""
        if self._h11.our_state is not h11.DONE or self._h11.their_state is not h11.DONE:
            return False
        self._h11.start_next_cycle()
        return not self._h11.trailing_data[0]

    def _next_event(self, operation: Operation) -> object:
        try:
            return self._h11.next_event()
        except h11.RemoteProtocolError as error:
            raise self._refused(str(error), operation) from None

    def _refused(self, reason: str, operation: Operation) -> TransportFailed:
        failure = bad_answer(reason, is_begun=operation.first_byte_s is not None)
        return TransportFailed(failure)


def _joined(parts: list[bytes]) -> list[bytes]:
    """Join what is small: two writes are two packets, and a server may wait for the second."""
    if sum(map(len, parts)) <= _MAX_JOINED_BYTES:
        return [b"".join(parts)]
    return parts


def _head_of(event: h11.Response | h11.InformationalResponse) -> ResponseHead:
    headers = event.headers.raw_items()
    return ResponseHead(
        status=event.status_code,
        reason=event.reason.decode("latin-1"),
        http_version=f"HTTP/{event.http_version.decode('latin-1')}",
        headers=tuple(
            [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
        ),
    )
