"""What a person names, to a compiled journey or a stored artifact. Reads files and the store."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_reqflo.artifact.store import ArtifactStore
from pytest_reqflo.cli.find import (
    JourneyEntry,
    find_journey,
    find_nearby,
    find_path,
    is_artifact_id,
)
from pytest_reqflo.cli.settings import ProjectSettings, load_settings
from pytest_reqflo.frozen import dataclass

if TYPE_CHECKING:
    from pytest_reqflo.artifact.model import Artifact
    from pytest_reqflo.compile.compiled import CompiledJourney
    from pytest_reqflo.values import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An artifact, and the compiled file when it was made from one just now."""

    artifact: Artifact
    digest: Digest
    store: ArtifactStore
    compiled: CompiledJourney | None = None


def compile_entry(entry: JourneyEntry) -> tuple[CompiledJourney, ProjectSettings]:
    """Return the compiled journey and the settings of its project. Raises: JourneyError."""
    settings = load_settings(entry.path)
    return compile_file(entry.path, settings), settings


def compile_file(path: Path, settings: ProjectSettings) -> CompiledJourney:
    """Return the compiled journey of the file *path*. Raises: JourneyError."""
    from pytest_reqflo.compile.project import Project

    project = Project(settings.rootdir, configured_root=settings.root, adhoc=settings.adhoc)
    return project.compile_file(path.absolute(), shown_path(path))


def shown_path(path: Path) -> str:
    """Return *path* as people see it: from where they stand."""
    return os.path.relpath(path)


def load_artifact(wanted: str, store_folder: Path | None) -> Found:
    """Return the artifact that *wanted* means: a file, a journey, ``name@v3`` or an artifact id.

    Raises: UsageProblem RF802, ArtifactError RF601 and RF602, JourneyError.
    """
    path = find_path(wanted)
    if path is None and is_artifact_id(wanted):
        return _load_stored(wanted, open_store(store_folder))
    if path is None and "@" in wanted:
        # The project of the journey may lie below this folder, and its store with it.
        entry = find_nearby(wanted.rpartition("@")[0])
        store = open_store(store_folder, near=entry.path if entry else None)
        return _load_stored(store.load_version(wanted).digest, store)
    entry = find_journey(wanted, Path.cwd())
    compiled, settings = compile_entry(entry)
    store = ArtifactStore(store_folder or settings.store)
    return Found(artifact=compiled.artifact, digest=compiled.digest, store=store, compiled=compiled)


def open_store(folder: Path | None, *, near: Path | None = None) -> ArtifactStore:
    """Return the store in *folder*, else that of the project that *near* or this folder is in."""
    return ArtifactStore(folder or load_settings(near or Path.cwd()).store)


def _load_stored(name: str, store: ArtifactStore) -> Found:
    artifact, digest = store.load(name)
    return Found(artifact=artifact, digest=digest, store=store)
