"""Rounds in which the sides of a group take turns, and what became of those that cannot."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from speed_figures import Cells, Round, cells_of
from speed_process import Figures
from speed_server import Loopback
from speed_sides import COLLECT, Place, Side, SideFailed, why_missing
from speed_table import Group

_WARM_UP = 2
"""Journeys or rows of the first turns, which only let files be compiled and caches be filled."""


@dataclass(slots=True)
class Rounds:
    """The sides of one work, measured; a side that is missing or fails is left out and named."""

    place: Place
    sides: Sequence[Side]
    options: str
    absent: dict[str, str] = field(default_factory=dict)

    def measured(self, rounds: int) -> list[Round]:
        """Let each side have a short turn, and then one in each round."""
        for side in self.sides:
            if reason := why_missing(side, self.options):
                self.absent[side.name] = reason
        less = replace(self.place.work, count=min(_WARM_UP, self.place.work.count))
        self._round(Place(self.place.folder / "warm-up", less, self.place.server))
        if any(side.form == COLLECT.form for side in self.sides):
            # Journeys are compiled before, but for the sides that do without.
            self._turn(self.place, COLLECT, {})
        return [self._round(self.place) for _ in range(rounds)]

    def _round(self, place: Place) -> Round:
        figures: dict[str, Figures] = {}
        for side in self.sides:
            if side.name not in self.absent:
                self._turn(place, side, figures)
        return figures

    def _turn(self, place: Place, side: Side, figures: dict[str, Figures]) -> None:
        try:
            figures[side.name], counted = place.run(side)
        except SideFailed as error:
            self.absent[side.name] = "failed"
            tell(str(error))
            return
        took = figures[side.name]
        tell(
            f"  {side.name}: wall {took.wall_s:.2f} s, CPU {took.cpu_s:.2f} s, "
            f"{took.memory_kib // 1024} MiB, {counted.requests} requests on "
            f"{counted.connections} connections"
        )


def table_of(group: Group, folder: Path, server: Loopback, options: str) -> list[Cells]:
    """Measure a group and return its rows of the table."""
    rounds = Rounds(Place(folder, group.work, server), group.sides, options)
    tell(f"{group.name}: {group.work.count} {'rows' if group.work.is_rows else 'journeys'}")
    measured = rounds.measured(group.rounds)
    return [cells_of(row, measured, rounds.absent) for row in group.rows]


def tell(line: str) -> None:
    """Tell what goes on, beside the table."""
    print(line, file=sys.stderr, flush=True)
