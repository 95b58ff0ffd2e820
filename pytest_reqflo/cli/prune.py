"""`reqflo prune`: old runs leave the store, and runs that nobody carries on are closed."""

from __future__ import annotations

import argparse
import socket
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pytest_reqflo.cli.arguments import Command, ExitCode, Options
from pytest_reqflo.cli.kept import has_database, store_folder
from pytest_reqflo.cli.stored import add_database_options, find_ender, open_chosen
from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.errors import UsageProblem
from pytest_reqflo.evidence_store.keep import Keep, read_duration_s
from pytest_reqflo.evidence_store.prune import find_prunable, remove_runs
from pytest_reqflo.evidence_store.read import list_sessions
from pytest_reqflo.values import printable_line

if TYPE_CHECKING:
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
    keep = _read_keep(options.keep)
    has_kept = not options.db and bool(list_sessions(store_folder(options)))
    if has_kept:
        _prune_kept(options, keep)
    if has_database(options) or not has_kept:
        _prune_recorded(options, keep)
    return ExitCode.OK


def _prune_kept(options: Options, keep: Keep) -> None:
    found = find_prunable(store_folder(options), keep, datetime.now(UTC))
    removed = found if options.dry_run else remove_runs(found)
    would = "would be " if options.dry_run else ""
    _print_runs([run.run_id for run in removed], f"{would}removed from disk")


def _prune_recorded(options: Options, keep: Keep) -> None:
    with open_chosen(options) as store:
        from pytest_reqflo.engine.durable.pruning import KeepRule, find_prunable, remove_runs

        found = find_prunable(store, KeepRule(newest=keep.runs, last_s=keep.last_s))
        would = "would be " if options.dry_run else ""
        if not options.dry_run:
            remove_runs(store, found.finished)
        _print_runs(found.finished, f"{would}removed")
        closed = True if options.dry_run else _close(store, found.left)
        _print_runs(found.left, f"{would}closed as lost" if closed else "left open: no master key")


def _read_keep(text: str) -> Keep:
    if text.isascii() and text.isdigit() and len(text) <= 9:
        return Keep(runs=int(text))
    last_s = read_duration_s(text)
    if last_s is None:
        title = f"--keep: `{text}` is neither a number of runs nor a time"
        hint = "write --keep 1000, or --keep 30d"
        raise UsageProblem(Diagnostic(code="RF801", title=title, hint=hint))
    return Keep(last_s=last_s)


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
        "and leave the store the next time. Runs of a session that is going on stay. Runs that were\n"
        "kept on disk and those in the database are counted apart."
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
