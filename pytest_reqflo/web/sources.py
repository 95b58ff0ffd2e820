"""The places of runs that one page shows, by which of them there are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pytest_reqflo.artifact.store import ArtifactStore
from pytest_reqflo.web.folder_source import FolderSource
from pytest_reqflo.web.joined import JoinedSource
from pytest_reqflo.web.source import RunSource

if TYPE_CHECKING:
    from pytest_reqflo.web.database_source import DatabaseDoor


def open_sources(folder: Path, door: DatabaseDoor | None) -> RunSource:
    """Return the runs of the database behind *door*, if there is one, and those of *folder*."""
    sources: list[RunSource] = []
    if door is not None:
        from pytest_reqflo.web.database_source import DatabaseSource

        sources.append(DatabaseSource(door))
    sources.append(FolderSource(ArtifactStore(folder)))
    return JoinedSource(sources)
