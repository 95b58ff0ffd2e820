"""Runs and results as rows: registered once, ended once. SQL only; no decisions about runs."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from pytest_reqflo.artifact.codec import artifact_digest, from_bytes, to_bytes
from pytest_reqflo.artifact.model import Artifact
from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.engine.durable.database import Database
from pytest_reqflo.engine.durable.many_rows import find_key, insert_new
from pytest_reqflo.engine.durable.tables import Tables, tables_for
from pytest_reqflo.errors import EngineError
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.values import Digest, digest_of

Trigger = Literal["pytest", "command", "rerun", "schedule"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOrder:
    """A run to be registered.

    Shape: *request* is the `RunRequest` as JSON text without its values, which *given* holds sealed;
        *inputs_digest* covers what may be known of them; *origin* is JSON text that says where the
        journey came from; *run_key* is "" or the caller's own name for the run.
    """

    run_id: str
    artifact: Digest
    journey_id: str
    environment: str
    request: str
    given: str
    inputs_digest: str
    batch_id: str
    trigger: Trigger
    item_id: str = ""
    case_name: str = ""
    row_number: int | None = None
    origin: str = "{}"
    on_interrupt: str = "resume"
    max_attempts: int = 5
    run_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRun:
    """A registered run and the time at which it was, in seconds since 1970."""

    order: RunOrder
    dispatched_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredResult:
    """How a run ended; *document* is the text of a `JourneyResult` v1 and never changes."""

    run_id: str
    attempt: int
    outcome: str
    document: str
    head: str
    mac: str
    worker_id: str
    ended_at: str


class Records:
    """The rows of one database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.tables: Tables = tables_for(database.is_postgres)

    # --- dispatch --------------------------------------------------------------------------------

    def put_artifact(
        self, connection: sa.Connection, artifact: Artifact, blobs: Mapping[Digest, bytes]
    ) -> None:
        """Write *artifact* and its files, where they are not there yet."""
        for digest, content in blobs.items():
            self._insert_new(connection, self.tables.blob, {"digest": digest, "content": content})
        row = {
            "digest": artifact_digest(artifact),
            "journey_id": artifact.journey_id,
            "content": to_bytes(artifact),
            "created_at": self.database.now(),
        }
        self._insert_new(connection, self.tables.artifact, row)

    def put_batch(
        self, connection: sa.Connection, batch_id: str, trigger: Trigger, dispatched_by: str
    ) -> None:
        """Write a batch, where it is not there yet."""
        row = {
            "batch_id": batch_id,
            "trigger": trigger,
            "dispatched_by": dispatched_by,
            "created_at": self.database.now(),
        }
        self._insert_new(connection, self.tables.batch, row)

    def register(self, connection: sa.Connection, order: RunOrder) -> str:
        """Write *order* as `register_all` does, and return the id of the run."""
        return self.register_all(connection, (order,))[0]

    def register_all(
        self, connection: sa.Connection, orders: Sequence[RunOrder]
    ) -> tuple[str, ...]:
        """Write *orders* and their first attempts, and return the ids of the runs, in order.

        Shape: another id than that of an order when its key is known: the run is attached to.
        Raises: EngineError RF612 when an id or key belongs to a run of other content.
        """
        now = connection.execute(sa.select(self.database.now())).scalar_one()
        rows = [_row_of(order) | {"dispatched_at": now} for order in orders]
        new = insert_new(self.database, connection, self.tables.run, rows)
        attempts = [_attempt_row(run_id, 1, "dispatch") | {"created_at": now} for run_id in new]
        insert_new(self.database, connection, self.tables.attempt, attempts)
        return tuple(
            order.run_id if order.run_id in new else self._attached(connection, order)
            for order in orders
        )

    def add_attempt(self, connection: sa.Connection, run_id: str, number: int, reason: str) -> None:
        """Write attempt *number* of a run, where it is not there yet."""
        row = _attempt_row(run_id, number, reason) | {"created_at": self.database.now()}
        self._insert_new(connection, self.tables.attempt, row)

    def _attached(self, connection: sa.Connection, order: RunOrder) -> str:
        run = self.tables.run
        wanted = run.c.run_id == order.run_id
        if order.run_key:
            wanted = wanted | (run.c.run_key == order.run_key)
        found = connection.execute(sa.select(run).where(wanted)).mappings().one()
        differing = [name for name in _CONTENT if found[name] != getattr(order, name)]
        if differing:
            raise _reused(order, differing)
        return str(found["run_id"])

    # --- reading ---------------------------------------------------------------------------------

    def find_run(self, connection: sa.Connection, run_id: str) -> StoredRun | None:
        """Return the run, None when it is not registered."""
        run = self.tables.run
        row = connection.execute(sa.select(run).where(run.c.run_id == run_id)).mappings().first()
        return _stored_run(row) if row else None

    def find_item(self, connection: sa.Connection, batch_id: str, like: RunOrder) -> str | None:
        """Return the newest run in a batch that is of the item and the content of *like*, or None."""
        run = self.tables.run
        same = ("item_id", *_CONTENT)
        query = sa.select(run.c.run_id).where(
            run.c.batch_id == batch_id, *(run.c[name] == getattr(like, name) for name in same)
        )
        return connection.execute(query.order_by(run.c.dispatched_at.desc())).scalar()

    def unfinished_batches(self, connection: sa.Connection) -> tuple[tuple[str, int], ...]:
        """Return each batch that has runs without a result, newest first, and how many."""
        run, result, batch = self.tables.run, self.tables.result, self.tables.batch
        count = sa.func.count(run.c.run_id)
        query = (
            sa.select(batch.c.batch_id, count)
            .join(run, run.c.batch_id == batch.c.batch_id)
            .outerjoin(result, result.c.run_id == run.c.run_id)
            .where(result.c.run_id.is_(None))
            .group_by(batch.c.batch_id, batch.c.created_at)
            .order_by(batch.c.created_at.desc())
        )
        return tuple((row[0], int(row[1])) for row in connection.execute(query))

    def unfinished_runs(self, connection: sa.Connection, batch_id: str) -> tuple[str, ...]:
        """Return the runs of a batch that have no result."""
        run, result = self.tables.run, self.tables.result
        query = (
            sa.select(run.c.run_id)
            .outerjoin(result, result.c.run_id == run.c.run_id)
            .where(run.c.batch_id == batch_id, result.c.run_id.is_(None))
        )
        return tuple(connection.execute(query.order_by(run.c.run_id)).scalars())

    def load_artifact(
        self, connection: sa.Connection, digest: Digest
    ) -> tuple[Artifact, Mapping[Digest, bytes]]:
        """Return the artifact with its files, verified.

        Raises: ArtifactError RF601; EngineError RF613 when the row was altered or is not there.
        """
        table = self.tables.artifact
        content = connection.execute(
            sa.select(table.c.content).where(table.c.digest == digest)
        ).scalar()
        if content is None or digest_of(bytes(content)) != digest:
            raise _altered(f"artifact {digest[:12]}")
        artifact = _artifact_of(bytes(content))
        return artifact, self._load_blobs(connection, artifact)

    def _load_blobs(self, connection: sa.Connection, artifact: Artifact) -> Mapping[Digest, bytes]:
        if not artifact.blobs:
            return {}
        blob = self.tables.blob
        rows = connection.execute(sa.select(blob).where(blob.c.digest.in_(artifact.blobs)))
        found = {Digest(row.digest): bytes(row.content) for row in rows}
        for digest in artifact.blobs:
            if digest_of(found.get(digest, b"")) != digest:
                raise _altered(f"file {digest[:12]} of an artifact")
        return found

    # --- ends ------------------------------------------------------------------------------------

    def keep_result(
        self,
        connection: sa.Connection,
        result: StoredResult,
        steps: Sequence[tuple[str, str, str]],
    ) -> StoredResult:
        """Write how a run ended, unless it is written; return what the store has.

        Shape: *steps* are id, outcome and hash of each, in order.
        """
        row = {name: getattr(result, name) for name in StoredResult.__slots__}
        if not insert_new(self.database, connection, self.tables.result, [row]):
            kept = self.find_result(connection, result.run_id)
            assert kept is not None  # noqa: S101  # whoever was first wrote it
            return kept
        rows = [
            {"run_id": result.run_id, "number": n, "step_id": i, "outcome": o, "hash": h}
            for n, (i, o, h) in enumerate(steps, 1)
        ]
        insert_new(self.database, connection, self.tables.step, rows)
        return result

    def find_result(self, connection: sa.Connection, run_id: str) -> StoredResult | None:
        """Return how the run ended, None while it has not."""
        table = self.tables.result
        row = (
            connection.execute(sa.select(table).where(table.c.run_id == run_id)).mappings().first()
        )
        return StoredResult(**row) if row else None

    def find_results(
        self, connection: sa.Connection, run_ids: Sequence[str]
    ) -> tuple[StoredResult, ...]:
        """Return how those of *run_ids* ended that have."""
        table = self.tables.result
        rows = connection.execute(sa.select(table).where(table.c.run_id.in_(run_ids)))
        return tuple(StoredResult(**row) for row in rows.mappings())

    def which_ended(self, connection: sa.Connection, run_ids: Sequence[str]) -> frozenset[str]:
        """Return those of *run_ids* that have a result."""
        table = self.tables.result
        query = sa.select(table.c.run_id).where(table.c.run_id.in_(run_ids))
        return frozenset(connection.execute(query).scalars())

    def which_are_there(self, connection: sa.Connection, run_ids: Sequence[str]) -> frozenset[str]:
        """Return those of *run_ids* that are registered."""
        column = self.tables.run.c.run_id
        return frozenset(connection.execute(sa.select(column).where(column.in_(run_ids))).scalars())

    # --- cancelling ------------------------------------------------------------------------------

    def ask_cancel(self, connection: sa.Connection, run_id: str, asked_by: str) -> None:
        """Note that the run is to end at its next try."""
        row = {"run_id": run_id, "asked_by": asked_by, "created_at": self.database.now()}
        self._insert_new(connection, self.tables.cancel, row)

    def ask_cancel_all(
        self, connection: sa.Connection, run_ids: Sequence[str], asked_by: str
    ) -> None:
        """Note it of many runs."""
        now = connection.execute(sa.select(self.database.now())).scalar_one()
        rows = [{"run_id": run_id, "asked_by": asked_by, "created_at": now} for run_id in run_ids]
        insert_new(self.database, connection, self.tables.cancel, rows)

    def is_cancelled(self, connection: sa.Connection, run_id: str) -> bool:
        """Say whether someone asked for the end of the run."""
        found = find_key(self.database, connection, self.tables.cancel, run_id)
        return found is not None

    def _insert_new(
        self, connection: sa.Connection, table: sa.Table, row: Mapping[str, Any]
    ) -> bool:
        """Insert *row* unless one with a key of it is there; say whether it was inserted."""
        insert = postgresql.insert if self.database.is_postgres else sqlite.insert
        statement = insert(table).values(dict(row)).on_conflict_do_nothing()
        # The count of rows is not the same with every driver; what is returned is.
        inserted: Any = statement.returning(sa.literal_column("1", sa.Integer))
        return connection.execute(inserted).first() is not None


