"""A client of workers: it registers runs, reads their results and asks for their end.

It holds no key, and its role in the database may do nothing else.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

import sqlalchemy as sa

from pytest_reqflo.artifact.model import Artifact
from pytest_reqflo.diagnostic import Diagnostic, name_hint
from pytest_reqflo.engine.durable.bounded import within
from pytest_reqflo.engine.durable.database import Database, open_database, usable
from pytest_reqflo.engine.durable.guards import find_version
from pytest_reqflo.engine.durable.names import whoever_asks
from pytest_reqflo.engine.durable.orders import Dispatch, Seal, order_of
from pytest_reqflo.engine.durable.patience import patiently
from pytest_reqflo.engine.durable.public_keys import SealToWorkers
from pytest_reqflo.engine.durable.pushed import PushedEnvironments
from pytest_reqflo.engine.durable.records import Records, StoredResult, Trigger
from pytest_reqflo.engine.durable.tables import SCHEMA_VERSION
from pytest_reqflo.errors import EngineError
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.plan.model import RunRequest
from pytest_reqflo.values import Digest

if TYPE_CHECKING:
    from pytest_reqflo.engine.durable.dispatch import Dispatcher

CONNECTIONS = 2
"""Of one client: many of them share a server that has a hundred."""

_FIRST_PATIENCE_S = 5.0
"""A database that never answered is more likely misspelt than away."""

_ANSWER_S = 10.0
"""How long one answer may take."""

_AWAY_S = 10.0
"""How long a database that was given up on is left alone: ten thousand items may want to ask."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudRun:
    """A run to be dispatched, with the artifact that it needs; *run_key* "" for none."""

    request: RunRequest
    artifact: Artifact
    blobs: Mapping[Digest, bytes]
    item_id: str = ""
    run_key: str = ""


