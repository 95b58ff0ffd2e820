"""Tells how far the runs are: on a line that is written over, or on lines that stay."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from pytest_reqflo.host.live_line import LiveLine
from pytest_reqflo.report.progress import Marks, Progress, render_end, render_progress

Kind = Literal["live", "lines"]

_BETWEEN_S = 0.1
"""Least time between two states of a line that is written over."""

_LINE_WIDTH = 76
"""Columns of a line that stays."""


@dataclass(slots=True)
class _Count:
    """Runs that are over since some moment."""

    since_s: float
    done: int = 0
    failed: int = 0


class Telling:
    """What the terminal was told so far, of *total* runs."""

    def __init__(
        self, line: LiveLine, kind: Kind, total: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._line = line
        self._is_live = kind == "live"
        self._total = total
        self._clock = clock
        self._all = _Count(clock())
        self._part = _Count(clock())
        self._marks = Marks(clock())
        self._told_s = 0.0

    def add(self, runs: int) -> None:
        """Count *runs* that are over, and tell."""
        self._all.done += runs
        self._part.done += runs
        self._tell(self._progress(self._all, self._total), is_inside=False)

    def add_failed(self, runs: int) -> None:
        """Count *runs* that failed."""
        self._all.failed += runs
        self._part.failed += runs

    def tell_inside(self, done: int, failed: int) -> None:
        """Tell of the test at hand, which is not over, that *done* runs are and *failed*."""
        if self._line.can_write_inside:
            now = _Count(self._all.since_s, self._all.done + done, self._all.failed + failed)
            self._tell(self._progress(now, self._total), is_inside=True)

    def begin_inside(self) -> None:
        """Make room for what is told while a test runs."""
        if not self._is_live and self._line.can_write_inside:
            self._line.begin_line()

    def clear(self) -> None:
        """Take back what may be: something else is about to be written."""
        self._line.clear()

    def close(self) -> None:
        """Tell no more."""
        self._line.close()

    def end_part(self) -> None:
        """Tell what became of the runs since the last time, where pytest ends a line or begins one."""
        part, self._part = self._part, _Count(self._clock())
        self._line.clear()
        if part.done:
            is_bad = part.failed > 0
            text = render_end(self._progress(part, part.done))
            self._line.end(text, red=is_bad, green=not is_bad)

    def _progress(self, count: _Count, total: int) -> Progress:
        elapsed_s = self._clock() - count.since_s
        return Progress(done=count.done, total=total, failed=count.failed, elapsed_s=elapsed_s)

    def _tell(self, progress: Progress, *, is_inside: bool) -> None:
        now_s = self._clock()
        if not self._is_live:
            if self._marks.is_due(progress, now_s):
                keep = self._line.keep_inside if is_inside else self._line.keep
                keep(render_progress(progress, _LINE_WIDTH))
        elif now_s - self._told_s >= _BETWEEN_S:
            self._told_s = now_s
            self._line.show(partial(render_progress, progress), is_inside=is_inside)
