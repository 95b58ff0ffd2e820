"""`Subject`: what a file of journeys gives its items to run, compiled now or long ago."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_reqflo.artifact.codec import artifact_digest, artifact_id
from pytest_reqflo.artifact.model import Artifact
from pytest_reqflo.diagnostic import Label, label_at
from pytest_reqflo.errors import JourneyError
from pytest_reqflo.plan.assignments import secret_keys
from pytest_reqflo.source import SourceMap
from pytest_reqflo.syntax.paths import path_below
from pytest_reqflo.values import Digest

if TYPE_CHECKING:
    from pytest_reqflo.compile.compiled import CompiledJourney
    from pytest_reqflo.compile.places import Stamp
    from pytest_reqflo.host.session import JourneySession
    from pytest_reqflo.syntax.library import Library


@dataclass(slots=True, kw_only=True, eq=False)
class Subject:
    """An artifact with its files and names.

    Shape: *stored* is an artifact that was compiled long ago, None for a journey that is *compiled* now;
        *version* is ``""`` until the first item ran; *places* is None for an old artifact;
        *shown* is the path as shown to people; *file* is the path of the journey below its root,
        empty when it is not known; *unchanged* is the state of the file when it was last as compiled;
        *known_digest* is that of the artifact once somebody asked; *located* is the path in reports,
        ``""`` until an item has found it; *waiting* counts the items that are not reported yet.
    """

    stored: Artifact | None = None
    blobs: Mapping[Digest, bytes]
    name: str
    path: Path
    shown: str
    library: Library
    file: str = ""
    label: str = ""
    owner: str = ""
    tags: tuple[str, ...] = ()
    case_names: tuple[str, ...] = ()
    fixtures: tuple[str, ...] = ()
    group: str = ""
    is_serial: bool = False
    places: SourceMap | None = None
    compiled: CompiledJourney | None = field(default=None, repr=False)
    version: str = ""
    unchanged: Stamp | None = None
    known_digest: Digest | None = None
    located: str = ""
    waiting: int = 0
    artifact: Artifact = field(init=False, repr=False)

    def __getattr__(self, name: str) -> object:
        """Make the artifact when it is asked for the first time: whoever only collects has no use for it."""
        made = (self.stored or getattr(self.compiled, name, None)) if name == "artifact" else None
        if made is None:
            raise AttributeError(name)
        self.artifact = made
        return made

    def end_item(self) -> None:
        """Count an item as reported; after the last, hold no artifact that can be made again.

        With it goes what was worked out for its parts. pytest keeps its items, and the garbage
        collector would walk all of that to the end of the session.
        """
        self.waiting -= 1
        # Once: where a plugin lets items run again there are more reports than items.
        if self.waiting == 0 and self.compiled is not None and self.compiled.let_go():
            with contextlib.suppress(AttributeError):  # nobody has asked for it
                del self.artifact

    @property
    def digest(self) -> Digest:
        """The address of the artifact; a session that only collects never asks for it."""
        digest = self.known_digest
        if digest is None:
            digest = artifact_digest(self.artifact)
            self.know_digest(digest)
        return digest

    def know_digest(self, digest: Digest) -> None:
        """Take the address of the artifact, which somebody has worked out."""
        self.known_digest = digest
        if self.compiled is not None:
            self.compiled.known_digest = digest

    @property
    def artifact_id(self) -> str:
        """The short name of the artifact."""
        return artifact_id(self.digest)

    @property
    def has_inline_rows(self) -> bool:
        """Whether rows stand in the journey file itself."""
        data = self.compiled.head.data if self.compiled else None
        return data is not None and data.rows is not None

    def declared(self, sets: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """Return those of *sets* whose name the journey declares, or uses as that of a secret."""
        if not sets:
            return ()
        names = (*self.declared_names(), *secret_keys(self.artifact))
        return tuple((name, text) for name, text in sets if name in names)

    def declared_names(self) -> tuple[str, ...]:
        """Return the names of the inputs and variables."""
        inputs = tuple(each.name for each in self.artifact.inputs)
        return (*inputs, *(each.name for each in self.artifact.variables))

    def is_file_changed(self) -> bool:
        """Say whether the journey file is no longer what was compiled; never for an artifact."""
        from pytest_reqflo.compile.places import find_stamp
        from pytest_reqflo.compile.project import source_digest_of

        if self.compiled is None:
            return False
        # Each row of a journey asks: the file is read again only when it may have been touched.
        stamp = find_stamp(self.path)
        if stamp is not None and stamp == self.unchanged:
            return False
        try:
            is_changed = source_digest_of(self.path) != self.compiled.source_digest
        except JourneyError:
            return True
        self.unchanged = None if is_changed else stamp
        return is_changed

    def line_of(self, pointer: str) -> int:
        """Return the line (from 1) of the value at *pointer* of the document."""
        return self.places.line_of(pointer) if self.places else 1

    def labels_at(self, pointer: str) -> tuple[Label, ...]:
        """Return the marked place of *pointer*, none without the file."""
        if self.places is None:
            return ()
        return (label_at(self.places.source, self.places.span_of(pointer)),)


def subject_of_journey(compiled: CompiledJourney) -> Subject:
    """Return what the items of a journey file run."""
    head = compiled.head
    return Subject(
        blobs=compiled.blobs,
        name=head.name,
        path=compiled.path,
        shown=compiled.shown,
        library=compiled.library,
        file=compiled.file,
        label=head.label,
        owner=head.owner,
        tags=head.tags,
        case_names=tuple([case.name for case in head.cases]),
        fixtures=head.fixtures,
        group=head.group,
        is_serial=head.is_serial,
        places=compiled.source_map,
        compiled=compiled,
        unchanged=compiled.source_stamp,
        known_digest=compiled.known_digest,
    )


def subject_of_artifact(session: JourneySession, path: Path, shown: str) -> Subject:
    """Return what the item of a stored artifact runs.

    Raises: ArtifactError when it does not verify.
    """
    from pytest_reqflo.artifact.store import ArtifactStore
    from pytest_reqflo.host.version import UNKNOWN
    from pytest_reqflo.syntax.library import load_library
    from pytest_reqflo.syntax.paths import find_root

    store = ArtifactStore(path.parent.parent)
    artifact, digest = store.load(path.stem)
    record = store.find_version(artifact.journey_id, digest)
    settings = session.settings
    # The libraries of the journey that it was compiled from, wherever the store lies.
    origin = settings.rootdir / record.file if record and record.file else path
    root = find_root(origin, rootdir=settings.rootdir, configured=settings.root)
    is_known = record is not None and bool(record.file)
    return Subject(
        stored=artifact,
        known_digest=digest,
        blobs=store.load_blobs(artifact),
        name=(record.name if record else "") or artifact.journey_id,
        label=record.label if record else "",
        owner=record.owner if record else "",
        tags=record.tags if record else (),
        path=path,
        shown=shown,
        library=load_library(root, shown_from=settings.rootdir),
        file=path_below(root, origin) if is_known else "",
        version=record.version if record else UNKNOWN,
    )
