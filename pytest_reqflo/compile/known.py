"""What was compiled before, under the digest of all that it was made of: journeys and environments.

A journey is known by the bytes of its file, where that lies below its root, the files of its library
that compiling asked for, and the versions of what compiles it. One that holds what other files say is
compiled each time, as is one with warnings, which are told each time.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_reqflo.artifact.codec import from_bytes
from pytest_reqflo.artifact.model import Artifact
from pytest_reqflo.compile.compiled import CompiledJourney, JourneySource, read_from
from pytest_reqflo.compile.kept import Kept
from pytest_reqflo.compile.makers import makers_digest
from pytest_reqflo.compile.records import (
    JourneyRecord,
    read_record,
    write_artifact,
    write_record,
)
from pytest_reqflo.errors import ArtifactError, JourneyError
from pytest_reqflo.source import SourceMap, SourceText, Spans
from pytest_reqflo.syntax.library import Library, load_library
from pytest_reqflo.syntax.paths import PathProblem, refuse_hidden, refuse_secret, resolve_below
from pytest_reqflo.syntax.read import decode_source, with_line_feeds
from pytest_reqflo.values import Digest, Json, canonical_json, digest_of

if TYPE_CHECKING:
    from pytest_reqflo.compile.templates import AdhocPolicy
    from pytest_reqflo.syntax.document import Document


def open_library(root: Path, rootdir: Path, kept: Kept | None) -> Library:
    """Return the library below *root*, its files shown from *rootdir* where they lie below it.

    Shape: what *kept* holds of its environments is not read and checked again.
    """
    shown_from = rootdir if root.is_relative_to(rootdir) else root
    known = KnownEnvironmentFiles(kept) if kept else None
    return load_library(root, shown_from=shown_from, known=known)


class KnownJourneys:
    """Journeys that *kept* holds, compiled with *adhoc*."""

    def __init__(self, kept: Kept, adhoc: AdhocPolicy) -> None:
        self._kept = kept
        self._adhoc: AdhocPolicy = adhoc

    def find(self, source: JourneySource) -> CompiledJourney | None:
        """Return the compiled journey, None when it is not known or its rows are not to be had."""
        text = self._kept.find(self._key_of(source))
        record = read_record(text) if text else None
        if record is None or not _is_as_it_was(source.library, record.library):
            return None
        try:
            return _compiled_from(record, source, self._adhoc)
        except (PathProblem, JourneyError):
            return None  # compiling says what is wrong

    def note(self, source: JourneySource, compiled: CompiledJourney) -> CompiledJourney:
        """Keep a journey that was compiled, if it may be, and return it as it is found again.

        So it holds no more than in the next session: neither its parsed document nor the places of all
        its parts, which the rows within a journey are looked up in.
        """
        record = _record_of(compiled, source.library)
        if record is None:
            return compiled
        is_kept = self._kept.keep(self._key_of(source), write_record(record))
        has_rows = record.head.data is not None and record.head.data.rows is not None
        if has_rows or not is_kept:
            return compiled
        try:
            return _compiled_from(record, source, self._adhoc)
        except (PathProblem, JourneyError):  # its data file went in between
            return compiled

    def _key_of(self, source: JourneySource) -> Digest:
        # No path holds a NUL.
        parts = (*_makers(self._adhoc), source.shown, source.place.file, source.digest)
        return digest_of("\0".join(parts).encode(errors="surrogatepass"))


def _makers(adhoc: AdhocPolicy) -> tuple[str, ...]:
    return "journey", makers_digest() or "", adhoc


def _is_as_it_was(library: Library, states: Mapping[str, Digest]) -> bool:
    """Say whether the files of *library* are those by which a journey was compiled."""
    return all(library.state_of(kind) == state for kind, state in states.items())


def _record_of(compiled: CompiledJourney, library: Library) -> JourneyRecord | None:
    """Return what is kept of a journey, None of one that is compiled each time."""
    is_alone = not (compiled.has_read or compiled.blobs or compiled.warnings)
    states = {kind: library.state_of(kind) for kind in sorted(compiled.asked)} if is_alone else {}
    known = {kind: state for kind, state in states.items() if state}
    if not is_alone or not compiled.source_map.lines or len(known) < len(states):
        return None
    artifact, lines = write_artifact(compiled.artifact), dict(compiled.source_map.lines)
    return JourneyRecord(compiled.head, artifact, compiled.digest, lines, known)


class KnownEnvironmentFiles:
    """What environment files say that *kept* holds."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    def find(self, shown: str, content: bytes) -> Mapping[str, Json] | None:
        """Return what a file with this *content* says, None when it is not known."""
        text = self._kept.find(_environment_key(shown, content))
        try:
            data = json.loads(text) if text else None
        except (ValueError, RecursionError):
            return None
        return data if isinstance(data, dict) else None

    def keep(self, shown: str, content: bytes, data: Mapping[str, Json]) -> None:
        """Keep that it says *data*."""
        self._kept.keep(_environment_key(shown, content), json.dumps(data, allow_nan=False))


def _environment_key(shown: str, content: bytes) -> Digest:
    known = ["environment", makers_digest() or "", shown, digest_of(content)]
    return digest_of(canonical_json(known))


def _compiled_from(
    record: JourneyRecord, source: JourneySource, adhoc: AdhocPolicy
) -> CompiledJourney:
    text = SourceText(source.shown, functools.partial(_read_text, source.content, source.shown))
    rows_file = _find_rows(record, source)
    return CompiledJourney(
        **read_from(source),
        head=record.head,
        source_map=SourceMap(text, find=functools.partial(_find_spans, text), lines=record.lines),
        rows_file=rows_file,
        known_digest=record.digest,
        missing={
            "artifact": functools.partial(_artifact_of, record.artifact, source, adhoc),
            "document": functools.partial(_document_of, text),
        },
    )


def _read_text(content: bytes, shown: str) -> str:
    return with_line_feeds(decode_source(content, shown)).text


def _find_rows(record: JourneyRecord, source: JourneySource) -> Path | None:
    """Return the data file, looked for as compiling does. Raises: PathProblem."""
    data = record.head.data
    if data is None or data.file is None:
        return None
    library, folder = source.library, source.path.parent
    path = resolve_below(library.root, folder, data.file)
    refuse_hidden(library.root, folder, path, data.file)
    refuse_secret(library.secret_places, path, data.file)
    return path


def _artifact_of(text: str, source: JourneySource, adhoc: AdhocPolicy) -> Artifact:
    try:
        return from_bytes(text.encode())
    except ArtifactError:
        from pytest_reqflo.compile.compiling import compile_source

        return compile_source(source, adhoc).artifact


def _document_of(text: SourceText) -> Document:
    from pytest_reqflo.syntax.load import parse_yaml

    return parse_yaml(text)[0]


def _find_spans(text: SourceText) -> tuple[Spans, Spans]:
    from pytest_reqflo.syntax.load import find_places

    return find_places(text)
