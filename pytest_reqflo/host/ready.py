"""Which fixtures are set up and stay so: only beside those may an item with fixtures run ahead."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from pytest_reqflo.host.environment import ENVIRONMENT_FIXTURE, INPUTS_FIXTURE

if TYPE_CHECKING:
    from pytest_reqflo.host.item import JourneyFunction

_Closure: TypeAlias = tuple[Path, frozenset[str]]
"""The folder whose fixtures are seen, and their names: together they mean the same fixtures."""

_SUPPLYING = (ENVIRONMENT_FIXTURE, INPUTS_FIXTURE)

_OF_PYTEST = frozenset({"request"})


class ReadyFixtures:
    """What earlier items of this process have set up until its end."""

    def __init__(self, rootdir: Path) -> None:
        self._rootdir = rootdir
        self._scopes: dict[str, set[str]] = {}
        self._values: dict[_Closure, Mapping[str, Any]] = {}
        self._folders: dict[Path, Path] = {}

    def note_fixture(self, fixture: pytest.FixtureDef[Any]) -> None:
        """Learn that *fixture* is set up."""
        self._scopes.setdefault(fixture.argname, set()).add(fixture.scope)

    def note_item(self, item: JourneyFunction) -> None:
        """Learn that every fixture of *item* is set up."""
        if all(self._stays(name) for name in item.fixturenames):
            values = {name: item.funcargs[name] for name in _SUPPLYING if name in item.funcargs}
            self._values[self._closure_of(item)] = values

    def values_for(self, item: JourneyFunction) -> Mapping[str, Any] | None:
        """Return what the fixtures of *item* supply, None when one must be set up at its turn."""
        return self._values.get(self._closure_of(item))

    def _stays(self, name: str) -> bool:
        # Whoever set it up in a wider or narrower scope elsewhere makes the name mean two things.
        return name in _OF_PYTEST or self._scopes.get(name) == {"session"}

    def _closure_of(self, item: JourneyFunction) -> _Closure:
        return self._folder_of(item.path.parent), frozenset(item.fixturenames)

    def _folder_of(self, folder: Path) -> Path:
        """Return the nearest folder with a conftest.py: below it, names mean the same fixtures."""
        if folder not in self._folders:
            is_last = folder in (self._rootdir, folder.parent)
            is_own = is_last or (folder / "conftest.py").is_file()
            self._folders[folder] = folder if is_own else self._folder_of(folder.parent)
        return self._folders[folder]
