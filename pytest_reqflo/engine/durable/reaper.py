"""In every worker: takes over what dead workers left, and sees to it that each run has its result.

No leader is needed: each step is conditional on what the database says, so that several workers
may do the same at once.
"""

from __future__ import annotations

import sqlalchemy as sa

from pytest_reqflo.engine.durable import workflows
from pytest_reqflo.engine.durable.crashing import may_crash
from pytest_reqflo.engine.durable.ending import BROKEN, END_OF_STATUS, LOST, End, RunEnder
from pytest_reqflo.engine.durable.leases import LeaseRows, ProcessLocks
from pytest_reqflo.engine.durable.orphans import OrphanRows
from pytest_reqflo.engine.durable.records import Records, StoredRun
from pytest_reqflo.engine.durable.sessions import end_sessions
from pytest_reqflo.engine.durable.transact import TransactEngine
from pytest_reqflo.engine.durable.workflows import FoundWorkflow
from pytest_reqflo.frozen import dataclass

_OVERLAP_MS = 60_000
"""Ends that were stamped before and committed after the last look are not missed."""

_CHUNK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """What the reaper looks after."""

    records: Records
    leases: LeaseRows
    locks: ProcessLocks | None
    engine: TransactEngine
    ender: RunEnder


class Reaper:
    """The three duties of a worker to others; each may be called at any time, and again."""

    def __init__(self, household: Household) -> None:
        self._house = household
        self._orphans = OrphanRows(household.records.database)
        self._suspects: frozenset[str] = frozenset()
        self._seen_ms = 0

    def reap(self) -> None:
        """Declare workers dead, and put what they had begun back on its queues."""
        house = self._house
        if house.locks is not None:
            house.leases.declare_dead(house.locks.find_free(house.leases.find("live")))
        house.leases.declare_expired()
        # One that is stopped and wakes up may claim once more after everything of it was taken.
        late = house.leases.find_gone(workflows.find_claimants())
        gone = {*house.leases.find("dead"), *late}
        end_sessions(house.records.database, gone)
        for worker_id in gone:
            self._take_over(worker_id)

    def _take_over(self, worker_id: str) -> None:
        for each in workflows.find_claimed(worker_id):
            if each.attempts >= self._attempts_of(each):
                self._lose(each)
        workflows.recover(worker_id)
        may_crash("recovered")
        # A call may leave rows behind when the database fails in between; the next pass asks again.
        if not workflows.has_claimed(worker_id):
            self._house.leases.note_reaped(worker_id)
            if self._house.locks is not None:
                self._house.locks.forget(worker_id)

    def audit(self) -> None:
        """Put back what this worker has claimed and does not carry out, as after a full disk.

        It is believed when it is seen twice: between the claim and its start there is a moment.
        """
        engine = self._house.engine
        claimed = {
            each.segment.workflow_id: each for each in workflows.find_claimed(engine.worker_id)
        }
        idle = frozenset(claimed) - engine.active
        for workflow_id in idle & self._suspects:
            found = claimed[workflow_id]
            if self._orphans.count(workflow_id) > self._attempts_of(found):
                self._lose(found)
            else:
                workflows.resume(found)
        self._suspects = idle - self._suspects

    def sweep(self) -> None:
        """Write the results of runs that ended without one."""
        ended = workflows.find_ended_badly(max(self._seen_ms - _OVERLAP_MS, 0))
        for first in range(0, len(ended), _CHUNK):
            self._close(ended[first : first + _CHUNK])
        newest_ms = max([self._seen_ms, *(each.ended_ms for each in ended)])
        # An end in the future, whoever wrote it, must not hide those that come before.
        self._seen_ms = min(newest_ms, self._now_ms())

    def _now_ms(self) -> int:
        database = self._house.records.database
        with database.reading() as connection:
            return int(connection.execute(sa.select(database.now())).scalar_one() * 1000)

    def _close(self, ended: tuple[FoundWorkflow, ...]) -> None:
        records = self._house.records
        with records.database.reading() as connection:
            done = records.which_ended(connection, [each.segment.run_id for each in ended])
        for each in ended:
            if each.segment.run_id not in done:
                self._write_end(each, END_OF_STATUS.get(each.status, BROKEN))

    def _lose(self, found: FoundWorkflow) -> None:
        # Written first: a workflow that is found cancelled gets the result of one that was.
        self._write_end(found, LOST)
        workflows.cancel([found.segment.workflow_id])

    def _write_end(self, found: FoundWorkflow, end: End) -> None:
        stored = self._find_run(found)
        if stored is not None:
            recorded = workflows.recorded_by(found.segment)
            self._house.ender.end(stored, found.segment.attempt, recorded, end)

    def _attempts_of(self, found: FoundWorkflow) -> int:
        stored = self._find_run(found)
        return stored.order.max_attempts if stored else 0

    def _find_run(self, found: FoundWorkflow) -> StoredRun | None:
        records = self._house.records
        with records.database.reading() as connection:
            return records.find_run(connection, found.segment.run_id)
