"""Blocking sockets that never outlive a deadline, and that note when each phase happened.

httpx and httpcore bound each read, so a server that drips bytes holds a request for ever. Here every
connect, handshake, read and write gets what is left of the one deadline of the exchange.
"""

from __future__ import annotations

import contextlib
import ipaddress
import queue
import select
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pytest_reqflo.engine.transport import Deadline, TransportFailed
from pytest_reqflo.run.effects import PhaseTimes, SendFailure

Address = tuple[socket.AddressFamily, Any]


class SendBroken(OSError):
    """The peer took no more of the request; it may still have answered."""


@dataclass(slots=True)
class Operation:
    """What one request does on the wire: its deadline, and the moments of its phases."""

    deadline: Deadline
    started_s: float
    connect_started_s: float | None = None
    connect_s: float | None = None
    tls_s: float | None = None
    write_started_s: float | None = None
    write_ended_s: float | None = None
    first_byte_s: float | None = None
    ended_s: float | None = None
    is_write_broken: bool = False

    def remaining_s(self, doing: str) -> float:
        """Return the seconds left. Raises: TransportFailed when none are."""
        remaining = self.deadline.remaining_s()
        if remaining <= 0:
            raise TransportFailed(self.deadline.failure(doing))
        return remaining

    def times(self) -> PhaseTimes:
        """Return the seconds of each phase up to now."""
        end = self.ended_s if self.ended_s is not None else time.monotonic()
        begun = self.write_started_s if self.connect_started_s is None else self.connect_started_s
        return PhaseTimes(
            total_s=end - self.started_s,
            pool_s=_between(self.started_s, begun),
            connect_s=self.connect_s,
            tls_s=self.tls_s,
            send_s=_between(self.write_started_s, self.write_ended_s),
            wait_s=_between(self.write_ended_s, self.first_byte_s),
            receive_s=_between(self.first_byte_s, end),
        )


def _between(start: float | None, end: float | None) -> float | None:
    return None if start is None or end is None else max(0.0, end - start)


class _Current(threading.local):
    operation: Operation | None = None


_CURRENT = _Current()
"""The operation of each thread: a connection outlives its request, and its deadline must not."""


@contextlib.contextmanager
def performing(operation: Operation) -> Iterator[None]:
    """Make every socket that this thread touches obey *operation*."""
    before = _CURRENT.operation
    _CURRENT.operation = operation
    try:
        yield
    finally:
        _CURRENT.operation = before


def current_operation() -> Operation:
    """Return the operation of this thread."""
    operation = _CURRENT.operation
    if operation is None:
        raise RuntimeError("a socket was used outside of an operation")
    return operation


