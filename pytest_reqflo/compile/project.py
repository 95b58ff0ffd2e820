"""`Project`: journey files of one folder become compiled journeys, each file read once."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_reqflo.compile.compiled import CompiledJourney, JourneySource
from pytest_reqflo.compile.kept import Kept
from pytest_reqflo.compile.known import KnownJourneys, open_library
from pytest_reqflo.compile.places import Folders, stamp_of
from pytest_reqflo.syntax.library import Library
from pytest_reqflo.syntax.read import MAX_SIZE_BYTES, read_bytes, read_file
from pytest_reqflo.values import Digest, digest_of

if TYPE_CHECKING:
    from pytest_reqflo.compile.templates import AdhocPolicy


class Project:
    """Compiles the journeys below *rootdir*; the library of each root is looked up once.

    Shape: what *kept* holds of a journey is not compiled again; `write` adds to it.
    """

    def __init__(
        self,
        rootdir: Path,
        *,
        configured_root: Path | None = None,
        adhoc: AdhocPolicy = "allow",
        kept: Kept | None = None,
    ) -> None:
        self.rootdir = rootdir
        self._folders = Folders(rootdir, configured_root)
        self._adhoc: AdhocPolicy = adhoc
        self._libraries: dict[Path, Library] = {}
        self._kept = kept
        self._known = KnownJourneys(kept, adhoc) if kept else None

    def library(self, root: Path) -> Library:
        """Return the library below *root*."""
        if root not in self._libraries:
            self._libraries[root] = open_library(root, self.rootdir, self._kept)
        return self._libraries[root]

    def root_of(self, path: Path) -> Path:
        """Return the root of the journey in *path*."""
        return self._folders.root_of(path)

    def compile_file(self, path: Path, shown: str) -> CompiledJourney:
        """Return the compiled journey in *path*, shown to people as *shown*.

        Raises: JourneyError with every problem found (RF1xx, RF2xx).
        """
        source = self._read(path, shown)
        if self._known is None:
            return _compile(source, self._adhoc)
        known = self._known.find(source)
        return known or self._known.note(source, _compile(source, self._adhoc))

    def write(self) -> None:
        """Have what was compiled since the last time kept for the next process."""
        if self._kept is not None:
            self._kept.write()

    def close(self) -> None:
        """Let go of where compiled journeys are kept."""
        if self._kept is not None:
            self._kept.close()

    def _read(self, path: Path, shown: str) -> JourneySource:
        place = self._folders.place_of(path, shown)
        library = self.library(place.root)
        looked_ns = time.time_ns()
        # As it was before it was read: what is written in between shows as a change.
        content, status = read_file(place.real, shown, max_bytes=MAX_SIZE_BYTES, below=place.below)
        stamp = stamp_of(status, looked_ns)
        return JourneySource(path, shown, place, library, content, digest_of(content), stamp)


def _compile(source: JourneySource, adhoc: AdhocPolicy) -> CompiledJourney:
    # Needed by what is not known already, and slow to load.
    from pytest_reqflo.compile.compiling import compile_source

    return compile_source(source, adhoc)


def source_digest_of(path: Path) -> Digest:
    """Return the digest of the journey file *path*. Raises: JourneyError when it cannot be read."""
    return digest_of(read_bytes(path, str(path), max_bytes=MAX_SIZE_BYTES))
