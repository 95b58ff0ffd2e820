"""Requests travel here for the tasks of one loop; all but the waiting is as in `engine.http`."""

from __future__ import annotations

import time

from pytest_reqflo.engine.async_resolving import AsyncResolver
from pytest_reqflo.engine.async_sockets import AsyncSocket, connect
from pytest_reqflo.engine.dialogue import Dialogue, Headers
from pytest_reqflo.engine.failures import no_tunnel
from pytest_reqflo.engine.http import may_resend
from pytest_reqflo.engine.lanes import Lanes, LaneStream
from pytest_reqflo.engine.operation import Operation
from pytest_reqflo.engine.routes import Place, Route, Routes, place_of, wire_target
from pytest_reqflo.engine.transport import (
    Deadline,
    ResponseHead,
    Target,
    TransportFailed,
    TransportRequest,
)


class AsyncHttpTransport:
    """Sends requests over HTTP/1.1 connections that are kept, on the loop that uses it first."""

    def __init__(self) -> None:
        self._lanes: Lanes[AsyncConnection] = Lanes()
        self._routes = Routes()
        self._resolver = AsyncResolver()

    async def open(self, request: TransportRequest, deadline: Deadline) -> AsyncHttpStream:
        """Send *request* and return when the headers of its answer are there.

        Raises: TransportFailed; CancelledError passes through, the connection closed behind it.
        """
        route = self._routes.find(request)
        first = Operation(deadline, time.monotonic())
        try:
            return await self._open(request, route, first, self._lanes.take(route))
        except TransportFailed as failed:
            if not may_resend(request, first, failed):
                raise
        return await self._open(request, route, Operation(deadline, first.started_s), None)

    async def _open(
        self,
        request: TransportRequest,
        route: Route,
        operation: Operation,
        kept: AsyncConnection | None,
    ) -> AsyncHttpStream:
        try:
            connection = kept or await self._connect(place_of(route), route, operation)
            target, headers = wire_target(request, route)
            head = await connection.open(request.method, target, headers, request.body, operation)
        except TransportFailed as failed:
            failed.times = operation.times()
            raise
        return AsyncHttpStream(connection, head, operation, self._lanes, route)

    def shown_proxy(self, target: Target) -> str:
        """Return the proxy for *target* as it may be shown, empty for none."""
        return self._routes.shown_proxy(target)

    async def close(self) -> None:
        """End every idle connection; the transport can be used again."""
        idle = self._lanes.take_all()
        for connection in idle:
            connection.close()
        for connection in idle:
            await connection.wait_closed()

    async def _connect(self, place: Place, route: Route, operation: Operation) -> AsyncConnection:
        sock = await connect(place.host, place.port, operation, self._resolver)
        try:
            if place.tls:
                await sock.start_tls(place.tls, place.host, operation)
            if place.tunnel:
                await _open_tunnel(sock, *place.tunnel, operation)
                if route.tls:
                    await sock.start_tls(route.tls, route.host, operation)
        except BaseException:
            sock.close()
            raise
        return AsyncConnection(sock)


class AsyncConnection:
    """HTTP/1.1 on a socket of the loop; it ends itself when a request fails or is cancelled."""

    def __init__(self, sock: AsyncSocket) -> None:
        self._sock = sock
        self._dialogue = Dialogue()
        self._is_whole = True

    async def open(
        self, method: str, target: str, headers: Headers, body: bytes | None, operation: Operation
    ) -> ResponseHead:
        """Send a request and return the head of its answer. Raises: TransportFailed."""
        try:
            self._sock.begin(operation)
            parts = self._dialogue.request(method, target, headers, body)
            # There may be an early answer, such as a 413.
            self._is_whole = await self._sock.write(parts, operation)
            head = None
            while head is None:
                self._dialogue.take(await self._sock.read(operation), operation)
                head = self._dialogue.find_head(operation)
            return head
        except BaseException:
            self.close()
            raise

    async def read(self, operation: Operation) -> bytes:
        """Return the next piece of the body, b"" at its end. Raises: TransportFailed."""
        try:
            while (piece := self._dialogue.find_piece(operation)) is None:
                self._dialogue.take(await self._sock.read(operation), operation)
            return piece
        except BaseException:
            self.close()
            raise

    def may_go_on(self) -> bool:
        """Say whether another request may follow, and be at rest until then if so."""
        if not (self._is_whole and self._sock.is_open and self._dialogue.may_go_on()):
            return False
        self._sock.rest()
        return True

    def is_stale(self) -> bool:
        """Say whether the server ended the connection, or sent what nobody asked for."""
        return self._sock.is_stale()

    def close(self) -> None:
        """End the connection at once."""
        self._sock.close()

    async def wait_closed(self) -> None:
        """Return when the loop has let go of the connection."""
        await self._sock.wait_closed()


class AsyncHttpStream(LaneStream[AsyncConnection]):
    """An answer, read as its pieces come."""

    async def read(self) -> bytes:
        """Return the next piece of the body as it came, b"" at its end. Raises: TransportFailed."""
        if self._connection is None:
            return b""
        try:
            return self._end_read(await self._connection.read(self._operation))
        except TransportFailed as failed:
            failed.times = self.times
            raise

    async def close(self) -> None:
        """Give the connection back, or end it when the body was not read to its end."""
        self._give_back()


async def _open_tunnel(
    sock: AsyncSocket, target: str, headers: Headers, operation: Operation
) -> None:
    head = await AsyncConnection(sock).open("CONNECT", target, headers, None, operation)
    if not 200 <= head.status < 300:
        raise TransportFailed(no_tunnel(f"{head.status} {head.reason}"))
    sock.rest()
