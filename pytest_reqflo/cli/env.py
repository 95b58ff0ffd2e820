"""`reqflo env`: the environments in which workers carry runs out."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_reqflo.cli.arguments import Command, ExitCode, Options
from pytest_reqflo.cli.database import (
    add_action,
    add_database_option,
    chosen_database,
    perform_action,
    shown_time,
)
from pytest_reqflo.cli.find import find_path
from pytest_reqflo.cli.load import shown_path
from pytest_reqflo.cli.output import json_block
from pytest_reqflo.cli.settings import load_settings
from pytest_reqflo.values import printable_line

if TYPE_CHECKING:
    from pytest_reqflo.syntax.library import Loaded
    from pytest_reqflo.syntax.model import EnvironmentModel


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(metavar="ACTION", required=True, title="actions")
    pushing = add_action(actions, "push", "Write an environment as its newest version.", _push)
    pushing.add_argument("environment", help="path of an environment file, or the name of one")
    listing = add_action(actions, "list", "List the newest version of each environment.", _list)
    showing = add_action(actions, "show", "Print what was pushed, as JSON.", _show)
    showing.add_argument("environment", help="name of an environment")
    showing.add_argument("--version", type=int, metavar="N", help="version (default: the newest)")
    for action in (pushing, listing, showing):
        add_database_option(action)


def _push(options: Options) -> int:
    loaded = _load(options.environment)
    with chosen_database(options) as database:
        from pytest_reqflo.engine.durable.environment_document import document_of
        from pytest_reqflo.engine.durable.pushed import PushedEnvironments
        from pytest_reqflo.engine.durable.queue_limits import register_limits

        data = loaded.model.model_dump(exclude_none=True)
        document = document_of(data, folder=loaded.path.parent, shown=loaded.shown)
        version = PushedEnvironments(database).push(document)
        name = loaded.model.name
        register_limits(database, name, document.get("queue", {}))
        print(printable_line(f"environment {name}, version {version}"))
    return ExitCode.OK


def _list(options: Options) -> int:
    with chosen_database(options) as database:
        from pytest_reqflo.engine.durable.pushed import PushedEnvironments

        found = PushedEnvironments(database).list()
    for each in found:
        when = shown_time(each.created_at)
        print(printable_line(f"{each.name}  v{each.version}  {when}  {each.written_by}"))
    return ExitCode.OK if found else ExitCode.NOTHING


def _show(options: Options) -> int:
    with chosen_database(options) as database:
        from pytest_reqflo.engine.durable.pushed import PushedEnvironments

        document = PushedEnvironments(database).find(options.environment, options.version)
    for line in json_block(dict(document)):
        print(line)
    return ExitCode.OK


def _load(wanted: str) -> Loaded[EnvironmentModel]:
    """Return the environment of a file, or that of a name in this project."""
    from pytest_reqflo.syntax.library import load_environment, load_library

    path = find_path(wanted)
    if path is not None and path.is_file():
        return load_environment(path, shown_path(path))
    here = Path.cwd()
    settings = load_settings(here)
    nearest = here if (here / "environments").is_dir() else settings.rootdir
    return load_library(settings.root or nearest).environment(wanted)


COMMAND = Command(
    name="env",
    summary="Push environments to the database that workers read.",
    description=(
        "A push writes values, services, origins, grants and limits; certificates take the place of\n"
        "the files that hold them. Dotenv files, providers and process variables stay at home."
    ),
    examples=(
        "  reqflo env push staging\n"
        "  reqflo env push environments/staging.yaml\n"
        "  reqflo env show staging --version 3"
    ),
    actions=("push", "list", "show"),
    add_arguments=_add_arguments,
    perform=perform_action,
)
