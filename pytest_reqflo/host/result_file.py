"""The file of results that `--reqflo-output` asks for, and how such files are written."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from pytest_reqflo.values import Json


def write_results(path: Path, results: Mapping[str, Json]) -> None:
    """Write one result as it is, several as a list in order of their test ids.

    The file is readable by its owner only: it holds what servers answered.
    Raises: OSError.
    """
    documents = [results[name] for name in sorted(results)]
    document = documents[0] if len(documents) == 1 else {"format": 1, "results": documents}
    write_private(path, json.dumps(document, indent=2) + "\n")


def write_private(path: Path, text: str) -> None:
    """Put *text*, which is ASCII, in place of what *path* holds, readable by its owner only.

    Shape: JSON written with escapes keeps lone surrogates, which UTF-8 does not.
    Raises: OSError.
    """
    temporary = path.with_name(f".{path.name[:100]}.{secrets.token_hex(8)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
