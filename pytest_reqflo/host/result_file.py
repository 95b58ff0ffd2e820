"""The file of results that `--reqflo-output` asks for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from pytest_reqflo.values import Json
from pytest_reqflo.writing import replace_file


def write_results(path: Path, results: Mapping[str, Json]) -> None:
    """Write one result as it is, several as a list in order of their test ids.

    The file is readable by its owner only: it holds what servers answered.
    Raises: OSError.
    """
    documents = [results[name] for name in sorted(results)]
    document = documents[0] if len(documents) == 1 else {"format": 1, "results": documents}
    # Escapes keep lone surrogates, which JSON allows and UTF-8 does not.
    replace_file(path, (json.dumps(document, indent=2), "\n"))
