"""The workers' public key, kept where clients that hold no key find it."""

from __future__ import annotations

import sqlalchemy as sa

from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.engine.durable.database import Database
from pytest_reqflo.engine.durable.sealing import Keyring, SealProblem, seal_to
from pytest_reqflo.engine.durable.tables import tables_for
from pytest_reqflo.engine.durable.versioned import add_version
from pytest_reqflo.errors import EngineError


def publish_key(database: Database, keyring: Keyring) -> bool:
    """Make the public key of the active master key the newest; say whether it was not before.

    Whoever may write here may read what clients seal from then on: workers and admins only.
    """
    public = keyring.public_key()
    newest = _newest(database)
    if newest is not None and newest[1] == public:
        return False
    table = tables_for(database.is_postgres).public_key
    return add_version(database, table, newest[0] + 1 if newest else 1, {"key": public})


class SealToWorkers:
    """Seals values so that only workers read them; what `orders.order_of` seals with.

    Raises: EngineError RF614 when no key is published.
    """

    def __init__(self, database: Database) -> None:
        newest = _newest(database)
        if newest is None:
            title = f"no worker has published a key in the database {database.shown}"
            hint = "start a worker, or run `reqflo secrets publish-key` where the master key is"
            raise EngineError(Diagnostic(code="RF614", title=title, hint=hint))
        self._public_key = newest[1]

    def __call__(self, plain: bytes, context: str) -> str:
        """Return *plain* sealed for *context*. Raises: EngineError RF614 for an unusable key."""
        try:
            return seal_to(self._public_key, plain, context)
        except SealProblem as problem:
            raise EngineError(Diagnostic(code="RF614", title=str(problem))) from None


def _newest(database: Database) -> tuple[int, str] | None:
    table = tables_for(database.is_postgres).public_key
    query = sa.select(table.c.version, table.c.key).order_by(table.c.version.desc()).limit(1)
    with database.reading() as connection:
        row = connection.execute(query).first()
    return (int(row[0]), str(row[1])) if row else None
