"""The database that a command is about: named by an option or a variable, opened, closed."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pytest_reqflo.cli.arguments import Options
from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.engine.durable.extra import require_extra
from pytest_reqflo.errors import UsageProblem

if TYPE_CHECKING:
    from pytest_reqflo.engine.durable.database import Database

VARIABLE = "REQFLO_DATABASE_URL"


_DEFAULT = f"{VARIABLE}, which no list of processes shows"


def add_database_option(parser: argparse.ArgumentParser, *, default: str = _DEFAULT) -> None:
    """Add ``--db``; *default* says what is meant without it."""
    parser.add_argument(
        "--db",
        metavar="URL",
        help=f"postgresql://USER@HOST/NAME, or sqlite:///FILE (default: {default})",
    )


@contextmanager
def chosen_database(options: Options) -> Iterator[Database]:
    """Give the database that *options* name.

    Raises: UsageProblem RF610 without the extra, RF801 when none is named; EngineError RF615 for
        whatever the database refuses inside of the block.
    """
    address = options.db or os.environ.get(VARIABLE)
    if not address:
        hint = f"set {VARIABLE}, or write --db postgresql://USER@HOST/NAME"
        raise UsageProblem(Diagnostic(code="RF801", title="no database is named", hint=hint))
    require_extra()
    from pytest_reqflo.engine.durable.database import open_database, usable

    database = open_database(address)
    try:
        with usable(database):
            yield database
    finally:
        database.close()


def chosen_environment(database: Database, wanted: str | None) -> str:
    """Return the pushed environment that is meant: *wanted*, else the only one.

    Raises: EngineError RF618, UsageProblem RF801.
    """
    from pytest_reqflo.engine.durable.pushed import PushedEnvironments

    pushed = PushedEnvironments(database)
    names = pushed.names()
    if wanted is None and len(names) == 1:
        return names[0]
    if wanted is None and names:
        title = f"there are {len(names)} environments, and --env names none"
        raise UsageProblem(Diagnostic(code="RF801", title=title, hint=", ".join(names)))
    pushed.find(wanted or "default")
    return wanted or "default"


def add_action(
    actions: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    summary: str,
    perform: Callable[[Options], int],
) -> argparse.ArgumentParser:
    """Add what a command can do as a word after its own, and return the parser of the rest."""
    parser = actions.add_parser(name, help=summary, description=summary)
    parser.set_defaults(act=perform)
    return parser


def perform_action(options: Options) -> int:
    """Do what the word after the command says."""
    code: int = options.act(options)
    return code


def shown_time(seconds: float) -> str:
    """Return a time of the database in UTC, to the second."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
