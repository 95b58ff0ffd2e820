"""What compiling depends on beside the files: us, Python, and the libraries that judge them."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Iterator
from importlib.machinery import PathFinder
from pathlib import Path

from pytest_reqflo.values import canonical_json, digest_of

_LIBRARIES = ("yaml", "pydantic", "pydantic_core", "jsonschema", "jsonpath_rfc9535", "regex")
_ROOMS = ("syntax", "compile", "artifact", "lang", "")


@functools.cache
def makers_digest() -> str:
    """Return what changes when another version of anything compiles: by size and time of files."""
    ours = [stamp for room in _ROOMS for stamp in _stamps_of(Path(__file__).parents[1] / room)]
    libraries = [(name, *_stamp_of(name)) for name in _LIBRARIES]
    return digest_of(canonical_json([sys.version, ours, libraries]))


def _stamps_of(folder: Path) -> Iterator[tuple[str, int, int]]:
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda each: each.name):
            if entry.name.endswith(".py"):
                status = entry.stat()
                yield f"{folder.name}/{entry.name}", status.st_size, status.st_mtime_ns


def _stamp_of(library: str) -> tuple[str, int, int]:
    spec = PathFinder.find_spec(library)
    origin = spec.origin if spec else None
    if origin is None:
        return "", 0, 0
    status = os.stat(origin)
    return origin, status.st_size, status.st_mtime_ns
