"""Pytest under a real terminal, and what a user sees on it."""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

_PARTS = re.compile(r"\x1b\[[0-9;]*m|[^\x1b]", re.DOTALL)
_BEGUN = re.compile(r"\x1b(\[[0-9;]*)?$")


class Screen:
    """What stands on a terminal of *columns* columns, line by line; colours are left out.

    A character that is no letter, colour, backspace, return or line end is a failure.
    """

    def __init__(self, columns: int) -> None:
        self.columns = columns
        self.lines = [""]
        self._column = 0

    def feed(self, text: str) -> None:
        for part in _PARTS.findall(text):
            self._put(part)
        assert "\x1b" not in _PARTS.sub("", text)

    def _put(self, part: str) -> None:
        if part == "\n":
            self.lines.append("")
        elif part == "\r":
            self._column = 0
        elif part == "\b":
            self._column = max(self._column - 1, 0)
        elif part[0] != "\x1b":
            assert part.isprintable(), repr(part)
            self._write(part)

    def _write(self, character: str) -> None:
        if self._column == self.columns:
            self.lines.append("")
            self._column = 0
        line = self.lines[-1].ljust(self._column)
        self.lines[-1] = line[: self._column] + character + line[self._column + 1 :]
        self._column += 1

    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.lines)


class Terminal:
    """A run of pytest in *folder* whose output is a terminal."""

    def __init__(self, folder: Path, *arguments: str, columns: int = 80) -> None:
        self.screen = Screen(columns)
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        variables = {key: value for key, value in os.environ.items() if key not in _NOT_THEIRS}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pytest", *arguments], cwd=folder, stdin=theirs, stdout=theirs,
            stderr=theirs, env=variables | {"TERM": "xterm"}, close_fds=True,
        )  # fmt: skip
        os.close(theirs)

    def states(self) -> Iterator[str]:
        """Yield the line where the cursor is, after each piece of output until the end."""
        decode = codecs.getincrementaldecoder("utf-8")().decode
        rest = ""
        while piece := self._read():
            text = rest + decode(piece)
            end = _BEGUN.search(text)
            text, rest = (text[: end.start()], end.group()) if end else (text, "")
            self.screen.feed(text)
            yield self.screen.lines[-1].rstrip()
        self.process.wait(30)
        os.close(self._ours)

    def _read(self) -> bytes:
        try:
            return os.read(self._ours, 65536)
        except OSError:  # the other side is closed
            return b""


_NOT_THEIRS = ("COLUMNS", "LINES", "NO_COLOR", "PY_COLORS", "FORCE_COLOR", "PYTEST_ADDOPTS", "CI")
