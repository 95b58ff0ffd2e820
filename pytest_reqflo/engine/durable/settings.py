"""What a worker process is told when it begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from pytest_reqflo.engine.durable.database import Database, open_postgres, open_sqlite
from pytest_reqflo.engine.durable.leases import LeaseTimes
from pytest_reqflo.engine.durable.sessions import session_of
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.values import Json

CANNOT_START = 78
"""Exit code of a worker process that has told why it takes no runs (EX_CONFIG)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """One worker.

    Shape: *database* is the URL of a Postgres or the path of a SQLite file; *environments* maps the
        names whose queues are served to their documents; *is_cloud* has the worker serve what was
        pushed to the database instead, of that only *serves* if anything is named there; *grace_s*
        is the time that runs under way get when the worker is told to end; with *may_migrate*
        tables are made where they are not.
    """

    database: str = field(repr=False)
    environments: Mapping[str, Json] = field(default_factory=dict, repr=False)
    is_cloud: bool = False
    serves: tuple[str, ...] = ()
    concurrency: int = 32
    ttl_s: float = 15.0
    grace_s: int = 30
    audit_every_s: float = 30.0
    may_migrate: bool = False

    @property
    def lease_times(self) -> LeaseTimes:
        return LeaseTimes(self.ttl_s)

    @property
    def is_postgres(self) -> bool:
        return "://" in self.database

    def open_database(self, worker_id: str) -> Database:
        """Return the database, not yet connected to."""
        if self.is_postgres:
            return open_postgres(self.database, session=session_of(worker_id))
        return open_sqlite(Path(self.database))
