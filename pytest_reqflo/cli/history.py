"""`reqflo history`: the runs of a store, one a line."""

from __future__ import annotations

import argparse
import json
import time
from typing import TYPE_CHECKING

from pytest_reqflo.cli.arguments import Command, ExitCode, Options
from pytest_reqflo.cli.find import find_nearby
from pytest_reqflo.cli.stored import add_database_options, line_text, open_chosen, read_since
from pytest_reqflo.diagnostic import Diagnostic, name_hint
from pytest_reqflo.errors import UsageProblem

if TYPE_CHECKING:
    from pytest_reqflo.engine.durable.history import RunFilter
    from pytest_reqflo.engine.durable.stores import RunStore


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("journey", nargs="?", help="path, name, id or jrn_ id of the journey")
    parser.add_argument("--env", metavar="NAME", default="", help="runs against this environment")
    parser.add_argument("--case", metavar="NAME", default="", help="runs of this case")
    parser.add_argument(
        "--status",
        action="append",
        default=[],
        metavar="STATUS",
        help="passed, failed, error, skipped, interrupted, cancelled, lost; queued, running, left; "
        "repeatable",
    )
    parser.add_argument(
        "--artifact", metavar="ID", default="", help="runs of this artifact; its beginning will do"
    )
    parser.add_argument(
        "--since", metavar="WHEN", help="runs since a date, or in the last 2h, 30d, ..."
    )
    parser.add_argument(
        "--limit", type=int, metavar="N", help="the newest N (default: 50; 0 for all)"
    )
    parser.add_argument("--json", action="store_true", help="print the runs as a JSON list")
    add_database_options(parser)


def _perform(options: Options) -> int:
    with open_chosen(options) as store:
        from pytest_reqflo.engine.durable.history import find_runs, line_to_json

        lines = find_runs(store, _filter(store, options))
    if options.json:
        print(json.dumps([line_to_json(line) for line in lines], indent=2))
    else:
        for line in lines:
            print(line_text(line))
    return ExitCode.OK if lines else ExitCode.NOTHING


def _filter(store: RunStore, options: Options) -> RunFilter:
    from pytest_reqflo.engine.durable.history import RunFilter, find_journey_id

    _check_statuses(options.status)
    entry = find_nearby(options.journey) if options.journey else None
    wanted = entry.id if entry else options.journey
    return RunFilter(
        journey=find_journey_id(store, wanted) if wanted else "",
        environment=options.env,
        case=options.case,
        artifact=options.artifact,
        statuses=tuple(options.status),
        since=read_since(options.since, time.time()) if options.since else None,
        limit=50 if options.limit is None else max(options.limit, 0) or None,
    )


def _check_statuses(statuses: list[str]) -> None:
    from pytest_reqflo.engine.durable.history import ENDS
    from pytest_reqflo.engine.durable.stores import OPEN_STATES

    allowed = (*ENDS, *OPEN_STATES)
    for status in statuses:
        if status not in allowed:
            title = f"--status: there is no status `{status}`"
            hint = name_hint(status, allowed, what="Statuses")
            raise UsageProblem(Diagnostic(code="RF801", title=title, hint=hint))


COMMAND = Command(
    name="history",
    summary="List the recorded runs, the newest first.",
    description=(
        "Each line has the run id, when the run was registered (UTC), its status, journey and\n"
        "environment, case or data row, and its artifact. `left` is a run whose process has gone."
    ),
    examples=(
        "  reqflo history\n"
        "  reqflo history orders --status failed --since 7d\n"
        '  reqflo history --env staging --case "Happy path" --limit 10 --json\n'
        "  reqflo history --db postgresql://reqflo@db.example/reqflo --status running"
    ),
    exit_codes=(
        "exit codes: 0 runs are listed, 3 the database cannot be used, 4 wrong usage or no such\n"
        "journey or store, 5 no run is like that"
    ),
    add_arguments=_add_arguments,
    perform=_perform,
)
