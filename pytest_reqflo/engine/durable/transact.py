"""The door to dbos: an executor of workflows, and the recorder over its checkpoints.

One per process. The name of the workflow and its version are addresses in the database: a process
takes runs of its own version only, so both change with the format of the checkpoints.
"""

from __future__ import annotations

import contextlib
import contextvars
import functools
import logging
import os
from collections.abc import Callable, Iterable
from typing import NoReturn, Protocol

import dbos._serialization
import sqlalchemy as sa
from dbos import DBOS, DBOSPortableJSONSerializer, SetWorkflowID
from dbos import error as engine_error

from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.engine.durable.checkpoints import APPLICATION_VERSION
from pytest_reqflo.engine.durable.crashing import may_crash
from pytest_reqflo.engine.durable.database import Database
from pytest_reqflo.engine.durable.guards import ENGINE_SCHEMA, guard_engine
from pytest_reqflo.engine.durable.patience import patiently
from pytest_reqflo.engine.durable.performing import STARTS_AGAIN
from pytest_reqflo.engine.durable.queueing import (
    APPLICATION,
    WORKFLOW,
    RunQueue,
    Segment,
)
from pytest_reqflo.engine.durable.recorder import Defect, Parked, StepRecorder, StoreLost
from pytest_reqflo.engine.durable.records import Records
from pytest_reqflo.errors import EngineError

_BACKSTOP_ATTEMPTS = 50
"""The reaper counts against what each run allows; this is for the case that there is none."""

_POLLING_S = 0.1

_SCHEDULES_EVERY_S = 5.0
"""How soon a schedule that was added, paused or removed is seen to be."""


_TAKEN_AWAY = (
    engine_error.DBOSWorkflowCancelledError,
    engine_error.DBOSAwaitedWorkflowCancelledError,
)
"""What the engine raises in a process whose workflow another one has ended."""


class Performer(Protocol):
    """Carries out one attempt of a run, over the recorder that it is given."""

    def perform(self, run_id: str, attempt: int, recorder: StepRecorder) -> str:
        """Return the outcome of the run, when its result is kept, else `STARTS_AGAIN`."""

    def break_off(self, run_id: str, attempt: int, defect: str, recorder: StepRecorder) -> str:
        """Return the outcome of a run that met *defect*, the name of an exception, when it is kept."""


class TransactEngine:
    """The executor of this process.

    Shape: *worker_id* is another one for every process; *may_begin* says whether this process may
        still send something new.
    """

    def __init__(
        self,
        records: Records,
        worker_id: str,
        performer: Performer,
        *,
        may_begin: Callable[[], bool] = lambda: True,
    ) -> None:
        self.worker_id = worker_id
        self.active: set[str] = set()
        self._records = records
        self._performer = performer
        self._may_begin = may_begin
        self._queue = RunQueue(records.database)
        self._pid = os.getpid()

    def launch(
        self,
        queues: Iterable[str] = (),
        *,
        concurrency: int = 32,
        may_migrate: bool = True,
        takes_all: bool = False,
    ) -> None:
        """Begin to take runs from *queues*, *concurrency* of each at a time.

        Shape: with *takes_all*, from every queue that anybody registers; `listen` limits each.
        Raises: EngineError RF615 when the engine's tables are older than it needs.
        """
        refuse_pickle()
        logging.getLogger("dbos").setLevel(logging.CRITICAL)
        database = self._records.database
        DBOS(
            config={
                "name": APPLICATION,
                "system_database_engine": database.engine,
                "dbos_system_schema": ENGINE_SCHEMA,
                "executor_id": self.worker_id,
                "application_version": APPLICATION_VERSION,
                "serializer": DBOSPortableJSONSerializer(),
                "log_level": "CRITICAL",
                "run_migrations": may_migrate,
                "scheduler_polling_interval_sec": _SCHEDULES_EVERY_S,
            }
        )
        names = list(queues)
        if not takes_all:
            DBOS.listen_queues(names)
        _CURRENT.append(self)
        try:
            DBOS.launch()
        except engine_error.DBOSInitializationError:
            raise _behind(database) from None
        if may_migrate:
            guard_engine(database)
        for name in names:
            self.listen(name, concurrency)

    def listen(self, queue: str, concurrency: int) -> None:
        """Make *queue* known; limits that it has for all workers stay as they are."""
        # With the limit at once: a queue without one is emptied by the first look at it.
        known = DBOS.register_queue(
            queue,
            worker_concurrency=concurrency,
            polling_interval_sec=_POLLING_S,
            on_conflict="never_update",
        )
        # Together the workers may not take more than the environment allows.
        limit = known.concurrency
        known.set_worker_concurrency(min(concurrency, limit) if limit else concurrency)

    def close(self, *, grace_s: int = 0) -> None:
        """Take no more runs, and wait up to *grace_s* for those under way."""
        if self in _CURRENT:
            DBOS.destroy(workflow_completion_timeout_sec=grace_s)
            _CURRENT.remove(self)
            self._queue.close()

    def run_here(self, run_id: str, attempt: int, segment: int = 0) -> None:
        """Carry the run out in this thread, from *segment* of *attempt* on, or until it is taken away.

        Raises: EngineError RF615.
        """
        self._refuse_fork()
        at = Segment(run_id, attempt, segment)
        try:
            with contextlib.suppress(*_TAKEN_AWAY):
                while self._run_segment(at) == STARTS_AGAIN:
                    at = Segment(run_id, at.attempt + 1)
        except StoreLost as lost:
            raise _unusable(self._records.database) from lost.__cause__

    def _run_segment(self, at: Segment) -> str:
        with SetWorkflowID(at.workflow_id):
            return _run_v1(at.run_id, at.attempt, at.number, "", "")

    def leave_to_here(self, run_id: str) -> Segment:
        """Take a run from a process that is gone; return the segment to go on with.

        Whatever that process may still be doing, it can keep no more checkpoints of it.
        """
        following = _following(run_id)
        for number in range(following.number):
            DBOS.cancel_workflow(Segment(run_id, following.attempt, number).workflow_id)
        return following

    def recorded_of(self, run_id: str) -> dict[str, str]:
        """Return what the newest attempt at a run recorded, by name."""
        return recorded_before(_following(run_id))

    def perform(self, segment: Segment, waited: str, queue: str) -> str:
        """Carry out one segment of an attempt; what follows a long wait is put on *queue*."""
        may_crash("claimed")
        self.active.add(segment.workflow_id)
        try:
            return self._perform_or_park(segment, waited, queue)
        except sa.exc.SQLAlchemyError as error:
            # Not an outcome of the run: it stays claimed, and is continued when the store is back.
            raise StoreLost from error
        finally:
            self.active.discard(segment.workflow_id)
            may_crash("left")

    def _perform_or_park(self, segment: Segment, waited: str, queue: str) -> str:
        try:
            return self._perform(segment, waited, queue)
        except Parked as parked:
            patiently(functools.partial(self._park, segment, parked, queue))
            return "parked"

    def _refuse_fork(self) -> None:
        # Its threads are not in the child, which would wait for them without end.
        if os.getpid() != self._pid:
            title = "this process was forked from one that carries out runs"
            hint = "start processes with `subprocess` or the start method `spawn`"
            raise EngineError(Diagnostic(code="RF615", title=title, hint=hint))

    def _perform(self, segment: Segment, waited: str, queue: str) -> str:
        recorder = StepRecorder(
            recorded_before(segment),
            waited,
            may_park=bool(queue),
            may_begin=self._may_begin,
            find_recorded=lambda: recorded_in(segment),
        )
        outcome = self._outcome_of(segment, recorder)
        if outcome == STARTS_AGAIN:
            patiently(lambda: self._start_again(segment, queue))
        return outcome

    def _outcome_of(self, segment: Segment, recorder: StepRecorder) -> str:
        run_id, attempt = segment.run_id, segment.attempt
        try:
            return self._performer.perform(run_id, attempt, recorder)
        except Defect as defect:
            name = str(defect)
        except (engine_error.DBOSException, sa.exc.SQLAlchemyError):
            raise
        except Exception as error:  # noqa: BLE001  # the engine would keep its text
            name = type(error).__name__
        return self._performer.break_off(run_id, attempt, name, recorder)

    def _park(self, segment: Segment, parked: Parked, queue: str) -> None:
        with self._records.database.begin() as connection:
            self._queue.put(
                connection, segment.next, queue, waited=parked.name, delay_s=parked.duration_s
            )

    def _start_again(self, segment: Segment, queue: str) -> None:
        following = Segment(segment.run_id, segment.attempt + 1)
        with self._records.database.begin() as connection:
            self._records.add_attempt(connection, following.run_id, following.attempt, "restart")
            if queue:
                self._queue.put(connection, following, queue)


