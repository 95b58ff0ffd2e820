"""A text at the end of pytest's current line of output that can be written over."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable

import pytest

_LEAST_ROOM = 24
"""Columns for which a line that pytest has begun is gone on with."""

_MARGIN = 12
"""Columns for the ` [ 42%]` that pytest adds at the end."""


class LiveLine:
    """Writes behind what pytest has written, takes it back, and never into the last column.

    Only backspaces move the cursor: what pytest wrote stays. What is taken back goes past pytest,
    which counts columns, straight to the terminal. A *gap* stands before the text where pytest leaves none.
    """

    def __init__(
        self, config: pytest.Config, reporter: pytest.TerminalReporter, *, gap: str = ""
    ) -> None:
        self._gap = gap
        self._writer = config.get_terminal_writer()
        self._reporter = reporter
        self._shown = 0
        self._width = self._writer.fullwidth
        self._terminal: int | None = None

    def open_terminal(self) -> bool:
        """Keep a way to the terminal, also while output is captured; say whether there is one."""
        with contextlib.suppress(OSError, ValueError, AttributeError):
            self._terminal = os.dup(sys.stdout.fileno())
        return self._terminal is not None

    def close(self) -> None:
        """Take back what is shown, and close the way to the terminal."""
        self.clear()
        if self._terminal is not None:
            os.close(self._terminal)
            self._terminal = None

    @property
    def can_write_inside(self) -> bool:
        """Whether something can be shown while a test runs."""
        return self._terminal is not None

    def show(self, render: Callable[[int], str], *, is_inside: bool) -> None:
        """Show what *render* gives for the columns that are left, instead of what was shown.

        Shape: *is_inside* while a test runs, whose output is captured.
        """
        text = render(self._room(is_inside=is_inside) - len(self._gap))
        text = self._gap + text if text else ""
        blank = " " * (self._shown - len(text))
        self._write("\b" * self._shown + text + blank + "\b" * len(blank))
        self._shown = len(text)

    def clear(self) -> None:
        """Take back what is shown."""
        if self._shown:
            self._write("\b" * self._shown + " " * self._shown + "\b" * self._shown)
            self._shown = 0

    def keep(self, text: str, **markup: bool) -> None:
        """Write *text*, which stays, as a line of its own."""
        self.begin_line()
        self._reporter.write(f"  {text}\n", flush=True, **markup)

    def keep_inside(self, text: str) -> None:
        """Write *text* as `keep` does, while a test runs that has begun with a line."""
        self._write(f"  {text}\n")

    def end(self, text: str, **markup: bool) -> None:
        """Write *text* instead of what is shown; pytest goes on behind it."""
        self.clear()
        if self._writer.fullwidth - self._writer.width_of_current_line < len(text) + _MARGIN:
            self.begin_line()
        gap = self._gap if self._writer.width_of_current_line else "  "
        self._reporter.write(gap + text, flush=True, **markup)

    def begin_line(self) -> None:
        """Leave the line that pytest has begun."""
        if self._writer.width_of_current_line:
            self._reporter.write("\n", flush=True)

    def _room(self, *, is_inside: bool) -> int:
        if not is_inside:  # where the size of the terminal can be asked for
            self._width = self._writer.fullwidth
        room = self._width - self._writer.width_of_current_line - 1
        if room < _LEAST_ROOM and not self._shown and not is_inside:
            self.begin_line()
            room = self._width - 1
        return room

    def _write(self, text: str) -> None:
        if self._terminal is not None:
            self._reporter.flush()
            os.write(self._terminal, text.encode())
