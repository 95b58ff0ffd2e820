"""`reqflo cancel`: runs end at their next try, or at once."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from pytest_reqflo.cli.arguments import Command, ExitCode, Options
from pytest_reqflo.cli.stored import add_database_options, find_ender, open_chosen
from pytest_reqflo.engine.durable.names import whoever_asks
from pytest_reqflo.values import printable_line

if TYPE_CHECKING:
    from pytest_reqflo.engine.durable.history import RunLine
    from pytest_reqflo.engine.durable.stores import RunStore


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", nargs="+", metavar="RUN_ID", help="id of a run, or its beginning")
    parser.add_argument(
        "--force", action="store_true", help="end the run as it stands, without finally steps"
    )
    add_database_options(parser)


def _perform(options: Options) -> int:
    with open_chosen(options) as store:
        from pytest_reqflo.engine.durable.history import find_run

        # All are found before the first is cancelled: a mistyped id stops nothing.
        lines = [find_run(store, wanted) for wanted in options.run]
        for line in lines:
            print(printable_line(f"{line.run_id}: {_cancel(store, line, is_forced=options.force)}"))
    return ExitCode.OK


def _cancel(store: RunStore, line: RunLine, *, is_forced: bool) -> str:
    """Cancel one run and return what became of it."""
    if line.ended_at:
        return f"is over already ({line.status}), nothing is changed"
    with store.database.begin() as connection:
        store.records.ask_cancel(connection, line.run_id, whoever_asks())
    if is_forced:
        return _end_by_force(store, line)
    match line.status:
        case "left":
            return (
                f"its process has gone: `reqflo resume {line.run_id}` runs its finally steps, "
                "--force ends it as it stands"
            )
        case "queued":
            return "ends as cancelled when a worker takes it, and sends nothing but finally steps"
        case _:
            return "ends at its next try; then its finally steps run"


def _end_by_force(store: RunStore, line: RunLine) -> str:
    from pytest_reqflo.engine.durable.ending import CANCELLED, close_run

    ender = find_ender(store, f"cancel {whoever_asks()}")
    if ender is None:
        # Who cannot sign writes no result; a worker finds the ended workflow and does.
        store.engine_rows.cancel(store.engine_rows.of_runs([line.run_id]))
        return "is ended; without the master key its result is left to a worker"
    outcome = close_run(store, ender, line.run_id, CANCELLED)
    return "is cancelled" if outcome == "cancelled" else f"had ended just before ({outcome})"


COMMAND = Command(
    name="cancel",
    summary="End runs before they are over.",
    description=(
        "A run ends at the boundary of its next try, and its finally steps run: nothing is broken\n"
        "off that was sent. A queued run sends nothing but its finally steps. A run that is over\n"
        "stays as it is. With --force the run ends as it stands: what its process still sends is\n"
        "recorded nowhere, and no finally step runs."
    ),
    examples=(
        "  reqflo cancel run_0123456789abcdef0123456789abcdef\n"
        "  reqflo cancel run_0123 run_4567 --db postgresql://reqflo@db.example/reqflo\n"
        "  reqflo cancel run_0123 --force"
    ),
    exit_codes=(
        "exit codes: 0 each run was told or is over, 3 the database cannot be used,\n"
        "4 wrong usage or no such run"
    ),
    add_arguments=_add_arguments,
    perform=_perform,
)
