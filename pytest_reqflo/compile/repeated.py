"""Checks and outputs that many journeys of a suite write alike, each compiled once. Pure."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeAlias, TypeVar

from pytest_reqflo.syntax import model as m

V = TypeVar("V")

Key: TypeAlias = tuple[Hashable, ...]

_MOST = 4096
_LONGEST = 200
"""Longest text, in characters, that is remembered: those that repeat are short."""

# A list or mapping has no hash. Of floats, 0.0 equals -0.0, which is written differently.
_PLAIN = frozenset({str, int, bool, type(None)})


class Repeated(Generic[V]):
    """What was made of parts that depend on nothing but themselves, by what their authors wrote."""

    def __init__(self) -> None:
        self._known: dict[Key, V] = {}

    def find(self, key: Key | None) -> V | None:
        """Return what was made of the part with this *key*, None when it was not met yet."""
        return None if key is None else self._known.get(key)

    def keep(self, key: Key | None, made: V) -> None:
        """Remember what was *made* of the part with this *key*."""
        if key is None or not all(map(_is_short_literal, key)):
            return
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[key] = made


def key_of(model: m.AssertionModel | m.OutputModel, *beside: Hashable) -> Key | None:
    """Return what tells *model*, with what stands *beside* it, from all others; None for a large one."""
    values = tuple(vars(model).values())
    kinds = tuple(map(type, values))
    if not _PLAIN.issuperset(kinds):
        return None
    # To Python, true is 1. What is left out may mean something else than its default.
    return (type(model), kinds, frozenset(model.model_fields_set), *beside, *values)


def _is_short_literal(value: Hashable) -> bool:
    return not isinstance(value, str) or (len(value) <= _LONGEST and "{{" not in value)
