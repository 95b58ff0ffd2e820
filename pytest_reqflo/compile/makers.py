"""What compiling depends on beside the files: us, Python, and the libraries that judge them."""

from __future__ import annotations

import functools
import importlib.metadata
import os
import sys
from collections.abc import Iterator
from importlib.machinery import PathFinder
from pathlib import Path

from pytest_reqflo.values import Digest, canonical_json, digest_of

_LIBRARIES = (
    "yaml", "pydantic", "pydantic_core", "jsonschema", "jsonschema_specifications", "referencing",
    "jsonpath_rfc9535", "regex",
)  # fmt: skip
_ROOMS = ("syntax", "syntax/model", "compile", "artifact", "lang", "")


@functools.cache
def makers_digest() -> Digest | None:
    """Return what changes when another version of anything compiles: by place, size and time of files.

    Shape: None where files do not tell, as in an archive: then nothing may be taken for compiled.
    """
    package = Path(__file__).parents[1]
    try:
        ours = [stamp for room in _ROOMS for stamp in _stamps_of(package / room)]
        libraries = [(name, *_stamp_of(name)) for name in _LIBRARIES]
    except OSError:
        return None
    known = [sys.version, str(package), _metadata(), ours, libraries]
    return digest_of(canonical_json(known)) if ours else None


def _metadata() -> str:
    """Return what tells our version, unread: to read it takes as long as to compile a few files."""
    # Where packages are built to be reproducible, all files have the same time.
    try:
        found = importlib.metadata.distribution("pytest-reqflo")
    except importlib.metadata.PackageNotFoundError:
        return ""
    told = found.read_text("METADATA") or found.read_text("PKG-INFO") or ""
    return digest_of(told.encode(errors="surrogateescape"))


def _stamps_of(folder: Path) -> Iterator[tuple[str, int, int]]:
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda each: each.name):
            if entry.name.endswith((".py", ".pyc")):
                status = entry.stat()
                yield f"{folder.name}/{entry.name}", status.st_size, status.st_mtime_ns


def _stamp_of(library: str) -> tuple[str, int, int]:
    spec = PathFinder.find_spec(library)
    origin = spec.origin if spec else None
    if origin is None:
        return "", 0, 0
    status = os.stat(origin)
    return origin, status.st_size, status.st_mtime_ns
