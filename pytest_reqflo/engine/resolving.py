"""Host names become addresses, in a thread: the resolver of the platform takes no timeout."""

from __future__ import annotations

import ipaddress
import queue
import socket
import threading
from collections.abc import Callable
from typing import Any

from pytest_reqflo.engine.failures import unresolved
from pytest_reqflo.engine.operation import Operation
from pytest_reqflo.engine.transport import TransportFailed

Address = tuple[socket.AddressFamily, Any]
Answer = list[Address] | OSError

RESOLVING = "resolving the host name"


def resolve(host: str, port: int, operation: Operation) -> list[Address]:
    """Return the addresses of *host*, those to be tried first in front. Raises: TransportFailed."""
    literal = literal_address(host, port)
    if literal is not None:
        return [literal]
    answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
    ask_host(host, port, answers.put)
    try:
        answer = answers.get(timeout=operation.remaining_s(RESOLVING))
    except queue.Empty:
        raise operation.too_late(RESOLVING) from None
    return expect_answer(answer, host)


def literal_address(host: str, port: int) -> Address | None:
    """Return the address that *host* itself is, None for a name."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    return (socket.AF_INET if address.version == 4 else socket.AF_INET6, (host, port))


def ask_host(host: str, port: int, answer: Callable[[Answer], None]) -> None:
    """Hand the addresses of *host*, or why there are none, to *answer*, from a thread of its own."""

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answer([(entry[0], entry[4]) for entry in found])
        except (OSError, UnicodeError) as error:
            answer(OSError(str(error)))

    threading.Thread(target=ask, daemon=True, name="reqflo-resolve").start()


def expect_answer(answer: Answer, host: str) -> list[Address]:
    """Return the addresses of *host* that the *answer* holds. Raises: TransportFailed."""
    if isinstance(answer, OSError):
        raise TransportFailed(unresolved(host))
    return answer
