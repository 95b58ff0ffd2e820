"""What this process runs next: its items in order, or what xdist has handed to this worker."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Sequence
from typing import Protocol

import pytest

from pytest_reqflo.host.claims import Claims


class Upcoming(Protocol):
    """The items to come, each given out once."""

    def begin_turn(self, item: pytest.Item, nextitem: pytest.Item | None) -> None:
        """Learn that the turn of *item* has come, and what follows it."""

    def take(self) -> pytest.Item | None:
        """Return the next item that will run in this process, None when none is known."""


class OrderedItems:
    """The items of a session that one process runs from first to last."""

    def __init__(self, items: Sequence[pytest.Item]) -> None:
        self._items = items
        self._turn = 0
        self._next = 0

    def begin_turn(self, item: pytest.Item, nextitem: pytest.Item | None) -> None:
        self._turn = self._find_place(item)
        self._next = max(self._next, self._turn)

    def _find_place(self, item: pytest.Item) -> int:
        """Return the place behind *item*: nearly always the first that is looked at."""
        count = len(self._items)
        places = itertools.chain(range(self._turn, count), range(self._turn))
        return next((place + 1 for place in places if self._items[place] is item), self._turn)

    def take(self) -> pytest.Item | None:
        if self._next >= len(self._items):
            return None
        self._next += 1
        return self._items[self._next - 1]


class WorkerItems:
    """The items of a worker: the next one is certain, those behind it are claimed one by one."""

    def __init__(self, items: Sequence[pytest.Item], claims: Claims | None) -> None:
        self._items = items
        self._claims = claims
        self._certain: deque[pytest.Item] = deque()
        self._given: int = 0

    def begin_turn(self, item: pytest.Item, nextitem: pytest.Item | None) -> None:
        self._certain.clear()
        if nextitem is None:
            return
        if self._given:
            # It was claimed, and given out then.
            self._given -= 1
        else:
            self._certain.append(nextitem)

    def take(self) -> pytest.Item | None:
        if self._certain:
            return self._certain.popleft()
        index = self._claims.claim() if self._claims else None
        if index is None:
            return None
        self._given += 1
        return self._items[index]
