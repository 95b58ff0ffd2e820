"""Where journey files lie: their boundary and root, found once for each folder, and their state on disk."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TypeAlias

from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.errors import JourneyError
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.syntax.paths import PathProblem, find_boundary, find_root, path_below

Stamp: TypeAlias = tuple[int, int, int, int, int]
"""What changes when the content of a file does."""

_SETTLED_NS = 2 * 10**9
"""Age from which a change cannot hide in the coarse clock of a file system."""


@dataclass(frozen=True, slots=True)
class FilePlace:
    """Where a journey file really lies.

    Shape: *real* has no symbolic links, *below* is the folder that bounds them; *file* is the path
        below *root*, empty when a link leads to it.
    """

    real: Path
    below: Path
    root: Path
    file: str


class _Folder:
    """The places of the files of one folder, by that of one of them."""

    def __init__(self, found: FilePlace, folder: str) -> None:
        self._found = found
        self._is_real = os.fspath(found.real.parent) == folder
        self._file = found.file.removesuffix(found.real.name)

    def place_of(self, path: Path, name: str) -> FilePlace:
        """Return where *path*, called *name* and no link, lies."""
        found = self._found
        real = path if self._is_real else found.real.with_name(name)
        return FilePlace(real, found.below, found.root, found.file and f"{self._file}{name}")


class Folders:
    """The folders of the journeys of one rootdir."""

    def __init__(self, rootdir: Path, configured: Path | None) -> None:
        self._rootdir = rootdir
        self._configured = configured
        self._known: dict[str, _Folder] = {}

    def place_of(self, path: Path, shown: str) -> FilePlace:
        """Return where the journey file *path* lies.

        Raises: JourneyError RF114 when a symbolic link leads out of the project.
        """
        if os.path.islink(path):
            return self._find(path, shown)
        above, _, name = os.fspath(path).rpartition(os.sep)
        folder = self._known.get(above)
        if folder is None:
            folder = self._known[above] = _Folder(self._find(path, shown), above)
        return folder.place_of(path, name)

    def root_of(self, path: Path) -> Path:
        """Return the root of the journey in *path*."""
        return find_root(path, rootdir=self._rootdir, configured=self._configured)

    def _find(self, path: Path, shown: str) -> FilePlace:
        below, root = self._boundary_of(path, shown), self.root_of(path)
        return FilePlace(path.resolve(), below, root, path_below(root, path))

    def _boundary_of(self, path: Path, shown: str) -> Path:
        try:
            return find_boundary(path, rootdir=self._rootdir, configured=self._configured)
        except PathProblem as problem:
            title = f"{shown}: {problem.message}"
            raise JourneyError(
                Diagnostic(code=problem.code, title=title, hint=problem.hint)
            ) from None
        except (OSError, RuntimeError, ValueError) as error:
            title = f"`{shown}` cannot be read: {getattr(error, 'strerror', None) or error}"
            raise JourneyError(Diagnostic(code="RF114", title=title)) from None


def find_stamp(path: Path) -> Stamp | None:
    """Return the state of the file *path*, None when it cannot be told from a later one.

    A file that was just written may be written again without a trace; so may one that is gone.
    """
    looked_ns = time.time_ns()
    try:
        return stamp_of(os.stat(path), looked_ns)
    except (OSError, ValueError):
        return None


def stamp_of(status: os.stat_result, looked_ns: int) -> Stamp | None:
    """Return the state that *status* tells, None when it cannot be told from a later one.

    Shape: *looked_ns* is the time of `time.time_ns` before anybody looked.
    """
    if looked_ns - max(status.st_mtime_ns, status.st_ctime_ns) < _SETTLED_NS:
        return None
    return (
        status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns,
    )  # fmt: skip
