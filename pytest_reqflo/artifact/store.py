"""The store: artifacts and the files they name, written once; versions, counted.

    <store>/.gitignore                        *
    <store>/artifacts/artifact_<12 hex>.json  canonical JSON, read-only
    <store>/blobs/<sha256>                    files that artifacts name, read-only
    <store>/versions/<journey id>/v<n>.json   one record per distinct definition

Files appear whole or not at all: they are written aside and then linked to their name, which
fails when the name is taken. So any number of processes may write at the same time.
"""

from __future__ import annotations

import dataclasses
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pytest_reqflo.artifact.codec import (
    artifact_id,
    from_bytes,
    journey_short_id,
    to_bytes,
)
from pytest_reqflo.artifact.model import Artifact
from pytest_reqflo.codec import CodecError, from_json, to_json
from pytest_reqflo.diagnostic import Diagnostic, name_hint
from pytest_reqflo.errors import ArtifactError
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.reading import read_regular
from pytest_reqflo.values import Digest, JsonProblem, canonical_json, digest_of, parse_json
from pytest_reqflo.writing import make_private, make_store_folder, write_new

_ARTIFACT_NAME = re.compile(r"(?:artifact_)?([0-9a-f]{4,64})")
_MAX_ARTIFACT_BYTES = 256 * 1024 * 1024
_MAX_RECORD_BYTES = 4 * 1024 * 1024
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}")
_VERSION_FILE = re.compile(r"v([1-9]\d{0,8})\.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRecord:
    """One version of a journey: what the artifact leaves out because it changes no run."""

    journey_id: str
    digest: Digest
    number: int = 0
    name: str = ""
    description: str = ""
    owner: str = ""
    tags: tuple[str, ...] = ()
    label: str = ""
    file: str = ""

    @property
    def version(self) -> str:
        """The name of the version, such as ``v13``."""
        return f"v{self.number}"


class ArtifactStore:
    """Artifacts, blobs and versions in one folder; the folder is made at the first write."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        # As texts: each journey of a session asks for its artifact and its version.
        self._artifacts = os.path.join(directory, "artifacts")
        self._versions = os.path.join(directory, "versions")
        self.is_exposure_told = False
        self._is_ignored = False

    # --- writing ---------------------------------------------------------------------------------

    def put(
        self, artifact: Artifact, blobs: Mapping[Digest, bytes], content: bytes | None = None
    ) -> Path:
        """Write *artifact* and the files it names, and return the path of the artifact.

        What is there already is left as it is; *content* are the bytes of the artifact, if they
        were made already.
        Raises: OSError when the store cannot be written.
        """
        for blob, held in blobs.items():
            self._write_once(self.directory / "blobs" / blob, held)
        content = to_bytes(artifact) if content is None else content
        path = self.artifact_path(digest_of(content))
        self._write_once(path, content)
        return path

    def has_artifact(self, digest: Digest) -> bool:
        """Say whether the artifact of *digest* was written."""
        return os.path.exists(self._artifact_place(digest))

    def record_version(self, record: VersionRecord) -> VersionRecord:
        """Return *record* with its number, a new one unless the definition was seen before.

        The same in every process: whoever loses a race for a number looks again.
        Raises: OSError when the store cannot be written.
        """
        folder = self._version_folder(record.journey_id)
        while True:
            # By the names, and before the records are read: a damaged record has its number all the
            # same, and whoever writes in between must collide with us and not be passed by.
            taken = sorted(_numbers(folder), reverse=True)
            # A definition that comes again is most often the newest.
            for version in _read_records(folder, taken):
                if version.digest == record.digest:
                    return version
            number = max(taken, default=0) + 1
            numbered = dataclasses.replace(record, number=number)
            path = Path(folder, f"v{number}.json")
            if self._write_once(path, canonical_json(to_json(numbered))):
                return numbered
            if not path.is_file():
                raise OSError(f"cannot write {folder}")

    def _write_once(self, path: Path, content: bytes) -> bool:
        """Write *content* unless *path* exists; say whether it was written."""
        if os.path.exists(path):
            return False
        if os.path.islink(self.directory) or not (self._is_ignored and os.path.isdir(path.parent)):
            make_store_folder(self.directory)
            self._is_ignored = True
            make_private(path.parent)
        return write_new(path, content)

    def find_exposure(self) -> str:
        """Return why others could read or change what is stored, empty when nobody can."""
        try:
            status = self.directory.stat()
        except OSError:
            return ""
        if status.st_uid != os.geteuid():
            return "belongs to another user"
        return "is open to other users" if stat.S_IMODE(status.st_mode) & 0o077 else ""

    # --- reading ---------------------------------------------------------------------------------

    def artifact_path(self, digest: Digest) -> Path:
        """Return where the artifact of *digest* lies."""
        return Path(self._artifact_place(digest))

    def _artifact_place(self, digest: Digest) -> str:
        return f"{self._artifacts}/{artifact_id(digest)}.json"

    def load(self, name: str) -> tuple[Artifact, Digest]:
        """Return the artifact that *name* (id, digest, or a unique prefix) means, verified.

        Raises: ArtifactError: RF602 when none or several match, RF601 when it was altered.
        """
        path = self._find_artifact(name)
        try:
            content = read_regular(path, max_bytes=_MAX_ARTIFACT_BYTES)
        except OSError as error:
            raise _unusable(path, f"cannot be read: {error.strerror or error}") from None
        digest = digest_of(content)
        if artifact_id(digest) != path.stem:
            raise _unusable(path, f"was altered: its content has the id {artifact_id(digest)}")
        return from_bytes(content), digest

    def load_blobs(self, artifact: Artifact) -> Mapping[Digest, bytes]:
        """Return the files that *artifact* names, verified.

        Raises: ArtifactError (RF601) when one is missing or was altered.
        """
        return {digest: self._load_blob(digest) for digest in artifact.blobs}

    def _load_blob(self, digest: Digest) -> bytes:
        path = self.directory / "blobs" / digest
        try:
            content = read_regular(path, max_bytes=_MAX_ARTIFACT_BYTES)
        except OSError as error:
            raise _unusable(path, f"cannot be read: {error.strerror or error}") from None
        if digest_of(content) != digest:
            raise _unusable(path, "was altered")
        return content

    def _find_artifact(self, name: str) -> Path:
        match = _ARTIFACT_NAME.fullmatch(name)
        if match is None:
            raise _not_found(f"`{name}` is no artifact id", "write artifact_ and its digits")
        wanted = artifact_id(Digest(match[1]))
        found = sorted((self.directory / "artifacts").glob(f"{wanted}*.json"))
        if len(found) == 1:
            return found[0]
        if not found:
            raise _not_found(f"no artifact `{wanted}` in {self.directory}", "")
        listed = ", ".join(path.stem for path in found[:5])
        raise _not_found(f"`{wanted}` means {len(found)} artifacts", f"they are {listed}")

    def find_version(self, journey_id: str, digest: Digest) -> VersionRecord | None:
        """Return the version that has this definition, None when it was never recorded."""
        records = (version for version in self.versions(journey_id) if version.digest == digest)
        return next(records, None)

    def versions(self, journey_id: str) -> tuple[VersionRecord, ...]:
        """Return all versions of a journey, oldest first."""
        records = _read_versions(Path(self._version_folder(journey_id)))
        return tuple(sorted(records, key=lambda record: record.number))

    def journey_ids(self) -> tuple[str, ...]:
        """Return the ids of all journeys that have versions here."""
        folders = (self.directory / "versions").glob("*/")
        newest = (max(_read_versions(folder), key=_number, default=None) for folder in folders)
        return tuple(sorted({record.journey_id for record in newest if record}))

    def load_version(self, name: str) -> VersionRecord:
        """Return the version that *name* means: ``checkout@v13``, or the newest of ``checkout``.

        Shape: the journey is an id, a name or a ``jrn_`` id.
        Raises: ArtifactError (RF602) naming what there is.
        """
        journey, _, version = name.partition("@")
        records = self.versions(self.find_journey(journey))
        if not version:
            return records[-1]
        for record in records:
            if record.version == version:
                return record
        names = [record.version for record in records]
        title = f"journey `{journey}` has no version `{version}`"
        raise _not_found(title, name_hint(version, names, what="Versions"))

    def find_journey(self, name: str) -> str:
        """Return the id of the journey that *name* means: its id, ``jrn_`` id, or name.

        Raises: ArtifactError (RF602).
        """
        ids = self.journey_ids()
        for journey_id in ids:
            if name in (journey_id, journey_short_id(journey_id)):
                return journey_id
        named = [each for each in ids if any(r.name == name for r in self.versions(each))]
        if len(named) == 1:
            return named[0]
        title = f"no journey `{name}` has a version in {self.directory}"
        raise _not_found(title, name_hint(name, ids, what="Journeys"))

    def _version_folder(self, journey_id: str) -> str:
        # Only an artifact that somebody made by hand has an id that is no plain name.
        name = journey_id if _PLAIN_NAME.fullmatch(journey_id) else journey_short_id(journey_id)
        return f"{self._versions}/{name}"


def _read_versions(folder: Path) -> Iterator[VersionRecord]:
    """Give the readable records of *folder*; a damaged one counts as never written."""
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        if _VERSION_FILE.fullmatch(path.name) and (record := _read_record(path)):
            yield record


def _read_records(folder: str, numbers: Iterable[int]) -> Iterator[VersionRecord]:
    """Give the readable records of *folder* that have these *numbers* in their names."""
    for number in numbers:
        if record := _read_record(f"{folder}/v{number}.json"):
            yield record


def _read_record(path: Path | str) -> VersionRecord | None:
    try:
        content = read_regular(path, max_bytes=_MAX_RECORD_BYTES)
        return from_json(VersionRecord, parse_json(content))
    except (OSError, JsonProblem, CodecError):
        return None


def _numbers(folder: str) -> Iterator[int]:
    """Give the numbers that are taken in *folder*, whether their records can be read or not."""
    try:
        names = os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return
    yield from (int(match[1]) for match in map(_VERSION_FILE.fullmatch, names) if match)


def _number(record: VersionRecord) -> int:
    return record.number


def _unusable(path: Path, reason: str) -> ArtifactError:
    hint = "delete the file; compiling the journey writes it again"
    return ArtifactError(Diagnostic(code="RF601", title=f"{path.name} {reason}", hint=hint))


def _not_found(title: str, hint: str) -> ArtifactError:
    return ArtifactError(Diagnostic(code="RF602", title=title, hint=hint))
