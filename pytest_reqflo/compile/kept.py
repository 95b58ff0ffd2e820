"""Where what was compiled before is kept: the cache folder of the person running, if there is one.

Never a project: what a stranger may put there would be taken for compiled.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from pytest_reqflo.values import Digest


class Kept(Protocol):
    """Where what was compiled is found again."""

    def find(self, key: Digest) -> str | None:
        """Return what was kept as *key*, None when there is nothing."""

    def keep(self, key: Digest, content: str) -> None:
        """Keep *content* as *key*, at the next `write`."""

    def write(self) -> None:
        """Write what is to be kept."""

    def close(self) -> None:
        """Let go of the place."""


def cache_folder(variables: Mapping[str, str]) -> Path | None:
    """Return our folder among the caches of the person running, None without a home.

    Source: XDG Base Directory Specification, by which a relative path is to be ignored.
    """
    named = Path(variables.get("XDG_CACHE_HOME", ""))
    if named.is_absolute():
        return named / "reqflo"
    home = Path(variables.get("HOME", ""))
    return home / ".cache" / "reqflo" if home.is_absolute() else None


def open_kept(variables: Mapping[str, str]) -> Kept | None:
    """Return what the person running has kept, None without a place or the means for it."""
    folder = cache_folder(variables)
    try:
        # Not every Python was built with SQLite.
        from pytest_reqflo.compile.kept_file import KeptInFolder
    except ImportError:
        return None
    return KeptInFolder(folder) if folder else None
