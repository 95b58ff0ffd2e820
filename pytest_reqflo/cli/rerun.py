"""`reqflo rerun`: a recorded run is run anew, with the same artifact and inputs."""

from __future__ import annotations

import argparse
import math
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_reqflo.cli.arguments import Command, ExitCode, Options
from pytest_reqflo.cli.carrying import Carrier, load_project, open_carrier, open_live
from pytest_reqflo.cli.results import ended_code, result_lines
from pytest_reqflo.cli.stored import add_database_options, open_chosen
from pytest_reqflo.diagnostic import Diagnostic, name_hint
from pytest_reqflo.engine.durable.names import new_batch_id, whoever_asks
from pytest_reqflo.errors import UsageProblem
from pytest_reqflo.values import printable_line

if TYPE_CHECKING:
    from pytest_reqflo.engine.durable.records import RunOrder, StoredRun
    from pytest_reqflo.engine.durable.stores import RunStore
    from pytest_reqflo.engine.protocol import LocalRun


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN_ID", help="id of the run; its beginning will do")
    parser.add_argument("--env", metavar="NAME", help="environment (default: that of the run)")
    parser.add_argument(
        "--from-step",
        metavar="ID",
        default="",
        help="first step that is sent; those before it are taken from the record of the run",
    )
    parser.add_argument(
        "--wait", action="store_true", help="wait for the result of a run that workers carry out"
    )
    add_database_options(parser)


def _perform(options: Options) -> int:
    with open_chosen(options) as store:
        from pytest_reqflo.engine.durable.history import find_run
        from pytest_reqflo.engine.durable.repeating import check_from_step

        stored = store.load(find_run(store, options.run).run_id)
        environment = options.env or stored.order.environment
        if options.from_step:
            check_from_step(store, stored, options.from_step, environment)
        folder = store.folder
        if folder is None:
            return _leave_to_workers(store, stored, environment, options)
    settings = replace(load_project(options), store=folder)
    with open_carrier(settings, new_batch_id()) as carrier:
        done = _rerun(carrier, stored, environment, options.from_step)
    print("\n".join(result_lines(done.result)))
    if done.pending is not None:
        raise done.pending
    return ended_code(done.result.outcome)


# --- in this process -----------------------------------------------------------------------------


def _rerun(carrier: Carrier, stored: StoredRun, environment: str, from_step: str) -> LocalRun:
    from pytest_reqflo.engine.durable.orders import Dispatch
    from pytest_reqflo.engine.durable.origin import Origin, origin_to_text
    from pytest_reqflo.engine.durable.repeating import renewed

    store, old_id = carrier.store, stored.order.run_id
    with store.records.database.reading() as connection:
        artifact, blobs = store.records.load_artifact(connection, stored.order.artifact)
    request = renewed(store.request_of(stored), environment)
    dispatch = Dispatch(
        batch_id=store.batch_id,
        trigger="rerun",
        item_id=stored.order.item_id,
        origin=origin_to_text(Origin(run_id=old_id, from_step=from_step)),
    )
    with open_live(carrier.settings, request) as live:
        name = live.environment.name
        identity = replace(request.identity, environment=name)
        request = replace(request, identity=identity, environment=name)
        print(printable_line(_announced(identity.run_id, old_id, from_step)))
        return store.run(request, artifact, blobs, live, dispatch)


def _announced(run_id: str, old_id: str, from_step: str) -> str:
    return f"run {run_id}, {old_id} anew{f' from step {from_step} on' if from_step else ''}"


# --- by workers ----------------------------------------------------------------------------------


def _leave_to_workers(
    store: RunStore, stored: StoredRun, environment: str, options: Options
) -> int:
    from pytest_reqflo.engine.durable.master_key import find_keyring
    from pytest_reqflo.engine.durable.repeating import order_again
    from pytest_reqflo.values import Digest

    if options.env:
        _check_environment(store, environment)
    with store.database.reading() as connection:
        artifact, _ = store.records.load_artifact(connection, Digest(stored.order.artifact))
    keyring = find_keyring(os.environ)
    order = order_again(stored, artifact, environment, options.from_step, keyring)
    _dispatch(store, order)
    print(_announced(order.run_id, stored.order.run_id, options.from_step), flush=True)
    return _wait(store, order.run_id) if options.wait else ExitCode.OK


def _check_environment(store: RunStore, name: str) -> None:
    """Raise UsageProblem RF618 for an environment whose runs no worker would take."""
    from pytest_reqflo.engine.durable.pushed import PushedEnvironments

    names = PushedEnvironments(store.database).names()
    if name not in names:
        title = f"there is no environment `{name}` in {store.shown}"
        hint = name_hint(name, names, what="Environments")
        raise UsageProblem(Diagnostic(code="RF618", title=title, hint=hint))


def _dispatch(store: RunStore, order: RunOrder) -> None:
    from pytest_reqflo.engine.durable.dispatch import Batch, Dispatcher

    batch = Batch(
        batch_id=order.batch_id,
        trigger="rerun",
        dispatched_by=whoever_asks(),
        orders=(order,),
        artifacts=(),
    )
    dispatcher = Dispatcher(store.records)
    try:
        dispatcher.dispatch(batch)
    finally:
        dispatcher.close()


def _wait(store: RunStore, run_id: str) -> int:
    from pytest_reqflo.engine.durable.dispatch import wait_for_results
    from pytest_reqflo.engine.durable.history import load_kept_result

    ended = next(iter(wait_for_results(store.records, [run_id], timeout_s=math.inf)))
    print("\n".join(result_lines(load_kept_result(store, run_id))))
    return ended_code(ended.outcome)


COMMAND = Command(
    name="rerun",
    summary="Run a recorded run anew.",
    description=(
        "The artifact and the inputs are those of the recorded run, also when the journey file has\n"
        "changed since; environment and secrets are those of the project now. The new run has an\n"
        "id of its own, and its origin names the old one. No fixture is set up.\n\n"
        "With --from-step the steps before it are not sent: they have to have passed, and what they\n"
        "gave is taken from the record; the result says so. The environment must be the same.\n\n"
        "A run in a Postgres is put on the queue of its environment, and its id is printed. For\n"
        "another environment its values are sealed anew, which needs the master key."
    ),
    examples=(
        "  reqflo rerun run_0123456789abcdef0123456789abcdef\n"
        "  reqflo rerun run_0123 --env staging\n"
        "  reqflo rerun run_0123 --from-step pay\n"
        "  reqflo rerun run_0123 --db postgresql://reqflo@db.example/reqflo --wait"
    ),
    exit_codes=(
        "exit codes: 0 it passed, was skipped or is queued, 1 it ended otherwise, 2 interrupted,\n"
        "3 the database cannot be used, 4 wrong usage or no such run"
    ),
    add_arguments=_add_arguments,
    perform=_perform,
)
