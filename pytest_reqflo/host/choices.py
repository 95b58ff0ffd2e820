"""The environment that was chosen last, for as long as nothing can have changed it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_reqflo.host.environment import ChosenEnvironment
    from pytest_reqflo.syntax.library import Library


_OF_PYTEST = "PYTEST_CURRENT_TEST"
"""What pytest sets anew for each phase of each test: it says nothing of an environment."""


class Choices:
    """Chosen environments of one session, one for each library.

    Only fixtures and tests of the suite change files and variables while a session runs; a variable
    is looked at all the same, the rest is forgotten when one of them ran.
    """

    def __init__(self) -> None:
        self._variables: Mapping[str, str] = {}
        self._chosen: dict[int, tuple[Library, ChosenEnvironment]] = {}

    def forget(self) -> None:
        """Choose anew: code of the suite ran."""
        self._chosen.clear()

    def find(self, library: Library, choose: Callable[[], ChosenEnvironment]) -> ChosenEnvironment:
        """Return what *choose* returns for *library*, or did before. Raises: what it raises."""
        variables = dict(os.environ)
        variables.pop(_OF_PYTEST, None)
        if variables != self._variables:
            self._chosen.clear()
            self._variables = variables
        if id(library) not in self._chosen:
            # The library is kept, so that its id is that of no other.
            self._chosen[id(library)] = (library, choose())
        return self._chosen[id(library)][1]
