"""`reqflo verify`: whether the records of runs are as they were written."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence

from pytest_reqflo.cli.arguments import Command, ExitCode, Options
from pytest_reqflo.cli.kept import find_kept, has_database, no_such_run, store_folder
from pytest_reqflo.cli.stored import add_database_options, open_chosen
from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.errors import UsageProblem
from pytest_reqflo.evidence_store.read import KeptRun, find_faults, list_all_runs
from pytest_reqflo.values import printable_line


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "run", nargs="?", metavar="RUN_ID", help="id of the run; its beginning will do"
    )
    parser.add_argument("--all", action="store_true", help="every record of the store")
    add_database_options(parser)


def _perform(options: Options) -> int:
    if (options.run is None) is not options.all:
        title = "verify takes either a run id or --all"
        raise UsageProblem(Diagnostic(code="RF801", title=title, hint="reqflo verify --all"))
    kept = tuple(_find_kept(options))
    code = _verify_kept(kept) if kept else ExitCode.OK
    if kept and not (options.all and has_database(options)):
        return code
    if not (options.all or has_database(options)):
        raise no_such_run(options, options.run)
    return max(code, _verify_recorded(options))


def _find_kept(options: Options) -> Iterator[KeptRun]:
    if not options.all:
        run = find_kept(options, options.run)
        yield from [run] if run else []
    elif not options.db:
        yield from list_all_runs(store_folder(options))


def _verify_recorded(options: Options) -> ExitCode:
    with open_chosen(options) as store:
        from pytest_reqflo.engine.durable.history import find_run
        from pytest_reqflo.engine.durable.master_key import find_keyring
        from pytest_reqflo.engine.durable.verify import verify_all, verify_run

        keyring = find_keyring(os.environ)
        if options.all:
            found = verify_all(store, keyring)
        else:
            found = verify_run(store, find_run(store, options.run).run_id, keyring)
    for sentence in found.faults:
        print(f"RF613: {sentence}")
    _print_summary(found.results, len(found.faults), is_signed=keyring is not None)
    return ExitCode.FAILED if found.faults else ExitCode.OK


def _verify_kept(runs: Sequence[KeptRun]) -> ExitCode:
    """Check runs that were kept on disk: nobody signs them, so only damage is found out."""
    faults = [sentence for run in runs for sentence in find_faults(run)]
    for sentence in faults:
        print(printable_line(f"RF613: {sentence}"))
    _print_summary(len(runs), len(faults), is_signed=True)
    print("what is kept on disk has no signature: damage was looked for, not intent")
    return ExitCode.FAILED if faults else ExitCode.OK


def _print_summary(results: int, faults: int, *, is_signed: bool) -> None:
    counted = f"{results} result{'' if results == 1 else 's'} checked"
    print(f"{counted}: {faults or 'no'} fault{'' if faults == 1 else 's'}")
    if not is_signed:
        print("without the master key signatures were not checked, only that records fit together")


COMMAND = Command(
    name="verify",
    summary="Check that the records of runs are as they were written.",
    description=(
        "Each step is chained to the one before it, and the end of the chain is signed with the\n"
        "master key together with the result. Every record that was altered, removed or added is\n"
        "named. Without the key (REQFLO_MASTER_KEY, or the file in your config folder) only the\n"
        "chains are checked: whoever writes all of a record anew is not found out. Of a run that was\n"
        "kept on disk the digest of each file is checked; it has no signature."
    ),
    examples=(
        "  reqflo verify run_0123456789abcdef0123456789abcdef\n"
        "  reqflo verify --all\n"
        "  reqflo verify --all --db postgresql://reqflo@db.example/reqflo"
    ),
    exit_codes=(
        "exit codes: 0 all as written, 1 a record was altered, is missing or extra,\n"
        "3 the database cannot be used, 4 wrong usage or no such run"
    ),
    add_arguments=_add_arguments,
    perform=_perform,
)
