"""Journeys in flight: they are started before their turn, and waited for when it has come.

pytest goes through its items one after another, as ever; only the exchanges with servers overlap.
"""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from pytest_reqflo.frozen import dataclass
from pytest_reqflo.host.flight import Flight
from pytest_reqflo.host.item import JourneyItem, JourneyNode
from pytest_reqflo.host.landing import Cleanup
from pytest_reqflo.host.run import end_item, leave_item, start_item
from pytest_reqflo.host.window import LONE, Stand, Window

if TYPE_CHECKING:
    from pytest_reqflo.host.flight import Span
    from pytest_reqflo.host.session import JourneySession
    from pytest_reqflo.host.stand import Stands
    from pytest_reqflo.host.upcoming import Upcoming
    from pytest_reqflo.host.verdict import Verdict
    from pytest_reqflo.host.window import Width


class Stopped(Exception):
    """The session ends before the run did."""


@dataclass(frozen=True, slots=True)
class _Started:
    """An item whose run was started."""

    item: JourneyNode
    flight: Flight


class Ahead:
    """The runs of one process that were started before their turn.

    Shape: *can_start* says whether anything may still be started, given how many runs that wait for
        their report went badly.
    """

    def __init__(
        self, journeys: JourneySession, width: Width, upcoming: Upcoming, stands: Stands,
        can_start: Callable[[int], bool],
    ) -> None:  # fmt: skip
        self._journeys = journeys
        self._width = width
        self._upcoming = upcoming
        self._stands = stands
        self._can_start = can_start
        self._window: Window[pytest.Item] = Window(width, self._take)
        self._started: dict[int, _Started] = {}
        self._coming: dict[int, Stand] = {}
        self._flying: dict[int, Stand] = {}
        self._bad: set[int] = set()
        self._asking: set[int] = set()
        self._landed: queue.SimpleQueue[Flight] = queue.SimpleQueue()
        self._head = LONE
        self._is_stopped = False
        self._cleanup = Cleanup(self._landed, self._land)

    # --- the turn of an item ---------------------------------------------------------------------

    def begin_turn(self, item: pytest.Item, nextitem: pytest.Item | None) -> None:
        """Start what may run beside *item*, whose turn it is, and *item* before them."""
        self._pass(item, nextitem)
        self._set_head(item, self._stands.stand_of(item))

    def begin_alone(self, item: JourneyItem, nextitem: pytest.Item | None) -> None:
        """Learn that the turn of *item* has come, which `leaves_alone` was said of."""
        self._pass(item, nextitem)
        self._head = LONE

    def _pass(self, item: pytest.Item, nextitem: pytest.Item | None) -> None:
        self._upcoming.begin_turn(item, nextitem)
        self._window.forget(item)
        self._coming.pop(id(item), None)

    def run(self, item: JourneyNode) -> tuple[Verdict, Span] | None:
        """Return what became of the run of *item*, None when it must run here and now.

        Raises: what interrupts the wait, when the run does not end for it.
        """
        # Its fixtures are set up now; where it has none, nothing has changed since its turn began.
        is_slim = isinstance(item, JourneyItem)
        self._set_head(item, self._head if is_slim else self._stands.stand_of(item))
        started = self._started.get(id(item))
        if started is None:
            return None
        self._await(started.flight)
        del self._started[id(item)]
        self._flying.pop(id(started.flight), None)
        self._bad.discard(id(started.flight))
        started.flight.release_records()
        verdict = end_item(self._journeys, started.flight)
        return verdict, started.flight.span

    def has_smooth(self, item: JourneyNode) -> bool:
        """Say whether the run of *item* is over, passed, and left nothing to log or to warn of.

        Shape: never while the providers of secrets may be asked: theirs is code of others, of which
            pytest captures what it prints.
        """
        started = self._started.get(id(item))
        return started is not None and started.flight.is_smooth and not self._asking

    def leaves_alone(self, item: JourneyItem) -> bool:
        """Say whether *item* runs at its turn and nothing beside it, whatever comes to be known."""
        is_lone = item.subject.is_serial or (self._width.is_rows_only and item.spec.row is None)
        return is_lone and not self._started

    def _set_head(self, item: pytest.Item, stand: Stand) -> None:
        self._head = stand
        self._land_all()
        if id(item) not in self._started:
            follower = self._find_follower(stand)
            if follower is None or not isinstance(item, JourneyNode):
                return
            self._start(item, stand)
            self._start(follower, self._coming.pop(id(follower)))
        self._supply()

    def _find_follower(self, stand: Stand) -> JourneyNode | None:
        """Return what may run beside an item that is not started yet."""
        is_lone = stand.is_alone or stand.is_never_run
        if is_lone or (self._width.is_rows_only and not stand.is_row):
            return None
        flying = [stand, *self._flying.values()]
        return self._choose(flying)

    def _take(self) -> tuple[pytest.Item, Stand] | None:
        item = self._upcoming.take()
        if item is None:
            return None
        stand = self._coming[id(item)] = self._stands.stand_of(item)
        return item, stand

    # --- supply ----------------------------------------------------------------------------------

    def _supply(self) -> None:
        while (item := self._choose(list(self._flying.values()))) is not None:
            self._start(item, self._coming.pop(id(item)))

    def _choose(self, flying: list[Stand]) -> JourneyNode | None:
        if self._is_stopped or self._window.is_full(len(flying), len(self._started)):
            return None
        if not self._can_start(len(self._bad)):
            return None
        item = self._window.choose(self._head, flying, len(self._started))
        return item if isinstance(item, JourneyNode) else None

    def _start(self, item: JourneyNode, stand: Stand) -> None:
        fixtures = self._stands.fixtures_of(item)
        flight = Flight(item.subject.artifact.settings.finally_timeout_s)
        # Known before anything is sent: Ctrl-C may come at any moment, and ends what is known.
        self._started[id(item)] = _Started(item, flight)
        self._flying[id(flight)] = stand
        start_item(self._journeys, item.subject, item.spec, fixtures, flight, self._landed)
        if flight.problem is not None:
            self._land(flight)
        elif flight.may_ask:
            self._asking.add(id(flight))

    def _land(self, flight: Flight) -> None:
        self._asking.discard(id(flight))
        # One that was found to be over before it landed is reported, and counts no more.
        if self._flying.pop(id(flight), None) is not None and flight.is_bad:
            self._bad.add(id(flight))

    def _land_all(self) -> None:
        while not self._landed.empty():
            self._land(self._landed.get())

    # --- waiting and ending ----------------------------------------------------------------------

    def _await(self, flight: Flight) -> None:
        try:
            while not flight.is_over:
                self._land(self._landed.get())
                self._supply()
        except BaseException as error:
            flight.interrupt(error)
            if isinstance(error, KeyboardInterrupt):
                self.stop(error)
            if not self._cleanup.wait_for([flight]):
                raise

    def stop(self, error: BaseException) -> None:
        """Start nothing more, and let what is under way go on to its `finally` steps."""
        self._is_stopped = True
        for started in self._started.values():
            if not started.flight.is_over:
                started.flight.interrupt(error)

    def end(self) -> tuple[list[JourneyNode], int]:
        """Stop, and wait for cleanup steps as long as they may take, or until nobody wants to.

        Returns: the items whose runs were over before, in order, and how many were cut short.
        """
        done = [each for each in self._started.values() if each.flight.has_result]
        self.stop(Stopped())
        cut = [each.flight for each in self._started.values() if each.flight.was_interrupted]
        # The session ends already: an interruption of this wait has nothing else to end.
        with contextlib.suppress(KeyboardInterrupt):
            self._cleanup.wait_for(cut)
        for flight in cut:
            leave_item(self._journeys, flight)
        return [each.item for each in done], len(cut)