class BoundedSocket:
    """A connected socket; every call is bounded by the operation of the calling thread."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock

    def read(self, max_bytes: int) -> bytes:
        """Return some bytes, b"" at the end. Raises: TransportFailed."""
        operation = current_operation()
        doing = "waiting for the answer" if operation.first_byte_s is None else "reading the answer"
        try:
            self.sock.settimeout(operation.remaining_s(doing))
            data = self.sock.recv(max_bytes)
        except OSError as error:
            raise _broken(error, operation, doing) from None
        if data and operation.first_byte_s is None:
            operation.first_byte_s = time.monotonic()
        return data

    def write(self, data: bytes) -> None:
        """Send all of *data*. Raises: TransportFailed at the deadline, SendBroken."""
        operation = current_operation()
        if operation.write_started_s is None:
            operation.write_started_s = time.monotonic()
        view = memoryview(data)
        try:
            while view:
                self.sock.settimeout(operation.remaining_s("sending the request"))
                view = view[self.sock.send(view) :]
        except TimeoutError:
            raise TransportFailed(operation.deadline.failure("sending the request")) from None
        except OSError as error:
            operation.is_write_broken = True
            raise SendBroken(str(error)) from None
        operation.write_ended_s = time.monotonic()

    def start_tls(self, context: ssl.SSLContext, host: str) -> BoundedSocket:
        """Return the same connection with TLS. Raises: TransportFailed."""
        operation = current_operation()
        if isinstance(self.sock, ssl.SSLSocket):
            raise TransportFailed(
                _tls_failure(host, "TLS inside TLS (an https proxy) is not offered")
            )
        started = time.monotonic()
        _end_of_connect(operation, started)
        try:
            self.sock.settimeout(operation.remaining_s("negotiating TLS"))
            secured = context.wrap_socket(self.sock, server_hostname=host)
        except TimeoutError:
            raise TransportFailed(operation.deadline.failure("negotiating TLS")) from None
        except (OSError, ValueError) as error:
            raise TransportFailed(_tls_failure(host, _tls_reason(error))) from None
        operation.tls_s = time.monotonic() - started
        return BoundedSocket(secured)

    def is_readable(self) -> bool:
        """Say whether bytes or the end have arrived; an idle connection then is a dead one."""
        if self.sock.fileno() < 0:
            return True
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        return bool(poll.poll(0))

    def close(self) -> None:
        self.sock.close()


def _end_of_connect(operation: Operation, now_s: float) -> None:
    """Count what a proxy needed to open a tunnel as connecting, not as sending and waiting."""
    if operation.connect_started_s is not None:
        operation.connect_s = now_s - operation.connect_started_s
    operation.write_started_s = operation.write_ended_s = operation.first_byte_s = None


def connect(host: str, port: int) -> BoundedSocket:
    """Return a connection to the first address of *host* that takes one. Raises: TransportFailed."""
    operation = current_operation()
    operation.connect_started_s = time.monotonic()
    problem: OSError | None = None
    for family, address in _addresses(host, port, operation):
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
    raise TransportFailed(_unreachable(host, port, problem)) from None


def _addresses(host: str, port: int, operation: Operation) -> list[Address]:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return _resolve(host, port, operation)
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    return [(family, (host, port))]


def _resolve(host: str, port: int, operation: Operation) -> list[Address]:
    """Resolve in a thread: the resolver of the platform takes no timeout."""
    answers: queue.SimpleQueue[list[Address] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.put([(entry[0], entry[4]) for entry in found])
        except (OSError, UnicodeError) as error:
            answers.put(OSError(str(error)))

    threading.Thread(target=ask, daemon=True, name="reqflo-resolve").start()
    try:
        answer = answers.get(timeout=operation.remaining_s("resolving the host name"))
    except queue.Empty:
        raise TransportFailed(operation.deadline.failure("resolving the host name")) from None
    if isinstance(answer, OSError):
        raise TransportFailed(_unresolved(host))
    return answer


def _unresolved(host: str) -> SendFailure:
    return SendFailure(
        code="RF401",
        category="connection",
        message=f"the host name `{host}` cannot be resolved",
        hint="check the base URL of the service in the environment",
    )


def _unreachable(host: str, port: int, problem: OSError | None) -> SendFailure:
    reason = (problem.strerror or str(problem) or "timed out").lower() if problem else "no address"
    shown = f"[{host}]" if ":" in host else host
    return SendFailure(
        code="RF401",
        category="connection",
        message=f"nothing can be reached at {shown}:{port}: {reason}",
        hint="is the server running, and is the base URL of the service right?",
    )


def _broken(error: OSError, operation: Operation, doing: str) -> TransportFailed:
    if isinstance(error, TimeoutError) and error.errno is None:
        return TransportFailed(operation.deadline.failure(doing))
    if isinstance(error, ssl.SSLError):
        return TransportFailed(_tls_failure("the server", _tls_reason(error)))
    reason = (error.strerror or str(error) or "broken off").lower()
    return TransportFailed(
        SendFailure(
            code="RF404",
            category="protocol",
            message=f"the connection broke while {doing}: {reason}",
        )
    )


def _tls_failure(host: str, reason: str) -> SendFailure:
    return SendFailure(
        code="RF403",
        category="tls",
        message=f"TLS with {host} failed: {reason}",
        hint="for a private authority set `tls: {ca_file: ...}` at the service in the environment",
    )


def _tls_reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate was not accepted, {error.verify_message}"
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.replace("_", " ").lower()
    return str(error) or "the connection was closed"
