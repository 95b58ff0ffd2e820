"""What is worked out once for an object, when it is asked for first, and forgotten with it. No I/O.

Journeys are compiled once and run many times: what only depends on a part of an artifact is worked
out at the first run and found at the next. Objects are told apart by identity, since most of them
hold mappings and have no hash.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any, Generic, TypeVar, final

K = TypeVar("K")
B = TypeVar("B")
V = TypeVar("V")
C = TypeVar("C")


class _ByIdentity(Generic[K]):
    """Keeps what was made for each object until that is gone."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[Any, ...]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def _keep(self, thing: K, *made: Any) -> None:
        number = id(thing)
        ref = weakref.ref(thing, lambda gone: self._forget(number, gone))
        self._kept[number] = (ref, *made)

    def _forget(self, number: int, gone: weakref.ref[K]) -> None:
        kept = self._kept.get(number)
        if kept is not None and kept[0] is gone:
            self._kept.pop(number, None)


class Noted(_ByIdentity[K], Generic[K, V]):
    """The result of *make* for each object, made at the first call; safe between threads.

    Shape: *make* is pure, and its result does not refer to the object it was made for: that would
        keep both for good. Two threads that come at the same time may both make it.
    """

    def __init__(self, make: Callable[[K], V]) -> None:
        super().__init__()
        self._make = make

    def of(self, thing: K) -> V:
        """Return what was made for *thing*."""
        kept = self._kept.get(id(thing))
        # Another object may have taken the place of one that is gone.
        if kept is not None and kept[0]() is thing:
            known: V = kept[1]
            return known
        value = self._make(thing)
        self._keep(thing, value)
        return value


class NotedBeside(_ByIdentity[K], Generic[K, B, V]):
    """The result of *make* for each object beside another, that which was met last with it.

    Shape: as with `Noted`, the result does not refer to the first object; the second is kept.
    """

    def __init__(self, make: Callable[[K, B], V]) -> None:
        super().__init__()
        self._make = make

    def of(self, thing: K, beside: B) -> V:
        """Return what was made for *thing* and *beside*."""
        kept = self._kept.get(id(thing))
        if kept is not None and kept[1] is beside and kept[0]() is thing:
            known: V = kept[2]
            return known
        value = self._make(thing, beside)
        self._keep(thing, beside, value)
        return value


@final
class Late:
    """What a field holds until it is read first; *make* is pure, and gives its value.

    Shape: *size* is that of the value, in the measure of those who only ask how large it is.
    """

    __slots__ = ("make", "size")

    def __init__(self, make: Callable[[], Any], size: int = 0) -> None:
        self.make = make
        self.size = size


_SLOTS: dict[tuple[type, str], Any] = {}
"""What gives access to each field that may be late, as it is."""


def find_unread(thing: object, name: str) -> Late | None:
    """Return what field *name* of *thing* holds in place of its value, None once it was read."""
    held = _SLOTS[type(thing), name].__get__(thing)
    return held if type(held) is Late else None


def late(name: str) -> Callable[[type[C]], type[C]]:
    """Decorate a class made by `dataclass`: field *name* may be given as `Late`.

    Shape: whoever reads, compares, copies or prints the field finds the value. Two threads that
        read it first at the same time may both make it.
    """

    def decorate(cls: type[C]) -> type[C]:
        slot = _SLOTS[cls, name] = vars(cls)[name]

        def read(self: C) -> Any:
            value = slot.__get__(self)
            if type(value) is Late:
                value = value.make()
                slot.__set__(self, value)
            return value

        setattr(cls, name, property(read, slot.__set__))
        return cls

    return decorate
