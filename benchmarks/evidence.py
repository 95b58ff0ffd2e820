"""What it costs to keep the records of runs: of none, of those that fail, of all, in turn.

    python benchmarks/evidence.py [--quick] [--write]

Needs what `speed.py` needs. Every run is a row of one step and passes, so that keeping failures keeps
nothing; they take turns test by test within one process, so that the load of the machine meets all.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path

import speed_environments as environments
from marked_page import table, write_part
from speed_page import machine
from speed_process import measure
from speed_server import Loopback, loopback
from speed_sides import OURS_ONE, Place
from speed_suites import Work

FULL, QUICK = 9_000, 900
ROUND = 60
"""Tests of each kind in one round."""

KINDS = ("none", "failures", "all")
HEAD = ("records kept", "aim", "CPU of a step", "wall of a step")
_AIMS = {"failures": "<= 1.05"}

Turns = Mapping[str, Sequence[Sequence[float]]]
"""CPU and wall seconds of each test, by kind."""


def main() -> None:
    """Measure, print, and write the page where asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows")
    parser.add_argument("--write", action="store_true", help="write the table to the documentation")
    options = parser.parse_args()
    environments.make_ours()
    with (
        tempfile.TemporaryDirectory(prefix="reqflo-bench-") as name,
        loopback(environments.CACHE) as server,
    ):
        turns = take_turns(QUICK if options.quick else FULL, Path(name), server)
    lines = [machine(), "", *lines_of(turns)]
    print("\n".join(lines))
    if options.write:
        write_part("evidence", lines)


def take_turns(rows: int, folder: Path, server: Loopback) -> Turns:
    """Return what each of *rows* took."""
    command, suite = Place(folder, Work(rows, is_rows=True), server).prepare(OURS_ONE)
    variables = {**environments.plain_variables(), "PYTHONPATH": str(Path(__file__).parent)}
    figures = measure([*command, "-p", "evidence_turns"], suite, variables)
    assert figures.exit_code == 0, figures.told
    turns: Turns = json.loads((suite / "turns.json").read_text())
    return turns


def lines_of(turns: Turns) -> list[str]:
    """Return the table: a step with records, as a ratio to one without."""
    rows = [
        (f"{kind} / none", _AIMS.get(kind, ""), _ratio(turns, kind, 0), _ratio(turns, kind, 1))
        for kind in KINDS[1:]
    ]
    return table(HEAD, rows)


def _ratio(turns: Turns, kind: str, figure: int) -> str:
    pairs = zip(_medians(turns[kind], figure), _medians(turns["none"], figure), strict=True)
    ratios = [ours / none for ours, none in pairs]
    # The first round warms up.
    ratios = ratios[1:] or ratios
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def _medians(took: Sequence[Sequence[float]], figure: int) -> list[float]:
    """Return the median of each round."""
    each = iter([seconds[figure] for seconds in took])
    medians = []
    while part := list(islice(each, ROUND)):
        medians.append(statistics.median(part))
    return medians


if __name__ == "__main__":
    main()
