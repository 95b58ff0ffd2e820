"""Which workers are alive: rows that expire on the clock of the database, and locks of one machine.

A worker that does not renew its row in time is dead for all others. So that it is dead for itself
first, it begins nothing new after 0.6 of that time, and leaves after 0.9. Its own clock measures
only how long ago it last renewed.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterable
from pathlib import Path

import sqlalchemy as sa

from pytest_reqflo.engine.durable.checkpoints import APPLICATION_VERSION
from pytest_reqflo.engine.durable.database import Database
from pytest_reqflo.engine.durable.tables import tables_for
from pytest_reqflo.frozen import dataclass

SHORTEST_TTL_S = 5.0
"""A shorter lease expires in the pauses of a busy machine; only tests take less."""


@dataclass(frozen=True, slots=True)
class LeaseTimes:
    """How long a lease lasts without being renewed, and what follows from it."""

    ttl_s: float = 15.0

    @property
    def beat_every_s(self) -> float:
        return self.ttl_s / 4

    @property
    def stop_after_s(self) -> float:
        return self.ttl_s * 0.6

    @property
    def leave_after_s(self) -> float:
        return self.ttl_s * 0.9


class Lease:
    """How fresh the lease of this process is, as far as it knows."""

    def __init__(self, times: LeaseTimes) -> None:
        self.times = times
        self._renewed_s = time.monotonic()
        self._is_given_up = False

    def note_renewed(self, asked_s: float) -> None:
        """Take the lease as renewed at *asked_s*, the moment before the database was asked."""
        self._renewed_s = asked_s

    def give_up(self) -> None:
        """Begin nothing new from now on."""
        self._is_given_up = True

    def may_begin(self) -> bool:
        """Say whether something new may be sent."""
        return not self._is_given_up and self._age_s() < self.times.stop_after_s

    def left_s(self) -> float:
        """Return the seconds after which this process must be gone."""
        return self.times.leave_after_s - self._age_s()

    def _age_s(self) -> float:
        return time.monotonic() - self._renewed_s


class LeaseRows:
    """The rows of all workers: live, then dead, and reaped when nothing of theirs is left."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._table = tables_for(database.is_postgres).worker

    def register(self, worker_id: str, host: str, pid: int, ttl_s: float) -> None:
        """Write the row of a worker that begins."""
        row = {
            "worker_id": worker_id,
            "host": host,
            "pid": pid,
            "version": APPLICATION_VERSION,
            "state": "live",
            "expires_at": self.database.now() + ttl_s,
        }
        with self.database.begin() as connection:
            connection.execute(sa.insert(self._table).values(row))

    def renew(self, worker_id: str, ttl_s: float) -> bool:
        """Renew a lease; False when the worker was declared dead."""
        renewed = self._change("live", expires_at=self.database.now() + ttl_s)
        with self.database.begin() as connection:
            found = connection.execute(renewed.where(self._table.c.worker_id == worker_id))
            return found.rowcount == 1

    def declare_dead(self, worker_ids: Iterable[str]) -> None:
        """End the leases of these workers."""
        dead = self._change("live", state="dead")
        with self.database.begin() as connection:
            connection.execute(dead.where(self._table.c.worker_id.in_(tuple(worker_ids))))

    def declare_expired(self) -> None:
        """End every lease that was not renewed in time."""
        dead = self._change("live", state="dead")
        with self.database.begin() as connection:
            connection.execute(dead.where(self._table.c.expires_at < self.database.now()))

    def note_reaped(self, worker_id: str) -> None:
        """Note that a dead worker has left nothing behind."""
        reaped = self._change("dead", state="reaped")
        with self.database.begin() as connection:
            connection.execute(reaped.where(self._table.c.worker_id == worker_id))

    def find(self, state: str) -> tuple[str, ...]:
        """Return the workers in *state* whose runs a process of this version can carry out."""
        table = self._table
        query = sa.select(table.c.worker_id).where(
            table.c.state == state, table.c.version == APPLICATION_VERSION
        )
        with self.database.reading() as connection:
            return tuple(connection.execute(query).scalars())

    def find_gone(self, worker_ids: Iterable[str]) -> tuple[str, ...]:
        """Return those that are known here and not live."""
        table = self._table
        query = sa.select(table.c.worker_id).where(
            table.c.worker_id.in_(tuple(worker_ids)), table.c.state != "live"
        )
        with self.database.reading() as connection:
            return tuple(connection.execute(query).scalars())

    def _change(self, was: str, /, **values: object) -> sa.Update:
        return sa.update(self._table).where(self._table.c.state == was).values(values)


class ProcessLocks:
    """Files beside a SQLite database that the system unlocks in the moment a process dies."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: int | None = None

    def hold(self, worker_id: str) -> None:
        """Lock the file of this process until it ends."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._held = os.open(self._path(worker_id), os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._held, fcntl.LOCK_EX)

    def find_free(self, worker_ids: Iterable[str]) -> tuple[str, ...]:
        """Return those whose processes are gone; none that never locked a file here."""
        return tuple(each for each in worker_ids if self._is_free(each))

    def forget(self, worker_id: str) -> None:
        """Remove the file of a worker that is gone."""
        self._path(worker_id).unlink(missing_ok=True)

    def _is_free(self, worker_id: str) -> bool:
        try:
            file = os.open(self._path(worker_id), os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(file)
        return True

    def _path(self, worker_id: str) -> Path:
        return self._folder / f"{worker_id}.lock"
