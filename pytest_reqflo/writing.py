"""Files and folders that their owner alone may read, written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


def make_store_folder(folder: Path) -> None:
    """Make the *folder* of a store, left alone by version control.

    Raises: OSError also for a symbolic link: one in a change of a stranger must not have us write
        anywhere on this machine.
    """
    if os.path.islink(folder):
        raise OSError(errno.ELOOP, "is a symbolic link", str(folder))
    make_private(folder)
    if not (ignore := folder / ".gitignore").exists():
        write_new(ignore, b"*\n")


def make_private(folder: Path) -> None:
    """Make *folder* and what is missing above it, for the owner alone whatever the umask is."""
    if os.path.isdir(folder):
        return
    make_private(folder.parent)
    with contextlib.suppress(FileExistsError):
        os.mkdir(folder, mode=0o700)
    if not os.path.isdir(folder):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))


def write_new(path: Path, content: bytes) -> bool:
    """Write *content* under the name *path*, whole or not at all; say whether the name was free."""
    aside = f"{os.path.dirname(path)}/.{secrets.token_hex(8)}"
    descriptor = os.open(aside, _NEW, 0o600)
    try:
        try:
            write_all(descriptor, content)
            os.fchmod(descriptor, 0o400)
        finally:
            os.close(descriptor)
        try:
            os.link(aside, path)
        except FileExistsError:
            return False
        return True
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(aside)


def replace_file(path: Path, pieces: Iterable[str]) -> None:
    """Put *pieces* in place of what the file *path* holds, whole or not at all.

    Shape: folders that are missing above it are made.
    Raises: OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name[:100]}.{secrets.token_hex(8)}")
    descriptor = os.open(aside, _NEW, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.writelines(pieces)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def write_in(folder: int, name: str, content: bytes) -> None:
    """Write *content* as the new file *name*, a path below the open *folder*."""
    descriptor = os.open(name, _NEW | os.O_NOFOLLOW, 0o600, dir_fd=folder)
    try:
        write_all(descriptor, content)
    finally:
        os.close(descriptor)


def write_all(descriptor: int, content: bytes) -> None:
    """Write *content*, however many calls that takes."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
