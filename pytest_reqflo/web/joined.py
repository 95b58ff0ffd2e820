"""Several places of runs as one: lists are merged by time, a run is taken from the first that has it."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Sequence

from pytest_reqflo.artifact.model import Artifact
from pytest_reqflo.web.source import (
    Key,
    ListedRun,
    RunPage,
    RunQuery,
    RunSource,
    SeenJourney,
    SeenRun,
    SeenSchedule,
    SeenVersion,
    SeenWorker,
)

_MAX_RECENT = 30


class JoinedSource:
    """All of *sources*; what several have is shown as the first of them has it."""

    def __init__(self, sources: Sequence[RunSource]) -> None:
        self._sources = tuple(sources)

    def runs(self, query: RunQuery) -> RunPage:
        """Return the next runs that *query* means, the newest first."""
        pages: list[RunPage] = []
        for number, source in enumerate(self._sources):
            page = source.runs(query)
            hidden = self._hidden(page.runs, self._sources[:number])
            runs = tuple(run for run in page.runs if run.run_id not in hidden)
            pages.append(dataclasses.replace(page, runs=runs))
        return merge_pages(pages, query.limit)

    def which(self, run_ids: Sequence[str]) -> frozenset[str]:
        """Return those of *run_ids* that are here."""
        return frozenset().union(*(source.which(run_ids) for source in self._sources))

    def run(self, run_id: str) -> SeenRun | None:
        """Return a run, None when it is not here."""
        found = (source.run(run_id) for source in self._sources)
        return next((each for each in found if each), None)

    def journeys(self) -> tuple[SeenJourney, ...]:
        """Return the journeys, the one that ran last first."""
        return merge_journeys(each for source in self._sources for each in source.journeys())

    def versions(self, journey_id: str) -> tuple[SeenVersion, ...]:
        """Return the versions of a journey, the newest first."""
        found = (each for source in self._sources for each in source.versions(journey_id))
        return merge_versions(found)

    def artifact(self, artifact_id: str) -> Artifact | None:
        """Return an artifact, None when it is not here."""
        found = (source.artifact(artifact_id) for source in self._sources)
        return next((each for each in found if each), None)

    def is_served(self) -> bool:
        """Say whether workers serve one of them."""
        return any(source.is_served() for source in self._sources)

    def schedules(self) -> Sequence[SeenSchedule] | None:
        """Return the schedules, None where there are never any."""
        found = (source.schedules() for source in self._sources)
        return next((each for each in found if each is not None), None)

    def workers(self) -> Sequence[SeenWorker] | None:
        """Return the workers, None where there are never any."""
        found = (source.workers() for source in self._sources)
        return next((each for each in found if each is not None), None)

    def _hidden(self, runs: Sequence[ListedRun], earlier: Sequence[RunSource]) -> frozenset[str]:
        run_ids = [run.run_id for run in runs]
        return frozenset().union(*(source.which(run_ids) for source in earlier))


def merge_pages(pages: Iterable[RunPage], limit: int) -> RunPage:
    """Return the first *limit* runs of *pages*, as far as each of them was looked through."""
    pages = tuple(pages)
    stops = [page.stopped_at for page in pages if page.stopped_at is not None]
    # Beyond the place where one of them stopped, it may have runs that come first.
    seen_to = min(stops, key=_order) if stops else None
    runs = sorted((run for page in pages for run in page.runs), key=lambda run: _order(run.key))
    if seen_to is not None:
        runs = [run for run in runs if _order(run.key) <= _order(seen_to)]
    if len(runs) > limit:
        return RunPage(tuple(runs[:limit]), runs[limit - 1].key)
    return RunPage(tuple(runs), seen_to)


def _order(key: Key) -> tuple[float, str]:
    at, run_id = key
    return -at, run_id


def merge_journeys(found: Iterable[SeenJourney]) -> tuple[SeenJourney, ...]:
    """Return one of each id, the one that ran last first."""
    merged: dict[str, SeenJourney] = {}
    for each in found:
        known = merged.get(each.id)
        merged[each.id] = _merged(known, each) if known else each
    return tuple(sorted(merged.values(), key=lambda each: (-each.last_at, each.id)))


def _merged(one: SeenJourney, other: SeenJourney) -> SeenJourney:
    known = {run_id for _, run_id, _ in one.recent}
    recent = sorted((*one.recent, *(each for each in other.recent if each[1] not in known)))
    return SeenJourney(
        id=one.id,
        name=one.name or other.name,
        last_at=max(one.last_at, other.last_at),
        outcomes=Counter(one.outcomes) + Counter(other.outcomes),
        environments=tuple(sorted({*one.environments, *other.environments})),
        is_failures_alone=all(each.is_failures_alone for each in (one, other) if each.outcomes),
        recent=tuple(reversed(recent))[:_MAX_RECENT],
    )


def merge_versions(found: Iterable[SeenVersion]) -> tuple[SeenVersion, ...]:
    """Return one of each artifact, the newest first."""
    merged: dict[str, SeenVersion] = {}
    for each in found:
        known = merged.get(each.artifact)
        merged[each.artifact] = _more(known, each) if known else each
    return tuple(
        sorted(merged.values(), key=lambda each: (-each.number, -each.seen_at, each.artifact))
    )


def _more(one: SeenVersion, other: SeenVersion) -> SeenVersion:
    named, timed = (one, other) if one.number else (other, one)
    return dataclasses.replace(named, seen_at=timed.seen_at or named.seen_at)
