"""Our tables beside those of dbos: what was dispatched, and how it ended. Append-only."""

from __future__ import annotations

import functools
from typing import Any

import sqlalchemy as sa

from pytest_reqflo.frozen import dataclass

SCHEMA = "reqflo"
SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Tables:
    """Every table of ours, for one kind of database."""

    metadata: sa.MetaData
    meta: sa.Table
    artifact: sa.Table
    blob: sa.Table
    batch: sa.Table
    run: sa.Table
    attempt: sa.Table
    cancel: sa.Table
    result: sa.Table
    step: sa.Table
    worker: sa.Table
    orphan: sa.Table
    pruning: sa.Table
    environment: sa.Table
    secret: sa.Table
    public_key: sa.Table

    @property
    def append_only(self) -> tuple[sa.Table, ...]:
        """The tables whose rows are never changed or deleted, but by pruning."""
        return (
            self.artifact, self.blob, self.batch, self.run, self.attempt, self.cancel, self.result,
            self.step, self.environment, self.secret, self.public_key,
        )  # fmt: skip


@functools.cache
def tables_for(is_postgres: bool) -> Tables:
    """Return the tables: in a schema of their own on Postgres, with a prefix in the file of SQLite."""
    metadata = sa.MetaData(schema=SCHEMA if is_postgres else None)
    prefix = "" if is_postgres else f"{SCHEMA}_"

    def table(name: str, *parts: sa.schema.SchemaItem) -> sa.Table:
        return sa.Table(f"{prefix}{name}", metadata, *parts)

    return Tables(
        metadata=metadata,
        meta=table("meta", _key("name"), _text("value")),
        artifact=table(
            "artifact",
            _key("digest"),
            _text("journey_id"),
            _bytes("content"),
            _time("created_at"),
        ),
        blob=table("blob", _key("digest"), _bytes("content")),
        batch=table(
            "batch",
            _key("batch_id"),
            _text("trigger"),
            _text("dispatched_by"),
            _time("created_at"),
        ),
        run=table("run", *_run_columns()),
        attempt=table(
            "attempt",
            _key("run_id"),
            sa.Column("number", sa.Integer, primary_key=True),
            sa.Column("workflow_id", sa.Text, nullable=False, unique=True),
            _text("reason"),
            _time("created_at"),
        ),
        cancel=table("cancel", _key("run_id"), _text("asked_by"), _time("created_at")),
        result=table(
            "result",
            _key("run_id"),
            sa.Column("attempt", sa.Integer, nullable=False),
            _text("outcome"),
            _text("document"),
            _text("head"),
            _text("mac"),
            _text("worker_id"),
            _text("ended_at"),
        ),
        step=table(
            "step",
            _key("run_id"),
            sa.Column("number", sa.Integer, primary_key=True),
            _text("step_id"),
            _text("outcome"),
            _text("hash"),
        ),
        worker=table(
            "worker",
            _key("worker_id"),
            _text("host"),
            sa.Column("pid", sa.Integer, nullable=False),
            _text("version"),
            _text("state", index=True),
            _time("expires_at"),
        ),
        orphan=table(
            "orphan", _key("workflow_id"), sa.Column("resumed", sa.Integer, nullable=False)
        ),
        pruning=table("pruning", _key("name")),
        environment=table(
            "environment",
            _key("name"),
            sa.Column("version", sa.Integer, primary_key=True),
            _text("document"),
            _text("written_by"),
            _time("created_at"),
        ),
        secret=table(
            "secret",
            _key("environment"),
            _key("name"),
            sa.Column("version", sa.Integer, primary_key=True),
            _text("source"),
            _text("origins"),
            _text("key_id"),
            _text("sealed"),
            _text("written_by"),
            _time("created_at"),
        ),
        public_key=table(
            "public_key",
            sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
            _text("key"),
            _text("written_by"),
            _time("created_at"),
        ),
    )


def _run_columns() -> tuple[sa.Column[Any], ...]:
    return (
        _key("run_id"),
        sa.Column("run_key", sa.Text, unique=True),
        _text("batch_id", index=True),
        _text("item_id"),
        _text("artifact"),
        _text("journey_id", index=True),
        _text("environment"),
        _text("case_name"),
        sa.Column("row_number", sa.Integer),
        _text("request"),
        _text("given"),
        _text("inputs_digest"),
        _text("on_interrupt"),
        sa.Column("max_attempts", sa.Integer, nullable=False),
        _text("trigger"),
        _text("origin"),
        # Lists of runs begin with the newest. A store that is older has no such index, and is slower.
        _time("dispatched_at", index=True),
    )


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=True)


def _text(name: str, *, index: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, index=index)


def _bytes(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=False)


def _time(name: str, *, index: bool = False) -> sa.Column[float]:
    return sa.Column(name, sa.Float(53), nullable=False, index=index)
