"""Find the root of a journey, and the files that it names below that root."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path

from pytest_reqflo.diagnostic import nearest_name
from pytest_reqflo.values import printable, shorten

MAX_FILE_BYTES = 10 * 1024 * 1024

LIBRARY_FOLDERS = ("environments", "templates", "presets", "overlays")


# The same file must be found, or refused, on every system.
_WINDOWS_ABSOLUTE = re.compile(r"\\|[A-Za-z]:")


class PathProblem(Exception):
    """A path that cannot be used: RF113 or RF114, a sentence, and a hint or nothing."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint


def find_root(path: Path, *, rootdir: Path, configured: Path | None) -> Path:
    """Return the folder that bounds the files of the journey file *path*.

    That is *configured*; else the nearest folder above *path* that holds a library folder, not
    beyond *rootdir*; else *rootdir*, or the folder of a file that lies outside of it.
    """
    if configured is not None:
        return (rootdir / configured).resolve()
    folder, rootdir = path.resolve().parent, rootdir.resolve()
    is_inside = folder.is_relative_to(rootdir)
    for candidate in (folder, *folder.parents):
        if any((candidate / name).is_dir() for name in LIBRARY_FOLDERS):
            return candidate
        if candidate == rootdir:
            break
    return rootdir if is_inside else folder


def path_below(root: Path, path: Path) -> str:
    """Return *path* relative to *root*, ``""`` when it lies elsewhere or a link leads to it.

    A journey reached by a link takes its files from beside the link: its path says nothing of it.
    """
    real, base = Path(os.path.realpath(path)), Path(os.path.realpath(root))
    if real == base or not real.is_relative_to(base):
        return ""
    parts = real.relative_to(base).parts
    return "/".join(parts) if path.parts[-len(parts) :] == parts else ""


def find_boundary(path: Path, *, rootdir: Path, configured: Path | None) -> Path:
    """Return the folder that the journey file *path* lies in, with symbolic links followed.

    That is *rootdir* for a file found below it, else the folder of the file; or *configured*.
    Raises: PathProblem RF114 when the file lies in neither: a link in a stranger's change must not
        show what lies beside the project.
    """
    folder = rootdir.resolve()
    is_inside = path.absolute().is_relative_to(rootdir.absolute())
    if not is_inside and not path.parent.resolve().is_relative_to(folder):
        folder = path.parent.resolve()
    folders = [folder, *([(rootdir / configured).resolve()] if configured else [])]
    real = path.resolve()
    for candidate in folders:
        if real.is_relative_to(candidate):
            return candidate
    raise PathProblem(
        "RF114",
        f"`{printable(path.name)}` is reached by a symbolic link that leaves `{folder}`",
        "copy the file, or set ini reqflo_root to a folder that holds both",
    )


def resolve_below(
    root: Path, base: Path, relative: str, *, max_bytes: int = MAX_FILE_BYTES
) -> Path:
    """Return the real path of the regular file *relative* to the folder *base*.

    Raises: PathProblem RF114 when it is absolute, leaves *root* (also by symbolic links), is no
        regular file or is larger than *max_bytes*; RF113 when it does not exist.
    """
    shown = shorten(printable(relative), 200)
    if os.path.isabs(relative) or _WINDOWS_ABSOLUTE.match(relative):
        raise PathProblem("RF114", f"`{shown}` is absolute", "write it relative to this file")
    if "\\" in relative:
        raise PathProblem("RF114", f"`{shown}` holds a backslash", "write `/` between two folders")
    try:
        real = Path(os.path.realpath(base / relative))
        # Before anything else is said: the message must not tell what lies outside.
        if not real.is_relative_to(os.path.realpath(root)):
            raise PathProblem("RF114", f"`{shown}` lies outside of the root `{root}`")
        status = real.stat()
    except (OSError, ValueError):
        raise PathProblem(
            "RF113", f"`{shown}` does not exist", _near_file(base, relative)
        ) from None
    if not stat.S_ISREG(status.st_mode):
        what = "a folder" if stat.S_ISDIR(status.st_mode) else "no regular file"
        raise PathProblem("RF114", f"`{shown}` is {what}")
    if status.st_size > max_bytes:
        raise PathProblem("RF114", f"`{shown}` is larger than {max_bytes // 2**20} MiB")
    return real


def refuse_hidden(root: Path, base: Path, real: Path, relative: str) -> None:
    """Refuse the real path *real*, found as *relative*, below a name that begins with a dot.

    Such files and folders keep what is no part of a suite: `.env` its secrets, `.git/config` the
    token of a checkout, `.reqflo` the values of a person. Those that *base* lies in itself are open.
    Raises: PathProblem RF114.
    """
    own = Path(os.path.realpath(base)).parts
    above = len(Path(os.path.realpath(root)).parts)
    for depth, part in enumerate(real.parts[above:], above + 1):
        if part.startswith(".") and own[:depth] != real.parts[:depth]:
            shown = shorten(printable(relative), 200)
            raise PathProblem(
                "RF114",
                f"`{shown}` is hidden: `{shorten(printable(part), 60)}` begins with a dot",
                "give the file another name or folder when it is meant to be sent",
            )


def refuse_secret(places: Iterable[Path], real: Path, relative: str) -> None:
    """Refuse the real path *real*, found as *relative*, at or below one of the real *places*.

    Raises: PathProblem RF114.
    """
    if any(real.is_relative_to(place) for place in places):
        raise PathProblem(
            "RF114",
            f"`{shorten(printable(relative), 200)}` is where an environment keeps secrets",
            "name a secret as {{ secrets.NAME }}",
        )


def _near_file(base: Path, relative: str) -> str:
    folder, _, name = relative.rpartition("/")
    try:
        names = os.listdir(base / folder)
    except (OSError, ValueError):
        names = []
    near = nearest_name(name, names)
    if near:
        return f"did you mean `{printable('/'.join(filter(None, (folder, near))))}`?"
    return "paths are relative to the file that names them"
