"""`reqflo run`: starts pytest in this process, with our options in pytest's spelling.

The only subcommand that reaches pytest; it is imported at the moment of need.
"""

from __future__ import annotations

import argparse
import importlib.metadata
from collections.abc import Iterator
from pathlib import Path

from pytest_reqflo.cli.arguments import (
    Command,
    Options,
    add_store_option,
    add_value_options,
    existing_file,
    read_sets,
)
from pytest_reqflo.cli.find import find_journey, find_path, is_artifact_id
from pytest_reqflo.cli.load import load_artifact, shown_path
from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.errors import UsageProblem


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "journey",
        help="path, name, id, jrn_ id, NAME@VERSION, or artifact id of what to run",
    )
    add_value_options(parser)
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="write the result as JSON to this file"
    )
    parser.add_argument(
        "--cloud",
        action="store_true",
        help="let workers run it, on the database of REQFLO_DATABASE_URL, and wait for the result",
    )
    parser.add_argument(
        "--detach",
        action="store_true",
        help="with --cloud: dispatch, print the run ids and wait for nothing",
    )
    parser.add_argument("--json", action="store_true", help="with --detach: print JSON")
    add_store_option(parser)


def _perform(options: Options) -> int:
    _check_detach(options)
    arguments = [*_plugin_arguments(), *_pytest_arguments(options), *options.extra]
    if options.detach:
        from pytest_reqflo.cli.detached import run_detached
        from pytest_reqflo.host.detached import dispatch_only

        return run_detached(dispatch_only, arguments, as_json=options.json)
    import pytest

    return int(pytest.main(arguments))


def _check_detach(options: Options) -> None:
    missing = None
    if options.detach and not options.cloud:
        missing = "--detach goes with --cloud"
    elif options.json and not options.detach:
        missing = "--json goes with --detach"
    if missing:
        hint = "--output FILE writes the results of a run that is waited for"
        raise UsageProblem(Diagnostic(code="RF801", title=missing, hint=hint))


def _pytest_arguments(options: Options) -> Iterator[str]:
    yield find_target(options.journey, options.store)
    if options.env is not None:
        yield f"--reqflo-env={options.env}"
    for name in options.case:
        yield f"--reqflo-case={name}"
    for name, text in read_sets(options.set):
        yield f"--reqflo-set={name}={text}"
    if options.data is not None:
        yield f"--reqflo-data={existing_file(options.data, '--data')}"
    if options.output is not None:
        yield f"--reqflo-output={options.output}"
    if options.cloud:
        yield "--reqflo-cloud"
    if options.store is not None:
        yield f"--reqflo-store={options.store}"


def find_target(wanted: str, store: Path | None) -> str:
    """Return the path that pytest is given: a journey file, a folder, or a stored artifact.

    Raises: UsageProblem RF802; ArtifactError RF601 and RF602.
    """
    path = find_path(wanted.partition("::")[0])
    if path is not None:
        return wanted
    if is_artifact_id(wanted) or "@" in wanted:
        found = load_artifact(wanted, store)
        return str(found.store.artifact_path(found.digest))
    return shown_path(find_journey(wanted, Path.cwd()).path)


def _plugin_arguments() -> tuple[str, str]:
    """Return the option that loads our plugin, also where plugins are not loaded by themselves."""
    installed = importlib.metadata.entry_points(group="pytest11", name="reqflo")
    return "-p", "reqflo" if installed else "pytest_reqflo.plugin"


COMMAND = Command(
    name="run",
    summary="Run a journey with pytest.",
    description=(
        "The journey is found by its name, id or path below this folder. An artifact id or\n"
        "NAME@VERSION runs what was compiled and kept earlier. What follows `--` goes to pytest\n"
        "as it is. With --cloud workers run it; with --detach as well nobody waits for them: each\n"
        "line that is printed is the id of a run that is registered."
    ),
    examples=(
        '  reqflo run "Create and verify order" --env staging\n'
        '  reqflo run journeys/orders.journey.yaml --case "Happy path" --set quantity=3\n'
        "  reqflo run orders --data orders.csv --output results.json\n"
        "  reqflo run orders@v3 --env staging\n"
        "  reqflo run orders --env staging --cloud --detach\n"
        "  reqflo run orders -- -x -n 4 --junitxml=report.xml"
    ),
    exit_codes=(
        "exit codes: those of pytest: 0 passed, 1 failed, 2 interrupted or not collected,\n"
        "3 internal error, 4 wrong usage, 5 nothing ran; with --detach: 0 all are registered,\n"
        "1 some of them are not, because they need fixtures of the suite"
    ),
    add_arguments=_add_arguments,
    perform=_perform,
    takes_extra=True,
)
