"""Who is alive: a file per process, locked for as long as it lives. The kernel lets go at its end."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from pytest_reqflo.frozen import dataclass

_UNLOCKED = "."


class ProcessLock:
    """The lock of this process on its work at a batch."""

    def __init__(self, folder: Path, batch_id: str, worker_id: str) -> None:
        folder = _lock_folder(folder)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = folder / f"{batch_id}.{worker_id}"
        aside = folder / f"{_UNLOCKED}{self._path.name}"
        self._file = os.open(aside, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Only now may it be seen: a file that nobody has locked yet would be taken for a dead one's.
        aside.rename(self._path)

    def release(self) -> None:
        """Say that this process has left."""
        self._path.unlink(missing_ok=True)
        os.close(self._file)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alive:
    """The living processes of a store, and the batches that they began."""

    batches: frozenset[str] = frozenset()
    workers: frozenset[str] = frozenset()


def find_alive(folder: Path) -> Alive:
    """Return who works on the store in *folder*. Locks that nobody holds any more are removed."""
    held = [path.name.partition(".") for path in _lock_files(folder) if not _take_free(path)]
    return Alive(
        batches=frozenset(batch for batch, _, _ in held),
        workers=frozenset(worker for _, _, worker in held),
    )


def _take_free(path: Path) -> bool:
    """Remove the lock file *path* when nobody holds it; say whether that is so."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return True  # its process left just now
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        path.unlink(missing_ok=True)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def _lock_files(folder: Path) -> Iterator[Path]:
    with contextlib.suppress(OSError):
        for path in sorted(_lock_folder(folder).iterdir()):
            if not path.name.startswith(_UNLOCKED):
                yield path


def _lock_folder(folder: Path) -> Path:
    return folder / "locks"
