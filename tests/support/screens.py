"""Pytest under a real terminal, and what a user sees on it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

_PARTS = re.compile(r"\x1b\[[0-9;]*m|[^\x1b]", re.DOTALL)


class Screen:
    """What stands on a terminal of *columns* columns, line by line; colours are left out.

    Shape: *written_over* are the lines as they were when backspaces began.

    A character that is no letter, colour, backspace, return or line end is a failure.
    """

    def __init__(self, columns: int) -> None:
        self.columns = columns
        self.lines = [""]
        self.written_over: list[str] = []
        self._column = 0
        self._is_back = False

    def feed(self, text: str) -> None:
        for part in _PARTS.findall(text):
            self._put(part)
        assert "\x1b" not in _PARTS.sub("", text)

    def _put(self, part: str) -> None:
        self._act_on(part)
        self._is_back = part == "\b"

    def _act_on(self, part: str) -> None:
        if part == "\n":
            self.lines.append("")
        elif part == "\r":
            self._column = 0
        elif part == "\b":
            if not self._is_back:
                self.written_over.append(self.lines[-1].rstrip())
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


_NOT_THEIRS = ("COLUMNS", "LINES", "NO_COLOR", "PY_COLORS", "FORCE_COLOR", "CI")


def run_on_terminal(folder: Path, *arguments: str, columns: int = 80) -> Screen:
    """Return what a run of pytest in *folder* has left on a terminal."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    variables = {key: value for key, value in os.environ.items() if key not in _NOT_THEIRS}
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", *arguments], cwd=folder, stdin=theirs, stdout=theirs,
        stderr=theirs, env=variables | {"TERM": "xterm"}, close_fds=True,
    )  # fmt: skip
    os.close(theirs)
    text = b"".join(iter(lambda: _read(ours), b"")).decode()
    process.wait(60)
    os.close(ours)
    screen = Screen(columns)
    screen.feed(text)
    return screen


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # the other side is closed
        return b""
