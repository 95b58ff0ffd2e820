"""`JourneyResult` as a published JSON Schema; ``python -m pytest_reqflo.syntax.schema`` writes the file.

The schema accepts every document of format v1 and refuses unknown keys nowhere: later versions add
optional keys, and a reader of today must not stumble over them.
"""

from __future__ import annotations

import inspect
from typing import Any

from pydantic import TypeAdapter

from pytest_reqflo import result
from pytest_reqflo.evidence import model
from pytest_reqflo.values import Json


def result_document() -> dict[str, Json]:
    """Return the schema of one result, as pydantic writes it (2020-12)."""
    schema: dict[str, Json] = _opened(TypeAdapter(result.JourneyResult).json_schema())
    schema["description"] = inspect.getdoc(result.JourneyResult)
    schema["required"] = sorted({*schema["required"], "format"})
    schema["properties"]["format"] = {"const": 1, "description": "Version of this format."}
    # Whether pydantic takes docstrings of dataclasses depends on its version.
    for name, part in schema["$defs"].items():
        part["description"] = inspect.getdoc(getattr(result, name, None) or getattr(model, name))
    return schema


def _opened(node: Any) -> Any:
    if isinstance(node, list):
        return [_opened(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        # The draft-07 name of a tuple's items.
        "items" if key == "prefixItems" else key: _opened(item)
        for key, item in node.items()
        if key != "additionalProperties"
    }
