"""What the rounds measured, as the cells of the table. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from speed_process import Figures
from speed_table import Comparison, Kind

Round = Mapping[str, Figures]
"""What each side took, by its name; a side that is missing or failed is not in it."""

HEAD = ("work", "against", "aim", "wall", "CPU", "memory", "")


@dataclass(frozen=True, slots=True)
class Cells:
    """A row of the table as it is shown."""

    what: str
    against: str
    aim: str
    wall: str
    cpu: str = ""
    memory: str = ""
    verdict: str = ""

    @property
    def line(self) -> tuple[str, ...]:
        return (
            self.what, self.against, self.aim, self.wall, self.cpu, self.memory, self.verdict
        )  # fmt: skip


def cells_of(row: Comparison, rounds: Sequence[Round], absent: Mapping[str, str]) -> Cells:
    """Return the cells of a row; *absent* tells why a side has no figures, by its name."""
    aim = _AIMS[row.kind].format(row.aim) if row.aim is not None else ""
    for side in (row.ours, row.theirs):
        if side.name in absent:
            return Cells(row.what, row.against, aim, absent[side.name])
    pairs = [(each[row.ours.name], each[row.theirs.name]) for each in rounds]
    wall = [_compare(row.kind, ours.wall_s, theirs.wall_s) for ours, theirs in pairs]
    return Cells(
        row.what,
        row.against,
        aim,
        _spread(row.kind, wall),
        _spread(row.kind, [_compare(row.kind, one.cpu_s, other.cpu_s) for one, other in pairs]),
        _spread("ratio", [ours.memory_kib / theirs.memory_kib for ours, theirs in pairs]),
        verdict(row.kind, statistics.median(wall), row.aim),
    )


def verdict(kind: Kind, measured: float, aim: float | None) -> str:
    """Return whether the aim is met; nothing where there is none."""
    if aim is None:
        return ""
    return "met" if (measured >= aim if kind == "times" else measured <= aim) else "missed"


_AIMS: Mapping[Kind, str] = {
    "ratio": "<= {:g}",
    "times": ">= {:g} times faster",
    "more": "<= {:g} ms more",
}


def _compare(kind: Kind, ours: float, theirs: float) -> float:
    match kind:
        case "ratio":
            return ours / theirs
        case "times":
            return theirs / ours
        case "more":
            return (ours - theirs) * 1000


_SHOWN: Mapping[Kind, Callable[[float], str]] = {
    "ratio": "{:.2f}".format,
    "times": "{:.1f}".format,
    "more": "{:.1f}".format,
}


def _spread(kind: Kind, values: Sequence[float]) -> str:
    middle, low, high = map(_SHOWN[kind], (statistics.median(values), min(values), max(values)))
    return f"{middle} ({low} to {high})"
