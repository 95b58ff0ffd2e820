"""`reqflo schedule`: runs that workers dispatch by themselves, at the instants of a cron expression."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pytest_reqflo.artifact.codec import artifact_id
from pytest_reqflo.cli.arguments import Command, ExitCode, Options, add_store_option
from pytest_reqflo.cli.database import (
    add_action,
    add_database_option,
    chosen_database,
    chosen_environment,
    perform_action,
)
from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.errors import UsageProblem
from pytest_reqflo.values import Digest, Json, printable_line

if TYPE_CHECKING:
    from pytest_reqflo.engine.durable.database import Database
    from pytest_reqflo.engine.durable.schedules import Schedule


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(metavar="ACTION", required=True, title="actions")
    adding = add_action(actions, "add", "Dispatch a journey at the instants of a cron.", _add)
    listing = add_action(actions, "list", "List the schedules, with their next instants.", _list)
    pausing = add_action(actions, "pause", "Dispatch nothing until it is resumed.", _pause)
    resuming = add_action(actions, "resume", "Dispatch again, from the next instant on.", _resume)
    removing = add_action(actions, "remove", "Take a schedule away; its runs stay.", _remove)
    for action in (adding, pausing, resuming, removing):
        action.add_argument("name", help="name of the schedule")
    _add_run_options(adding)
    listing.add_argument("--json", action="store_true", help="print the schedules as JSON")
    for action in (adding, listing, pausing, resuming, removing):
        add_database_option(action)


def _add_run_options(adding: argparse.ArgumentParser) -> None:
    adding.add_argument("journey", help="path, name or id of the journey, or a stored artifact")
    adding.add_argument(
        "--cron",
        required=True,
        metavar="EXPR",
        help='minute hour day month weekday, as "*/5 * * * *"; a sixth field in front is seconds',
    )
    adding.add_argument(
        "--timezone", default="UTC", metavar="ZONE", help="time zone of --cron (default: UTC)"
    )
    adding.add_argument("--env", metavar="NAME", help="environment (default: the only one)")
    adding.add_argument("--case", metavar="NAME", help="case to use, by its exact name")
    adding.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="value of a run input or variable; repeatable",
    )
    add_store_option(adding)


def _add(options: Options) -> int:
    from pytest_reqflo.engine.durable.extra import require_extra

    require_extra()
    from pytest_reqflo.cli.one_run import load_one_run
    from pytest_reqflo.engine.durable.public_keys import SealToWorkers
    from pytest_reqflo.engine.durable.schedules import Schedules, Timing, check_name
    from pytest_reqflo.engine.durable.timed import timed_run

    check_name(options.name)
    timing = Timing(cron=options.cron, timezone=options.timezone)
    first = timing.next_after(datetime.now(UTC))
    with _opened(options) as database:
        environment = chosen_environment(database, options.env)
        one = load_one_run(options, environment)
        one.check(database)
        timed = timed_run(options.name, one.request, SealToWorkers(database))
        Schedules(database).add(timed, timing, one.artifact, one.blobs)
    what = f"{one.request.identity.journey_name}, {one.request.identity.artifact}"
    print(printable_line(f"schedule {options.name}: {what}, in {environment}"))
    print(f"the next run is at {_shown(first)}")
    return ExitCode.OK


def _list(options: Options) -> int:
    with _opened(options) as database:
        from pytest_reqflo.engine.durable.schedules import Schedules

        found = Schedules(database).list()
    if options.json:
        print(json.dumps([_to_json(each) for each in found], indent=2))
    else:
        for each in found:
            print(printable_line(_line(each)))
    return ExitCode.OK if found else ExitCode.NOTHING


def _pause(options: Options) -> int:
    with _opened(options) as database:
        from pytest_reqflo.engine.durable.schedules import Schedules

        Schedules(database).pause(options.name)
        print(printable_line(f"schedule {options.name} is paused"))
    return ExitCode.OK


def _resume(options: Options) -> int:
    with _opened(options) as database:
        from pytest_reqflo.engine.durable.schedules import Schedules

        Schedules(database).resume(options.name)
        print(printable_line(f"schedule {options.name} dispatches again"))
    return ExitCode.OK


def _remove(options: Options) -> int:
    with _opened(options) as database:
        from pytest_reqflo.engine.durable.schedules import Schedules

        Schedules(database).remove(options.name)
        print(printable_line(f"schedule {options.name} removed"))
    return ExitCode.OK


@contextmanager
def _opened(options: Options) -> Iterator[Database]:
    """Give the database. Raises: UsageProblem RF801 for one that no worker serves."""
    with chosen_database(options) as database:
        if not database.is_postgres:
            title = "schedules need a Postgres: no worker serves a SQLite file"
            hint = "name one with REQFLO_DATABASE_URL; on one machine, cron runs `reqflo run`"
            raise UsageProblem(Diagnostic(code="RF801", title=title, hint=hint))
        yield database


# --- shown ---------------------------------------------------------------------------------------


def _line(schedule: Schedule) -> str:
    request = schedule.run.request
    state = "paused" if schedule.is_paused else f"next {_next_of(schedule)}"
    case = f"  case `{request.case}`" if request.case else ""
    what = f"{request.identity.journey_id}  {request.environment}{case}"
    when = f"{schedule.timing.cron}  {schedule.timing.timezone}"
    return f"{schedule.name}  {when}  {state}  {what}  {artifact_id(Digest(request.artifact))}"


def _to_json(schedule: Schedule) -> Json:
    request = schedule.run.request
    return {
        "name": schedule.name,
        "cron": schedule.timing.cron,
        "timezone": schedule.timing.timezone,
        "status": "paused" if schedule.is_paused else "active",
        "last_at": schedule.last_at or None,
        "next_at": None if schedule.is_paused else _next_of(schedule),
        "journey": request.identity.journey_id,
        "artifact": artifact_id(Digest(request.artifact)),
        "environment": request.environment,
        "case": request.case or None,
    }


def _next_of(schedule: Schedule) -> str:
    return _shown(schedule.timing.next_after(datetime.now(UTC)))


def _shown(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


COMMAND = Command(
    name="schedule",
    summary="Let workers dispatch a journey at the instants of a cron expression.",
    description=(
        "The journey is compiled and kept when the schedule is added: later changes of its file\n"
        "change no run. Each instant is one run, however many workers see it. Instants at which no\n"
        "worker runs are left out. `add`, `pause`, `resume` and `remove` take the admin role."
    ),
    examples=(
        '  reqflo schedule add nightly orders --cron "0 3 * * *" --timezone Europe/Berlin --env staging\n'
        "  reqflo schedule list\n"
        "  reqflo schedule pause nightly"
    ),
    actions=("add", "list", "pause", "resume", "remove"),
    add_arguments=_add_arguments,
    perform=perform_action,
)
