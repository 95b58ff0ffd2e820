"""Many runs put on a queue by two statements: the engine writes one row, the others are copies.

The public call of the engine writes one run at a time, which takes longer than all the rest of a
dispatch. What it writes is taken from its own row, column by column, so that nothing is written
here that it does not write itself; a test compares the rows for each version that is allowed.
"""

from __future__ import annotations

import secrets as randomness
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from dbos import DBOSPortableJSONSerializer

from pytest_reqflo.engine.durable.database import Database
from pytest_reqflo.engine.durable.guards import ENGINE_SCHEMA
from pytest_reqflo.engine.durable.many_rows import (
    Prepared,
    given_rows,
    insert_new,
    prepare,
    to_rows,
)

_ID = "workflow_uuid"
_CREATOR = "creator_xid"
"""Tells who wrote a row: no two have the same."""


class WorkflowCopies:
    """Writes workflows like one that is there."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._schema = ENGINE_SCHEMA if database.is_postgres else None
        self._copying: Prepared | None = None
        self._input = sa.table(
            "workflow_input",
            sa.column(_ID, sa.Text),
            sa.column("inputs", sa.Text),
            schema=self._schema,
        )

    def put(
        self, connection: sa.Connection, first: str, others: Mapping[str, Sequence[Any]]
    ) -> None:
        """Write *others*, where they are not known, each with its own arguments.

        Shape: *first* was written in this transaction, is on a queue and was not begun.
        """
        if not others:
            return
        self._copying = self._copying or self._prepare(connection)
        rows = to_rows([{_ID: each, _CREATOR: randomness.token_hex(16)} for each in others])
        self._copying.execute(connection, rows=rows, first=first)
        inputs = [{_ID: each, "inputs": _inputs(others[each])} for each in others]
        insert_new(self._database, connection, self._input, inputs)

    def _prepare(self, connection: sa.Connection) -> Prepared:
        """Return what copies a row with all the columns that the table has in this database."""
        found = sa.inspect(connection).get_columns("workflow_status", schema=self._schema)
        columns = [sa.column(each["name"], each["type"]) for each in found]
        table = sa.table("workflow_status", *columns, schema=self._schema)
        names = [column.name for column in columns]
        is_postgres = self._database.is_postgres
        given = given_rows(is_postgres, [sa.column(name, sa.Text) for name in (_ID, _CREATOR)])
        query = (
            sa.select(*(given.columns.get(name, table.c[name]) for name in names))
            .select_from(table.join(given.source, sa.true()))
            .where(table.c[_ID] == sa.bindparam("first", type_=sa.Text))
        )
        return prepare(is_postgres, table, names, query)


def _inputs(arguments: Sequence[Any]) -> str:
    """Return arguments as the engine stores them."""
    document = {"namedArgs": {}, "positionalArgs": list(arguments)}
    return DBOSPortableJSONSerializer().serialize(document)
