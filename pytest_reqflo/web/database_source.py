"""Recorded runs of a database as a `RunSource`: an embedded store, or a Postgres. Reads only."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_reqflo.artifact.codec import artifact_id
from pytest_reqflo.artifact.model import Artifact
from pytest_reqflo.codec import CodecError
from pytest_reqflo.engine.durable.database import usable
from pytest_reqflo.engine.durable.ending import so_far
from pytest_reqflo.engine.durable.history import (
    RunFilter,
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
from pytest_reqflo.result import result_from_json
from pytest_reqflo.values import Digest, Json, JsonProblem, parse_json
from pytest_reqflo.web.lines import ended_line, open_line
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

if TYPE_CHECKING:
    from pytest_reqflo.engine.durable.schedules import Schedule

_MAX_LINES = 4_096
"""Lines of runs that are over which are kept: they never change."""

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


class DatabaseSource:
    """The runs of one database."""

    def __init__(self, door: DatabaseDoor) -> None:
        self._door = door
        self._lines: dict[str, Json] = {}

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
            found = find_runs(store, _filter_of(query))
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
                self._lines[each.run_id] = _line_of(chunk[each.run_id], each.document)

    def _listed(self, run: RunLine) -> ListedRun:
        line = self._lines.get(run.run_id) if run.ended_at else None
        return ListedRun(at=run.dispatched_at, run_id=run.run_id, line=line or _bare_line(run))

    # --- journeys and versions -------------------------------------------------------------------

    def journeys(self) -> tuple[SeenJourney, ...]:
        """Return the journeys that have runs here."""
        with self._reading() as store:
            tallies = tally_journeys(store) if store else ()
        return tuple(
            SeenJourney(
                id=each.journey_id,
                last_at=each.last_at,
                outcomes={name or "open": count for name, count in each.outcomes.items()},
                environments=each.environments,
                recent=tuple(
                    (at, run_id, outcome or "open") for at, run_id, outcome in each.recent
                ),
            )
            for each in tallies
        )

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

            return tuple(map(_schedule, Schedules(store.database).list()))

    def workers(self) -> tuple[SeenWorker, ...] | None:
        """Return the workers, None for an embedded store, which never has any."""
        with self._reading() as store:
            if store is None or not store.database.is_postgres:
                return None
            found = list_workers(store.database)
        return tuple(
            SeenWorker(
                id=each.worker_id,
                host=each.host,
                pid=each.pid,
                version=each.version,
                state=each.state,
                expires_in_s=each.expires_in_s,
            )
            for each in found
        )


def _filter_of(query: RunQuery) -> RunFilter:
    return RunFilter(
        text=query.text,
        statuses=query.statuses,
        journey=query.journey,
        environment=query.environment,
        artifact=query.artifact,
        before=query.before,
        limit=query.limit + 1,
    )


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
        line={**named, **_bare_line(found), "journey": named["journey"]},
        document=document,
        is_over=False,
        under_way=UnderWay(step=position.step, attempt=position.attempt) if position else None,
    )


def _line_of(run: RunLine, document: str) -> Json:
    try:
        result = result_from_json(parse_json(document)).to_json()
    except (JsonProblem, CodecError):
        return {**_bare_line(run), "message": "its result is missing or was altered"}
    return ended_line(result, status=run.status, test=run.item_id, trigger=run.trigger)


def _bare_line(run: RunLine) -> Json:
    return open_line(
        run_id=run.run_id,
        status=run.status,
        journey_id=run.journey_id,
        environment=run.environment,
        case=run.case,
        row_number=run.row_number,
        artifact=run.artifact,
        dispatched_at=run.dispatched_at,
        test=run.item_id,
        trigger=run.trigger,
    )


def _schedule(each: Schedule) -> SeenSchedule:
    request = each.run.request
    following = each.timing.next_after(datetime.now(UTC))
    return SeenSchedule(
        name=each.name,
        cron=each.timing.cron,
        timezone=each.timing.timezone,
        is_paused=each.is_paused,
        last_at=each.last_at,
        next_at="" if each.is_paused else following.isoformat(timespec="seconds"),
        journey=request.identity.journey_id,
        artifact=artifact_id(Digest(request.artifact)),
        environment=request.environment,
        case=request.case,
    )
