"""The runs of a store by journey: counted, with the latest of each. SQL only, reads only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from pytest_reqflo.artifact.codec import artifact_id
from pytest_reqflo.engine.durable.database import Database
from pytest_reqflo.engine.durable.stores import RunStore
from pytest_reqflo.engine.durable.tables import tables_for
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.values import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneyTally:
    """A journey and its runs, with the environments that they ran against.

    Shape: *outcomes* counts by outcome, under "" those without a result; *recent* are time, id and
        outcome of the latest, the newest first.
    """

    journey_id: str
    last_at: float
    outcomes: Mapping[str, int]
    environments: tuple[str, ...]
    recent: tuple[tuple[float, str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerLine:
    """A worker as its row says; *expires_in_s* by the clock of the database."""

    worker_id: str
    host: str
    pid: int
    version: str
    state: str
    expires_in_s: float


def tally_journeys(store: RunStore, *, recent: int = 30) -> tuple[JourneyTally, ...]:
    """Return every journey that has runs, by id, with the latest *recent* of them."""
    run, result = store.records.tables.run, store.records.tables.result
    joined = run.outerjoin(result, result.c.run_id == run.c.run_id)
    outcome = sa.func.coalesce(result.c.outcome, "")
    kind = (run.c.journey_id, outcome.label("outcome"), run.c.environment)
    latest_at = sa.func.max(run.c.dispatched_at).label("last_at")
    counted = sa.select(*kind, sa.func.count().label("total"), latest_at).select_from(joined)
    place = sa.func.row_number().over(
        partition_by=run.c.journey_id, order_by=(run.c.dispatched_at.desc(), run.c.run_id)
    )
    numbered = (
        sa.select(
            run.c.journey_id,
            run.c.dispatched_at,
            run.c.run_id,
            outcome.label("outcome"),
            place.label("place"),
        )
        .select_from(joined)
        .subquery()
    )
    latest = sa.select(numbered).where(numbered.c.place <= recent).order_by(numbered.c.place)
    with store.database.reading() as connection:
        counts = connection.execute(counted.group_by(*kind)).all()
        rows = connection.execute(latest).all()
    return tuple(_tally(name, counts, rows) for name in sorted({row[0] for row in counts}))


def _tally(name: str, counts: Sequence[Any], rows: Sequence[Any]) -> JourneyTally:
    mine = [row for row in counts if row.journey_id == name]
    outcomes: Counter[str] = Counter()
    for row in mine:
        outcomes[row.outcome] += row.total
    return JourneyTally(
        journey_id=name,
        last_at=max(row.last_at for row in mine),
        outcomes=outcomes,
        environments=tuple(sorted({row.environment for row in mine})),
        recent=tuple((row[1], row[2], row[3]) for row in rows if row[0] == name),
    )


def list_artifacts(store: RunStore, journey_id: str) -> tuple[tuple[str, float], ...]:
    """Return id and time of the first dispatch of each artifact of a journey, the newest first."""
    table = store.records.tables.artifact
    query = (
        sa.select(table.c.digest, table.c.created_at)
        .where(table.c.journey_id == journey_id)
        .order_by(table.c.created_at.desc())
    )
    with store.database.reading() as connection:
        rows = connection.execute(query).all()
    return tuple((artifact_id(Digest(row[0])), float(row[1])) for row in rows)


def find_artifact_digest(store: RunStore, beginning: str) -> Digest | None:
    """Return the digest of the only artifact whose id begins so, None when there is none."""
    table = store.records.tables.artifact
    begins = table.c.digest.startswith(beginning.removeprefix("artifact_"), autoescape=True)
    with store.database.reading() as connection:
        found = connection.execute(sa.select(table.c.digest).where(begins).limit(2)).scalars().all()
    return Digest(found[0]) if len(found) == 1 else None


def list_workers(database: Database, *, limit: int = 200) -> tuple[WorkerLine, ...]:
    """Return the workers that were ever here, those that are alive first, then the latest."""
    table = tables_for(database.is_postgres).worker
    left = (table.c.expires_at - database.now()).label("expires_in_s")
    is_live = sa.case((table.c.state == "live", 0), else_=1)
    query = (
        sa.select(
            table.c.worker_id, table.c.host, table.c.pid, table.c.version, table.c.state, left
        )
        .order_by(is_live, table.c.expires_at.desc())
        .limit(limit)
    )
    with database.reading() as connection:
        rows = connection.execute(query).mappings().all()
    return tuple(WorkerLine(**row) for row in rows)
