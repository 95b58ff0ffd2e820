"""The queue of an xdist worker, so that items can be started before their turn.

An index that is claimed leaves the part of the queue that the controller may take back, so it runs
in this worker and nowhere else; the worker's loop still gets it first, and in order. This reaches
into what xdist keeps to itself, and does so only here: where it looks different, nothing is claimed.
"""

from __future__ import annotations

import collections
import contextlib
import threading
from collections.abc import Generator, Iterable
from typing import Any

import pytest

_ATTRIBUTE = "torun"
_METHODS = frozenset({"get", "put", "replace", "lock"})

_PAUSE_S = 0.1
"""How long a thief waits who got nothing: the controller would ask again at once, without end."""


class Claims:
    """A queue as xdist uses it, with a part that is claimed."""

    def __init__(self) -> None:
        self._changed = threading.Condition(threading.RLock())
        self._items: collections.deque[Any] = collections.deque()
        self._claimed: collections.deque[int] = collections.deque()
        self._is_refused = False

    def claim(self) -> int | None:
        """Return the next index and keep it for this worker; None when none is there."""
        with self._changed:
            if not self._items or not isinstance(self._items[0], int):
                return None
            index: int = self._items.popleft()
            self._claimed.append(index)
            return index

    def get(self) -> Any:
        """Return what the worker runs next, waiting for it."""
        with self._changed:
            self._changed.wait_for(lambda: self._claimed or self._items)
            self._note_change()
            return (self._claimed or self._items).popleft()

    def put(self, item: Any) -> None:
        """Add what the controller sends."""
        with self._changed:
            self._items.append(item)
            self._note_change()

    def replace(self, items: Iterable[Any]) -> None:
        """Take back what the controller wants to give to others."""
        with self._changed:
            self._items = collections.deque(items)
            self._note_change()

    @contextlib.contextmanager
    def lock(self) -> Generator[collections.deque[Any]]:
        """Keep others out, and give what is not claimed; after a visit in vain, wait for a change."""
        with self._changed:
            self._changed.wait_for(lambda: not self._is_refused, _PAUSE_S)
            self._is_refused = True
            yield self._items

    def _note_change(self) -> None:
        self._is_refused = False
        self._changed.notify_all()


def install_claims(config: pytest.Config) -> Claims | None:
    """Return the queue of this worker, None when xdist keeps it in another way.

    To be called before the worker's loop begins to listen.
    """
    for plugin in config.pluginmanager.get_plugins():
        queue = getattr(plugin, _ATTRIBUTE, None)
        if queue is not None and all(hasattr(queue, name) for name in _METHODS):
            claims = Claims()
            setattr(plugin, _ATTRIBUTE, claims)
            return claims
    return None
