"""`reqflo worker`: carries out the runs that clients have put into a Postgres."""

from __future__ import annotations

import argparse
import os
import signal
from typing import TYPE_CHECKING

from pytest_reqflo.cli.arguments import Command, ExitCode, Options
from pytest_reqflo.cli.database import VARIABLE, chosen_database
from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.errors import UsageProblem

if TYPE_CHECKING:
    from pytest_reqflo.engine.durable.settings import WorkerSettings

_SHORTEST_TTL_S = 5
_MOST_PROCESSES = 64
_MOST_RUNS = 1000
_LONGEST_S = 86_400

_CODES = {
    "ended": ExitCode.OK,
    "killed": ExitCode.INTERRUPTED,
    # Why was said by the worker itself.
    "never began": ExitCode.INTERNAL,
}


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--processes", type=int, default=1, metavar="N", help="worker processes (default: 1)"
    )
    parser.add_argument(
        "--concurrency",
        type=int,
        default=32,
        metavar="M",
        help="runs of one environment that a process carries out at a time (default: 32)",
    )
    parser.add_argument(
        "--environment",
        action="append",
        default=[],
        metavar="NAME",
        help="environment to serve; repeatable (default: all, also those that are pushed later)",
    )
    parser.add_argument(
        "--grace",
        type=int,
        default=30,
        metavar="S",
        help="seconds that runs get to end when the worker is told to end (default: 30)",
    )
    parser.add_argument(
        "--db",
        metavar="URL",
        help=f"postgresql://USER@HOST/NAME (default: {VARIABLE}; an address with a password\n"
        "belongs into that variable, which no list of processes shows)",
    )
    # Rarely of use: how long a worker that vanished keeps its runs from the others.
    parser.add_argument("--ttl", type=int, default=15, help=argparse.SUPPRESS)


def _perform(options: Options) -> int:
    _check_numbers(options)
    _check_start(options)
    from pytest_reqflo.engine.durable.supervisor import Supervisor

    supervisor = Supervisor(_settings_of(options), options.processes)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: supervisor.stop())
    return _CODES[supervisor.run()]


def _settings_of(options: Options) -> WorkerSettings:
    from pytest_reqflo.engine.durable.settings import WorkerSettings

    return WorkerSettings(
        database=options.db or os.environ[VARIABLE],
        is_cloud=True,
        serves=tuple(dict.fromkeys(options.environment)),
        concurrency=options.concurrency,
        ttl_s=float(options.ttl),
        grace_s=options.grace,
    )


# --- what is checked before anything is started --------------------------------------------------


def _check_numbers(options: Options) -> None:
    for name, least, most in (
        ("processes", 1, _MOST_PROCESSES),
        ("concurrency", 1, _MOST_RUNS),
        ("grace", 0, _LONGEST_S),
        ("ttl", _SHORTEST_TTL_S, _LONGEST_S),
    ):
        given = getattr(options, name)
        if not least <= given <= most:
            title = f"--{name}: {given} is not within {least} to {most}"
            raise UsageProblem(Diagnostic(code="RF801", title=title))


def _check_start(options: Options) -> None:
    """Say once, and not for each process, why none can start.

    Raises: UsageProblem RF801; EngineError RF615, RF618, RF626.
    """
    with chosen_database(options) as database:
        if not database.is_postgres:
            title = "a worker needs a Postgres: runs of a SQLite file belong to one machine"
            hint = "`pytest --reqflo-durable` carries them out, `reqflo resume RUN_ID` carries on"
            raise UsageProblem(Diagnostic(code="RF801", title=title, hint=hint))
        from pytest_reqflo.engine.durable.master_key import load_keyring
        from pytest_reqflo.engine.durable.starting import check_database, check_served
        from pytest_reqflo.engine.durable.worker_secrets import read_own_places

        load_keyring(os.environ, create=False)
        read_own_places(os.environ)
        check_database(database)
        check_served(database, options.environment)


COMMAND = Command(
    name="worker",
    summary="Carry out the runs that clients dispatch to a Postgres.",
    description=(
        "Each process prints `worker ID is ready` when it takes runs. One that falls is started\n"
        "again. On SIGTERM or Ctrl-C runs under way get --grace seconds to end; what is left is\n"
        "carried on by other workers. A second signal ends at once."
    ),
    examples=(
        "  reqflo worker\n"
        "  reqflo worker --processes 4 --concurrency 16\n"
        "  reqflo worker --environment staging --grace 120"
    ),
    exit_codes=(
        "exit codes: 0 told to end and ended, 2 ended by a second signal, 3 the database cannot\n"
        "be used or no worker could start, 4 wrong usage or no master key"
    ),
    add_arguments=_add_arguments,
    perform=_perform,
)
