"""Requests travel here, one at a time on each connection, while the caller waits.

Nothing of httpx's client is used, so there are no cookies, no netrc, no redirects and no decoding
behind our back.

A connection that was kept may have been closed by the server just as we write. Such a request is
sent once more on another connection, if no byte of an answer had come and either the server cannot
have had all of it (a write failed) or its method may be repeated. A POST that may have arrived is
never sent twice.
"""

from __future__ import annotations

import os
import time

from pytest_reqflo.engine.dialogue import Dialogue, Headers
from pytest_reqflo.engine.failures import no_tunnel
from pytest_reqflo.engine.lanes import Lanes, LaneStream
from pytest_reqflo.engine.operation import Operation
from pytest_reqflo.engine.routes import Place, Route, Routes, place_of, wire_target
from pytest_reqflo.engine.sockets import BoundedSocket, connect
from pytest_reqflo.engine.transport import (
    Deadline,
    ResponseHead,
    Target,
    TransportFailed,
    TransportRequest,
)

READ_BYTES = 64 * 1024

REPEATABLE = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"})
"""Methods that may be sent again without harm (RFC 9110, 9.2.2)."""


def may_resend(request: TransportRequest, operation: Operation, failed: TransportFailed) -> bool:
    """Say whether *request*, which *failed*, is sent once more on a new connection."""
    is_reused = operation.connect_started_s is None
    if not is_reused or operation.first_byte_s is not None or failed.failure.code != "RF404":
        return False
    return operation.is_write_broken or request.method in REPEATABLE


class HttpTransport:
    """Sends requests over HTTP/1.1 connections that are kept; safe to use from several threads."""

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._lanes: Lanes[Connection] = Lanes()
        self._inherited: list[object] = []
        self._routes = Routes()

    def open(self, request: TransportRequest, deadline: Deadline) -> HttpStream:
        """Send *request* and return when the headers of its answer are there.

        Raises: TransportFailed.
        """
        if self._pid != os.getpid():
            self._leave_to_parent()
        route = self._routes.find(request)
        first = Operation(deadline, time.monotonic())
        try:
            return self._open(request, route, first, self._lanes.take(route))
        except TransportFailed as failed:
            if not may_resend(request, first, failed):
                raise
        return self._open(request, route, Operation(deadline, first.started_s), None)

    def _open(
        self, request: TransportRequest, route: Route, operation: Operation, kept: Connection | None
    ) -> HttpStream:
        try:
            connection = kept or _connect(place_of(route), route, operation)
            target, headers = wire_target(request, route)
            head = connection.open(request.method, target, headers, request.body, operation)
        except TransportFailed as failed:
            failed.times = operation.times()
            raise
        return HttpStream(connection, head, operation, self._lanes, route)

    def shown_proxy(self, target: Target) -> str:
        """Return the proxy for *target* as it may be shown, empty for none."""
        return self._routes.shown_proxy(target)

    def close(self) -> None:
        """End every idle connection; the transport can be used again."""
        idle = self._lanes.take_all()
        if self._pid == os.getpid():
            for connection in idle:
                connection.close()

    def _leave_to_parent(self) -> None:
        # Kept alive: collecting them would close sockets whose other end talks to the parent.
        self._inherited.append(self._lanes)
        self._lanes = Lanes()
        self._pid = os.getpid()


class Connection:
    """HTTP/1.1 on a socket; it ends itself when a request fails."""

    def __init__(self, sock: BoundedSocket) -> None:
        self._sock = sock
        self._dialogue = Dialogue()
        self._is_whole = True

    def open(
        self, method: str, target: str, headers: Headers, body: bytes | None, operation: Operation
    ) -> ResponseHead:
        """Send a request and return the head of its answer. Raises: TransportFailed."""
        try:
            parts = self._dialogue.request(method, target, headers, body)
            # There may be an early answer, such as a 413.
            self._is_whole = self._sock.write(parts, operation)
            head = None
            while head is None:
                self._dialogue.take(self._sock.read(READ_BYTES, operation), operation)
                head = self._dialogue.find_head(operation)
            return head
        except BaseException:
            self.close()
            raise

    def read(self, operation: Operation) -> bytes:
        """Return the next piece of the body, b"" at its end. Raises: TransportFailed."""
        try:
            while (piece := self._dialogue.find_piece(operation)) is None:
                self._dialogue.take(self._sock.read(READ_BYTES, operation), operation)
            return piece
        except BaseException:
            self.close()
            raise

    def may_go_on(self) -> bool:
        """Say whether another request may follow."""
        return self._is_whole and self._sock.sock.fileno() >= 0 and self._dialogue.may_go_on()

    def is_stale(self) -> bool:
        """Say whether the server ended the connection, or sent what nobody asked for."""
        return self._sock.is_readable()

    def close(self) -> None:
        """End the connection."""
        self._sock.close()


class HttpStream(LaneStream[Connection]):
    """An answer, read as its pieces come."""

    def read(self) -> bytes:
        """Return the next piece of the body as it came, b"" at its end. Raises: TransportFailed."""
        if self._connection is None:
            return b""
        try:
            return self._end_read(self._connection.read(self._operation))
        except TransportFailed as failed:
            failed.times = self.times
            raise

    def close(self) -> None:
        """Give the connection back, or end it when the body was not read to its end."""
        self._give_back()


def _connect(place: Place, route: Route, operation: Operation) -> Connection:
    sock = connect(place.host, place.port, operation)
    try:
        if place.tls:
            sock.start_tls(place.tls, place.host, operation)
        if place.tunnel:
            _open_tunnel(sock, *place.tunnel, operation)
            if route.tls:
                sock.start_tls(route.tls, route.host, operation)
    except BaseException:
        sock.close()
        raise
    return Connection(sock)


def _open_tunnel(sock: BoundedSocket, target: str, headers: Headers, operation: Operation) -> None:
    head = Connection(sock).open("CONNECT", target, headers, None, operation)
    if not 200 <= head.status < 300:
        raise TransportFailed(no_tunnel(f"{head.status} {head.reason}"))
