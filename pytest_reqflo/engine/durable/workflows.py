"""What the reaper asks of the engine's own tables, and has done there. A launched engine is needed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from dbos import DBOS, WorkflowStatus

from pytest_reqflo.engine.durable.checkpoints import APPLICATION_VERSION
from pytest_reqflo.engine.durable.queueing import WORKFLOW, Segment, is_ours, segment_of
from pytest_reqflo.engine.durable.timed import SCHEDULED_WORKFLOW
from pytest_reqflo.engine.durable.transact import recorded_before, recorded_in
from pytest_reqflo.frozen import dataclass

ENDED_BADLY = ("CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED", "ERROR")
"""Statuses in which a workflow stays without having kept a result, unless it had before."""

_OURS = [WORKFLOW, SCHEDULED_WORKFLOW]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundWorkflow:
    """A workflow of ours; *attempts* counts how often a process began it, *ended_ms* is 0 before."""

    segment: Segment
    status: str
    queue: str
    attempts: int
    ended_ms: int


def find_claimed(worker_id: str) -> tuple[FoundWorkflow, ...]:
    """Return what a worker has begun and not ended."""
    return _list(status="PENDING", executor_id=worker_id, app_version=APPLICATION_VERSION)


def find_claimants() -> frozenset[str]:
    """Return the workers that have begun something and not ended it."""
    found = _statuses(_OURS, status="PENDING", app_version=APPLICATION_VERSION)
    return frozenset(each.executor_id for each in found if each.executor_id)


def has_claimed(worker_id: str) -> bool:
    """Say whether a worker has begun anything and not ended it, also what only dispatches."""
    found = _statuses(
        _OURS, status="PENDING", executor_id=worker_id, app_version=APPLICATION_VERSION
    )
    return bool(found)


def find_ended_badly(since_ms: int) -> tuple[FoundWorkflow, ...]:
    """Return what ended from outside or with an error of ours, at *since_ms* or later."""
    since = datetime.fromtimestamp(since_ms / 1000, UTC).isoformat()
    return _list(status=list(ENDED_BADLY), completed_after=since)


def recover(worker_id: str) -> None:
    """Put what a dead worker had begun back on its queues; again does no harm.

    Private since dbos 3.0, and the only way that counts attempts and is conditional on the worker.
    """
    DBOS._recover_pending_workflows([worker_id])


def resume(found: FoundWorkflow) -> None:
    """Put one workflow back on its queue, whoever has it; the engine's own count begins anew."""
    DBOS.resume_workflows([found.segment.workflow_id], queue_name=found.queue or None)


def cancel(workflow_ids: Iterable[str]) -> None:
    """End workflows from outside: whoever carries one out can record nothing more of it."""
    DBOS.cancel_workflows(list(workflow_ids))


def recorded_by(segment: Segment) -> dict[str, str]:
    """Return all that an attempt recorded up to the end of *segment*."""
    return recorded_before(segment) | recorded_in(segment)


def _list(**criteria: Any) -> tuple[FoundWorkflow, ...]:
    return tuple(
        _found(each) for each in _statuses([WORKFLOW], **criteria) if is_ours(each.workflow_id)
    )


def _statuses(names: list[str], **criteria: Any) -> list[WorkflowStatus]:
    return DBOS.list_workflows(name=names, load_input=False, load_output=False, **criteria)


def _found(status: WorkflowStatus) -> FoundWorkflow:
    return FoundWorkflow(
        segment=segment_of(status.workflow_id),
        status=status.status,
        queue=status.queue_name or "",
        attempts=status.recovery_attempts or 0,
        ended_ms=status.completed_at or 0,
    )