class CloudClient:
    """One client of the workers on the database at *address*.

    Shape: *patience_s* is how long it goes on asking a database that does not answer.
    Raises: EngineError RF615 for an address that is none.
    """

    def __init__(self, address: str, *, patience_s: float) -> None:
        self.patience_s = patience_s
        self._database = open_database(address, pool_size=CONNECTIONS)
        self._records = Records(self._database)
        self._dispatcher: Dispatcher | None = None
        self._seal: Seal | None = None
        self._sent: set[Digest] = set()
        self._away: EngineError | None = None
        self._away_until = 0.0

    @property
    def shown(self) -> str:
        """The address of the database without a password."""
        return self._database.shown

    def choose_environment(self, wanted: str | None) -> str:
        """Return the environment *wanted*, without one the only one that was pushed.

        Raises: EngineError RF618; RF615 when the database cannot be used.
        """
        names = self._ask(self._environment_names, _FIRST_PATIENCE_S)
        if wanted in names:
            return wanted
        if wanted is None and len(names) == 1:
            return names[0]
        raise EngineError(_no_environment(wanted, names, self.shown))

    def dispatch(self, runs: Sequence[CloudRun], batch_id: str, trigger: Trigger) -> list[str]:
        """Return the ids of the runs, in order, when all are registered.

        Shape: another id than asked for is that of the run with the same key, which is attached to.
        Raises: EngineError RF612 for a key of a run of other content, RF614 when no worker has
            published a key, RF615 when the database cannot be used.
        """
        ids: list[str] = []
        with usable(self._database):
            for chunk in _chunks(runs):
                ids += self._dispatch(chunk, batch_id, trigger)
        return ids

    def find_results(self, run_ids: Collection[str]) -> tuple[StoredResult, ...]:
        """Return how those of *run_ids* ended that have. Raises: EngineError RF615."""

        def find() -> tuple[StoredResult, ...]:
            with self._database.reading() as connection:
                return self._records.find_results(connection, sorted(run_ids))

        return self._ask(find)

    def is_registered(self, run_id: str) -> bool:
        """Say whether someone has dispatched the run."""

        def find() -> bool:
            with self._database.reading() as connection:
                return self._records.find_run(connection, run_id) is not None

        return self._ask(find)

    def find_unfinished(self, batch_id: str) -> tuple[str, ...]:
        """Return the runs of a batch that have no result."""

        def find() -> tuple[str, ...]:
            with self._database.reading() as connection:
                return self._records.unfinished_runs(connection, batch_id)

        return self._ask(find)

    def cancel(self, run_ids: Sequence[str]) -> None:
        """Ask for the end of runs, each at its next try."""

        def ask() -> None:
            with self._database.begin() as connection:
                self._records.ask_cancel_all(connection, run_ids, whoever_asks())

        self._ask(ask)

    def has_workers(self) -> bool:
        """Say whether any worker is alive."""
        worker = self._records.tables.worker
        alive = sa.select(worker.c.worker_id).where(
            worker.c.state == "live", worker.c.expires_at > self._database.now()
        )

        def find() -> bool:
            with self._database.reading() as connection:
                return connection.execute(alive.limit(1)).first() is not None

        return self._ask(find)

    def close(self) -> None:
        """End the connections."""
        if self._dispatcher is not None:
            self._dispatcher.close()
        self._database.close()

    def _environment_names(self) -> tuple[str, ...]:
        _check_tables(self._database)
        return PushedEnvironments(self._database).names()

    def _dispatch(
        self, runs: Sequence[CloudRun], batch_id: str, trigger: Trigger
    ) -> tuple[str, ...]:
        # The engine's library takes most of a second; who only waits does without.
        from pytest_reqflo.engine.durable.dispatch import Batch, Dispatcher

        if self._dispatcher is None:
            self._dispatcher = Dispatcher(self._records)
        seal = self._seal = self._seal or SealToWorkers(self._database)
        orders = [
            order_of(
                run.request,
                run.artifact,
                Dispatch(
                    batch_id=batch_id, trigger=trigger, item_id=run.item_id, run_key=run.run_key
                ),
                seal,
            )
            for run in runs
        ]
        new = {run.request.artifact: run for run in runs if run.request.artifact not in self._sent}
        ids = self._dispatcher.dispatch(
            Batch(
                batch_id=batch_id,
                trigger=trigger,
                dispatched_by=whoever_asks(),
                orders=orders,
                artifacts=[(run.artifact, run.blobs) for run in new.values()],
            )
        )
        self._sent |= new.keys()
        return ids

    def _ask(self, act: Callable[[], _T], patience_s: float | None = None) -> _T:
        """Return what the database answers, in bounded time; one that was just away is not asked."""
        if self._away is not None and time.monotonic() < self._away_until:
            raise EngineError(*self._away.diagnostics)
        patience_s = self.patience_s if patience_s is None else patience_s
        limit_s = patience_s + min(_ANSWER_S, max(1.0, patience_s))
        ask = functools.partial(patiently, act, patience_s=patience_s)
        try:
            with usable(self._database):
                answer = within(ask, limit_s)
        except TimeoutError as silence:
            # Whoever still waits for the old connections keeps them.
            self._database.engine.dispose(close=False)
            raise self._note_away(_silent(self.shown, silence)) from None
        except EngineError as error:
            raise self._note_away(error) from None
        self._away = None
        return answer

    def _note_away(self, error: EngineError) -> EngineError:
        self._away, self._away_until = error, time.monotonic() + _AWAY_S
        return error


def _chunks(runs: Sequence[CloudRun]) -> Iterator[Sequence[CloudRun]]:
    from pytest_reqflo.engine.durable.dispatch import RUNS_PER_TRANSACTION

    for first in range(0, len(runs), RUNS_PER_TRANSACTION):
        yield runs[first : first + RUNS_PER_TRANSACTION]


def _silent(shown: str, silence: TimeoutError) -> EngineError:
    title = f"the database {shown} cannot be used: {silence}"
    return EngineError(Diagnostic(code="RF615", title=title))


def _check_tables(database: Database) -> None:
    version = find_version(database)
    if version == SCHEMA_VERSION:
        return
    hint = "run `reqflo db migrate` with the role that owns the tables"
    why = "its tables are not made yet" if version is None else f"it has tables {version}"
    title = f"the database {database.shown} cannot be used: {why}"
    raise EngineError(Diagnostic(code="RF615", title=title, hint=hint))


def _no_environment(wanted: str | None, names: Sequence[str], shown: str) -> Diagnostic:
    pushed = "an admin pushes it: reqflo env push"
    if wanted is not None:
        title = f"there is no environment `{wanted}` in the database {shown}"
        hint = name_hint(wanted, names, what="Environments") if names else ""
        return Diagnostic(code="RF618", title=title, hint=hint or pushed)
    if not names:
        title = f"there is no environment in the database {shown}"
        return Diagnostic(code="RF618", title=title, hint=pushed)
    title = f"no environment is chosen, and the database {shown} has {len(names)}"
    hint = f"choose one with --reqflo-env; Environments: {', '.join(names[:24])}"
    return Diagnostic(code="RF618", title=title, hint=hint)
