"""Blocking sockets that never outlive a deadline, and that note when each phase happened.

httpx and httpcore bound each read, so a server that drips bytes holds a request for ever. Here every
connect, handshake, read and write gets what is left of the one deadline of the exchange.
"""

from __future__ import annotations

import select
import socket
import ssl
import time

from pytest_reqflo.engine.failures import broken, connect_reason, unreachable
from pytest_reqflo.engine.operation import Operation
from pytest_reqflo.engine.resolving import resolve
from pytest_reqflo.engine.tls import tls_failure, tls_reason
from pytest_reqflo.engine.transport import TransportFailed


class BoundedSocket:
    """A connected socket; every call is bounded by the operation that it is made for."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock

    def read(self, max_bytes: int, operation: Operation) -> bytes:
        """Return some bytes, b"" at the end. Raises: TransportFailed."""
        doing = operation.reading
        try:
            self.sock.settimeout(operation.remaining_s(doing))
            data = self.sock.recv(max_bytes)
        except OSError as error:
            raise broken(error, operation, doing) from None
        operation.note_bytes(data)
        return data

    def write(self, parts: list[bytes], operation: Operation) -> bool:
        """Send all *parts*; False when the peer took no more, who may still have answered.

        Raises: TransportFailed at the deadline.
        """
        operation.begin_write()
        try:
            for part in parts:
                self._write(part, operation)
        except TimeoutError:
            raise operation.too_late("sending the request") from None
        except OSError:
            operation.is_write_broken = True
            return False
        operation.write_ended_s = time.monotonic()
        return True

    def _write(self, part: bytes, operation: Operation) -> None:
        view = memoryview(part)
        while view:
            self.sock.settimeout(operation.remaining_s("sending the request"))
            view = view[self.sock.send(view) :]

    def start_tls(self, context: ssl.SSLContext, host: str, operation: Operation) -> None:
        """Speak TLS from here on. Raises: TransportFailed."""
        if isinstance(self.sock, ssl.SSLSocket):
            raise TransportFailed(
                tls_failure(host, "TLS inside TLS (an https proxy) is not offered")
            )
        started = time.monotonic()
        operation.end_connect(started)
        try:
            self.sock.settimeout(operation.remaining_s("negotiating TLS"))
            self.sock = context.wrap_socket(self.sock, server_hostname=host)
        except TimeoutError:
            raise operation.too_late("negotiating TLS") from None
        except (OSError, ValueError) as error:
            raise TransportFailed(tls_failure(host, tls_reason(error))) from None
        operation.tls_s = time.monotonic() - started

    def is_readable(self) -> bool:
        """Say whether bytes or the end have arrived; an idle connection then is a dead one."""
        return is_readable(self.sock.fileno())

    def close(self) -> None:
        """End the connection."""
        self.sock.close()


def is_readable(fileno: int) -> bool:
    """Say whether a socket has bytes, has ended, or is closed."""
    if fileno < 0:
        return True
    poll = select.poll()
    poll.register(fileno, select.POLLIN)
    return bool(poll.poll(0))


def connect(host: str, port: int, operation: Operation) -> BoundedSocket:
    """Return a connection to the first address of *host* that takes one. Raises: TransportFailed."""
    operation.connect_started_s = time.monotonic()
    problem: OSError | None = None
    for family, address in resolve(host, port, operation):
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.settimeout(operation.remaining_s("connecting"))
            sock.connect(address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except BaseException as error:
            sock.close()
            if not isinstance(error, OSError):
                raise
            problem = error
            continue
        operation.connect_s = time.monotonic() - operation.connect_started_s
        return BoundedSocket(sock)
    operation.remaining_s("connecting")
    raise TransportFailed(unreachable(host, port, connect_reason(problem))) from None
