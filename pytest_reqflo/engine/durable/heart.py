"""Two threads that keep the lease of a worker: one renews it, one ends the process in time."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

import sqlalchemy as sa

from pytest_reqflo.engine.durable.leases import Lease, LeaseRows

LOST_LEASE = 75
"""Exit code of a worker that was declared dead, or could not renew in time (EX_TEMPFAIL)."""

_log = logging.getLogger(__name__)


class Heart:
    """Renews a lease until it is stopped; *leave* ends the process and does not return.

    Shape: two threads, because a renewal may hang for as long as a network does.
    """

    def __init__(
        self, rows: LeaseRows, worker_id: str, lease: Lease, leave: Callable[[int], None]
    ) -> None:
        self._rows = rows
        self._worker_id = worker_id
        self._lease = lease
        self._leave = leave
        self._stopped = threading.Event()

    def start(self) -> None:
        """Begin to renew."""
        for target in (self._renew, self._watch):
            threading.Thread(target=target, name=f"reqflo{target.__name__}", daemon=True).start()

    def stop(self) -> None:
        """Renew no more; the process may take its time to end."""
        self._stopped.set()

    def _renew(self) -> None:
        while not self._stopped.wait(self._lease.times.beat_every_s):
            asked_s = time.monotonic()
            try:
                is_live = self._rows.renew(self._worker_id, self._lease.times.ttl_s)
            except sa.exc.SQLAlchemyError as error:
                _log.warning("the lease of %s was not renewed: %s", self._worker_id, error)
                continue
            if not is_live:
                self._lease.give_up()
                self._leave(LOST_LEASE)
            self._lease.note_renewed(asked_s)

    def _watch(self) -> None:
        while not self._stopped.wait(max(self._lease.left_s(), 0.0)):
            if self._lease.left_s() <= 0:
                self._leave(LOST_LEASE)
