"""What the database itself refuses: changed records, and rows that would run code when read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from pytest_reqflo.engine.durable.database import Database
from pytest_reqflo.engine.durable.tables import SCHEMA, SCHEMA_VERSION, Tables, tables_for

ENGINE_SCHEMA = "dbos"

_LOCK = 7_237_395_601
"""Number that stands for the making of tables; any would do that nobody else takes."""

_REFUSAL = "records of reqflo are never changed"

_PICKLED = "py_pickle"
_SERIALIZED = (
    "workflow_status", "operation_outputs", "notifications", "workflow_events",
    "workflow_events_history", "streams",
)  # fmt: skip
"""Tables of the engine whose rows name how they are read; with pickle, reading one runs its code."""


def create_tables(database: Database) -> None:
    """Make our tables and their guards, where they are not there yet."""
    tables = tables_for(database.is_postgres)
    with _alone(database) as connection:
        if database.is_postgres:
            connection.execute(sa.text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
        tables.metadata.create_all(connection)
        for statement in _append_only(database, tables):
            connection.execute(sa.text(statement))
        _note_version(connection, tables)


def guard_engine(database: Database) -> None:
    """Make the engine's own tables refuse pickled rows; they must be there."""
    with _alone(database) as connection:
        for name in _SERIALIZED:
            for statement in _no_pickle(connection, database, name):
                connection.execute(sa.text(statement))
        if database.is_postgres:
            for statement in _only_new_runs():
                connection.execute(sa.text(statement))


def find_version(database: Database) -> int | None:
    """Return the version of our tables, None when there are none."""
    tables = tables_for(database.is_postgres)
    if not sa.inspect(database.engine).has_table(tables.meta.name, schema=tables.meta.schema):
        return None
    with database.begin() as connection:
        query = sa.select(tables.meta.c.value).where(tables.meta.c.name == "version")
        return int(connection.execute(query).scalar() or 0)


@contextmanager
def _alone(database: Database) -> Iterator[sa.Connection]:
    """Give a transaction in which no other process makes tables: to look first is not enough."""
    with database.begin() as connection:
        begin = f"SELECT pg_advisory_xact_lock({_LOCK})"
        connection.execute(sa.text(begin if database.is_postgres else "BEGIN IMMEDIATE"))
        yield connection


def _note_version(connection: sa.Connection, tables: Tables) -> None:
    meta = tables.meta
    found = connection.execute(sa.select(meta.c.value).where(meta.c.name == "version")).scalar()
    if found is None:
        connection.execute(sa.insert(meta).values(name="version", value=str(SCHEMA_VERSION)))


# --- append only ---------------------------------------------------------------------------------


def _append_only(database: Database, tables: Tables) -> Iterator[str]:
    if database.is_postgres:
        yield from _postgres_functions()
    for table in tables.append_only:
        key = table.primary_key.columns[0].name
        if database.is_postgres:
            yield from _postgres_triggers(table.name, key)
        else:
            yield from _sqlite_triggers(table.name, key, tables.pruning.name)


def _postgres_functions() -> Iterator[str]:
    yield (
        f"CREATE OR REPLACE FUNCTION {SCHEMA}.refuse_change() RETURNS trigger AS $$ BEGIN "
        f"RAISE EXCEPTION '{_REFUSAL}'; END $$ LANGUAGE plpgsql"
    )
    is_pruned = f"EXISTS (SELECT 1 FROM {SCHEMA}.pruning WHERE name = key)"  # noqa: S608  # ours
    yield (
        f"CREATE OR REPLACE FUNCTION {SCHEMA}.refuse_delete() RETURNS trigger AS $$ "
        "DECLARE key text; BEGIN "
        "EXECUTE format('SELECT ($1).%I', TG_ARGV[0]) INTO key USING OLD; "
        f"IF {is_pruned} THEN RETURN OLD; END IF; "
        f"RAISE EXCEPTION '{_REFUSAL}'; END $$ LANGUAGE plpgsql"
    )


def _postgres_triggers(name: str, key: str) -> Iterator[str]:
    for event, level, act in (
        ("UPDATE", "ROW", "refuse_change()"),
        ("TRUNCATE", "STATEMENT", "refuse_change()"),
        ("DELETE", "ROW", f"refuse_delete('{key}')"),
    ):
        trigger = f"{name}_{event.lower()}"
        yield f"DROP TRIGGER IF EXISTS {trigger} ON {SCHEMA}.{name}"
        yield (
            f"CREATE TRIGGER {trigger} BEFORE {event} ON {SCHEMA}.{name} "
            f"FOR EACH {level} EXECUTE FUNCTION {SCHEMA}.{act}"
        )


def _sqlite_triggers(name: str, key: str, pruning: str) -> Iterator[str]:
    # Rows that are being pruned are named there, within the one transaction that deletes them.
    spared = f"WHEN NOT EXISTS (SELECT 1 FROM {pruning} WHERE name = OLD.{key}) "  # noqa: S608  # ours
    for event, when in (("UPDATE", ""), ("DELETE", spared)):
        yield (
            f"CREATE TRIGGER IF NOT EXISTS {name}_{event.lower()} BEFORE {event} ON {name} {when}"
            f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
        )


# --- what a client may queue ---------------------------------------------------------------------


def _only_new_runs() -> Iterator[str]:
    """Let those who cannot delete workflows, as workers can, write first attempts that wait, only.

    Any other row would end, park or hide the run of somebody else.
    """
    waits = (
        "NEW.name LIKE 'reqflo.run.v%' AND NEW.status = 'ENQUEUED' AND NEW.queue_name IS NOT NULL "
        "AND NEW.executor_id IS NULL AND NEW.completed_at IS NULL "
        "AND NEW.workflow_uuid ~ '^[^.]+[.]1$'"
    )
    yield (
        f"CREATE OR REPLACE FUNCTION {SCHEMA}.only_new_runs() RETURNS trigger AS $$ BEGIN "
        f"IF has_table_privilege(TG_RELID, 'DELETE') OR ({waits}) THEN RETURN NEW; END IF; "
        "RAISE EXCEPTION 'only a new run may be queued'; END $$ LANGUAGE plpgsql"
    )
    table = f"{ENGINE_SCHEMA}.workflow_status"
    yield f"DROP TRIGGER IF EXISTS only_new_runs ON {table}"
    yield (
        f"CREATE TRIGGER only_new_runs BEFORE INSERT ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {SCHEMA}.only_new_runs()"
    )


# --- no pickle -----------------------------------------------------------------------------------


def _no_pickle(connection: sa.Connection, database: Database, name: str) -> Iterator[str]:
    if not database.is_postgres:
        for event in ("INSERT", "UPDATE"):
            yield (
                f"CREATE TRIGGER IF NOT EXISTS {name}_no_pickle_{event.lower()} "
                f"BEFORE {event} ON {name} WHEN NEW.serialization = '{_PICKLED}' "
                "BEGIN SELECT RAISE(ABORT, 'pickled rows are refused'); END"
            )
        return
    constraint = f"{name}_no_pickle"
    query = sa.text("SELECT 1 FROM pg_constraint WHERE conname = :name")
    if connection.execute(query, {"name": constraint}).first() is None:
        yield (
            f"ALTER TABLE {ENGINE_SCHEMA}.{name} ADD CONSTRAINT {constraint} "
            f"CHECK (serialization IS DISTINCT FROM '{_PICKLED}')"
        )
