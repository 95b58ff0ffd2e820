"""Rows that are never changed: a new version is a row more, and the newest counts. SQL only."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from pytest_reqflo.engine.durable.database import Database

_TRIES = 20
"""More writers of one name at one moment than there will ever be."""


def add_version(database: Database, table: sa.Table, version: int, row: Mapping[str, Any]) -> bool:
    """Write *row* as *version*; say whether it was written, else another writer was first."""
    insert = postgresql.insert if database.is_postgres else sqlite.insert
    values = {
        **row,
        "version": version,
        "written_by": _writer(database),
        "created_at": database.now(),
    }
    with database.begin() as connection:
        statement = insert(table).values(values).on_conflict_do_nothing()
        return connection.execute(statement.returning(table.c.version)).first() is not None


def newest_version(database: Database, table: sa.Table, **key: str) -> int:
    """Return the number of the newest version of what has *key*, 0 when there is none."""
    query = sa.select(sa.func.max(table.c.version)).filter_by(**key)
    with database.reading() as connection:
        return int(connection.execute(query).scalar() or 0)


def append_version(database: Database, table: sa.Table, row: Mapping[str, Any], **key: str) -> int:
    """Write *row* as the next version of what has *key*, and return its number."""
    for _ in range(_TRIES):
        version = newest_version(database, table, **key) + 1
        if add_version(database, table, version, {**row, **key}):
            return version
    raise RuntimeError(f"no version of {key} could be written")


def newest_rows(table: sa.Table, *columns: sa.Column[Any], by: tuple[str, ...]) -> sa.Select[Any]:
    """Return the query of *columns* in the newest version of each *by*."""
    keys = [table.c[name] for name in by]
    newest = sa.select(*keys, sa.func.max(table.c.version).label("version")).group_by(*keys)
    found = newest.subquery()
    same = [table.c[name] == found.c[name] for name in (*by, "version")]
    return sa.select(*columns).join(found, sa.and_(*same))


def _writer(database: Database) -> Any:
    """Return who writes: the role in a Postgres, which proves it, else the user of this machine."""
    return sa.literal_column("current_user", sa.Text) if database.is_postgres else getpass.getuser()
