"""Memory for each further row, collected and after its report: the slope between few rows and many."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import speed_sides as sides
from speed_figures import Cells, verdict
from speed_process import number_in
from speed_rounds import tell
from speed_server import Loopback
from speed_sides import Place, Side, SideFailed
from speed_suites import Work

NAME = "memory"


@dataclass(frozen=True, slots=True)
class _Row:
    what: str
    side: Side
    form: str
    when: str
    aim_kib: float


_ROWS = (
    _Row("memory for a row, collected", sides.COLLECT, "resident", "collected", 1.5),
    _Row("the same, with fixtures", sides.COLLECT, "resident with fixtures", "collected", 2.5),
    _Row("memory for a row, after its report", sides.OURS, "resident", "ended", 5),
)


def table(folder: Path, server: Loopback, rounds: int, *, is_quick: bool) -> Iterator[Cells]:
    """Measure, and return the rows of the table."""
    few, many = (
        Work(count, is_rows=True) for count in ((500, 2500) if is_quick else (1000, 11_000))
    )
    places = [Place(folder / str(work.count), work, server) for work in (few, many)]
    for row in _ROWS:
        aim = f"<= {row.aim_kib:g} KiB"
        try:
            slopes = [_slope_kib(row, places) for _ in range(rounds)]
        except SideFailed as error:
            tell(str(error))
            yield Cells(row.what, "", aim, "failed")
            continue
        middle = statistics.median(slopes)
        shown = f"{middle:.2f} KiB ({min(slopes):.2f} to {max(slopes):.2f})"
        tell(f"{row.what}: {shown}")
        yield Cells(row.what, "", aim, "", "", shown, verdict("ratio", middle, row.aim_kib))


def _slope_kib(row: _Row, places: list[Place]) -> float:
    few, many = (_resident_kib(row, place) for place in places)
    return (many - few) / (places[1].work.count - places[0].work.count)


def _resident_kib(row: _Row, place: Place) -> int:
    figures, _ = place.run(replace(row.side, form=row.form))
    resident_kib = number_in(rf"resident when {row.when}: (\d+) KiB", figures.told)
    assert resident_kib is not None, figures.told
    return resident_kib
