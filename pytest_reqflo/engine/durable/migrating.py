"""All tables of a database: the engine's and ours, made or brought up to date by their owner."""

from __future__ import annotations

import logging

import sqlalchemy as sa
from dbos import DBOS

from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.engine.durable.database import Database
from pytest_reqflo.engine.durable.guards import (
    ENGINE_SCHEMA,
    create_tables,
    find_version,
    guard_engine,
)
from pytest_reqflo.engine.durable.tables import SCHEMA_VERSION
from pytest_reqflo.errors import EngineError
from pytest_reqflo.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Migrated:
    """What a migration did: the version of our tables before (None: there were none) and after."""

    before: int | None
    after: int
    engine: int


def migrate(database: Database) -> Migrated:
    """Make every table and guard that is not there; doing it again does no harm.

    Raises: EngineError RF615 when a newer version of this package made the tables.
    """
    before = find_version(database)
    if before is not None and before > SCHEMA_VERSION:
        raise _too_new(database, before)
    _migrate_engine(database)
    create_tables(database)
    guard_engine(database)
    return Migrated(before, SCHEMA_VERSION, _engine_version(database))


def _migrate_engine(database: Database) -> None:
    logging.getLogger("dbos").setLevel(logging.CRITICAL)
    # Its own connections; it takes a URL only, and shows it to nobody.
    url = database.engine.url.render_as_string(hide_password=False)
    DBOS.migrate(url, schema=ENGINE_SCHEMA)


def _engine_version(database: Database) -> int:
    table = f"{ENGINE_SCHEMA}.dbos_migrations" if database.is_postgres else "dbos_migrations"
    with database.reading() as connection:
        query = sa.text(f"SELECT version FROM {table}")  # noqa: S608  # a constant
        return int(connection.execute(query).scalar() or 0)


def _too_new(database: Database, version: int) -> EngineError:
    title = (
        f"the database {database.shown} cannot be used: its tables have version {version}, "
        f"and this pytest-reqflo knows {SCHEMA_VERSION}"
    )
    hint = "use the pytest-reqflo that made them, or a newer one"
    return EngineError(Diagnostic(code="RF615", title=title, hint=hint))
