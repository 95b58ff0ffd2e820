"""Which of the coming items may be started beside those in flight. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Generic, TypeVar

from pytest_reqflo.frozen import dataclass

T = TypeVar("T")

DEFAULT_ROWS = 16
"""Rows of one journey that run together when nobody says otherwise."""

_MOST_PASSED_OVER = 256
"""Items that wait for their group while later ones are started."""

_WAITING_PER_FLIGHT = 16
_LEAST_WAITING = 64


@dataclass(frozen=True, slots=True)
class Stand:
    """How an item stands to those beside it.

    Shape: *journey* is the same for all items of one journey; *is_alone* when nothing may run
        beside it: it asks for that, or something of it must happen at its turn.
    """

    journey: object
    group: str = ""
    is_row: bool = False
    is_alone: bool = False
    is_never_run: bool = False


LONE = Stand(journey=None, is_alone=True)
"""How an item stands that is no journey, or of which no more is asked."""


@dataclass(frozen=True, slots=True)
class Width:
    """How many run at once.

    Shape: *is_rows_only* when different journeys run one after another all the same.
    """

    limit: int
    is_rows_only: bool = False

    @property
    def most_ahead(self) -> int:
        """How many runs may be under way or wait for their turn to be reported."""
        return max(_LEAST_WAITING, _WAITING_PER_FLIGHT * self.limit)


def width_of(concurrency: int | None) -> Width:
    """Return how many items run at once under the option *concurrency*, None when not given."""
    if concurrency is None:
        return Width(DEFAULT_ROWS, is_rows_only=True)
    return Width(concurrency)


class Window(Generic[T]):
    """Chooses what is started next: in collection order, but for groups.

    *take* returns the next item with its stand, None when none is known. One that cannot start yet
    is kept; what follows it waits, unless it only waits for its group.
    """

    def __init__(self, width: Width, take: Callable[[], tuple[T, Stand] | None]) -> None:
        self._width = width
        self._most_ahead = width.most_ahead
        self._take = take
        self._kept: tuple[T, Stand] | None = None
        self._passed_over: list[tuple[T, Stand]] = []

    def forget(self, item: T) -> None:
        """Let *item* hold up nothing any more: its turn has come."""
        if self._kept is not None and self._kept[0] is item:
            self._kept = None
        self._passed_over = [each for each in self._passed_over if each[0] is not item]

    def is_full(self, flying: int, ahead: int) -> bool:
        """Say whether nothing can start before one of *flying* runs ends, or of *ahead* is reported."""
        return flying >= self._width.limit or ahead >= self._most_ahead

    def choose(self, head: Stand, flying: Collection[Stand], ahead: int) -> T | None:
        """Return the item to start now, None for none.

        Shape: *head* is how the item stands whose turn it is; *ahead* counts the runs that are not
            reported yet, over or not.
        """
        if self.is_full(len(flying), ahead):
            return None
        groups = {stand.group for stand in flying if stand.group}
        for index, (item, stand) in enumerate(self._passed_over):
            if stand.group not in groups:
                del self._passed_over[index]
                return item
            groups.add(stand.group)
        return self._choose_new(head, groups)

    def _choose_new(self, head: Stand, groups: set[str]) -> T | None:
        while len(self._passed_over) < _MOST_PASSED_OVER:
            coming = self._kept or self._take()
            self._kept = None
            if coming is None:
                return None
            item, stand = coming
            if stand.is_never_run:
                continue
            if not self._may_follow(head, stand):
                self._kept = coming
                return None
            if stand.group not in groups:
                return item
            self._passed_over.append(coming)
            groups.add(stand.group)
        return None

    def _may_follow(self, head: Stand, stand: Stand) -> bool:
        if head.is_alone or stand.is_alone:
            return False
        return not self._width.is_rows_only or (stand.is_row and stand.journey is head.journey)
