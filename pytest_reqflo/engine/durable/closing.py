"""A run that nobody will end gets its result here, made of what it recorded. Nothing is sent."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from pytest_reqflo.engine.durable.keeping import FromOutside, ResultKeeper
from pytest_reqflo.engine.durable.operating import OPEN
from pytest_reqflo.engine.durable.orders import bare_request_of
from pytest_reqflo.engine.durable.progress import result_so_far
from pytest_reqflo.engine.durable.records import StoredRun
from pytest_reqflo.engine.durable.stores import RunStore
from pytest_reqflo.errors import ReqfloError
from pytest_reqflo.result import JourneyResult, Outcome, Problem
from pytest_reqflo.values import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideEnd:
    """How a run is said to have ended: in its row, in its document, and why."""

    row: FromOutside
    outcome: Outcome
    problem: Problem


LOST = OutsideEnd(
    row="lost",
    outcome="error",
    problem=Problem(
        code="RF616",
        category="interrupted",
        message="the run is lost: its process ended before it did, and nobody carried it on",
        hint="`reqflo resume` carries on what is not closed yet; `reqflo rerun` begins anew",
    ),
)
CANCELLED = OutsideEnd(
    row="cancelled",
    outcome="interrupted",
    problem=Problem(
        code="RF617",
        category="interrupted",
        message="the run was cancelled by force; its finally steps were not run",
    ),
)


def close_run(store: RunStore, keeper: ResultKeeper, run_id: str, end: OutsideEnd, now: str) -> str:
    """Keep a result of the run unless it has one, end its workflows, and return its outcome."""
    seen = store.engine_rows.of_runs([run_id])
    attempt = max((each.order[0] for each in seen), default=1)
    with store.database.reading() as connection:
        stored = store.records.find_run(connection, run_id)
    assert stored is not None  # noqa: S101  # it was found by its id
    # The result first: from then on whoever still carries the run out gets this one.
    kept = keeper.keep(stored, attempt, _ended(store, stored, end, now), ended=end.row)
    store.engine_rows.cancel(each.workflow_id for each in seen if each.status in OPEN)
    return kept.outcome


def run_so_far(store: RunStore, run_id: str) -> JourneyResult:
    """Return how far a run without a result came. Raises: EngineError RF613."""
    with store.database.reading() as connection:
        stored = store.records.find_run(connection, run_id)
    assert stored is not None  # noqa: S101  # it was found by its id
    return _so_far(store, stored)


def _so_far(store: RunStore, stored: StoredRun) -> JourneyResult:
    order = stored.order
    with store.database.reading() as connection:
        artifact, _ = store.records.load_artifact(connection, Digest(order.artifact))
    identity = bare_request_of(order).identity
    return result_so_far(identity, artifact, store.engine_rows.recorded(order.run_id))


def _ended(store: RunStore, stored: StoredRun, end: OutsideEnd, now: str) -> JourneyResult:
    try:
        result = _so_far(store, stored)
    except ReqfloError:  # an artifact that was altered tells nothing about its steps
        identity = bare_request_of(stored.order).identity
        result = JourneyResult(
            identity=identity, outcome=end.outcome, started_at="", finished_at="", elapsed_s=0.0
        )
    return dataclasses.replace(
        result,
        outcome=end.outcome,
        started_at=result.started_at or now,
        finished_at=now,
        problems=(*result.problems, end.problem),
        category=end.problem.category,
    )
