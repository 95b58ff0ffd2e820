"""How runs are addressed in the engine's tables, and how they are put on a queue."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from dbos import DBOSClient, DBOSPortableJSONSerializer
from dbos import error as engine_error

from pytest_reqflo.engine.durable.checkpoints import APPLICATION_VERSION, EXECUTION_FORMAT
from pytest_reqflo.engine.durable.copies import WorkflowCopies
from pytest_reqflo.engine.durable.database import Database
from pytest_reqflo.engine.durable.guards import ENGINE_SCHEMA
from pytest_reqflo.engine.durable.records import workflow_id_of
from pytest_reqflo.frozen import dataclass

APPLICATION = "reqflo"
WORKFLOW = f"reqflo.run.v{EXECUTION_FORMAT}"

_WORKFLOW_ID = re.compile(r"(?P<run_id>.+)\.(?P<attempt>\d+)(?:\.w(?P<segment>\d+))?")


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of one attempt at a run: all of it up to a long wait, or what follows one."""

    run_id: str
    attempt: int
    number: int = 0

    @property
    def workflow_id(self) -> str:
        """The name of this part in the engine's tables."""
        first = workflow_id_of(self.run_id, self.attempt)
        return f"{first}.w{self.number}" if self.number else first

    @property
    def next(self) -> Segment:
        """What follows the long wait at the end of this."""
        return Segment(self.run_id, self.attempt, self.number + 1)


def segment_of(workflow_id: str) -> Segment:
    """Return what a workflow carries out. Raises: ValueError for a name that is none of ours."""
    match = _WORKFLOW_ID.fullmatch(workflow_id)
    if match is None:
        raise ValueError(f"`{workflow_id}` is not the workflow of a run")
    return Segment(match["run_id"], int(match["attempt"]), int(match["segment"] or 0))


def is_ours(workflow_id: str) -> bool:
    """Say whether a workflow can be that of a run: whoever may dispatch can name one as he likes."""
    return _WORKFLOW_ID.fullmatch(workflow_id) is not None


def queue_of(environment: str) -> str:
    """Return the queue of the runs in one environment."""
    return f"{APPLICATION}:{environment}"


def engine_client(database: Database) -> DBOSClient:
    """Return what speaks to the engine's tables without carrying anything out; close it with `destroy`."""
    return DBOSClient(
        system_database_engine=database.engine,
        dbos_system_schema=ENGINE_SCHEMA,
        serializer=DBOSPortableJSONSerializer(),
        application_name=APPLICATION,
        # A caller that waits for minutes is no better than one that is told.
        retry_connection_errors=False,
        lazy=True,
    )


class RunQueue:
    """Puts runs on queues, inside of transactions of the caller. It carries nothing out."""

    def __init__(self, database: Database) -> None:
        self._client = engine_client(database)
        self._copies = WorkflowCopies(database)

    def put(
        self,
        connection: sa.Connection,
        segment: Segment,
        queue: str,
        *,
        waited: str = "",
        delay_s: float = 0.0,
    ) -> None:
        """Put *segment* on *queue*, unless it is known; *waited* is the wait that precedes it."""
        options = _options(segment, queue)
        if delay_s:
            options["delay_seconds"] = delay_s
        self._client.enqueue_in_transaction(
            connection, options, *_arguments(segment, queue, waited)
        )

    def put_all(self, connection: sa.Connection, segments: Sequence[Segment], queue: str) -> None:
        """Put *segments* on *queue*, in their order, unless they are known."""
        for number, segment in enumerate(segments):
            if self._put_new(connection, segment, queue):
                others = segments[number + 1 :]
                arguments = {each.workflow_id: _arguments(each, queue) for each in others}
                self._copies.put(connection, segment.workflow_id, arguments)
                return

    def _put_new(self, connection: sa.Connection, segment: Segment, queue: str) -> bool:
        """Put *segment* on *queue*, and say whether it was not known."""
        options = _options(segment, queue) | {"workflow_id_reuse_policy": "reject"}
        try:
            self._client.enqueue_in_transaction(connection, options, *_arguments(segment, queue))
        except engine_error.DBOSWorkflowIDInUseError:
            return False
        return True

    def close(self) -> None:
        """Let go of what the client holds; the connections are the caller's."""
        self._client.destroy()


def _options(segment: Segment, queue: str) -> Any:
    return {
        "workflow_name": WORKFLOW,
        "queue_name": queue,
        "workflow_id": segment.workflow_id,
        "app_version": APPLICATION_VERSION,
    }


def _arguments(segment: Segment, queue: str, waited: str = "") -> tuple[Any, ...]:
    return (segment.run_id, segment.attempt, segment.number, waited, queue)
