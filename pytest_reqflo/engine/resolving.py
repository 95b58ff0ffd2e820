"""Host names become addresses, in a thread: the resolver of the platform takes no timeout."""

from __future__ import annotations

import asyncio
import contextlib
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
_Answer = list[Address] | OSError

_DOING = "resolving the host name"


def resolve(host: str, port: int, operation: Operation) -> list[Address]:
    """Return the addresses of *host*, those to be tried first in front. Raises: TransportFailed."""
    literal = _literal(host, port)
    if literal is not None:
        return [literal]
    answers: queue.SimpleQueue[_Answer] = queue.SimpleQueue()
    _ask(host, port, answers.put)
    try:
        answer = answers.get(timeout=operation.remaining_s(_DOING))
    except queue.Empty:
        raise operation.too_late(_DOING) from None
    return _expect(answer, host)


class AsyncResolver:
    """Resolves for the tasks of one loop; those that ask for the same name at once share a thread."""

    def __init__(self) -> None:
        self._asked: dict[tuple[str, int], asyncio.Future[_Answer]] = {}

    async def resolve(self, host: str, port: int, operation: Operation) -> list[Address]:
        """Return the addresses of *host*. Raises: TransportFailed."""
        literal = _literal(host, port)
        if literal is not None:
            return [literal]
        try:
            async with asyncio.timeout(operation.remaining_s(_DOING)):
                # One that is cancelled leaves the answer to the others.
                answer = await asyncio.shield(self._answer(host, port))
        except TimeoutError:
            raise operation.too_late(_DOING) from None
        return _expect(answer, host)

    def _answer(self, host: str, port: int) -> asyncio.Future[_Answer]:
        key = (host, port)
        if key not in self._asked:
            self._asked[key] = asyncio.get_running_loop().create_future()
            self._start(key)
        return self._asked[key]

    def _start(self, key: tuple[str, int]) -> None:
        loop = asyncio.get_running_loop()

        def settle(answer: _Answer) -> None:
            asked = self._asked.pop(key)
            if not asked.done():
                asked.set_result(answer)

        def hand_over(answer: _Answer) -> None:
            with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
                loop.call_soon_threadsafe(settle, answer)

        _ask(*key, hand_over)


def _literal(host: str, port: int) -> Address | None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    return (socket.AF_INET if address.version == 4 else socket.AF_INET6, (host, port))


def _ask(host: str, port: int, answer: Callable[[_Answer], None]) -> None:
    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answer([(entry[0], entry[4]) for entry in found])
        except (OSError, UnicodeError) as error:
            answer(OSError(str(error)))

    threading.Thread(target=ask, daemon=True, name="reqflo-resolve").start()


def _expect(answer: _Answer, host: str) -> list[Address]:
    if isinstance(answer, OSError):
        raise TransportFailed(unresolved(host))
    return answer
