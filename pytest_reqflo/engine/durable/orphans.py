"""How often a workflow was put back by the worker that had claimed it."""

from __future__ import annotations

from sqlalchemy.dialects import postgresql, sqlite

from pytest_reqflo.engine.durable.database import Database
from pytest_reqflo.engine.durable.tables import tables_for


class OrphanRows:
    """Our own count: the engine's begins anew whenever a workflow is put back this way."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._table = tables_for(database.is_postgres).orphan

    def count(self, workflow_id: str) -> int:
        """Count one more time, and return how many there were."""
        table = self._table
        insert = postgresql.insert if self._database.is_postgres else sqlite.insert
        statement = (
            insert(table)
            .values(workflow_id=workflow_id, resumed=1)
            .on_conflict_do_update(
                index_elements=[table.c.workflow_id], set_={"resumed": table.c.resumed + 1}
            )
            .returning(table.c.resumed)
        )
        with self._database.begin() as connection:
            return int(connection.execute(statement).scalar_one())
