"""Whether a worker can begin: its database, the tables, what its role may do, its environments."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.engine.durable.database import Database
from pytest_reqflo.engine.durable.guards import ENGINE_SCHEMA, find_version
from pytest_reqflo.engine.durable.pushed import PushedEnvironments
from pytest_reqflo.engine.durable.tables import SCHEMA, SCHEMA_VERSION
from pytest_reqflo.errors import EngineError

_NEEDED = (
    (f"{SCHEMA}.worker", "UPDATE"),
    (f"{SCHEMA}.result", "INSERT"),
    (f"{SCHEMA}.public_key", "INSERT"),
    (f"{ENGINE_SCHEMA}.workflow_status", "UPDATE"),
)
"""What no other role of ours has all of."""


def check_database(database: Database) -> None:
    """Return when workers can use *database*.

    Raises: EngineError RF615 for other tables than those of this version, RF626 for a role that is
        not a worker's; the database's own errors.
    """
    version = find_version(database)
    if version != SCHEMA_VERSION:
        raise _other_tables(database, version)
    ask = sa.text("SELECT has_table_privilege(:name, :right)")
    with database.reading() as connection:
        for name, right in _NEEDED:
            if not connection.execute(ask, {"name": name, "right": right}).scalar():
                raise _no_right(database, name, right)


def check_served(database: Database, names: Iterable[str]) -> None:
    """Return when each of *names* is a pushed environment. Raises: EngineError RF618."""
    pushed = PushedEnvironments(database)
    for name in names:
        pushed.find(name)


def _other_tables(database: Database, version: int | None) -> EngineError:
    if version is not None and version > SCHEMA_VERSION:
        why = f"its tables have version {version}, and this pytest-reqflo knows {SCHEMA_VERSION}"
        hint = "use the pytest-reqflo that made them, or a newer one"
    else:
        why = (
            "its tables are not made yet"
            if version is None
            else f"its tables have version {version}, and workers need {SCHEMA_VERSION}"
        )
        hint = "run `reqflo db migrate` with the role that owns the tables"
    title = f"the database {database.shown} cannot be used: {why}"
    return EngineError(Diagnostic(code="RF615", title=title, hint=hint))


def _no_right(database: Database, name: str, right: str) -> EngineError:
    title = f"the role of {database.shown} cannot be that of a worker: it has no {right} on {name}"
    hint = "grant it `reqflo_worker`; `reqflo db roles` prints the SQL that makes this role"
    return EngineError(Diagnostic(code="RF626", title=title, hint=hint))
