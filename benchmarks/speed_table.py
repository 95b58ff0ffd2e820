"""What is compared with what, and what it should come to: the rows of the table, in groups.

The sides of a group carry out the same work, in turn, in each round.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import speed_sides as sides
from speed_sides import Side
from speed_suites import Work

Kind = Literal["ratio", "times", "more"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A row: one side of ours against another.

    Shape: *kind* ratio: ours / theirs, at most *aim*; times: theirs / ours, at least *aim*; more:
        milliseconds that ours takes longer, at most *aim*. No *aim*: shown to read the others by.
    """

    what: str
    ours: Side
    theirs: Side
    aim: float | None = None
    kind: Kind = "ratio"
    against: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that share their work.

    Shape: *is_brief* when a turn is so short that the load of the machine weighs more than what is
        measured: it keeps its number of rounds when others have fewer.
    """

    name: str
    work: Work
    rounds: int
    rows: tuple[Comparison, ...]
    is_brief: bool = False

    @property
    def sides(self) -> tuple[Side, ...]:
        """Return the sides in the order of their turns, each once."""
        return tuple(dict.fromkeys(side for row in self.rows for side in (row.ours, row.theirs)))


def in_rounds(group: Group, rounds: int | None) -> Group:
    """Return the group with as many rounds as were asked for."""
    if rounds is None:
        return group
    return replace(group, rounds=max(rounds, group.rounds) if group.is_brief else rounds)


def quick(group: Group) -> Group:
    """Return the group with less work and fewer rounds."""
    less = replace(group.work, count=max(1, group.work.count // 5))
    return replace(group, work=less, rounds=min(2, group.rounds))


def _row(
    what: str,
    ours: Side,
    theirs: Side,
    aim: float | None = None,
    kind: Kind = "ratio",
    *,
    against: str = "",
) -> Comparison:
    return Comparison(what, ours, theirs, aim, kind, against or theirs.name)


_LONG = Group(
    "long",
    Work(2000),
    5,
    (
        _row("2,000 journeys x 4 steps, one after another", sides.OURS, sides.RAW_HTTPX, 1.5),
        _row("the same, fast", sides.FAST_ONE, sides.RAW_HTTPX, 0.75),
        _row("the same, fast, 16 in flight", sides.FAST_16, sides.RAW_HTTPX, 0.42),
        _row("the same, fast, 16 in flight", sides.FAST_16, sides.HURL_2, 1.0),
        _row("the same, fast", sides.FAST_ONE, sides.RAW_PYREQWEST),
        _row("the same, compiled for the first time", sides.OURS_FIRST, sides.RAW_HTTPX),
        _row("the same, by hand", sides.HANDWRITTEN, sides.RAW_HTTPX),
    ),
)
_SHORT = Group(
    "short",
    Work(300),
    3,
    (
        _row("300 x 4, one after another", sides.OURS, sides.HANDWRITTEN, 1.0),
        _row("the same, compiled for the first time", sides.OURS_FIRST, sides.HANDWRITTEN),
        _row("300 x 4, fast, 16 in flight", sides.FAST_16, sides.TAVERN, 10, "times"),
        _row("the same", sides.FAST_16, sides.HTTPCHAIN, 9, "times"),
        _row("the same", sides.FAST_16, sides.GABBI, 20, "times"),
        _row("the same", sides.FAST_16, sides.NEWMAN, 25, "times"),
        _row("300 x 4, one after another", sides.OURS, sides.TAVERN, None, "times"),
        _row("the same", sides.OURS, sides.HTTPCHAIN, None, "times"),
        _row("the same", sides.OURS, sides.GABBI, None, "times"),
        _row("the same", sides.OURS, sides.NEWMAN, None, "times"),
    ),
)
_WAITING = Group(
    "waiting",
    Work(300, delay_ms=20),
    2,
    (
        _row("300 x 4 at 20 ms, 64 in flight", sides.OURS_64, sides.TAVERN, 40, "times"),
        _row("the same", sides.OURS_64, sides.TAVERN_2, 20, "times"),
        _row("the same, fast", sides.FAST_64, sides.TAVERN, None, "times"),
        _row("the same, fast", sides.FAST_64, sides.TAVERN_2, None, "times"),
    ),
)
_WIDE = Group(
    "wide",
    Work(500, delay_ms=50),
    5,
    (_row("500 x 4 at 50 ms, fast, 256 in flight", sides.FAST_256, sides.HURL_256, 1.3),),
)
_ROWS = Group(
    "rows",
    Work(10_000, is_rows=True),
    3,
    (
        _row("10,000 rows x 1 step, fast, 16 in flight", sides.FAST_16, sides.HANDWRITTEN, 0.22),
        _row("the same, default, one after another", sides.OURS_ONE, sides.HANDWRITTEN, 0.70),
        _row("the same, as it comes", sides.OURS, sides.HANDWRITTEN),
    ),
)
_COLLECT_ROWS = Group(
    "collect-rows",
    Work(10_000, is_rows=True),
    5,
    (
        _row(
            "collecting 10,000 rows",
            sides.COLLECT,
            sides.COLLECT_HANDWRITTEN,
            0.6,
            against="the same parametrize",
        ),
    ),
    is_brief=True,
)
_COLLECT_FILES = Group(
    "collect-files",
    Work(2000),
    5,
    (
        _row("collecting 2,000 files", sides.COLLECT, sides.NOTHING, 2.5),
        _row("the same, compiled for the first time", sides.COLLECT_FIRST, sides.NOTHING),
    ),
    is_brief=True,
)
_IDLE = Group(
    "idle",
    Work(1),
    15,
    (_row("a session without journeys", sides.WITH_PLUGIN, sides.WITHOUT_PLUGIN, 5, "more"),),
    is_brief=True,
)
GROUPS = (_LONG, _SHORT, _WAITING, _WIDE, _ROWS, _COLLECT_ROWS, _COLLECT_FILES, _IDLE)
