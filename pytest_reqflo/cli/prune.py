"""`reqflo prune`: old runs leave the store, and runs that nobody carries on are closed."""

from __future__ import annotations

import argparse
import socket
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pytest_reqflo.cli.arguments import Command, ExitCode, Options
from pytest_reqflo.cli.stored import add_database_options, find_ender, open_chosen, read_duration_s
from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.errors import UsageProblem
from pytest_reqflo.values import printable_line

if TYPE_CHECKING:
    from pytest_reqflo.engine.durable.pruning import KeepRule
    from pytest_reqflo.engine.durable.stores import RunStore

_LISTED = 20
"""Runs that are named; of more, the number says enough."""


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--keep",
        required=True,
        metavar="WHAT",
        help="the newest N runs, or those registered in the last 12h, 30d, ...",
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
    add_database_options(parser)


def _perform(options: Options) -> int:
    with open_chosen(options) as store:
        from pytest_reqflo.engine.durable.pruning import find_prunable, remove_runs

        found = find_prunable(store, _read_keep(options.keep))
        would = "would be " if options.dry_run else ""
        if not options.dry_run:
            remove_runs(store, found.finished)
        _print_runs(found.finished, f"{would}removed")
        closed = True if options.dry_run else _close(store, found.left)
        _print_runs(found.left, f"{would}closed as lost" if closed else "left open: no master key")
    return ExitCode.OK


def _read_keep(text: str) -> KeepRule:
    from pytest_reqflo.engine.durable.pruning import KeepRule

    if text.isascii() and text.isdigit() and len(text) <= 9:
        return KeepRule(newest=int(text))
    last_s = read_duration_s(text)
    if last_s is None:
        title = f"--keep: `{text}` is neither a number of runs nor a time"
        hint = "write --keep 1000, or --keep 30d"
        raise UsageProblem(Diagnostic(code="RF801", title=title, hint=hint))
    return KeepRule(last_s=last_s)


def _close(store: RunStore, run_ids: Sequence[str]) -> bool:
    """Close runs as lost; say whether that can be done."""
    from pytest_reqflo.engine.durable.ending import LEFT, close_run

    ender = find_ender(store, f"prune {socket.gethostname()}") if run_ids else None
    if ender is None:
        return False
    for run_id in run_ids:
        close_run(store, ender, run_id, LEFT)
    return True


def _print_runs(run_ids: Sequence[str], what: str) -> None:
    for run_id in run_ids[:_LISTED]:
        print(printable_line(f"{run_id} {what}"))
    if len(run_ids) > _LISTED:
        print(f"and {len(run_ids) - _LISTED} more {what}")
    if not run_ids and "removed" in what:
        print(f"no run {what}")


COMMAND = Command(
    name="prune",
    summary="Remove old runs from the store.",
    description=(
        "Runs that are over are removed with all that they recorded; artifacts stay. Unfinished\n"
        "runs are never removed: those beyond --keep whose process has gone get a result, `lost`,\n"
        "and leave the store the next time. Runs of a session that is going on stay."
    ),
    examples=(
        "  reqflo prune --keep 30d --dry-run\n"
        "  reqflo prune --keep 30d\n"
        "  reqflo prune --keep 1000 --store /srv/reqflo\n"
        "  reqflo prune --keep 90d --db postgresql://reqflo_admin@db.example/reqflo"
    ),
    exit_codes=(
        "exit codes: 0 done, or nothing to do, 3 the database cannot be used, 4 wrong usage"
    ),
    add_arguments=_add_arguments,
    perform=_perform,
)
