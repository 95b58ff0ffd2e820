"""Durable runs beside plain ones, in turn, in one run: ratios, and how fast many rows go.

    python benchmarks/durable.py [--quick] [--write] [--rows N] [--kill]

Needs what the tests need. The Postgres is that of REQFLO_TEST_POSTGRES_URL, else one of a wheel,
with fsync. Absolute times say nothing on a shared machine; the ratios say something.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import durable_many as many
from answering import answering
from durable_page import Row, print_table, write_page
from durable_sides import Side
from durable_stores import Stores, stores

_SIDES = ("plain", "sqlite", "sqlite without WAL", "postgres", "loop", "engine")
_WARM_UP = 3


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    rounds: int
    runs: int
    slow_rounds: int
    slow_runs: int
    rows: int


_FULL = Size(rounds=15, runs=8, slow_rounds=5, slow_runs=3, rows=10_000)
_QUICK = Size(rounds=5, runs=4, slow_rounds=2, slow_runs=2, rows=500)

Measured = list[Mapping[str, Mapping[str, float]]]
"""One mapping for each round: what each side measured."""


def main() -> None:
    """Measure, print, and write the page where asked for."""
    options = _options()
    size = _QUICK if options.quick else _FULL
    rows = options.rows or size.rows
    with tempfile.TemporaryDirectory(prefix="reqflo-bench-") as name, stores(Path(name)) as made:
        if options.kill:
            print(many.survive(made, rows))
            return
        table = []
        for row in itertools.chain(_serial_rows(made, size), _many_rows(made, rows, options.quick)):
            print(f"{row.what}: {row.measured}", file=sys.stderr, flush=True)
            table.append(row)
    print_table(table)
    if options.write:
        write_page(table)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="few rounds and 500 rows")
    parser.add_argument("--rows", type=int, help="how many rows are dispatched (10000)")
    parser.add_argument("--write", action="store_true", help="write the table to the documentation")
    parser.add_argument(
        "--kill",
        action="store_true",
        help="only: rows of one step on 4 workers, one of which is killed every 5 s",
    )
    return parser.parse_args()


# --- one run after another -----------------------------------------------------------------------


def _serial_rows(made: Stores, size: Size) -> Iterator[Row]:
    with _sides(made) as sides:
        _in_turn(sides, 1, runs=_WARM_UP, delay_ms=1)
        fast = _in_turn(sides, size.rounds, runs=size.runs, delay_ms=10)
        yield _ratio("durable / plain throughput, 10 ms steps, SQLite", fast, "sqlite", 0.70)
        yield _ratio("the same, Postgres", fast, "postgres", 0.60)
        yield _floor("the engine alone / no engine, waits of 10 ms, SQLite", fast)
        slow = _in_turn(sides, size.slow_rounds, runs=size.slow_runs, delay_ms=100)
        yield _ratio("durable / plain throughput, 100 ms steps, SQLite", slow, "sqlite", 0.95)
        yield _ratio("the same, Postgres", slow, "postgres", 0.95)
        bare = _in_turn(sides, size.rounds, runs=size.runs, delay_ms=0)
        yield _share(
            "share of keeping the result, steps without latency, SQLite", bare, "sqlite", 0.3
        )
        yield _share("the same, Postgres", bare, "postgres", 0.5)
        for kind in ("sqlite", "postgres"):
            yield _cpu(f"CPU of a run of five steps: {kind} and plain", bare, kind, size.runs)
        wal = [_wall(each, "sqlite without WAL") / _wall(each, "sqlite") for each in bare]
        yield Row("WAL / default journal, throughput", f"{statistics.median(wal):.2f}", ">= 1.5")


@contextlib.contextmanager
def _sides(made: Stores) -> Iterator[Mapping[str, Side]]:
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(answering())
        addresses = {
            "plain": "",
            "sqlite": made.folder(),
            "sqlite without WAL": made.folder(),
            "postgres": made.new("Postgres"),
            "loop": "",
            "engine": made.folder(),
        }
        yield {
            kind: stack.enter_context(Side(kind, addresses[kind], server.url)) for kind in _SIDES
        }


def _in_turn(sides: Mapping[str, Side], rounds: int, *, runs: int, delay_ms: int) -> Measured:
    return [
        {kind: side.carry_out(runs=runs, delay_ms=delay_ms) for kind, side in sides.items()}
        for _ in range(rounds)
    ]


def _wall(measured: Mapping[str, Mapping[str, float]], kind: str) -> float:
    return measured[kind]["wall_s"]


def _ratio(what: str, rounds: Measured, kind: str, target: float) -> Row:
    ratios = sorted(_wall(each, "plain") / _wall(each, kind) for each in rounds)
    text = f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
    return Row(what, text, f">= {target:.2f}")


def _floor(what: str, rounds: Measured) -> Row:
    ratios = sorted(_wall(each, "loop") / _wall(each, "engine") for each in rounds)
    text = f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
    return Row(what, text, "")


def _share(what: str, rounds: Measured, kind: str, target: float) -> Row:
    shares = [each[kind]["finish_s"] / _wall(each, kind) for each in rounds]
    return Row(what, f"{statistics.median(shares):.2f}", f"<= {target:.2f}")


def _cpu(what: str, rounds: Measured, kind: str, runs: int) -> Row:
    ours, plain = (
        statistics.median(each[side]["cpu_s"] for each in rounds) / runs * 1000
        for side in (kind, "plain")
    )
    return Row(what, f"{ours:.0f} and {plain:.0f} ms", "")


# --- many rows -----------------------------------------------------------------------------------


def _many_rows(made: Stores, rows: int, is_quick: bool) -> Iterator[Row]:
    rounds = 1 if is_quick else 3
    for kind in ("SQLite", "Postgres"):
        wall_s = many.dispatch(made, kind, rows, rounds)
        target = f"<= {5 * rows / 10_000:.2g} s"
        yield Row(f"dispatch of {rows} runs, {kind}", f"{wall_s:.2f} s", target)
    for kind in ("SQLite", "Postgres"):
        ratio = many.batch_over_single(made, kind, rounds)
        yield Row(f"dispatch in a batch / one by one, {kind}", f"{ratio:.1f}", ">= 2")
    for steps in (1, 5):
        runs = many.finish(made, steps, rows)
        what = f"{rows} rows of {steps} step{'s' * (steps > 1)}, 2 workers, Postgres"
        yield Row(what, f"{runs:.0f} runs/s ({rows / runs:.0f} s)", "all finish")


if __name__ == "__main__":
    main()
