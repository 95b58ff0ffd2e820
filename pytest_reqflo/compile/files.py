"""Files that a journey names: found below its root, read, and kept by digest."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from pathlib import Path

from pytest_reqflo.compile.findings import Findings, Place
from pytest_reqflo.errors import JourneyError
from pytest_reqflo.syntax.library import Library
from pytest_reqflo.syntax.load import load_document
from pytest_reqflo.syntax.paths import (
    MAX_FILE_BYTES,
    PathProblem,
    refuse_hidden,
    refuse_secret,
    resolve_below,
)
from pytest_reqflo.syntax.read import read_bytes
from pytest_reqflo.values import Digest, Json, JsonProblem, digest_of, parse_json_noting, shorten


@dataclass(slots=True)
class Files:
    """Reads the files of one journey; *blobs* gathers those that the artifact stores.

    Shape: *has_read* says whether any was read; one whose rows become items was only found.
    """

    findings: Findings
    library: Library
    folders: dict[str, Path]
    blobs: dict[Digest, bytes] = field(default_factory=dict)
    has_read: bool = False

    @property
    def root(self) -> Path:
        """The folder that bounds them."""
        return self.library.root

    def find(self, relative: str, place: Place) -> Path | None:
        """Return the real path of the file written at *place*, None with a problem noted."""
        if "{{" in relative:
            title = "the name of a file cannot hold an expression"
            hint = "the content of files is part of the compiled journey"
            label = place.part_label(relative.index("{{"), 2)
            self.findings.note("RF204", title, label, hint=hint)
            return None
        folder = self.folders[place.file]
        try:
            path = resolve_below(self.root, folder, relative)
            refuse_hidden(self.root, folder, path, relative)
            refuse_secret(self.library.secret_places, path, relative)
        except PathProblem as problem:
            self.findings.note(problem.code, problem.message, place.label(), hint=problem.hint)
            return None
        return path

    def read(self, relative: str, place: Place) -> bytes | None:
        """Return the bytes of the file, None with a problem noted."""
        path = self.find(relative, place)
        try:
            return self._read(path, relative) if path else None
        except JourneyError as error:
            for item in error.diagnostics:
                self.findings.note(item.code, item.title, place.label())
            return None

    def _read(self, path: Path, relative: str) -> bytes:
        self.has_read = True
        return read_bytes(path, relative, max_bytes=MAX_FILE_BYTES, below=self.root.resolve())

    def read_json(self, relative: str, place: Place, *, code: str = "RF115") -> Json:
        """Return the JSON (or, by suffix, YAML) of the file, None with a problem noted."""
        path = self.find(relative, place)
        if path is None:
            return None
        if path.suffix in (".yaml", ".yml"):
            return self._read_yaml(path, relative)
        content = self.read(relative, place)
        try:
            return None if content is None else _parse_unique(content)
        except JsonProblem as problem:
            self.findings.note(code, f"`{relative}` is not usable JSON: {problem}", place.label())
            return None

    def _read_yaml(self, path: Path, relative: str) -> Json:
        self.has_read = True
        try:
            return load_document(path, relative, below=self.root.resolve())[0].data
        except JourneyError as error:
            self.findings.take(error)
            return None

    def read_text(self, relative: str, place: Place) -> str | None:
        """Return the text of the file, None with a problem noted."""
        content = self.read(relative, place)
        try:
            return None if content is None else content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            title = f"`{relative}` is not UTF-8 at byte {error.start}"
            self.findings.note("RF115", title, place.label())
            return None

    def keep(self, content: bytes | None) -> Digest | None:
        """Keep *content* for the artifact and return its digest."""
        if content is None:
            return None
        digest = digest_of(content)
        self.blobs[digest] = content
        return digest

    def decode_base64(self, text: str, place: Place) -> bytes | None:
        """Return the bytes that *text* spells, None with a problem noted."""
        try:
            return base64.b64decode("".join(text.split()), validate=True)
        except (binascii.Error, ValueError):
            self.findings.note("RF107", "`body_base64` is not base64", place.label())
            return None


def _parse_unique(content: bytes) -> Json:
    """Return the JSON of a file of the author, where a second key of one name is a mistake."""
    value, repeated = parse_json_noting(content.removeprefix(b"\xef\xbb\xbf"))
    if repeated:
        raise JsonProblem(f"the key `{shorten(repeated[0], 60)}` stands twice in one object")
    return value
