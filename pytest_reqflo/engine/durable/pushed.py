"""The environments that an admin pushed: versions of documents in the database."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from pytest_reqflo.diagnostic import Diagnostic, name_hint
from pytest_reqflo.engine.durable.checkpoints import from_text, to_text
from pytest_reqflo.engine.durable.database import Database
from pytest_reqflo.engine.durable.environment_document import snapshot_of
from pytest_reqflo.engine.durable.tables import tables_for
from pytest_reqflo.engine.durable.versioned import append_version, newest_rows
from pytest_reqflo.errors import EngineError
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.plan.model import EnvironmentSnapshot
from pytest_reqflo.values import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedEnvironment:
    """A version of an environment; *created_at* is in seconds since 1970."""

    name: str
    version: int
    written_by: str
    created_at: float


class PushedEnvironments:
    """The environments of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._table = tables_for(database.is_postgres).environment

    def push(self, document: Mapping[str, Json]) -> int:
        """Write *document* as the newest version of its name, and return the number.

        Shape: what is the newest already is not written again.
        """
        name, text = str(document["name"]), to_text(document)
        newest = self._newest(name)
        if newest is not None and newest[1] == text:
            return newest[0]
        return append_version(self._database, self._table, {"document": text}, name=name)

    def list(self) -> tuple[PushedEnvironment, ...]:
        """Return the newest version of each, by name."""
        table = self._table
        columns = (table.c.name, table.c.version, table.c.written_by, table.c.created_at)
        query = newest_rows(table, *columns, by=("name",)).order_by(table.c.name)
        with self._database.reading() as connection:
            rows = connection.execute(query).mappings()
            return tuple(PushedEnvironment(**row) for row in rows)

    def names(self) -> tuple[str, ...]:
        """Return the names of all, which a client may ask for too."""
        column = self._table.c.name
        with self._database.reading() as connection:
            return tuple(
                connection.execute(sa.select(column).distinct().order_by(column)).scalars()
            )

    def find(self, name: str, version: int | None = None) -> Mapping[str, Json]:
        """Return the document of *version*, the newest without one. Raises: EngineError RF618."""
        found = self._newest(name) if version is None else self._version(name, version)
        if found is None:
            raise self._missing(name, version)
        document: Mapping[str, Json] = from_text(found[1])
        return document

    def snapshot(self, name: str) -> EnvironmentSnapshot:
        """Return the newest version as a run sees it. Raises: EngineError RF618, RF619."""
        return snapshot_of(self.find(name))

    def _newest(self, name: str) -> tuple[int, str] | None:
        return self._one(name, self._table.c.version == self._newest_number(name))

    def _version(self, name: str, version: int) -> tuple[int, str] | None:
        return self._one(name, self._table.c.version == version)

    def _newest_number(self, name: str) -> sa.ScalarSelect[int]:
        table = self._table
        query = sa.select(sa.func.max(table.c.version)).where(table.c.name == name)
        return query.scalar_subquery()

    def _one(self, name: str, wanted: sa.ColumnElement[bool]) -> tuple[int, str] | None:
        table = self._table
        query = sa.select(table.c.version, table.c.document).where(table.c.name == name, wanted)
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        return (int(row[0]), str(row[1])) if row else None

    def _missing(self, name: str, version: int | None) -> EngineError:
        names = self.names()
        if version is not None and name in names:
            title = f"environment `{name}` has no version {version}"
            return EngineError(Diagnostic(code="RF618", title=title))
        title = f"there is no environment `{name}` in the database {self._database.shown}"
        hint = name_hint(name, names, what="Environments") if names else ""
        return EngineError(
            Diagnostic(
                code="RF618", title=title, hint=hint or "an admin pushes it: reqflo env push"
            )
        )
