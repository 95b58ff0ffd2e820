"""Sockets of an asyncio loop that never outlive a deadline, and note when each phase happened.

What comes is taken off the loop at once and waits here, so that a request costs its task one wait.
One timer bounds every wait. It is left to run when a request is over in time, which most are, and
then serves the next one.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import time

from pytest_reqflo.engine.async_resolving import AsyncResolver
from pytest_reqflo.engine.failures import broken, connect_reason, unreachable
from pytest_reqflo.engine.operation import Operation
from pytest_reqflo.engine.sockets import is_readable
from pytest_reqflo.engine.tls import tls_failure, tls_reason
from pytest_reqflo.engine.transport import TransportFailed

_MAX_WAITING_BYTES = 256 * 1024
"""What may wait here before the server is made to wait."""


class AsyncSocket(asyncio.Protocol):
    """A connection of the loop; between `begin` and `rest` it is bounded by one operation."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._operation: Operation | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._received = bytearray()
        self._problem: Exception | None = None
        self._is_ended = False
        self._is_held = False
        self._may_write = True
        self._is_late = False
        self._lost: asyncio.Future[None] = self._loop.create_future()

    def begin(self, operation: Operation) -> None:
        """Bound everything that follows by *operation*. Raises: TransportFailed."""
        left_s = operation.remaining_s("sending the request")
        self._operation, self._is_late = operation, False
        if self._timer is None or self._timer.when() > self._loop.time() + left_s:
            self._set_timer(left_s)

    def rest(self) -> None:
        """Be between two requests."""
        self._operation = None

    async def read(self, operation: Operation) -> bytes:
        """Return what came, b"" at the end. Raises: TransportFailed."""
        doing = operation.reading
        operation.remaining_s(doing)
        while not self._received and not self._is_ended:
            await self._wait(operation, doing)
        if self._received:
            return self._take()
        if self._problem is not None:
            raise broken(self._problem, operation, doing)
        return b""

    async def write(self, parts: list[bytes], operation: Operation) -> bool:
        """Send all *parts*; False when the peer took no more, who may still have answered.

        Raises: TransportFailed at the deadline.
        """
        operation.begin_write()
        if not self._is_ended:
            self._connected.writelines(parts)
        while not self._may_write and not self._is_ended and not self._received:
            await self._wait(operation, "sending the request")
        if self._is_ended:
            operation.is_write_broken = True
            return False
        operation.write_ended_s = time.monotonic()
        # A server that answers before it has read all may never read the rest.
        return self._may_write

    async def start_tls(self, context: ssl.SSLContext, host: str, operation: Operation) -> None:
        """Speak TLS from here on. Raises: TransportFailed."""
        if self._connected.get_extra_info("ssl_object") is not None:
            raise TransportFailed(
                tls_failure(host, "TLS inside TLS (an https proxy) is not offered")
            )
        started = time.monotonic()
        operation.end_connect(started)
        left_s = operation.remaining_s("negotiating TLS")
        try:
            async with asyncio.timeout(left_s):
                secured = await self._loop.start_tls(
                    self._connected,
                    self,
                    context,
                    server_hostname=host,
                    # Never the first to end it: the deadline of the request does.
                    ssl_handshake_timeout=left_s + 60,
                )
        except TimeoutError:
            raise operation.too_late("negotiating TLS") from None
        except (OSError, ValueError) as error:
            raise TransportFailed(tls_failure(host, tls_reason(error))) from None
        if secured is None:
            raise TransportFailed(tls_failure(host, "the connection was closed"))
        self.connection_made(secured)
        operation.tls_s = time.monotonic() - started

    def is_stale(self) -> bool:
        """Say whether the server ended the connection, or sent what nobody asked for."""
        if self._is_ended or self._received or self._connected.is_closing():
            return True
        # What has come may not have been taken off the loop yet.
        sock = self._connected.get_extra_info("socket")
        return sock is None or is_readable(sock.fileno())

    def close(self) -> None:
        """End the connection at once."""
        self.rest()
        self._end_timer()
        self._is_ended = True
        if self._transport is not None:
            with contextlib.suppress(RuntimeError):  # the loop was closed before
                self._transport.abort()

    async def wait_closed(self) -> None:
        """Return when the loop has let go of the connection."""
        await self._lost

    @property
    def is_open(self) -> bool:
        """Whether neither side ended the connection."""
        return not self._is_ended

    @property
    def _connected(self) -> asyncio.Transport:
        if self._transport is None:
            raise RuntimeError("a connection was used before it was made")
        return self._transport

    def _take(self) -> bytes:
        data = bytes(self._received)
        self._received.clear()
        if self._is_held:
            self._is_held = False
            self._connected.resume_reading()
        return data

    async def _wait(self, operation: Operation, doing: str) -> None:
        if self._is_late:
            raise operation.too_late(doing)
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None
        if self._is_late:
            raise operation.too_late(doing)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _set_timer(self, left_s: float) -> None:
        self._end_timer()
        self._timer = self._loop.call_later(left_s, self._expire)

    def _end_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expire(self) -> None:
        self._timer = None
        if self._operation is None:
            return
        left_s = self._operation.deadline.remaining_s()
        if left_s > 0:
            self._set_timer(left_s)
        else:
            self._is_late = True
            self._wake()

    # --- what the loop tells ----------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Write through *transport*, and know a write as done when the system has all of it."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101
        self._transport = transport
        transport.set_write_buffer_limits(high=0)

    def data_received(self, data: bytes) -> None:
        if self._operation is not None:
            self._operation.note_bytes(data)
        self._received += data
        if len(self._received) > _MAX_WAITING_BYTES and not self._is_held:
            self._is_held = True
            self._connected.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self._is_ended = True
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        self._is_ended = True
        self._problem = self._problem or error
        if not self._lost.done():
            self._lost.set_result(None)
        self._wake()

    def pause_writing(self) -> None:
        self._may_write = False

    def resume_writing(self) -> None:
        self._may_write = True
        self._wake()


async def connect(
    host: str, port: int, operation: Operation, resolver: AsyncResolver
) -> AsyncSocket:
    """Return a connection to the first address of *host* that takes one. Raises: TransportFailed."""
    operation.connect_started_s = time.monotonic()
    problem: OSError | None = None
    for family, address in await resolver.resolve(host, port, operation):
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            async with asyncio.timeout(operation.remaining_s("connecting")):
                await asyncio.get_running_loop().sock_connect(sock, address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            made = await _adopt(sock)
        except BaseException as error:
            sock.close()
            if not isinstance(error, OSError):
                raise
            problem = error
            continue
        operation.connect_s = time.monotonic() - operation.connect_started_s
        return made
    operation.remaining_s("connecting")
    raise TransportFailed(unreachable(host, port, connect_reason(problem))) from None


async def _adopt(sock: socket.socket) -> AsyncSocket:
    _, made = await asyncio.get_running_loop().create_connection(AsyncSocket, sock=sock)
    return made
