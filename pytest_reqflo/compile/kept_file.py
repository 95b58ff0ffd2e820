"""What was compiled before: by the digest of all it was made of, in a file of the user's own.

It holds text and no objects. Whatever is wrong with it, it is passed by: then everything is compiled
anew.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from pytest_reqflo.values import Digest, digest_of
from pytest_reqflo.writing import make_private

MOST_ENTRIES = 20_000
MAX_ENTRY_BYTES = 32 * 1024
UNUSED_DAYS = 30

_NOTED_ANEW_DAYS = 7
"""An entry that is used is written to no more often than this."""

_FILE = "compiled-1.sqlite"
"""The number changes with the columns."""

_COLUMNS = "key TEXT PRIMARY KEY, day INTEGER, seal TEXT, content TEXT"
_FIND = "SELECT content, seal, day FROM kept WHERE key = ?"
_OLDEST = "SELECT key FROM kept ORDER BY day LIMIT max(0, (SELECT count(*) FROM kept) - ?)"


class KeptInFolder:
    """Keeps what was compiled in one file of *folder*, for all processes of one person."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / _FILE
        self._today = int(time.time() // 86_400)
        self._reader: sqlite3.Connection | None = None
        self._is_readable = True
        self._new: dict[Digest, str] = {}
        self._used: list[Digest] = []

    def find(self, key: Digest) -> str | None:
        """Return what was kept as *key*, None when there is nothing."""
        content, seal, day = self._ask(key)
        if not isinstance(content, str) or seal != _seal_of(key, content):
            return None
        if not isinstance(day, int) or day < self._today - _NOTED_ANEW_DAYS:
            self._used.append(key)
        return content

    def keep(self, key: Digest, content: str) -> bool:
        """Keep *content* as *key*, at the next `write`; say whether there is room for it."""
        has_room = len(content) <= MAX_ENTRY_BYTES and len(self._new) < MOST_ENTRIES
        if has_room:
            self._new[key] = content
        return has_room

    def write(self) -> None:
        """Write what is to be kept, and let go of the file; another process may come first."""
        self.close()
        if not (self._new or self._used):
            return
        with contextlib.suppress(OSError, sqlite3.Error):
            self._write()
        self._new, self._used = {}, []

    def close(self) -> None:
        """Let go of the file."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _ask(self, key: Digest) -> tuple[object, object, object]:
        """Return content, seal and day as they stand in the file, whatever they are."""
        try:
            if self._reader is None and self._is_readable:
                self._reader = self._open_to_read()
            if self._reader is None:
                return None, None, None
            row = self._reader.execute(_FIND, (key,)).fetchone()
        except sqlite3.Error:
            self._is_readable = False
            self.close()
            return None, None, None
        return row or (None, None, None)

    def _open_to_read(self) -> sqlite3.Connection | None:
        self._is_readable = _is_own(self._folder, stat.S_ISDIR) and _is_own(
            self._path, stat.S_ISREG
        )
        return sqlite3.connect(self._path, timeout=0.2) if self._is_readable else None

    def _write(self) -> None:
        if not _is_ours_to_make(self._folder):
            return
        make_private(self._folder)
        with contextlib.suppress(FileExistsError):
            os.close(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        if not (_is_own(self._folder, stat.S_ISDIR) and _is_own(self._path, stat.S_ISREG)):
            return
        try:
            with _opened(self._path) as database:
                self._write_to(database)
        except sqlite3.OperationalError:  # another process writes, or there is no room
            return
        except sqlite3.DatabaseError:
            self._path.unlink()  # it is damaged: the next process begins anew

    def _write_to(self, database: sqlite3.Connection) -> None:
        database.execute(f"CREATE TABLE IF NOT EXISTS kept ({_COLUMNS})")
        rows = [
            (key, self._today, _seal_of(key, content), content)
            for key, content in self._new.items()
        ]
        database.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?)", rows)
        used = ((self._today, key) for key in self._used)
        database.executemany("UPDATE kept SET day = ? WHERE key = ?", used)
        database.execute("DELETE FROM kept WHERE day < ?", (self._today - UNUSED_DAYS,))
        database.execute(f"DELETE FROM kept WHERE key IN ({_OLDEST})", (MOST_ENTRIES,))  # noqa: S608


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Give a connection whose changes are written whole at the end, or not at all."""
    database = sqlite3.connect(path, timeout=0.2)
    try:
        # What a crash of the machine takes away is compiled again.
        database.execute("PRAGMA synchronous = OFF")
        # What is let go of shrinks the file; of a file that has tables this changes nothing.
        database.execute("PRAGMA auto_vacuum = FULL")
        with database:
            yield database
    finally:
        database.close()


def _seal_of(key: Digest, content: str) -> Digest:
    """Return what shows that *content* was kept as *key*: a damaged file may give that of another."""
    return digest_of(f"{key}{content}".encode(errors="surrogatepass"))


def _is_ours_to_make(folder: Path) -> bool:
    """Say whether the nearest folder there is belongs to who runs: `sudo` may keep the home of another."""
    there = next(each for each in (folder, *folder.parents) if each.exists())
    return there.stat().st_uid == os.geteuid()


def _is_own(path: Path, is_kind: Callable[[int], bool]) -> bool:
    """Say whether nobody but the person running can have written *path*; a link is refused."""
    try:
        status = os.lstat(path)
    except OSError:
        return False
    is_private = not stat.S_IMODE(status.st_mode) & 0o077
    return is_kind(status.st_mode) and is_private and status.st_uid == os.geteuid()
