"""Many rows in one statement: they travel as one JSON text, whatever their number.

A statement with a parameter per cell has to be parsed anew for each number of rows, by the driver
and by the database. This one is the same text every time, and is made once.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.dialects.sqlite import pysqlite

from pytest_reqflo.engine.durable.database import Database
from pytest_reqflo.frozen import dataclass

_DIALECTS: Mapping[bool, sa.Dialect] = {
    True: psycopg.dialect(),  # type: ignore[no-untyped-call]
    False: pysqlite.dialect(),
}
"""How Postgres and SQLite are spoken to, which is the same on every connection."""

ROWS = sa.bindparam("rows", type_=sa.Text)
"""The parameter that `to_rows` makes the value of."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement as its driver takes it: the library compiles inserts of ours at every use."""

    text: str
    places: tuple[str, ...] | None

    def execute(self, connection: sa.Connection, **values: Any) -> sa.CursorResult[Any]:
        """Execute it with the values of its parameters."""
        given = values if self.places is None else tuple(values[name] for name in self.places)
        return connection.exec_driver_sql(self.text, given)


@dataclass(frozen=True, slots=True)
class GivenRows:
    """Rows that come with the statement, to be selected from."""

    source: sa.FromClause
    columns: Mapping[str, sa.ColumnElement[Any]]


def insert_new(
    database: Database,
    connection: sa.Connection,
    table: sa.TableClause,
    rows: Sequence[Mapping[str, Any]],
) -> frozenset[Any]:
    """Insert those *rows* whose keys are new, and return their first columns.

    Shape: all have the same columns, with values that JSON has.
    """
    if not rows:
        return frozenset()
    statement = _insertion(database.is_postgres, table, tuple(rows[0]))
    return frozenset(statement.execute(connection, rows=to_rows(rows)).scalars())


def find_key(
    database: Database, connection: sa.Connection, table: sa.Table, key: str
) -> str | None:
    """Return *key* when a row has it as its first column, else None."""
    found = _search(database.is_postgres, table).execute(connection, key=key).first()
    return str(found[0]) if found else None


def to_rows(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the value of `ROWS`. A lone surrogate stays one, which no driver takes."""
    return json.dumps([dict(row) for row in rows], allow_nan=False, ensure_ascii=False)


def given_rows(is_postgres: bool, columns: Iterable[sa.ColumnClause[Any]]) -> GivenRows:
    """Return the rows in `ROWS`."""
    columns = list(columns)
    if is_postgres:
        function = sa.func.json_to_recordset(sa.cast(ROWS, postgresql.JSON))
        given = function.table_valued(*columns).render_derived("given", with_types=True)
        return GivenRows(given, {column.name: given.c[column.name] for column in columns})
    each = sa.func.json_each(ROWS).table_valued("value", name="given")
    cells = {
        column.name: sa.func.json_extract(each.c.value, sa.literal_column(f"'$.{column.name}'"))
        for column in columns
    }
    return GivenRows(each, cells)


def prepare(
    is_postgres: bool, table: sa.TableClause, names: Sequence[str], query: sa.Select[Any]
) -> Prepared:
    """Return what inserts the rows of *query* whose keys are new, and returns their first columns."""
    insert = postgresql.insert if is_postgres else sqlite.insert
    # SQLite would read the conflict clause as part of a query that has no condition.
    statement = insert(table).from_select(names, query.where(sa.true())).on_conflict_do_nothing()
    return _prepared(is_postgres, statement.returning(table.c[names[0]]))


def _prepared(is_postgres: bool, statement: sa.Select[Any] | sa.Insert) -> Prepared:
    compiled = statement.compile(dialect=_DIALECTS[is_postgres])
    places = compiled.positiontup
    return Prepared(str(compiled), tuple(places) if places is not None else None)


@functools.cache
def _search(is_postgres: bool, table: sa.Table) -> Prepared:
    key = table.primary_key.columns[0]
    return _prepared(is_postgres, sa.select(key).where(key == sa.bindparam("key", type_=sa.Text)))


@functools.cache
def _insertion(is_postgres: bool, table: sa.TableClause, names: tuple[str, ...]) -> Prepared:
    given = given_rows(is_postgres, (sa.column(name, table.c[name].type) for name in names))
    query = sa.select(*(given.columns[name] for name in names)).select_from(given.source)
    return prepare(is_postgres, table, names, query)
