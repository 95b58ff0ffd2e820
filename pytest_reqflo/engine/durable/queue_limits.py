"""The limits of an environment, registered as those of its queue. A door to dbos."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from dbos import Queue

from pytest_reqflo.engine.durable.database import Database
from pytest_reqflo.engine.durable.queueing import engine_client, queue_of

_POLLING_S = 0.1
_LONGEST_PERIOD_S = 100


def register_limits(database: Database, environment: str, queue: Mapping[str, Any]) -> None:
    """Make *queue*, what an environment file has under that key, the limits of its queue."""
    logging.getLogger("dbos").setLevel(logging.CRITICAL)
    client = engine_client(database)
    try:
        known = client.retrieve_queue(queue_of(environment))
        client.register_queue(
            queue_of(environment),
            global_concurrency=queue.get("concurrency"),
            limiter=limiter_of(queue.get("starts_per_s")),
            worker_concurrency=_for_one_worker(known, queue.get("concurrency")),
            polling_interval_sec=known.polling_interval_sec if known else _POLLING_S,
        )
    finally:
        client.destroy()


def _for_one_worker(known: Queue | None, most: int | None) -> int | None:
    """Return how many runs one worker takes: it says that itself, and no more than all may have."""
    own = known.worker_concurrency if known else None
    return own if own is None or most is None else min(own, most)


def limiter_of(starts_per_s: float | None) -> Any:
    """Return the rate as whole starts in a period, which is how the engine counts."""
    if starts_per_s is None:
        return None
    rate = Fraction(starts_per_s).limit_denominator(_LONGEST_PERIOD_S)
    return {"limit": rate.numerator, "period": float(rate.denominator)}
