"""An existing store of runs, opened by those who look on: a file beside the project, or a Postgres."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.engine.durable.database import (
    SQLITE_PREFIX,
    Database,
    forbid_changes,
    open_database,
    open_sqlite,
    usable,
)
from pytest_reqflo.engine.durable.guards import find_version
from pytest_reqflo.engine.durable.locks import Alive, find_alive
from pytest_reqflo.engine.durable.records import Records, StoredRun
from pytest_reqflo.engine.durable.tables import SCHEMA_VERSION
from pytest_reqflo.errors import EngineError, UsageProblem

if TYPE_CHECKING:
    from pytest_reqflo.engine.durable.operating import EngineRows, SeenWorkflow

STORE_FILE = "runs.db"
"""Name of the embedded database in the folder of a store."""

OpenState = Literal["queued", "running", "left"]
"""``left``: the process that carried it out is gone; `reqflo resume` carries it on."""

OPEN_STATES: tuple[OpenState, ...] = get_args(OpenState)


class RunStore:
    """The runs of one database; *folder* is that of an embedded store, None for Postgres."""

    def __init__(self, records: Records, folder: Path | None) -> None:
        self.records = records
        self.folder = folder

    @property
    def database(self) -> Database:
        """Where the records are."""
        return self.records.database

    @property
    def shown(self) -> str:
        """What a message calls the store."""
        return self.database.shown

    def load(self, run_id: str) -> StoredRun:
        """Return a run that was found by its id."""
        with self.database.reading() as connection:
            stored = self.records.find_run(connection, run_id)
        assert stored is not None  # noqa: S101  # it was found by its id
        return stored

    @functools.cached_property
    def engine_rows(self) -> EngineRows:
        """What the engine has of the runs. Its library takes most of a second to load."""
        from pytest_reqflo.engine.durable.operating import EngineRows

        return EngineRows(self.database)

    def states_of(self, batches: Mapping[str, str]) -> Mapping[str, OpenState]:
        """Return the states of runs without a result, given as run id to batch."""
        seen: dict[str, list[SeenWorkflow]] = {run_id: [] for run_id in batches}
        for each in self.engine_rows.of_runs(list(batches)):
            seen[each.run_id].append(each)
        # Asked last: a process that began after its run was read would pass for a dead one.
        alive = find_alive(self.folder) if self.folder else None
        return {run_id: open_state(seen[run_id], batch, alive) for run_id, batch in batches.items()}


def open_state(seen: Sequence[SeenWorkflow], batch_id: str, alive: Alive | None) -> OpenState:
    """Return the state of a run without a result.

    Shape: *seen* are its workflows; *alive* None: workers see to it, whoever dies.
    """
    from pytest_reqflo.engine.durable.operating import OPEN

    last = next((each for each in reversed(seen) if each.status in OPEN), None)
    if last is not None and last.status != "PENDING":
        return "queued"
    if last is not None and (last.queue or alive is None or last.executor_id in alive.workers):
        return "running"
    if alive is None:
        return "queued"
    return "running" if last is None and batch_id in alive.batches else "left"


@contextlib.contextmanager
def open_runs(folder: Path, url: str = "", *, is_read_only: bool = False) -> Iterator[RunStore]:
    """Give the runs of the database at *url*, else those of the embedded store in *folder*.

    Raises: UsageProblem RF611 when nothing was ever recorded there; EngineError RF615 when the
        database cannot be used, now or while the block lasts.
    """
    with contextlib.closing(_open(folder, url)) as database, usable(database):
        if is_read_only:
            forbid_changes(database)
        version = find_version(database)
        if version is None:
            raise _no_store(database.shown)
        if version != SCHEMA_VERSION:
            title = f"{database.shown} cannot be used: it has the tables of version {version}"
            raise EngineError(Diagnostic(code="RF615", title=title))
        embedded = None if database.is_postgres else Path(database.shown).parent
        yield RunStore(Records(database), embedded)


def _open(folder: Path, url: str) -> Database:
    file = url.removeprefix(SQLITE_PREFIX) if url.startswith(SQLITE_PREFIX) else ""
    if url and not file:
        return open_database(url)
    path = Path(file) if file else folder / STORE_FILE
    if not path.is_file():
        raise _no_store(str(path))
    return open_sqlite(path)


def _no_store(shown: str) -> UsageProblem:
    title = f"there are no durable runs in {shown}"
    hint = "`pytest --reqflo-durable` keeps them; --store or --db names another place"
    return UsageProblem(Diagnostic(code="RF611", title=title, hint=hint))
