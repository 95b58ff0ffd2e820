"""`reqflo db`: the tables of a database, and who may do what with them."""

from __future__ import annotations

import argparse

from pytest_reqflo.cli.arguments import Command, ExitCode, Options
from pytest_reqflo.cli.database import (
    add_action,
    add_database_option,
    chosen_database,
    perform_action,
)


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(metavar="ACTION", required=True, title="actions")
    migrating = add_action(
        actions, "migrate", "Make all tables, or bring them up to date.", _migrate
    )
    add_database_option(migrating)
    add_action(actions, "roles", "Print the SQL that gives each role its rights.", _print_roles)


def _migrate(options: Options) -> int:
    with chosen_database(options) as database:
        from pytest_reqflo.engine.durable.migrating import migrate

        done = migrate(database)
        before = "made" if done.before is None else f"were version {done.before}, now"
        print(f"{database.shown}: tables {before} version {done.after}, engine {done.engine}")
    return ExitCode.OK


def _print_roles(_: Options) -> int:
    from pytest_reqflo.engine.durable.extra import require_extra

    require_extra()
    from pytest_reqflo.engine.durable.roles import role_statements

    for statement in role_statements():
        print(f"{statement};")
    return ExitCode.OK


COMMAND = Command(
    name="db",
    summary="Make the tables of a database, and print who may do what.",
    description=(
        "`migrate` is for the role that owns the tables, once and after each upgrade; again does no\n"
        "harm. `roles` prints SQL for it: three group roles, for clients, workers and admins."
    ),
    examples='  reqflo db migrate\n  reqflo db roles | psql "$REQFLO_DATABASE_URL"',
    actions=("migrate", "roles"),
    add_arguments=_add_arguments,
    perform=perform_action,
)
