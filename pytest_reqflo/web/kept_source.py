"""Runs that sessions kept on disk as a `RunSource`: each is over. Reads only."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from pytest_reqflo.artifact.model import Artifact
from pytest_reqflo.codec import CodecError
from pytest_reqflo.errors import EngineError
from pytest_reqflo.evidence_store.read import KeptRun, load_document, load_log, load_run
from pytest_reqflo.report.html.summary import BAD
from pytest_reqflo.result import result_from_json
from pytest_reqflo.values import Json
from pytest_reqflo.web.kept_index import KeptIndex, Place
from pytest_reqflo.web.lines import ended_line, matches
from pytest_reqflo.web.source import (
    ListedRun,
    RunPage,
    RunQuery,
    SeenJourney,
    SeenRun,
    SeenVersion,
)

_MAX_LINES = 4_096
_MAX_LOOKED_AT = 300
"""Records that are read for one answer; the page asks for those that follow."""

_MAX_RECENT = 30


class KeptSource:
    """The records below the folder of a store."""

    def __init__(self, store: Path) -> None:
        self._index = KeptIndex(store)
        self._lines: dict[str, Json] = {}

    def runs(self, query: RunQuery) -> RunPage:
        """Return the next runs that *query* means, the newest first."""
        places = self._index.after(query.before)
        runs: list[ListedRun] = []
        last: Place | None = None
        for place in itertools.islice(places, _MAX_LOOKED_AT):
            last = place
            line = self._line_of(place.run)
            if line and matches(line, query):
                runs.append(_listed(place, line))
            if len(runs) == query.limit:
                break
        is_end = next(places, None) is None
        return RunPage(tuple(runs), None if is_end or last is None else last.key)

    def which(self, run_ids: Sequence[str]) -> frozenset[str]:
        """Return those of *run_ids* that are here."""
        return frozenset(run_id for run_id in run_ids if self._index.find(run_id))

    def run(self, run_id: str) -> SeenRun | None:
        """Return a run, None when it is not here. Raises: EngineError RF613."""
        kept = self._index.find(run_id)
        if kept is None:
            return None
        document = load_run(kept).to_json()
        line = {**ended_line(document, status=document["outcome"]), "is_kept": True}
        return SeenRun(line=line, document=document, is_over=True, log=load_log(kept))

    def journeys(self) -> Iterator[SeenJourney]:
        """Yield the journeys of the latest runs."""
        found: dict[str, list[tuple[float, str, str]]] = defaultdict(list)
        names: dict[str, str] = {}
        environments: dict[str, set[str]] = defaultdict(set)
        for place in itertools.islice(self._index.after(None), _MAX_LOOKED_AT):
            if line := self._line_of(place.run):
                journey = line["journey"]["id"]
                names.setdefault(journey, line["journey"]["name"])
                environments[journey].add(line.get("environment", ""))
                found[journey].append((place.key[0], line["id"], line["status"]))
        for journey, runs in found.items():
            yield SeenJourney(
                id=journey,
                name=names[journey],
                last_at=runs[0][0],
                outcomes=Counter(status for _, _, status in runs),
                recent=tuple(runs[:_MAX_RECENT]),
                environments=tuple(sorted(environments[journey])),
                is_failures_alone=all(status in BAD for _, _, status in runs),
            )

    def versions(self, journey_id: str) -> tuple[SeenVersion, ...]:
        """Return none: versions lie beside the runs."""
        return ()

    def artifact(self, artifact_id: str) -> Artifact | None:
        """Return None: artifacts lie beside the runs."""
        return None

    def is_served(self) -> bool:
        """Say that it is not."""
        return False

    def schedules(self) -> None:
        """Return None: a folder never has any."""

    def workers(self) -> None:
        """Return None: a folder never has any."""

    def _line_of(self, kept: KeptRun) -> Json:
        if len(self._lines) > _MAX_LINES:
            self._lines.clear()
        if kept.run_id not in self._lines:
            self._lines[kept.run_id] = _read_line(kept)
        return self._lines[kept.run_id]


def _read_line(kept: KeptRun) -> Json:
    """Return the line of a record, None when it cannot be read."""
    try:
        result = result_from_json(load_document(kept))
    except (EngineError, CodecError):
        return None
    line = ended_line(result.to_json(), status=result.outcome)
    return {**line, "is_kept": True} if line["id"] == kept.run_id else None


def _listed(place: Place, line: Json) -> ListedRun:
    at, run_id = place.key
    return ListedRun(at=at, run_id=run_id, line=line)
