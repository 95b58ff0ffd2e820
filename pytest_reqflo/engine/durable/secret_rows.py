"""Secrets as rows: versions of sealed values, each tied to its place and its origins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Any, Literal

import sqlalchemy as sa

from pytest_reqflo.engine.durable.database import Database
from pytest_reqflo.engine.durable.tables import tables_for
from pytest_reqflo.engine.durable.versioned import add_version, newest_rows, newest_version
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.values import canonical_json, digest_of, parse_json

Source = Literal["table", "worker", "deleted"]
"""Where the value is: in the row, with the providers of the worker, nowhere any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretRow:
    """What everyone who administers secrets may know of a version of one.

    Shape: *key_id* is that of the master key it is sealed with, "" for a deleted one.
    """

    environment: str
    name: str
    version: int
    source: Source
    origins: tuple[str, ...]
    key_id: str
    written_by: str = ""
    created_at: float = 0.0

    @property
    def context(self) -> str:
        """What the sealed value is tied to: it opens in no other row, from or for no other place."""
        origins = digest_of(canonical_json(sorted(self.origins)))
        # Only the first part can hold a bar, so no two rows have the same text.
        return f"{self.environment}|{self.name}|{self.version}|{self.source}|{origins}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedSecret:
    """A version with its sealed value, which workers read."""

    row: SecretRow
    sealed: str = field(repr=False)


class SecretRows:
    """The secrets of one database; values pass through here only sealed."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._table = tables_for(database.is_postgres).secret

    def add(self, row: SecretRow, sealed: str) -> bool:
        """Write a version; say whether it was written, else somebody else wrote one meanwhile."""
        values = {
            "environment": row.environment,
            "name": row.name,
            "source": row.source,
            "origins": canonical_json(sorted(row.origins)).decode(),
            "key_id": row.key_id,
            "sealed": sealed,
        }
        return add_version(self.database, self._table, row.version, values)

    def next_version(self, environment: str, name: str) -> int:
        """Return the number of the version that is written next."""
        return newest_version(self.database, self._table, environment=environment, name=name) + 1

    def list(self, environment: str | None = None) -> tuple[SecretRow, ...]:
        """Return the newest version of each that is not deleted, of all environments without one."""
        rows = self._newest(self._facts, self._is_of(environment))
        return tuple(row for row in map(_row_of, rows) if row.source != "deleted")

    def find(self, environment: str, name: str) -> SecretRow | None:
        """Return the newest version of a secret, None when there is none or it is deleted."""
        found = {row.name: row for row in self.list(environment)}
        return found.get(name)

    def find_sealed(
        self, environment: str, names: Iterable[str] | None = None
    ) -> tuple[SealedSecret, ...]:
        """Return the newest versions of *names*, of all without, with their sealed values."""
        wanted = self._is_of(environment)
        if names is not None:
            wanted = sa.and_(wanted, self._table.c.name.in_(sorted(names)))
        rows = self._newest((*self._facts, self._table.c.sealed), wanted)
        found = (SealedSecret(row=_row_of(row), sealed=row["sealed"]) for row in rows)
        return tuple(each for each in found if each.row.source != "deleted")

    @property
    def _facts(self) -> tuple[sa.Column[Any], ...]:
        return tuple(self._table.c[name] for name in SecretRow.__slots__)

    def _is_of(self, environment: str | None) -> sa.ColumnElement[bool]:
        return sa.true() if environment is None else self._table.c.environment == environment

    def _newest(
        self, columns: tuple[sa.Column[Any], ...], wanted: sa.ColumnElement[bool]
    ) -> tuple[Mapping[Any, Any], ...]:
        table = self._table
        query = newest_rows(table, *columns, by=("environment", "name")).where(wanted)
        query = query.order_by(table.c.environment, table.c.name)
        with self.database.reading() as connection:
            return tuple(dict(row) for row in connection.execute(query).mappings())


def _row_of(row: Mapping[Any, Any]) -> SecretRow:
    values = {name: row[name] for name in SecretRow.__slots__}
    return SecretRow(**{**values, "origins": tuple(parse_json(row["origins"].encode()))})
