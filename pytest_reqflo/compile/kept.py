"""Where what was compiled before is kept: the cache folder of the person running, if there is one.

Never a project, even if that folder is said to lie there: what a stranger may put into a change would
be taken for compiled.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

from pytest_reqflo.compile.makers import makers_digest
from pytest_reqflo.values import Digest


class Kept(Protocol):
    """Where what was compiled is found again."""

    def find(self, key: Digest) -> str | None:
        """Return what was kept as *key*, None when there is nothing."""

    def keep(self, key: Digest, content: str) -> bool:
        """Keep *content* as *key*, at the next `write`; say whether there is room for it."""

    def write(self) -> None:
        """Write what is to be kept."""

    def close(self) -> None:
        """Let go of the place."""


def open_kept(variables: Mapping[str, str], *, projects: Iterable[Path]) -> Kept | None:
    """Return what the person running has kept, None without a place or the means for it.

    Shape: a place within one of *projects* is none.
    """
    folder = find_cache_folder(variables)
    if folder is None or any(_is_within(folder, project) for project in projects):
        return None
    try:
        # Not every Python was built with SQLite.
        from pytest_reqflo.compile.kept_file import KeptInFolder
    except ImportError:
        return None
    return KeptInFolder(folder) if makers_digest() else None


def find_cache_folder(variables: Mapping[str, str]) -> Path | None:
    """Return our folder among the caches of the person running, None without a home.

    Source: XDG Base Directory Specification, by which a relative path is to be ignored.
    """
    named = Path(variables.get("XDG_CACHE_HOME", ""))
    if named.is_absolute():
        return named / "reqflo"
    home = Path(variables.get("HOME", ""))
    return home / ".cache" / "reqflo" if home.is_absolute() and home.is_dir() else None


def _is_within(folder: Path, project: Path) -> bool:
    return Path(os.path.realpath(folder)).is_relative_to(os.path.realpath(project))
