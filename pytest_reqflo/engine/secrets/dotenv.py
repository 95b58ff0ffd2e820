"""Secrets from a dotenv file: parsed once, never exported to the process."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from pytest_reqflo.engine.secrets.env import pick_secrets
from pytest_reqflo.reading import read_regular
from pytest_reqflo.secret import Secret

_MAX_BYTES = 1024 * 1024

_LINE = re.compile(
    r"""
    [ \t]*(?:export[ \t]+)?
    (?P<name>[A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=[ \t]*
    (?:
        "(?P<double>(?:[^"\\]|\\.)*)"
      | '(?P<single>[^']*)'
      | (?P<plain>[^\r\n]*)
    )
    (?P<rest>[^\r\n]*)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


class DotenvSecrets:
    """Finds secrets in one dotenv file."""

    def __init__(self, path: Path, *, shown: str = "") -> None:
        self._path = path
        self._values: Mapping[str, str] | None = None
        self.name = f"dotenv file {shown or path.name}"

    def get_many(self, names: Iterable[str]) -> Mapping[str, Secret]:
        """Return those of *names* that the file gives; a file that is not there gives none."""
        if self._values is None:
            self._values = _read_dotenv(self._path)
        return pick_secrets(names, self._values)

    def close(self) -> None:
        """Forget what was read."""
        self._values = None


def _read_dotenv(path: Path) -> Mapping[str, str]:
    try:
        content = read_regular(path, max_bytes=_MAX_BYTES)
    except (OSError, ValueError):
        return {}
    return parse_dotenv(content.decode("utf-8-sig", errors="surrogateescape"))


def parse_dotenv(text: str) -> Mapping[str, str]:
    r"""Return the names and values of a dotenv file; the last of two equal names wins.

    Shape: ``NAME=value``, also after ``export``. A ``#`` after a blank begins a comment outside of
        quotes. Double quotes may span lines and know ``\n \r \t \" \\ \$``; single quotes are
        literal. Nothing is substituted. A line that is none of this is passed over.
    """
    values: dict[str, str] = {}
    position = 0
    while position < len(text):
        match = _LINE.match(text, position)
        if match is None:
            position = _next_line(text, position)
            continue
        values[match["name"]] = _value_of(match)
        position = _next_line(text, match.end())
    return values


def _next_line(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end + 1


def _value_of(match: re.Match[str]) -> str:
    if match["double"] is not None:
        return re.sub(r"\\(.)", _unescape, match["double"], flags=re.DOTALL)
    if match["single"] is not None:
        return match["single"]
    return re.split(r"(?:^|[ \t])#", match["plain"], maxsplit=1)[0].strip()


def _unescape(match: re.Match[str]) -> str:
    character = match.group(1)
    if character in _ESCAPES:
        return _ESCAPES[character]
    return character if character in '"\\$' else match.group()
