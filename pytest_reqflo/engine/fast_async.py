"""Requests travel here with pyreqwest, for the tasks of one loop: the fast transport.

It pools its connections itself and does not say which one a request went over. One is taken for kept
when the client had an idle one for its origin; then the rule of `engine.http` holds, as far as
pyreqwest tells what came: a request that got no answer is sent once more if its method may be repeated.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Any

from pyreqwest.client import Client

from pytest_reqflo.engine.fast_wire import (
    ERRORS,
    UNANSWERED,
    body_failure_of,
    build_request,
    check_route,
    failure_of,
    head_of,
    make_client,
    may_be_kept,
)
from pytest_reqflo.engine.http import REPEATABLE
from pytest_reqflo.engine.lanes import IDLE_EXPIRY_S, MAX_IDLE_CONNECTIONS
from pytest_reqflo.engine.operation import Operation
from pytest_reqflo.engine.routes import Route, Routes
from pytest_reqflo.engine.transport import (
    Deadline,
    ResponseHead,
    Target,
    TransportFailed,
    TransportRequest,
)
from pytest_reqflo.run.effects import PhaseTimes


class AsyncFastTransport:
    """Sends requests with one client of pyreqwest for each policy of TLS and proxy."""

    def __init__(self) -> None:
        self._routes = Routes()
        self._clients: dict[tuple[bool, str | None], Client] = {}
        self._means: dict[Route, tuple[Client, Kept]] = {}
        self._lock = threading.Lock()

    async def open(self, request: TransportRequest, deadline: Deadline) -> AsyncFastStream:
        """Send *request* and return when the headers of its answer are there.

        Raises: TransportFailed; CancelledError passes through, the connection closed behind it.
        """
        operation = Operation(deadline, time.monotonic())
        try:
            route = self._routes.find(request)
            client, kept = self._means.get(route) or self._make_means(route)
            is_kept = kept.take()
            try:
                return await _open(client, request, operation, kept)
            except TransportFailed as failed:
                is_unanswered = failed.failure.message == UNANSWERED
                if not (is_kept and is_unanswered and request.method in REPEATABLE):
                    raise
            return await _open(client, request, operation, kept)
        except TransportFailed as failed:
            failed.times = operation.times()
            raise

    def shown_proxy(self, target: Target) -> str:
        """Return the proxy for *target* as it may be shown, empty for none."""
        return self._routes.shown_proxy(target)

    async def close(self) -> None:
        """End every connection; the transport can be used again."""
        with self._lock:
            clients = tuple(self._clients.values())
            self._clients, self._means = {}, {}
        for client in clients:
            await client.close()

    def _make_means(self, route: Route) -> tuple[Client, Kept]:
        check_route(route)
        key = (route.verify_tls, route.proxy)
        with self._lock:
            if key not in self._clients:
                self._clients[key] = make_client(route)
            return self._means.setdefault(route, (self._clients[key], Kept()))


class Kept:
    """Until when connections are kept that nobody uses; only their number is known."""

    def __init__(self) -> None:
        self._expire_s: deque[float] = deque(maxlen=MAX_IDLE_CONNECTIONS)

    def take(self) -> bool:
        """Say whether there is one, and count it as used: the youngest, as the pool does."""
        try:
            return self._expire_s.pop() > time.monotonic()
        except IndexError:
            return False

    def give(self) -> None:
        """Count one more."""
        self._expire_s.append(time.monotonic() + IDLE_EXPIRY_S)


async def _open(
    client: Client, request: TransportRequest, operation: Operation, kept: Kept
) -> AsyncFastStream:
    deadline = operation.deadline
    sending = build_request(client, request, deadline)
    try:
        response = await sending.__aenter__()
    except ERRORS as error:
        raise TransportFailed(failure_of(error, request, deadline)) from None
    operation.first_byte_s = time.monotonic()
    try:
        head = head_of(response)
    except TransportFailed:
        await sending.__aexit__(None, None, None)
        raise
    return AsyncFastStream(sending, response, head, operation, kept)


class AsyncFastStream:
    """An answer whose body is still to be read."""

    def __init__(
        self, sending: Any, response: Any, head: ResponseHead, operation: Operation, kept: Kept
    ) -> None:
        self.head = head
        self._sending = sending
        self._body = response.body_reader
        self._operation = operation
        self._kept = kept
        self._is_closed = False

    @property
    def times(self) -> PhaseTimes:
        """Seconds so far, of what pyreqwest tells: all, and since the head was there."""
        return self._operation.times()

    async def read(self) -> bytes:
        """Return the next piece of the body as it came, b"" at its end. Raises: TransportFailed."""
        operation = self._operation
        try:
            operation.remaining_s("reading the answer")
            piece = None if operation.ended_s else await self._body.read_chunk()
        except TransportFailed as failed:
            failed.times = operation.times()
            raise
        except ERRORS as error:
            failure = body_failure_of(error, operation.deadline)
            raise operation.failed(failure) from None
        if piece is None:
            operation.ended_s = operation.ended_s or time.monotonic()
            return b""
        return bytes(piece)

    async def close(self) -> None:
        """Give the connection back, or end it when the body was not read to its end."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._operation.ended_s is None:
            await self._sending.__aexit__(None, None, None)
        elif may_be_kept(self.head):
            # Of a body that ended, pyreqwest has given the connection back already.
            self._kept.give()
