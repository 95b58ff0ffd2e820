"""`Project`: journey files of one folder become compiled journeys, each file read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from pytest_reqflo.artifact.codec import artifact_digest, artifact_id
from pytest_reqflo.artifact.model import Artifact
from pytest_reqflo.compile.compiler import compile_journey
from pytest_reqflo.compile.places import Folders, Stamp, find_stamp
from pytest_reqflo.compile.templates import AdhocPolicy
from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.source import SourceMap
from pytest_reqflo.syntax.document import Document
from pytest_reqflo.syntax.journey import read_journey
from pytest_reqflo.syntax.library import Library, load_library
from pytest_reqflo.syntax.load import MAX_SIZE_BYTES
from pytest_reqflo.syntax.model import JourneyModel
from pytest_reqflo.syntax.read import read_bytes
from pytest_reqflo.values import Digest, digest_of


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledJourney:
    """A journey file, compiled.

    Shape: *document* and *source_map* are those of the author's file, with pointers that begin with
        ``/journey``; *model* is the journey without its steps; *rows_file* is the data file it names;
        *source_digest* is that of the file's bytes, *source_stamp* its state on disk, None when that
        says nothing; *file* is the path below the root.
    """

    path: Path
    shown: str
    root: Path
    model: JourneyModel
    artifact: Artifact
    blobs: Mapping[Digest, bytes] = field(repr=False)
    source_map: SourceMap = field(repr=False)
    document: Document = field(repr=False)
    library: Library = field(repr=False)
    source_digest: Digest
    source_stamp: Stamp | None = None
    file: str = ""
    rows_file: Path | None = None
    warnings: tuple[Diagnostic, ...] = ()

    @property
    def digest(self) -> Digest:
        """The address of the artifact, worked out when it is asked for."""
        return artifact_digest(self.artifact)

    @property
    def artifact_id(self) -> str:
        """The short name of the artifact."""
        return artifact_id(self.digest)


class Project:
    """Compiles the journeys below *rootdir*; the library of each root is looked up once."""

    def __init__(
        self, rootdir: Path, *, configured_root: Path | None = None, adhoc: AdhocPolicy = "allow"
    ) -> None:
        self.rootdir = rootdir
        self._folders = Folders(rootdir, configured_root)
        self._adhoc: AdhocPolicy = adhoc
        self._libraries: dict[Path, Library] = {}

    def library(self, root: Path) -> Library:
        """Return the library below *root*."""
        if root not in self._libraries:
            shown_from = self.rootdir if root.is_relative_to(self.rootdir) else root
            self._libraries[root] = load_library(root, shown_from=shown_from)
        return self._libraries[root]

    def root_of(self, path: Path) -> Path:
        """Return the root of the journey in *path*."""
        return self._folders.root_of(path)

    def compile_file(self, path: Path, shown: str) -> CompiledJourney:
        """Return the compiled journey in *path*, shown to people as *shown*.

        Raises: JourneyError with every problem found (RF1xx, RF2xx).
        """
        place = self._folders.place_of(path, shown)
        library = self.library(place.root)
        stamp = find_stamp(path)  # before it is read: what is written in between shows as a change
        content = read_bytes(place.real, shown, max_bytes=MAX_SIZE_BYTES, below=place.below)
        loaded = read_journey(content, path, shown=shown, root=place.root)
        compilation = compile_journey(loaded, library, adhoc=self._adhoc)
        return CompiledJourney(
            path=path,
            shown=shown,
            root=place.root,
            model=compilation.model,
            artifact=compilation.artifact,
            blobs=compilation.blobs,
            source_map=loaded.document.map,
            document=loaded.document,
            library=library,
            rows_file=compilation.rows_file,
            warnings=compilation.warnings,
            source_digest=digest_of(content),
            source_stamp=stamp,
            file=place.file,
        )


def source_digest_of(path: Path) -> Digest:
    """Return the digest of the journey file *path*. Raises: JourneyError when it cannot be read."""
    return digest_of(read_bytes(path, str(path), max_bytes=MAX_SIZE_BYTES))
