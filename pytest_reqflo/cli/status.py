"""`reqflo status`: where one run stands, or how it ended."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_reqflo.cli.arguments import Command, ExitCode, Options
from pytest_reqflo.cli.results import ended_code, result_lines, step_line
from pytest_reqflo.cli.stored import add_database_options, line_text, open_chosen
from pytest_reqflo.result import JourneyResult
from pytest_reqflo.values import Json, printable_line

if TYPE_CHECKING:
    from pytest_reqflo.engine.durable.history import RunLine
    from pytest_reqflo.engine.durable.stores import RunStore

NOT_OVER = ExitCode.INTERRUPTED


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN_ID", help="id of the run; its beginning will do")
    parser.add_argument("--json", action="store_true", help="print run and result as JSON")
    add_database_options(parser)


def _perform(options: Options) -> int:
    with open_chosen(options) as store:
        from pytest_reqflo.engine.durable.history import find_run

        line = find_run(store, options.run)
        result = load_result(store, line)
    if options.json:
        print(json.dumps(_to_json(line, result), indent=2))
    else:
        print("\n".join(_lines(line, result)))
    return ended_code(line.status) if line.ended_at else NOT_OVER


def load_result(store: RunStore, line: RunLine) -> JourneyResult:
    """Return the result of the run, or what it has recorded so far. Raises: EngineError RF613."""
    if not line.ended_at:
        from pytest_reqflo.engine.durable.ending import run_so_far

        return run_so_far(store, line.run_id)
    from pytest_reqflo.engine.durable.history import load_kept_result

    return load_kept_result(store, line.run_id)


def _lines(line: RunLine, result: JourneyResult) -> Iterator[str]:
    yield line_text(line)
    if line.ended_at:
        yield from result_lines(result)
        return
    from pytest_reqflo.engine.durable.progress import NOT_REACHED

    for step in result.steps:
        if step.skip_reason != NOT_REACHED:
            yield f"  {step_line(step)}"
    reached = sum(step.skip_reason != NOT_REACHED for step in result.steps)
    yield f"  {reached} of {len(result.steps)} steps have a record"
    if line.status == "left":
        yield printable_line(f"  its process has gone: `reqflo resume {line.run_id}` carries it on")


def _to_json(line: RunLine, result: JourneyResult) -> Json:
    from pytest_reqflo.engine.durable.history import line_to_json

    key = "result" if line.ended_at else "so_far"
    return {**line_to_json(line), key: result.to_json()}


COMMAND = Command(
    name="status",
    summary="Show where a run stands, or how it ended.",
    description=(
        "A run is queued, running, left (its process has gone), or it has ended. While it has\n"
        "not, the steps that it recorded so far are shown; then its result."
    ),
    examples=(
        "  reqflo status run_0123456789abcdef0123456789abcdef\n"
        "  reqflo status run_0123 --json\n"
        "  reqflo status run_0123 --db postgresql://reqflo@db.example/reqflo"
    ),
    exit_codes=(
        "exit codes: 0 it passed or was skipped, 1 it ended otherwise, 2 it is not over,\n"
        "3 the database cannot be used, 4 wrong usage or no such run"
    ),
    add_arguments=_add_arguments,
    perform=_perform,
)
