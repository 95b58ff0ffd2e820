"""Read a file that somebody else may have put there: never a pipe or device, never without end.

The file is opened once, and everything is asked of what was opened: a name may mean another file
the moment after it was looked at.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

_WAIT_FOR_NOTHING = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
_PIECE_BYTES = 64 * 1024
_FOLDER = getattr(os, "O_PATH", os.O_RDONLY) | os.O_CLOEXEC | os.O_DIRECTORY | os.O_NOFOLLOW


class NotRegular(OSError):
    """What the path names is no regular file."""


class TooLarge(OSError):
    """The file has more bytes than were allowed."""


def read_regular(path: Path | str, *, max_bytes: int, below: Path | None = None) -> bytes:
    """Return the content of the regular file *path*.

    Shape: with *below*, a real path, no step from that folder to *path* may be a symbolic link.
    Raises: NotRegular, TooLarge, another OSError; ValueError for a path that no file can have.
    """
    return read_with_status(path, max_bytes=max_bytes, below=below)[0]


def read_with_status(
    path: Path | str, *, max_bytes: int, below: Path | None = None
) -> tuple[bytes, os.stat_result]:
    """Return what `read_regular` does, and the state of the file right before it was read.

    Raises: as `read_regular`.
    """
    # Opening a device can do something; only what becomes one in between is opened.
    _check_regular(os.stat(path).st_mode)
    descriptor = _open_below(below, path) if below else os.open(path, _WAIT_FOR_NOTHING)
    try:
        status = os.fstat(descriptor)
        _check_regular(status.st_mode)
        content = _read_head(descriptor, max_bytes + 1, expected=status.st_size)
    finally:
        os.close(descriptor)
    if len(content) > max_bytes:
        raise TooLarge(f"more than {max_bytes} bytes")
    return content, status


def _read_head(descriptor: int, most: int, *, expected: int) -> bytes:
    """Return the content of the open file, at most its first *most* bytes."""
    # Room for all that may come would cost more than to read what is there.
    content = os.read(descriptor, min(most, expected + 1))
    if len(content) == most or not content:
        return content
    pieces = [content]
    left = most - len(content)
    while left and (piece := os.read(descriptor, min(left, _PIECE_BYTES))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _check_regular(mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise NotRegular("no regular file")


def _parts_below(root: Path, path: Path | str) -> Sequence[str]:
    base, inner = os.fspath(root).rstrip("/") + "/", os.fspath(path)
    if inner.startswith(base):
        return inner[len(base) :].split("/")
    # Below `.` a path does not say so.
    return Path(path).relative_to(root).parts


def _open_below(root: Path, path: Path | str) -> int:
    *folders, name = _parts_below(root, path)
    folder = os.open(root, _FOLDER & ~os.O_NOFOLLOW)
    try:
        for each in folders:
            inner = os.open(each, _FOLDER, dir_fd=folder)
            os.close(folder)
            folder = inner
        return os.open(name, _WAIT_FOR_NOTHING | os.O_NOFOLLOW, dir_fd=folder)
    finally:
        os.close(folder)
