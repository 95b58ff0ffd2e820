"""The environment that was chosen last, for as long as nothing can have changed it."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from pytest_reqflo.host.environment import ChosenEnvironment
    from pytest_reqflo.syntax.library import Library


_Look: TypeAlias = tuple[frozenset[str], tuple[str | None, ...]]
"""The names of all variables, and the values of some."""


class Choices:
    """Chosen environments of one session, one for each library.

    Only fixtures and tests of the suite change files and variables while a session runs; the
    variables that an environment reads are looked at all the same, the rest is forgotten when one of
    them ran. To look at all would cost more than to plan a run.
    """

    def __init__(self) -> None:
        self._chosen: dict[int, tuple[Library, ChosenEnvironment, _Look]] = {}

    def forget(self) -> None:
        """Choose anew: code of the suite ran."""
        self._chosen.clear()

    def find(self, library: Library, choose: Callable[[], ChosenEnvironment]) -> ChosenEnvironment:
        """Return what *choose* returns for *library*, or did before. Raises: what it raises."""
        known = self._chosen.get(id(library))
        if known is not None and _look(known[1]) == known[2]:
            return known[1]
        chosen = choose()
        # The library is kept, so that its id is that of no other.
        self._chosen[id(library)] = (library, chosen, _look(chosen))
        return chosen


def _look(chosen: ChosenEnvironment) -> _Look:
    # pytest sets one of its own anew for each phase of each test.
    names = frozenset(os.environ) - {"PYTEST_CURRENT_TEST"}
    return names, tuple(map(os.environ.get, chosen.variables))
