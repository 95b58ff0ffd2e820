"""`CompiledJourney`: a journey file, compiled now or taken from what was kept of it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_reqflo.artifact.codec import artifact_digest, artifact_id
from pytest_reqflo.artifact.model import Artifact
from pytest_reqflo.compile.head import JourneyHead
from pytest_reqflo.compile.places import FilePlace, Stamp
from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.source import SourceMap
from pytest_reqflo.values import Digest

if TYPE_CHECKING:
    from pytest_reqflo.syntax.document import Document
    from pytest_reqflo.syntax.library import Library


@dataclass(frozen=True, slots=True)
class JourneySource:
    """A journey file as it was read.

    Shape: *path* is shown to people as *shown*; *stamp* is its state on disk, None when that says
        nothing.
    """

    path: Path
    shown: str
    place: FilePlace
    library: Library
    content: bytes
    digest: Digest
    stamp: Stamp | None


@dataclass(slots=True, kw_only=True, eq=False)
class CompiledJourney:
    """A journey file, compiled.

    Shape: *source_map* and *document* are those of the author's file, with pointers that begin with
        ``/journey``; *rows_file* is the data file it names; *has_read* says whether its artifact
        holds what other files say, *asked* names the kinds of files of the library that compiling asked
        for. What was not made along with it, *artifact* and *document* may be, is made by *missing* when
        it is asked for.
    """

    path: Path
    shown: str
    root: Path
    library: Library = field(repr=False)
    source_digest: Digest
    source_stamp: Stamp | None
    file: str
    head: JourneyHead
    source_map: SourceMap = field(repr=False)
    blobs: Mapping[Digest, bytes] = field(default_factory=dict, repr=False)
    rows_file: Path | None = None
    has_read: bool = False
    asked: frozenset[str] = frozenset()
    warnings: tuple[Diagnostic, ...] = ()
    known_digest: Digest | None = None
    missing: Mapping[str, Callable[[], object]] = field(default_factory=dict, repr=False)
    artifact: Artifact = field(init=False, repr=False)
    document: Document = field(init=False, repr=False)

    def __getattr__(self, name: str) -> object:
        """Make what is asked for the first time."""
        make = self.missing.get(name) if name in ("artifact", "document") else None
        if make is None:
            raise AttributeError(name)
        made = make()
        setattr(self, name, made)
        return made

    def let_go(self) -> bool:
        """Hold the artifact no longer, if it can be made again; say whether it can."""
        if "artifact" not in self.missing:
            return False
        with contextlib.suppress(AttributeError):  # nobody has asked for it
            del self.artifact
        return True

    @property
    def digest(self) -> Digest:
        """The address of the artifact, worked out when it is asked for."""
        if self.known_digest is None:
            self.known_digest = artifact_digest(self.artifact)
        return self.known_digest

    @property
    def artifact_id(self) -> str:
        """The short name of the artifact."""
        return artifact_id(self.digest)


def read_from(source: JourneySource) -> dict[str, Any]:
    """Return what a compiled journey knows of the file that it was read from."""
    return {
        "path": source.path,
        "shown": source.shown,
        "root": source.place.root,
        "library": source.library,
        "source_digest": source.digest,
        "source_stamp": source.stamp,
        "file": source.place.file,
    }
