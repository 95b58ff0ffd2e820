"""What dead workers still have open in a Postgres.

A worker that is cut off between two statements holds its locks until the server notices that nobody
is there. What limits the time of idle sessions does not hold after statements sent as a pipeline.
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from pytest_reqflo.engine.durable.database import Database

_LONGEST = 63
"""Bytes that the server keeps of a name."""


def session_of(worker_id: str) -> str:
    """Return the name of the sessions of a worker: the end of its own, which is random."""
    return worker_id[-_LONGEST:]


def end_sessions(database: Database, worker_ids: Iterable[str]) -> None:
    """End the sessions of workers that are dead, where this role may: those of roles it is in."""
    names = [session_of(each) for each in worker_ids]
    if not database.is_postgres or not names:
        return
    query = sa.text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
        "AND application_name = ANY(:names) AND pg_has_role(usesysid, 'MEMBER')"
    )
    with database.reading() as connection:
        connection.execute(query, {"names": names})
