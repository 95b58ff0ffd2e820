"""Recorded runs of a database as a `RunSource`: an embedded store, or a Postgres. Reads only."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from pytest_reqflo.artifact.model import Artifact
from pytest_reqflo.engine.durable.database import usable
from pytest_reqflo.engine.durable.ending import so_far
from pytest_reqflo.engine.durable.history import (
    RunLine,
    find_run,
    find_runs,
    load_kept_result,
)
from pytest_reqflo.engine.durable.stores import STORE_FILE, RunStore, open_runs
from pytest_reqflo.engine.durable.tallies import (
    find_artifact_digest,
    list_artifacts,
    list_workers,
    tally_journeys,
)
from pytest_reqflo.engine.durable.under_way import find_position
from pytest_reqflo.errors import UsageProblem
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.values import Digest, Json
from pytest_reqflo.web.lines import ended_line
from pytest_reqflo.web.rows import (
    bare_line,
    filter_of,
    journey_of,
    line_of,
    schedule_of,
    worker_of,
)
from pytest_reqflo.web.source import (
    ListedRun,
    RunPage,
    RunQuery,
    SeenJourney,
    SeenRun,
    SeenSchedule,
    SeenVersion,
    SeenWorker,
    UnderWay,
)

_MAX_LINES = 4_096
"""Lines of runs that are over which are kept: they never change."""

_TIMES_AS_LONG = 10
"""Counting reads every run: for so many times as long as it took, what was counted stands."""

_CHUNK = 10
"""Results that are read at a time: each may be large."""


class DatabaseDoor:
    """The database, opened when it is there; an embedded one may be made later."""

    def __init__(self, folder: Path, url: str = "") -> None:
        self._folder = folder
        self._url = url
        self._lock = threading.Lock()
        self._stack = contextlib.ExitStack()
        self._store: RunStore | None = None

    def find(self) -> RunStore | None:
        """Return the store, None while there is none. Raises: EngineError RF615."""
        with self._lock:
            if self._store is None and (self._url or (self._folder / STORE_FILE).is_file()):
                self._store = self._open()
            return self._store

    def close(self) -> None:
        """End all connections."""
        self._stack.close()

    def _open(self) -> RunStore | None:
        opened = open_runs(self._folder, self._url, is_read_only=True)
        try:
            return self._stack.enter_context(opened)
        except UsageProblem:
            if self._url:
                raise
            return None  # made a moment ago: its tables follow


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counted:
    journeys: tuple[SeenJourney, ...] = ()
    again_at: float = 0.0


class DatabaseSource:
    """The runs of one database."""

    def __init__(self, door: DatabaseDoor) -> None:
        self._door = door
        self._lines: dict[str, Json] = {}
        self._counted = _Counted()

    @contextlib.contextmanager
    def _reading(self) -> Iterator[RunStore | None]:
        store = self._door.find()
        if store is None:
            yield None
            return
        with usable(store.database):
            yield store

    # --- runs ------------------------------------------------------------------------------------

    def runs(self, query: RunQuery) -> RunPage:
        """Return the next runs that *query* means, the newest first."""
        with self._reading() as store:
            if store is None:
                return RunPage()
            found = find_runs(store, filter_of(query))
            shown = found[: query.limit]
            self._read_lines(store, shown)
            runs = tuple(self._listed(line) for line in shown)
        return RunPage(runs, runs[-1].key if len(found) > len(shown) else None)

    def which(self, run_ids: Sequence[str]) -> frozenset[str]:
        """Return those of *run_ids* that are here."""
        with self._reading() as store:
            if store is None:
                return frozenset()
            with store.database.reading() as connection:
                return store.records.which_are_there(connection, run_ids)

    def run(self, run_id: str) -> SeenRun | None:
        """Return a run, None when it is not here."""
        with self._reading() as store:
            if store is None:
                return None
            try:
                found = find_run(store, run_id)
            except UsageProblem:
                return None
            return _over(store, found) if found.ended_at else _open(store, found)

    def _read_lines(self, store: RunStore, shown: Sequence[RunLine]) -> None:
        if len(self._lines) > _MAX_LINES:
            self._lines.clear()
        unread = [each for each in shown if each.ended_at and each.run_id not in self._lines]
        for start in range(0, len(unread), _CHUNK):
            chunk = {each.run_id: each for each in unread[start : start + _CHUNK]}
            with store.database.reading() as connection:
                kept = store.records.find_results(connection, list(chunk))
            for each in kept:
                self._lines[each.run_id] = line_of(chunk[each.run_id], each.document)

    def _listed(self, run: RunLine) -> ListedRun:
        line = self._lines.get(run.run_id) if run.ended_at else None
        return ListedRun(at=run.dispatched_at, run_id=run.run_id, line=line or bare_line(run))

    # --- journeys and versions -------------------------------------------------------------------

    def journeys(self) -> tuple[SeenJourney, ...]:
        """Return the journeys that have runs here, counted again when that is worth its time."""
        if time.monotonic() >= self._counted.again_at:
            began = time.monotonic()
            with self._reading() as store:
                found = tuple(map(journey_of, tally_journeys(store))) if store else ()
            ended = time.monotonic()
            again_at = ended + _TIMES_AS_LONG * (ended - began)
            self._counted = _Counted(journeys=found, again_at=again_at)
        return self._counted.journeys

    def versions(self, journey_id: str) -> tuple[SeenVersion, ...]:
        """Return the artifacts of a journey; a database does not count them."""
        with self._reading() as store:
            found = list_artifacts(store, journey_id) if store else ()
        return tuple(SeenVersion(artifact=name, seen_at=at) for name, at in found)

    def artifact(self, artifact_id: str) -> Artifact | None:
        """Return an artifact, None when it is not here."""
        with self._reading() as store:
            digest = find_artifact_digest(store, artifact_id) if store else None
            if store is None or digest is None:
                return None
            with store.database.reading() as connection:
                return store.records.load_artifact(connection, digest)[0]

    # --- schedules and workers -------------------------------------------------------------------

    def is_served(self) -> bool:
        """Say whether it is a Postgres, without asking it: not every role may see everything."""
        store = self._door.find()
        return store is not None and store.database.is_postgres

    def schedules(self) -> tuple[SeenSchedule, ...] | None:
        """Return the schedules, None for an embedded store, which never has any."""
        with self._reading() as store:
            if store is None or not store.database.is_postgres:
                return None
            from pytest_reqflo.engine.durable.schedules import Schedules

            now = datetime.now(UTC)
            return tuple(schedule_of(each, now) for each in Schedules(store.database).list())

    def workers(self) -> tuple[SeenWorker, ...] | None:
        """Return the workers, None for an embedded store, which never has any."""
        with self._reading() as store:
            if store is None or not store.database.is_postgres:
                return None
            found = list_workers(store.database)
        return tuple(map(worker_of, found))


def _over(store: RunStore, found: RunLine) -> SeenRun:
    document = load_kept_result(store, found.run_id).to_json()
    line = ended_line(document, status=found.status, test=found.item_id, trigger=found.trigger)
    return SeenRun(line=line, document=document, is_over=True)


def _open(store: RunStore, found: RunLine) -> SeenRun:
    stored = store.load(found.run_id)
    recorded = store.engine_rows.recorded(found.run_id)
    document = so_far(store.records, stored, recorded).to_json()
    with store.database.reading() as connection:
        artifact, _ = store.records.load_artifact(connection, Digest(stored.order.artifact))
    position = find_position(artifact, recorded) if found.status == "running" else None
    named = ended_line(document, status=found.status, test=found.item_id, trigger=found.trigger)
    named.pop("elapsed_s", None)  # it goes on
    return SeenRun(
        line={**named, **bare_line(found), "journey": named["journey"]},
        document=document,
        is_over=False,
        under_way=UnderWay(step=position.step, attempt=position.attempt) if position else None,
    )
