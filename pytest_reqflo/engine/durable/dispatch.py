"""Runs are registered and queued: from the commit on, they cannot be lost."""

from __future__ import annotations

import functools
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import sqlalchemy as sa

from pytest_reqflo.artifact.model import Artifact
from pytest_reqflo.engine.durable.crashing import may_crash
from pytest_reqflo.engine.durable.patience import patiently
from pytest_reqflo.engine.durable.queueing import RunQueue, Segment, queue_of
from pytest_reqflo.engine.durable.records import Records, RunOrder, StoredResult, Trigger
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.values import Digest

RUNS_PER_TRANSACTION = 500

_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 1.0
_PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Runs that are dispatched together, and the artifacts that they need with their files."""

    batch_id: str
    trigger: Trigger
    dispatched_by: str
    orders: Sequence[RunOrder]
    artifacts: Sequence[tuple[Artifact, Mapping[Digest, bytes]]]


class Dispatcher:
    """Registers runs and puts them on the queues of their environments; needs no key."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._queue = RunQueue(records.database)

    def dispatch(self, batch: Batch) -> tuple[str, ...]:
        """Return the ids of the runs, in order, when all are registered.

        Shape: another id than asked for is that of the run with the same key, which is attached to.
        Raises: EngineError RF612 when an id or key belongs to a run of other content; the runs of
            the transactions before are registered then.
        """
        ids: list[str] = []
        for first in range(0, len(batch.orders), RUNS_PER_TRANSACTION):
            orders = batch.orders[first : first + RUNS_PER_TRANSACTION]
            register = functools.partial(self._register, batch, orders)
            ids += patiently(register, patience_s=_PATIENCE_S)
        return tuple(ids)

    def close(self) -> None:
        """Let go of what the queue holds."""
        self._queue.close()

    def _register(self, batch: Batch, orders: Sequence[RunOrder]) -> tuple[str, ...]:
        records = self._records
        with records.database.begin() as connection:
            for artifact, blobs in batch.artifacts:
                records.put_artifact(connection, artifact, blobs)
            records.put_batch(connection, batch.batch_id, batch.trigger, batch.dispatched_by)
            ids = records.register_all(connection, orders)
            own = [
                order for order, run_id in zip(orders, ids, strict=True) if run_id == order.run_id
            ]
            self._enqueue(connection, own)
            may_crash("not yet committed")
        may_crash("committed")
        return ids

    def _enqueue(self, connection: sa.Connection, orders: Sequence[RunOrder]) -> None:
        queues: dict[str, list[Segment]] = {}
        for order in orders:
            queues.setdefault(queue_of(order.environment), []).append(Segment(order.run_id, 1))
        for queue, segments in queues.items():
            self._queue.put_all(connection, segments, queue)


def wait_for_results(
    records: Records, run_ids: Collection[str], *, timeout_s: float
) -> Iterator[StoredResult]:
    """Yield the results of these runs as they come; stop when all are there or time is up."""
    missing = set(run_ids)
    end = time.monotonic() + timeout_s
    pause_s = _FIRST_PAUSE_S
    while missing:
        look = functools.partial(_find_results, records, frozenset(missing))
        found = patiently(look, patience_s=_PATIENCE_S)
        yield from found
        missing -= {result.run_id for result in found}
        left_s = end - time.monotonic()
        if not missing or left_s <= 0:
            return
        pause_s = _FIRST_PAUSE_S if found else min(pause_s * 1.5, _LONGEST_PAUSE_S)
        time.sleep(min(pause_s, left_s))


def _find_results(records: Records, run_ids: Iterable[str]) -> tuple[StoredResult, ...]:
    wanted = sorted(run_ids)
    chunks = range(0, len(wanted), RUNS_PER_TRANSACTION)
    with records.database.reading() as connection:
        return tuple(
            result
            for first in chunks
            for result in records.find_results(
                connection, wanted[first : first + RUNS_PER_TRANSACTION]
            )
        )
