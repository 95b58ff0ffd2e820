"""What became of the runs of each journey, as a table. Pure."""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence

from pytest_reqflo.report.columns import Side, align, fit, show_time
from pytest_reqflo.report.told import FailedRun, RunFacts

_MOST_LISTED = 20
"""Journeys of the table, those that failed first."""

_SHORTEST_NAME = 16
"""Columns that the name of a journey gets in the narrowest terminal."""

_BAD = ("failed", "error")
_COUNTED = ("passed", "failed", "error", "skipped", "xfailed", "xpassed")
_ALWAYS = ("passed", "failed")

_SLOWEST = ("slowest", 1.0)
_MEDIAN = ("median", 0.5)
_TIMES = ((_MEDIAN, ("95 %", 0.95), _SLOWEST), (_MEDIAN, _SLOWEST), (_SLOWEST,))
"""Columns of times, and which of them are left in narrow terminals."""


class JourneyCount:
    """What became of the runs of one journey so far."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.journey = ""
        self.counts: Counter[str] = Counter()
        self.times_s = array("d")
        self.failures: list[FailedRun] = []

    def add(self, facts: RunFacts) -> None:
        """Count what *facts* say."""
        self.journey = self.journey or facts.journey
        for outcome, count in facts.counts.items():
            self.counts[outcome] += count
        self.times_s.extend(facts.times_s)
        self.failures.extend(facts.failures)

    @property
    def runs(self) -> int:
        """How many runs there were."""
        return self.counts.total()

    @property
    def bad(self) -> int:
        """How many of them failed."""
        return sum(self.counts[outcome] for outcome in _BAD)


def tally_up(all_facts: Iterable[RunFacts]) -> list[JourneyCount]:
    """Return what became of each journey, in the order of their first reports."""
    tallies: dict[str, JourneyCount] = {}
    for facts in all_facts:
        tally = tallies.get(facts.file)
        if tally is None:
            tally = tallies[facts.file] = JourneyCount(facts.file)
        tally.add(facts)
    # Of other files that are called alike there is no run.
    return [tally for tally in tallies.values() if tally.journey]


def is_worth_telling(tallies: Sequence[JourneyCount]) -> bool:
    """Say whether the table tells more than pytest does: failures, or journeys of several runs."""
    return any(tally.bad or tally.runs > 1 for tally in tallies)


def render_summary(tallies: Sequence[JourneyCount], width: int) -> list[str]:
    """Return the lines of the table, with as many columns as *width* allows."""
    ranked = sorted(tallies, key=lambda tally: (-tally.bad, -tally.runs))
    listed, left = ranked[:_MOST_LISTED], ranked[_MOST_LISTED:]
    tables = (_cells(listed, times) for times in _TIMES)
    fitting = (cells for cells in tables if _width_of(cells) + _SHORTEST_NAME + 2 <= width)
    cells = next(fitting, None) or _cells(listed, _TIMES[-1])
    room = max(width - _width_of(cells) - 2, _SHORTEST_NAME)
    names = ["journey", *(fit(name, room) for name in _names(listed))]
    rows = [[name, *row] for name, row in zip(names, cells, strict=True)]
    return [*align(rows, ("<", *_right(cells))), *_left(left)]


def _cells(tallies: Sequence[JourneyCount], times: Sequence[tuple[str, float]]) -> list[list[str]]:
    """Return the rows of the table, its head first, but for the names."""
    outcomes = [
        name for name in _COUNTED if name in _ALWAYS or any(each.counts[name] for each in tallies)
    ]
    head = ["runs", *outcomes, *(name for name, _ in times)]
    return [head, *(_row(tally, outcomes, times) for tally in tallies)]


def _row(
    tally: JourneyCount, outcomes: Sequence[str], times: Sequence[tuple[str, float]]
) -> list[str]:
    counts = [
        f"{tally.counts[outcome]:,}" if tally.counts[outcome] else "-" for outcome in outcomes
    ]
    taken = sorted(tally.times_s)
    shown = [show_time(_quantile(taken, part)) if taken else "-" for _, part in times]
    return [f"{tally.runs:,}", *counts, *shown]


def _quantile(times: Sequence[float], part: float) -> float:
    """Return the smallest time that at least *part* of all runs needed no longer than."""
    return times[math.ceil(len(times) * part) - 1]


def _width_of(cells: Sequence[Sequence[str]]) -> int:
    return len(align(cells, _right(cells))[0])


def _right(cells: Sequence[Sequence[str]]) -> list[Side]:
    return [">"] * len(cells[0])


def _names(tallies: Sequence[JourneyCount]) -> list[str]:
    """Return what the journeys are called: by their files where two have one name."""
    often = Counter(tally.journey for tally in tallies)
    return [tally.journey if often[tally.journey] == 1 else tally.file for tally in tallies]


def _left(tallies: Sequence[JourneyCount]) -> list[str]:
    if not tallies:
        return []
    bad = sum(tally.bad > 0 for tally in tallies)
    end = f"{bad:,} of them with failures" if bad else "none of them with failures"
    return [f"and {len(tallies):,} more, {end}"]
