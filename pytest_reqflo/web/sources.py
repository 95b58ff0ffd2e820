"""The places of runs that one page shows, by which of them there are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pytest_reqflo.artifact.store import ArtifactStore
from pytest_reqflo.web.folder_source import FolderSource
from pytest_reqflo.web.joined import JoinedSource
from pytest_reqflo.web.kept_source import KeptSource
from pytest_reqflo.web.source import RunSource

if TYPE_CHECKING:
    from pytest_reqflo.web.database_source import DatabaseDoor


def open_sources(
    folder: Path, door: DatabaseDoor | None, *, is_database_named: bool = False
) -> RunSource:
    """Return the runs of the database behind *door*, if there is one, and those of *folder*.

    Shape: of a database that is named runs alone are shown; the folder still says how its journeys'
        versions are counted here.
    """
    sources: list[RunSource] = []
    if door is not None:
        from pytest_reqflo.web.database_source import DatabaseSource

        sources.append(DatabaseSource(door))
    if not is_database_named:
        sources.append(KeptSource(folder))
    sources.append(FolderSource(ArtifactStore(folder)))
    return JoinedSource(sources)
