"""Which queues a worker takes runs from, from its start on and as environments are pushed."""

from __future__ import annotations

from pytest_reqflo.engine.durable.database import Database
from pytest_reqflo.engine.durable.pushed import PushedEnvironments
from pytest_reqflo.engine.durable.queueing import queue_of
from pytest_reqflo.engine.durable.settings import WorkerSettings
from pytest_reqflo.engine.durable.transact import TransactEngine


class ServedQueues:
    """The queues of one worker."""

    def __init__(
        self, engine: TransactEngine, database: Database, settings: WorkerSettings
    ) -> None:
        self._engine = engine
        self._pushed = PushedEnvironments(database)
        self._settings = settings
        self._takes_all = settings.is_cloud and not settings.serves
        self._known: set[str] = set()

    def launch(self) -> None:
        """Begin to take runs."""
        settings = self._settings
        self._known = set(self._wanted())
        self._engine.launch(
            [queue_of(name) for name in sorted(self._known)],
            concurrency=settings.concurrency,
            may_migrate=settings.may_migrate,
            takes_all=self._takes_all,
        )

    def notice_new(self) -> None:
        """Limit the queues of environments that were pushed since: the engine takes them by itself."""
        if not self._takes_all:
            return
        for name in sorted(set(self._wanted()) - self._known):
            self._engine.listen(queue_of(name), self._settings.concurrency)
            self._known.add(name)

    def _wanted(self) -> tuple[str, ...]:
        settings = self._settings
        if not settings.is_cloud:
            return tuple(settings.environments)
        return settings.serves or self._pushed.names()
