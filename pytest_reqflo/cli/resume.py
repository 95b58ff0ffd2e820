"""`reqflo resume`: a run that its process left is carried on in this one."""

from __future__ import annotations

import argparse
from dataclasses import replace

from pytest_reqflo.cli.arguments import Command, Options
from pytest_reqflo.cli.carrying import load_project, open_carrier, open_live, refuse_alive
from pytest_reqflo.cli.results import ended_code, result_lines
from pytest_reqflo.cli.stored import add_database_options, open_chosen
from pytest_reqflo.engine.protocol import LocalRun


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN_ID", help="id of the run; its beginning will do")
    add_database_options(parser)


def _perform(options: Options) -> int:
    done = _resume(options)
    print("\n".join(result_lines(done.result)))
    if done.pending is not None:
        raise done.pending
    return ended_code(done.result.outcome)


def _resume(options: Options) -> LocalRun:
    from pytest_reqflo.engine.durable.history import find_run, load_kept_result

    settings = load_project(options)
    with open_chosen(options) as seen:
        line = find_run(seen, options.run)
        if line.ended_at:
            return LocalRun(load_kept_result(seen, line.run_id))
        refuse_alive(line, by_workers=seen.folder is None)
        settings = replace(settings, store=seen.folder or settings.store)
    with open_carrier(settings, line.batch_id) as carrier:
        # Read with its values first: with another key the run would end here instead of going on.
        request = carrier.store.request_of(carrier.load(line.run_id))
        with open_live(settings, request) as live:
            return carrier.store.resume(line.run_id, live)


COMMAND = Command(
    name="resume",
    summary="Carry on a run whose process was killed.",
    description=(
        "The run goes on with the try at hand: what it recorded is not done again. It sees the\n"
        "environment as it was when it began; secrets are read anew, from where the project says.\n"
        "No fixture is set up: a server that the suite itself starts is not there. Of a run that is\n"
        "over the result is shown, as it was recorded. `pytest --reqflo-durable --reqflo-resume`\n"
        "carries on all that one session left. Runs in a Postgres are carried on by workers."
    ),
    examples=(
        "  reqflo resume run_0123456789abcdef0123456789abcdef\n"
        "  reqflo resume run_0123 --store /srv/reqflo"
    ),
    exit_codes=(
        "exit codes: 0 it passed or was skipped, 1 it ended otherwise, 2 interrupted,\n"
        "3 the database cannot be used, 4 wrong usage, no such run, or it is carried on already"
    ),
    add_arguments=_add_arguments,
    perform=_perform,
)
