"""Journeys beside raw loops, suites by hand and other tools, in turn, as ratios.

    python benchmarks/speed.py --peers [--newer PYTHON]     make the environments of other tools
    python benchmarks/speed.py [--quick] [--only NAME] [--rounds N] [--write]
    python benchmarks/speed.py --profile SIDE --only NAME

All that is needed is Linux, a C compiler, and for `--peers` the package registries. What is missing
is named in the table. Absolute times say nothing on a shared machine; the ratios say something.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import speed_environments as environments
import speed_memory as memory
from marked_page import write_part
from speed_figures import Cells
from speed_page import lines_of
from speed_profile import profile
from speed_rounds import table_of, tell
from speed_server import Loopback, loopback
from speed_table import GROUPS, Group, in_rounds, quick

_NAMES = [*(group.name for group in GROUPS), memory.NAME]


def main() -> None:
    """Measure, print, and write the page where asked for."""
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if options.peers:
        for problem in environments.make_peers([sys.executable, *options.newer]):
            tell(f"not here: {problem}")
        return
    environments.make_ours()
    environments.make_plain()
    with (
        tempfile.TemporaryDirectory(prefix="reqflo-bench-") as name,
        loopback(environments.CACHE) as server,
    ):
        if options.profile:
            profile(options.profile, _chosen(options)[0], Path(name), server)
            return
        table = list(_table(options, Path(name), server))
    lines = lines_of(table, is_quick=options.quick)
    print("\n".join(lines))
    if options.write:
        write_part("speed", lines)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--peers", action="store_true", help="only make the environments")
    parser.add_argument(
        "--newer", metavar="PYTHON", nargs=1, default=[], help="for tools that need a newer Python"
    )
    parser.add_argument("--quick", action="store_true", help="a fifth of the work, two rounds")
    parser.add_argument("--only", action="append", choices=_NAMES, help="these rows; repeatable")
    parser.add_argument("--rounds", type=int, help="how often each side has its turn")
    parser.add_argument("--write", action="store_true", help="write the table to the documentation")
    parser.add_argument(
        "--profile", metavar="SIDE", help="only: where the time of one side goes, by function"
    )
    return parser.parse_args()


def _chosen(options: argparse.Namespace) -> list[Group]:
    groups = [group for group in GROUPS if group.name in (options.only or _NAMES)]
    if options.quick:
        groups = [quick(group) for group in groups]
    return [in_rounds(group, options.rounds) for group in groups]


def _table(options: argparse.Namespace, folder: Path, server: Loopback) -> Iterator[Cells]:
    known = environments.known_options()
    for group in _chosen(options):
        yield from table_of(group, folder / group.name, server, known)
    if memory.NAME in (options.only or _NAMES):
        rounds = options.rounds or (1 if options.quick else 3)
        yield from memory.table(folder / memory.NAME, server, rounds, is_quick=options.quick)


if __name__ == "__main__":
    main()
