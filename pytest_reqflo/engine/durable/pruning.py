"""Old runs leave the store: the only deletion that its tables allow. See docs/decisions/0013."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from pytest_reqflo.engine.durable.locks import Alive, find_alive
from pytest_reqflo.engine.durable.operating import OPEN, SeenWorkflow
from pytest_reqflo.engine.durable.stores import RunStore
from pytest_reqflo.frozen import dataclass

_CHUNK = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepRule:
    """Which runs stay: the newest so many, or those dispatched in the last so many seconds."""

    newest: int | None = None
    last_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prunable:
    """The runs that a rule does not keep: those that are over, and those that were left."""

    finished: tuple[str, ...]
    left: tuple[str, ...]


def find_prunable(store: RunStore, rule: KeepRule) -> Prunable:
    """Return the runs beyond *rule* that no process works on, the oldest first."""
    run, result = store.records.tables.run, store.records.tables.result
    query = (
        sa.select(run.c.run_id, run.c.batch_id, result.c.outcome)
        .outerjoin_from(run, result, result.c.run_id == run.c.run_id)
        .where(_beyond(store, rule))
        .order_by(run.c.dispatched_at, run.c.run_id)
    )
    with store.database.reading() as connection:
        rows = connection.execute(query).all()
    unfinished = {row.run_id: row.batch_id for row in rows if row.outcome is None}
    states = store.states_of(unfinished) if unfinished else {}
    return Prunable(
        finished=_settled(store, {r.run_id: r.batch_id for r in rows if r.outcome is not None}),
        left=tuple(run_id for run_id in unfinished if states[run_id] == "left"),
    )


def _beyond(store: RunStore, rule: KeepRule) -> sa.ColumnElement[bool]:
    run = store.records.tables.run
    if rule.last_s is not None:
        return run.c.dispatched_at < store.database.now() - rule.last_s
    newest = sa.select(run.c.run_id).order_by(run.c.dispatched_at.desc(), run.c.run_id)
    return run.c.run_id.not_in(newest.limit(rule.newest))


def _settled(store: RunStore, finished: dict[str, str]) -> tuple[str, ...]:
    """Return those whose batch is over and whose workflows are: the rest is still being written."""
    busy = set()
    alive = find_alive(store.folder) if store.folder else None
    for each in store.engine_rows.of_runs(list(finished)):
        if each.status in OPEN and _has_owner(each, alive):
            busy.add(each.run_id)
    # On Postgres nobody can see who waits for the results of a batch that is not over.
    batches = alive.batches if alive else _unfinished_batches(store)
    return tuple(
        run_id for run_id, batch in finished.items() if run_id not in busy and batch not in batches
    )


def _unfinished_batches(store: RunStore) -> frozenset[str]:
    with store.database.reading() as connection:
        return frozenset(name for name, _ in store.records.unfinished_batches(connection))


def _has_owner(each: SeenWorkflow, alive: Alive | None) -> bool:
    return alive is None or bool(each.queue) or each.executor_id in alive.workers


def remove_runs(store: RunStore, run_ids: Sequence[str]) -> None:
    """Remove runs with everything that belongs to them alone; artifacts stay."""
    for start in range(0, len(run_ids), _CHUNK):
        chunk = list(run_ids[start : start + _CHUNK])
        # Ours last: a run that is only half removed is still in the history, and removed next time.
        seen = store.engine_rows.of_runs(chunk)
        store.engine_rows.delete([each.workflow_id for each in seen])
        with store.database.begin() as connection:
            _delete_rows(connection, store, chunk, [each.workflow_id for each in seen])


def _delete_rows(
    connection: sa.Connection, store: RunStore, run_ids: list[str], workflow_ids: list[str]
) -> None:
    tables = store.records.tables
    in_batches = sa.select(tables.run.c.batch_id).where(tables.run.c.run_id.in_(run_ids))
    batches = list(connection.execute(in_batches.distinct()).scalars())
    # The triggers let go of rows that are named here, and nobody else ever sees that they are.
    names = [{"name": name} for name in (*run_ids, *batches)]
    connection.execute(sa.insert(tables.pruning), names)
    for table in (tables.step, tables.result, tables.cancel, tables.attempt, tables.run):
        connection.execute(sa.delete(table).where(table.c.run_id.in_(run_ids)))
    orphan: Any = tables.orphan
    connection.execute(sa.delete(orphan).where(orphan.c.workflow_id.in_(workflow_ids)))
    left = sa.select(tables.run.c.batch_id)
    batch = tables.batch
    connection.execute(
        sa.delete(batch).where(batch.c.batch_id.in_(batches), batch.c.batch_id.not_in(left))
    )
    connection.execute(sa.delete(tables.pruning))
