"""Connections that were kept, each to carry one request at a time: the last one first.

What it takes to find or give back one does not grow with their number: a pool that looks through all
it has is quadratic in the requests in flight.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from pytest_reqflo.engine.operation import Operation
from pytest_reqflo.engine.routes import Route
from pytest_reqflo.engine.transport import ResponseHead
from pytest_reqflo.run.effects import PhaseTimes

MAX_IDLE_CONNECTIONS = 256

IDLE_EXPIRY_S = 4.0
"""Below the 5 s after which common servers close an idle connection."""


class Keepable(Protocol):
    """A connection that carries one request after the other."""

    def may_go_on(self) -> bool:
        """Say whether another request may follow, and be at rest until then if so."""

    def is_stale(self) -> bool:
        """Say whether the server ended it, or sent what nobody asked for."""

    def close(self) -> None:
        """End it."""


C = TypeVar("C", bound=Keepable)


@dataclass(slots=True)
class _Kept(Generic[C]):
    route: Route
    connection: C
    expires_s: float
    is_gone: bool = False


class Lanes(Generic[C]):
    """The idle connections of a transport; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_route: dict[Route, deque[_Kept[C]]] = {}
        self._by_age: deque[_Kept[C]] = deque()
        self._count = 0

    def take(self, route: Route) -> C | None:
        """Return the connection of *route* that was used last, None when there is none."""
        while (kept := self._pop(route)) is not None:
            if kept.expires_s > time.monotonic() and not kept.connection.is_stale():
                return kept.connection
            kept.connection.close()
        return None

    def give(self, route: Route, connection: C) -> None:
        """Keep *connection* for the next request of *route*."""
        kept = _Kept(route, connection, time.monotonic() + IDLE_EXPIRY_S)
        with self._lock:
            self._by_route.setdefault(route, deque()).append(kept)
            self._by_age.append(kept)
            self._count += 1
            old = self._sweep()
        for each in old:
            each.close()

    def take_all(self) -> list[C]:
        """Return every idle connection, to be closed."""
        with self._lock:
            kept = [each.connection for each in self._by_age if not each.is_gone]
            self._by_route, self._by_age, self._count = {}, deque(), 0
        return kept

    def _pop(self, route: Route) -> _Kept[C] | None:
        with self._lock:
            lane = self._by_route.get(route)
            if not lane:
                return None
            kept = lane.pop()
            kept.is_gone = True
            self._count -= 1
        return kept

    def _sweep(self) -> list[C]:
        """Forget those that are gone, and return those that are too old or too many."""
        now_s = time.monotonic()
        swept = []
        while self._by_age:
            oldest = self._by_age[0]
            if not oldest.is_gone:
                if oldest.expires_s > now_s and self._count <= MAX_IDLE_CONNECTIONS:
                    break
                swept.append(self._drop(oldest))
            self._by_age.popleft()
        return swept

    def _drop(self, oldest: _Kept[C]) -> C:
        lane = self._by_route[oldest.route]
        lane.popleft()
        if not lane:
            del self._by_route[oldest.route]
        self._count -= 1
        return oldest.connection


class LaneStream(Generic[C]):
    """An answer on a connection that is given back when it was read to its end."""

    def __init__(
        self, connection: C, head: ResponseHead, operation: Operation, lanes: Lanes[C], route: Route
    ) -> None:
        self.head = head
        self._connection: C | None = connection
        self._operation = operation
        self._lanes = lanes
        self._route = route

    @property
    def times(self) -> PhaseTimes:
        """Seconds of each phase so far."""
        return self._operation.times()

    def _end_read(self, piece: bytes) -> bytes:
        if not piece and self._operation.ended_s is None:
            self._operation.ended_s = time.monotonic()
        return piece

    def _give_back(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if connection.may_go_on():
            self._lanes.give(self._route, connection)
        else:
            connection.close()
