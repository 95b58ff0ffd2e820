"""The steps that took longest. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pytest_reqflo.frozen import dataclass
from pytest_reqflo.report.columns import align, fit, show_time
from pytest_reqflo.report.safe import to_line
from pytest_reqflo.result import JourneyResult, StepResult
from pytest_reqflo.values import Json

MOST = 10_000
"""Steps that are listed where all of them are asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTime:
    """How long a step of the run *test* took, in how many tries, and how much of it was waiting."""

    test: str
    step: str
    elapsed_s: float
    wait_s: float
    tries: int


def _wait_of(step: StepResult) -> float:
    exchanges = (exchange for each in step.tries for exchange in each.exchanges)
    return sum(each.timing.wait_s or 0.0 for each in exchanges if each.timing)


class Slowest:
    """The longest times among those seen so far; with a *limit* of 0 the longest `MOST`.

    A worker hands on what may belong to the longest of all: of very many steps, very few.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit or MOST
        self._longest: list[float] = []

    def select(self, result: JourneyResult) -> list[Json]:
        """Return the times of those steps of *result* that are among the longest now."""
        return [
            {
                "step": step.id,
                "elapsed_s": step.elapsed_s,
                "wait_s": _wait_of(step),
                "tries": len(step.tries),
            }
            for step in result.steps
            if step.tries and self._enters(step.elapsed_s)
        ]

    def _enters(self, elapsed_s: float) -> bool:
        if len(self._longest) < self._limit:
            heapq.heappush(self._longest, elapsed_s)
            return True
        return heapq.heappushpop(self._longest, elapsed_s) < elapsed_s


def find_slowest(times: Iterable[StepTime], limit: int) -> list[StepTime]:
    """Return the *limit* longest of *times* (0: `MOST`), the longest first."""
    return heapq.nlargest(limit or MOST, times, key=lambda each: each.elapsed_s)


def step_times(test: str, data: Mapping[str, Json]) -> Iterator[StepTime]:
    """Yield what `Slowest` selected of the report of *test*; *data* is its light dict."""
    for each in data.get("slow_steps", ()):
        # The test of all rows says of which.
        run = f"{test}::{each['row']}" if "row" in each else test
        yield StepTime(
            test=run,
            step=each["step"],
            elapsed_s=each["elapsed_s"],
            wait_s=each["wait_s"],
            tries=each["tries"],
        )


def render_durations(times: Sequence[StepTime], width: int) -> list[str]:
    """Return a line for each of *times*: in all, the share of waiting, step, tries, test."""
    if not times:
        return []
    room = max(width // 3, 12)
    rows = [["total", "waiting", "step", "tries", "test"], *(_cells(each, room) for each in times)]
    return align(rows, (">", ">", "<", ">", "<"))


def _cells(each: StepTime, room: int) -> list[str]:
    name, test = fit(each.step, room), to_line(each.test)
    return [show_time(each.elapsed_s), _share(each), name, str(each.tries), test]


def _share(each: StepTime) -> str:
    return f"{min(each.wait_s / each.elapsed_s, 1):.0%}" if each.elapsed_s > 0 else "-"
