"""`reqflo rerun`: a recorded run is run anew, with the same artifact and inputs."""

from __future__ import annotations

import argparse
import json
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_reqflo.cli.arguments import Command, Options, add_store_option
from pytest_reqflo.cli.carrying import Carrier, load_project, open_carrier, open_live, renewed
from pytest_reqflo.cli.results import ended_code, result_lines

if TYPE_CHECKING:
    from pytest_reqflo.engine.protocol import LocalRun


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN_ID", help="id of the run; its beginning will do")
    parser.add_argument("--env", metavar="NAME", help="environment (default: that of the run)")
    add_store_option(parser)


def _perform(options: Options) -> int:
    from pytest_reqflo.engine.durable.extra import require_extra

    require_extra()
    from pytest_reqflo.engine.durable.history import find_run
    from pytest_reqflo.engine.durable.stores import open_runs

    settings = load_project(options)
    with open_runs(settings.store) as seen:
        run_id = find_run(seen, options.run).run_id
    with open_carrier(settings, f"batch_{uuid.uuid4().hex[:12]}") as carrier:
        done = _rerun(carrier, run_id, options.env)
    print("\n".join(result_lines(done.result)))
    if done.pending is not None:
        raise done.pending
    return ended_code(done.result.outcome)


def _rerun(carrier: Carrier, run_id: str, environment: str | None) -> LocalRun:
    from pytest_reqflo.engine.durable.orders import Dispatch

    store, stored = carrier.store, carrier.load(run_id)
    with store.records.database.reading() as connection:
        artifact, blobs = store.records.load_artifact(connection, stored.order.artifact)
    old = store.request_of(stored)
    request = renewed(old, environment or old.environment)
    dispatch = Dispatch(
        batch_id=store.batch_id,
        trigger="rerun",
        item_id=stored.order.item_id,
        origin=json.dumps({"run": run_id}),
    )
    with open_live(carrier.settings, request) as live:
        name = live.environment.name
        identity = replace(request.identity, environment=name)
        request = replace(request, identity=identity, environment=name)
        print(f"run {identity.run_id}, {run_id} anew")
        return store.run(request, artifact, blobs, live, dispatch)


COMMAND = Command(
    name="rerun",
    summary="Run a recorded run anew.",
    description=(
        "The artifact and the inputs are those of the recorded run, also when the journey file has\n"
        "changed since; environment and secrets are those of the project now. The new run has an\n"
        "id of its own, and its origin names the old one. No fixture is set up."
    ),
    examples=(
        "  reqflo rerun run_0123456789abcdef0123456789abcdef\n  reqflo rerun run_0123 --env staging"
    ),
    exit_codes=(
        "exit codes: 0 it passed or was skipped, 1 it ended otherwise, 2 interrupted,\n"
        "3 the database cannot be used, 4 wrong usage or no such run"
    ),
    add_arguments=_add_arguments,
    perform=_perform,
)
