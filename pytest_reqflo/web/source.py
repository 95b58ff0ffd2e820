"""What the page asks of a place where runs are: one protocol, and the values that go through it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import Protocol, TypeAlias

from pytest_reqflo.artifact.model import Artifact
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.values import Json

Key: TypeAlias = tuple[float, str]
"""Seconds since 1970 and the id of a run: its place in a list, the newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunQuery:
    """Which runs are asked for, and how many; what is empty or None chooses nothing out.

    Shape: *before* is the place of a run in the list; those after it are meant.
    """

    text: str = ""
    statuses: tuple[str, ...] = ()
    journey: str = ""
    environment: str = ""
    artifact: str = ""
    before: Key | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRun:
    """One run of a list; *line* is what the page shows of it there."""

    at: float
    run_id: str
    line: Json

    @property
    def key(self) -> Key:
        """Its place in the list."""
        return self.at, self.run_id


@dataclass(frozen=True, slots=True)
class RunPage:
    """Part of a list; *stopped_at* is the place up to which was looked, None at the end of all."""

    runs: tuple[ListedRun, ...] = ()
    stopped_at: Key | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderWay:
    """Where a run stands: number of the step from 0 and of the try from 1."""

    step: int
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRun:
    """One run: its line, and its result, or how far it came.

    Shape: *document* is a `JourneyResult` v1; *under_way* only while it is carried out; *log* is
        what was logged meanwhile, where that is kept.
    """

    line: Json
    document: Json
    is_over: bool
    under_way: UnderWay | None = None
    log: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenJourney:
    """A journey in short; *recent* are its latest runs, the newest first, as time, id and status.
    *is_failures_alone* where other runs of it may not have been kept.
    """

    id: str
    name: str = ""
    last_at: float = 0.0
    outcomes: Mapping[str, int] = field(default_factory=dict)
    recent: tuple[tuple[float, str, str], ...] = ()
    environments: tuple[str, ...] = ()
    is_failures_alone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenVersion:
    """A definition of a journey; *number* is 0 where versions are not counted."""

    artifact: str
    number: int = 0
    name: str = ""
    label: str = ""
    owner: str = ""
    file: str = ""
    seen_at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenSchedule:
    """A schedule; times are ISO texts, empty when there are none."""

    name: str
    cron: str
    timezone: str
    is_paused: bool
    last_at: str
    next_at: str
    journey: str
    artifact: str
    environment: str
    case: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenWorker:
    """A worker; *expires_in_s* are the seconds that its lease still lasts."""

    id: str
    host: str
    pid: int
    version: str
    state: str
    expires_in_s: float


class RunSource(Protocol):
    """A place where runs are. Reads only, and may be asked by several threads.

    Raises: EngineError, ArtifactError when it cannot be read.
    """

    def runs(self, query: RunQuery) -> RunPage:
        """Return the next runs that *query* means, the newest first."""

    def which(self, run_ids: Sequence[str]) -> frozenset[str]:
        """Return those of *run_ids* that are here."""

    def run(self, run_id: str) -> SeenRun | None:
        """Return a run, None when it is not here."""

    def journeys(self) -> Iterable[SeenJourney]:
        """Return the journeys that have runs or versions here."""

    def versions(self, journey_id: str) -> Iterable[SeenVersion]:
        """Return the versions of a journey, in any order."""

    def artifact(self, artifact_id: str) -> Artifact | None:
        """Return an artifact, None when it is not here."""

    def is_served(self) -> bool:
        """Say whether workers serve it: elsewhere there are never any, and no schedules."""

    def schedules(self) -> Sequence[SeenSchedule] | None:
        """Return the schedules, None where there are never any."""

    def workers(self) -> Sequence[SeenWorker] | None:
        """Return the workers, None where there are never any."""
