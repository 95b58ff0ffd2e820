"""One worker process: it takes runs from queues until it is told to end, or may not go on."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import secrets as randomness
import signal
import socket
import sys
import threading
from pathlib import Path

from pytest_reqflo.codec import from_json
from pytest_reqflo.engine.clock import SystemClock
from pytest_reqflo.engine.durable.checkpoints import Begin, Refused
from pytest_reqflo.engine.durable.chores import Chore, Chores
from pytest_reqflo.engine.durable.database import Database, usable
from pytest_reqflo.engine.durable.environments import ConfiguredEnvironments, EnvironmentSource
from pytest_reqflo.engine.durable.guards import create_tables
from pytest_reqflo.engine.durable.heart import Heart
from pytest_reqflo.engine.durable.leases import Lease, LeaseRows, ProcessLocks
from pytest_reqflo.engine.durable.master_key import load_keyring
from pytest_reqflo.engine.durable.performing import RunPerformer, Workplace
from pytest_reqflo.engine.durable.preparing import problems_of
from pytest_reqflo.engine.durable.public_keys import publish_key
from pytest_reqflo.engine.durable.reaper import Household, Reaper
from pytest_reqflo.engine.durable.records import Records, StoredRun
from pytest_reqflo.engine.durable.scheduled import ScheduledDispatch
from pytest_reqflo.engine.durable.sealing import Keyring
from pytest_reqflo.engine.durable.served import ServedQueues
from pytest_reqflo.engine.durable.settings import CANNOT_START, WorkerSettings
from pytest_reqflo.engine.durable.starting import check_database
from pytest_reqflo.engine.durable.transact import TransactEngine
from pytest_reqflo.engine.durable.worker_secrets import DatabaseEnvironments
from pytest_reqflo.engine.http import HttpTransport
from pytest_reqflo.errors import ReqfloError
from pytest_reqflo.evidence.redact import Redactor
from pytest_reqflo.run.effects import RunStart

_REAP_AT_LEAST_EVERY_S = 1.0
"""On one machine a dead worker is known at once, so it is looked for often."""

_LOOK_UP_EVERY_S = 1.0


def run_worker(settings: WorkerSettings, source: EnvironmentSource | None = None) -> int:
    """Serve the queues of the environments until SIGTERM or SIGINT, and return the exit code.

    Shape: prints ``worker <id> is ready`` when it takes runs. When its lease is lost the process
        ends with code 75 wherever it is.
    """
    # The one thing that a signal handler may use while another is at it.
    told_to_end: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: told_to_end.put(number))
    parent = os.getppid()
    try:
        worker = _begin(settings, source)
    except ReqfloError as error:
        print(str(error), file=sys.stderr, flush=True)  # noqa: T201  # of a process on its own
        return CANNOT_START
    print(f"worker {worker.worker_id} is ready", flush=True)  # noqa: T201  # who waits for it reads it
    # Without the process that started it, nobody would tell it to end.
    while os.getppid() == parent:
        with contextlib.suppress(queue.Empty):
            told_to_end.get(timeout=_LOOK_UP_EVERY_S)
            break
    worker.drain()
    return 0


def _begin(settings: WorkerSettings, source: EnvironmentSource | None) -> _Worker:
    """Return a worker that takes runs. Raises: ReqfloError."""
    worker_id = new_worker_id()
    database = settings.open_database(worker_id)
    with usable(database):
        if settings.is_cloud:
            check_database(database)
        worker = _Worker(settings, worker_id, database, source)
        worker.start()
    return worker


def new_worker_id() -> str:
    """Return a name that no other process has, nor had."""
    return f"{socket.gethostname()}-{os.getpid()}-{randomness.token_hex(4)}"


class _Worker:
    """All that one process has open."""

    def __init__(
        self,
        settings: WorkerSettings,
        worker_id: str,
        database: Database,
        source: EnvironmentSource | None,
    ) -> None:
        self.worker_id = worker_id
        self._settings = settings
        if settings.may_migrate:
            create_tables(database)
        records = Records(database)
        self._lease = Lease(settings.lease_times)
        self._rows = LeaseRows(database)
        self._locks = None if settings.is_postgres else ProcessLocks(lock_folder(settings.database))
        self._heart = Heart(self._rows, self.worker_id, self._lease, os._exit)
        keyring = load_keyring(os.environ, create=settings.may_migrate)
        source = source or _source_of(settings, database, keyring)
        performer = RunPerformer(records, keyring, self.worker_id, make_workplace(source))
        self._engine = TransactEngine(
            records, self.worker_id, performer, may_begin=self._lease.may_begin
        )
        household = Household(
            records=records,
            leases=self._rows,
            locks=self._locks,
            engine=self._engine,
            ender=performer.ender,
        )
        self._scheduled = ScheduledDispatch(records, keyring)
        self._queues = ServedQueues(self._engine, database, settings)
        self._chores = _chores_of(Reaper(household), self._queues, settings)
        if settings.is_cloud:
            # Clients have no key of their own, and seal to the one that is found there.
            publish_key(database, keyring)

    def start(self) -> None:
        """Begin to take runs."""
        if self._locks is not None:
            self._locks.hold(self.worker_id)
        ttl_s = self._settings.ttl_s
        self._rows.register(self.worker_id, socket.gethostname(), os.getpid(), ttl_s)
        self._heart.start()
        self._scheduled.begin()
        self._queues.launch()
        self._chores.start()

    def drain(self) -> None:
        """Let runs under way end for a while, and leave the rest to others at once."""
        grace_s = self._settings.grace_s
        self._chores.stop()
        overdue = threading.Timer(grace_s, self._lease.give_up)
        overdue.daemon = True
        overdue.start()
        self._engine.close(grace_s=grace_s)
        self._scheduled.close()
        self._lease.give_up()
        self._heart.stop()
        self._rows.declare_dead([self.worker_id])
        self._rows.database.close()


def make_workplace(source: EnvironmentSource) -> Workplace:
    """Return what a worker carries its runs out with."""
    clock = SystemClock()

    def begin(stored: StoredRun) -> Begin | Refused:
        now = clock.now()
        try:
            environment = source.snapshot(stored.order.environment)
        except ReqfloError as error:
            return Refused(at=now, problems=problems_of(error))
        seed = randomness.token_hex(16)
        return Begin(start=RunStart(seed=seed, started_at=now), environment=environment)

    return Workplace(
        transport=HttpTransport(),
        clock=clock,
        begin=begin,
        find_secrets=lambda stored, _: source.secrets(stored.order.environment),
        make_redactor=lambda _: Redactor(),
    )


def lock_folder(database: str) -> Path:
    """Return where the processes on one SQLite file hold their locks."""
    return Path(f"{database}.locks")


def _source_of(settings: WorkerSettings, database: Database, keyring: Keyring) -> EnvironmentSource:
    if settings.is_cloud:
        return DatabaseEnvironments(database, keyring, os.environ)
    return ConfiguredEnvironments(settings.environments)


def _chores_of(reaper: Reaper, queues: ServedQueues, settings: WorkerSettings) -> Chores:
    often_s = min(settings.lease_times.beat_every_s, _REAP_AT_LEAST_EVERY_S)
    return Chores(
        Chore(queues.notice_new, often_s),
        Chore(reaper.reap, often_s),
        Chore(reaper.sweep, often_s),
        Chore(reaper.audit, settings.audit_every_s),
    )


def main() -> int:
    """Run a worker with the settings that standard input has as JSON."""
    return run_worker(from_json(WorkerSettings, json.load(sys.stdin)))


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    # A thread that waits for an answer must not hold up the end of a worker that was told to end.
    os._exit(code)
