"""On a worker: each instant of a schedule becomes one registered run. A door to dbos.

The engine of every worker sees each instant and puts one workflow for it on a queue: the name of
that workflow is made from schedule and instant, so there is one, whoever sees it first and whatever
their clocks say. The workflow only dispatches, and the id of the run is made the same way.
"""

from __future__ import annotations

from collections.abc import Mapping

from dbos import DBOS

from pytest_reqflo.artifact.model import Artifact
from pytest_reqflo.engine.durable.crashing import may_crash
from pytest_reqflo.engine.durable.dispatch import Batch, Dispatcher
from pytest_reqflo.engine.durable.orders import opener
from pytest_reqflo.engine.durable.patience import patiently
from pytest_reqflo.engine.durable.records import Records
from pytest_reqflo.engine.durable.sealing import Keyring
from pytest_reqflo.engine.durable.timed import (
    SCHEDULED_WORKFLOW,
    batch_of,
    order_at,
    timed_from_json,
)
from pytest_reqflo.values import Json

_BACKSTOP_ATTEMPTS = 50


class ScheduledDispatch:
    """Dispatches the runs of schedules from this process; opens and seals with its keys."""

    def __init__(self, records: Records, keyring: Keyring) -> None:
        self._records = records
        self._keyring = keyring
        self._dispatcher = Dispatcher(records)

    def begin(self) -> None:
        """Let workflows of this process find it; before the engine is launched."""
        _CURRENT.append(self)

    def close(self) -> None:
        """Let go of what it holds."""
        if self in _CURRENT:
            _CURRENT.remove(self)
        self._dispatcher.close()

    def dispatch(self, at: str, document: Mapping[str, Json]) -> str:
        """Register the run of the instant *at*, unless it is, and return its id."""
        timed = timed_from_json(document)

        def load() -> Artifact:
            with self._records.database.reading() as connection:
                return self._records.load_artifact(connection, timed.request.artifact)[0]

        artifact = patiently(load)
        order = order_at(timed, at, artifact, opener(self._keyring), self._seal)
        may_crash("instant")
        batch = Batch(
            batch_id=batch_of(timed.schedule),
            trigger="schedule",
            dispatched_by=f"schedule {timed.schedule}",
            orders=(order,),
            artifacts=(),
        )
        return self._dispatcher.dispatch(batch)[0]

    def _seal(self, plain: bytes, context: str) -> str:
        return self._keyring.seal(plain, purpose="inputs", context=context)


_CURRENT: list[ScheduledDispatch] = []
"""That of this process: workflows are functions and find it here."""


@DBOS.workflow(name=SCHEDULED_WORKFLOW, max_recovery_attempts=_BACKSTOP_ATTEMPTS)
def _dispatch_v1(at: str, document: dict[str, Json]) -> str:
    return _CURRENT[-1].dispatch(at, document)
