"""How far a session is, in a few words. Pure: the clock is the caller's."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_reqflo.frozen import dataclass
from pytest_reqflo.report.columns import show_time

LEAST_RUNS = 200
"""Runs of a session that is worth watching; of fewer the dots of pytest tell enough."""

_LONGEST_SILENCE_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Runs that are over, of how many; *elapsed_s* is the time that they took together."""

    done: int
    total: int
    failed: int
    elapsed_s: float


def render_progress(progress: Progress, room: int) -> str:
    """Return how far the session is in at most *room* columns; empty where nothing fits."""
    return next((text for text in _variants(progress) if len(text) <= room), "")


def _variants(progress: Progress) -> Iterator[str]:
    done, total = progress.done, max(progress.done, progress.total)
    head = f"{done:,} of {total:,} runs"
    failed = f", {progress.failed:,} failed" if progress.failed else ""
    rate, left = "", ""
    if done and progress.elapsed_s > 0:
        per_s = done / progress.elapsed_s
        rate, left = f", {_rate(per_s)}", f", {_about((total - done) / per_s)} left"
    yield f"{head}{failed}{rate}{left}"
    yield f"{head}{failed}{left}"
    yield f"{head}{failed}"
    yield f"{done * 100 // max(total, 1)}%{failed}"


def _rate(per_s: float) -> str:
    if per_s >= 10:
        return f"{per_s:,.0f}/s"
    return f"{per_s:.1f}/s" if per_s >= 1 else f"{per_s * 60:.1f}/min"


def _about(time_s: float) -> str:
    return f"{max(round(time_s), 1)} s" if time_s < 60 else show_time(time_s)


def render_end(progress: Progress) -> str:
    """Return what became of the runs of a file, or of all."""
    runs = f"{progress.done:,} {'run' if progress.done == 1 else 'runs'}"
    failed = f", {progress.failed:,} failed" if progress.failed else ""
    return f"{runs}{failed}, {show_time(progress.elapsed_s)}"


class Marks:
    """When a line is due that stays: at each tenth of all runs, and after a minute of silence."""

    def __init__(self, started_s: float) -> None:
        self._told_s = started_s
        self._tenth = 0

    def is_due(self, progress: Progress, now_s: float) -> bool:
        """Say whether to tell of *progress* now; if so, the next mark is waited for."""
        tenth = progress.done * 10 // max(progress.total, 1)
        if tenth == self._tenth and now_s - self._told_s < _LONGEST_SILENCE_S:
            return False
        self._tenth, self._told_s = tenth, now_s
        # The end is told by what follows.
        return progress.done < progress.total
