"""The environment that was chosen last, for as long as nothing can have changed it."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from pytest_reqflo.host.environment import ChosenEnvironment
    from pytest_reqflo.syntax.library import Library


_Look: TypeAlias = tuple[frozenset[str] | int, tuple[str | None, ...]]
"""The names of all variables, or how many there are, and the values of some."""

_OF_PYTEST = "PYTEST_CURRENT_TEST"
"""A variable that pytest sets anew for each phase of each test."""


class Choices:
    """Chosen environments of one session, one for each library.

    Only fixtures and tests of the suite change files and variables while a session runs; the
    variables that an environment reads are looked at all the same, the rest is forgotten when one of
    them ran. To look at all would cost more than to plan a run.

    Shape: *is_watched* when hooks of the suite may change variables too: then it is not enough to
        count them.
    """

    def __init__(self) -> None:
        self.is_watched = True
        self._chosen: dict[int, tuple[Library, ChosenEnvironment, _Look]] = {}

    def forget(self) -> None:
        """Choose anew: code of the suite ran."""
        self._chosen.clear()

    def find(self, library: Library, choose: Callable[[], ChosenEnvironment]) -> ChosenEnvironment:
        """Return what *choose* returns for *library*, or did before. Raises: what it raises."""
        known = self._chosen.get(id(library))
        if known is not None and self._look(known[1]) == known[2]:
            return known[1]
        chosen = choose()
        # The library is kept, so that its id is that of no other.
        self._chosen[id(library)] = (library, chosen, self._look(chosen))
        return chosen

    def _look(self, chosen: ChosenEnvironment) -> _Look:
        names = _find_names() if self.is_watched else _count_names()
        return names, tuple([os.environ.get(name) for name in chosen.variables])


def _find_names() -> frozenset[str]:
    return frozenset(os.environ) - {_OF_PYTEST}


def _count_names() -> int:
    return len(os.environ) - (_OF_PYTEST in os.environ)
