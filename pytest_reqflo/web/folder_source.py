"""Artifacts and versions of a store's folder as a `RunSource`. Reads only."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_reqflo.artifact.codec import artifact_id as id_of
from pytest_reqflo.artifact.model import Artifact
from pytest_reqflo.artifact.store import ArtifactStore
from pytest_reqflo.errors import ArtifactError
from pytest_reqflo.web.source import (
    RunPage,
    RunQuery,
    SeenJourney,
    SeenRun,
    SeenVersion,
)


class FolderSource:
    """What a folder has besides runs: the versions of journeys, counted and with their names."""

    def __init__(self, store: ArtifactStore) -> None:
        self._store = store

    def runs(self, query: RunQuery) -> RunPage:
        """Return no runs."""
        return RunPage()

    def which(self, run_ids: Sequence[str]) -> frozenset[str]:
        """Return none of *run_ids*."""
        return frozenset()

    def run(self, run_id: str) -> SeenRun | None:
        """Return None."""
        return None

    def journeys(self) -> tuple[SeenJourney, ...]:
        """Return the journeys that have versions here."""
        newest = (self._store.versions(each)[-1:] for each in self._store.journey_ids())
        return tuple(
            SeenJourney(id=record.journey_id, name=record.name)
            for records in newest
            for record in records
        )

    def versions(self, journey_id: str) -> tuple[SeenVersion, ...]:
        """Return the versions of a journey."""
        return tuple(
            SeenVersion(
                artifact=id_of(record.digest),
                number=record.number,
                name=record.name,
                label=record.label,
                owner=record.owner,
                file=record.file,
            )
            for record in self._store.versions(journey_id)
        )

    def artifact(self, artifact_id: str) -> Artifact | None:
        """Return an artifact, None when it is not here. Raises: ArtifactError RF601."""
        try:
            return self._store.load(artifact_id)[0]
        except ArtifactError as error:
            if error.diagnostics[0].code == "RF602":
                return None
            raise

    def is_served(self) -> bool:
        """Say that it is not."""
        return False

    def schedules(self) -> None:
        """Return None: a folder never has any."""

    def workers(self) -> None:
        """Return None: a folder never has any."""