_CURRENT: list[TransactEngine] = []
"""The engine of this process, when it is launched; workflows are functions and find it here."""


@DBOS.workflow(name=WORKFLOW, max_recovery_attempts=_BACKSTOP_ATTEMPTS)
def _run_v1(run_id: str, attempt: int, segment: int, waited: str, queue: str) -> str:
    return _CURRENT[-1].perform(Segment(run_id, attempt, segment), waited, queue)


def _following(run_id: str) -> Segment:
    """Return what would follow all that is known of the newest attempt at a run."""
    at = Segment(run_id, 1)
    while _is_known(Segment(run_id, at.attempt + 1)):
        at = Segment(run_id, at.attempt + 1)
    while _is_known(at):
        at = at.next
    return at


def _is_known(segment: Segment) -> bool:
    return DBOS.get_workflow_status(segment.workflow_id) is not None


def recorded_before(segment: Segment) -> dict[str, str]:
    """Return what the segments before this one recorded, by name."""
    recorded: dict[str, str] = {}
    for number in range(segment.number):
        recorded |= recorded_in(Segment(segment.run_id, segment.attempt, number))
    return recorded


def recorded_in(segment: Segment) -> dict[str, str]:
    """Return what one segment recorded, by name."""
    # Asked from within a workflow, the answer would itself become a checkpoint.
    steps = contextvars.Context().run(DBOS.list_workflow_steps, segment.workflow_id)
    return {
        step["function_name"]: step["output"] for step in steps if isinstance(step["output"], str)
    }


def _unusable(database: Database) -> EngineError:
    title = f"the database {database.shown} cannot be used"
    hint = "the run is kept as far as it came; continue it when the database is back"
    return EngineError(Diagnostic(code="RF615", title=title, hint=hint))


def _behind(database: Database) -> EngineError:
    title = f"the database {database.shown} cannot be used: the engine's tables are too old for it"
    hint = "run `reqflo db migrate` with the role that owns the tables"
    return EngineError(Diagnostic(code="RF615", title=title, hint=hint))


def refuse_pickle() -> None:
    """Make the engine's unpickling fail: a row of the database must not run code here."""

    def refuse(_: object, text: str) -> NoReturn:
        raise ValueError("pickled rows are refused")

    dbos._serialization.DefaultSerializer.deserialize = refuse  # type: ignore[assignment, method-assign]
