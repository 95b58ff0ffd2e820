"""The door to dbos for those who look on: what its tables say of runs. Nothing is executed here."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from pytest_reqflo.engine.durable.database import Database
from pytest_reqflo.engine.durable.queueing import WORKFLOW, engine_client, segment_of
from pytest_reqflo.engine.durable.transact import refuse_pickle
from pytest_reqflo.frozen import dataclass

OPEN = ("ENQUEUED", "DELAYED", "PENDING")
"""Statuses of a workflow that is still to be carried out, or carried on."""

_CHUNK = 200

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenWorkflow:
    """One segment of an attempt at a run, as the engine has it; *queue* is empty outside of queues."""

    workflow_id: str
    status: str
    queue: str
    executor_id: str

    @property
    def run_id(self) -> str:
        """The run that it is part of."""
        return segment_of(self.workflow_id).run_id

    @property
    def order(self) -> tuple[int, int]:
        """Its place among the workflows of its run: attempt, then segment."""
        segment = segment_of(self.workflow_id)
        return segment.attempt, segment.number


class EngineRows:
    """The engine's own rows of one database."""

    def __init__(self, database: Database) -> None:
        refuse_pickle()
        self._client = engine_client(database)

    def of_runs(self, run_ids: Sequence[str]) -> tuple[SeenWorkflow, ...]:
        """Return the workflows of these runs, each run's in order."""
        found: list[SeenWorkflow] = []
        for chunk in _chunks(run_ids):
            found += self._list([f"{run_id}." for run_id in chunk])
        return tuple(sorted(found, key=lambda each: (each.run_id, each.order)))

    def all(self) -> tuple[SeenWorkflow, ...]:
        """Return the workflows of all runs."""
        return tuple(self._list(None))

    def recorded(self, run_id: str) -> dict[str, str]:
        """Return what the newest attempt at a run recorded, by name, in order."""
        seen = self.of_runs([run_id])
        newest = max((each.order[0] for each in seen), default=0)
        recorded: dict[str, str] = {}
        for each in seen:
            if each.order[0] == newest:
                recorded |= self._steps(each.workflow_id)
        return recorded

    def cancel(self, seen: Iterable[SeenWorkflow]) -> None:
        """End those of *seen* that are not over: who carries one out can record nothing more."""
        self._client.cancel_workflows([each.workflow_id for each in seen if each.status in OPEN])

    def delete(self, workflow_ids: Sequence[str]) -> None:
        """Remove workflows with all that they recorded."""
        for chunk in _chunks(workflow_ids):
            self._client.delete_workflows(list(chunk))

    def close(self) -> None:
        """Let go of what the client holds; the connections are the caller's."""
        self._client.destroy()

    def _list(self, prefixes: list[str] | None) -> Iterator[SeenWorkflow]:
        for each in self._client.list_workflows(
            name=WORKFLOW, workflow_id_prefix=prefixes, load_input=False, load_output=False
        ):
            yield SeenWorkflow(
                workflow_id=each.workflow_id,
                status=each.status,
                queue=each.queue_name or "",
                executor_id=each.executor_id or "",
            )

    def _steps(self, workflow_id: str) -> dict[str, str]:
        return {
            step["function_name"]: step["output"]
            for step in self._client.list_workflow_steps(workflow_id)
            if isinstance(step["output"], str)
        }


def _chunks(items: Sequence[_T]) -> Iterator[tuple[_T, ...]]:
    remaining = iter(items)
    while chunk := tuple(itertools.islice(remaining, _CHUNK)):
        yield chunk