@functools.lru_cache(maxsize=64)
def _artifact_of(content: bytes) -> Artifact:
    """Return the artifact of these bytes: many runs, one after another, have the same."""
    return from_bytes(content)


_CONTENT = ("artifact", "environment", "inputs_digest")
"""What two runs have in common that may stand for each other."""

_ORDER_COLUMNS = tuple(name for name in RunOrder.__slots__ if name != "run_key")


def workflow_id_of(run_id: str, attempt: int) -> str:
    """Return the name of an attempt in the engine's own tables."""
    return f"{run_id}.{attempt}"


def _row_of(order: RunOrder) -> dict[str, Any]:
    row = {name: getattr(order, name) for name in _ORDER_COLUMNS}
    return row | {"run_key": order.run_key or None}


def _attempt_row(run_id: str, number: int, reason: str) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "number": number,
        "workflow_id": workflow_id_of(run_id, number),
        "reason": reason,
    }


def _stored_run(row: Mapping[Any, Any]) -> StoredRun:
    values = {name: row[name] for name in RunOrder.__slots__}
    values["run_key"] = values["run_key"] or ""
    return StoredRun(order=RunOrder(**values), dispatched_at=row["dispatched_at"])


def _reused(order: RunOrder, differing: list[str]) -> EngineError:
    name = f"run key `{order.run_key}`" if order.run_key else f"run id {order.run_id}"
    title = f"{name} belongs to a run of other content: {', '.join(differing)} differ"
    hint = "use another key for another run"
    return EngineError(Diagnostic(code="RF612", title=title, hint=hint))


def altered_result(run_id: str) -> EngineError:
    """Return the problem of a result that cannot be read."""
    title = f"the result of run {run_id} is missing or was altered"
    return EngineError(
        Diagnostic(code="RF613", title=title, hint=f"`reqflo verify {run_id}` says what")
    )


def _altered(what: str) -> EngineError:
    title = f"{what} in the store is missing or was altered; it is not executed"
    return EngineError(Diagnostic(code="RF613", title=title))
