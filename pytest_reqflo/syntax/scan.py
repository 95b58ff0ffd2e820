"""Look at the root keys of a YAML file without parsing it; the standard library only.

Collection asks this of every YAML file below the arguments, so it must cost next to nothing.
"""

from __future__ import annotations

import difflib
import os
import re
import stat
from pathlib import Path

_HEAD_BYTES = 1024 * 1024
"""No larger file is a journey; a larger one is looked at no further than this."""

_JOURNEY = re.compile(
    rb"""(?:\A\xef\xbb\xbf|^)(?:journey|"journey"|'journey')[ \t]*:(?=\s|\Z)""", re.MULTILINE
)
_ROOT_KEY = re.compile(
    rb"""(?:\A\xef\xbb\xbf|^)["']?([A-Za-z_][\w.-]{0,63})["']?[ \t]*:(?=\s|\Z)""", re.MULTILINE
)


def has_journey_root(path: Path) -> bool:
    """Say whether a line of the file *path* begins with the key ``journey``."""
    return _JOURNEY.search(_read_head(path)) is not None


def find_root_keys(path: Path) -> tuple[str, ...]:
    """Return the words that stand as keys at the very left of the file *path*."""
    return tuple(found.decode() for found in _ROOT_KEY.findall(_read_head(path)))


def find_near_miss(path: Path) -> str | None:
    """Return the root key of *path* that is nearly ``journey``, None if there is none."""
    keys = find_root_keys(path)
    if "journey" in keys:
        return None
    return next((key for key in keys if is_nearly(key, "journey")), None)


def is_nearly(word: str, name: str) -> bool:
    """Say whether *word* is most likely a misspelling of *name*, or *name* itself."""
    # 0.8 keeps `journal` (0.71) apart from `journey` and takes in a missing or swapped letter.
    return difflib.SequenceMatcher(None, word.lower(), name).ratio() >= 0.8


def _read_head(path: Path) -> bytes:
    """Return the beginning of a regular file, nothing for all else: a pipe would block."""
    try:
        with open(path, "rb", opener=_open_without_waiting) as file:
            is_file = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
            return file.read(_HEAD_BYTES) if is_file else b""
    except (OSError, ValueError):
        return b""


def _open_without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
