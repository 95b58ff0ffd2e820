"""The models as JSON Schema for editors; ``python -m pytest_reqflo.syntax.schema`` writes the files.

Draft-07 keywords only: that is what yaml-language-server promises. Pure but for `main`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from pytest_reqflo.syntax.model import (
    EnvironmentDocument,
    JourneyDocument,
    OverlayDocument,
    PresetDocument,
    TemplateDocument,
)
from pytest_reqflo.syntax.result_schema import result_document
from pytest_reqflo.values import Json

DRAFT = "http://json-schema.org/draft-07/schema#"

DOCUMENTS: dict[str, type[BaseModel]] = {
    "journey": JourneyDocument,
    "environment": EnvironmentDocument,
    "preset": PresetDocument,
    "overlay": OverlayDocument,
    "template": TemplateDocument,
}
"""The kinds of files, and the model of each."""

KINDS = (*DOCUMENTS, "result")
"""Every kind of document that has a published schema."""

_DROPPED = frozenset({"title", "discriminator"})


def journey_schema() -> dict[str, Json]:
    """Return the JSON Schema (draft-07) of journey files."""
    return document_schema("journey")


def document_schema(kind: str) -> dict[str, Json]:
    """Return the JSON Schema (draft-07) of files of this *kind*, one of KINDS."""
    source = result_document if kind == "result" else DOCUMENTS[kind].model_json_schema
    schema: dict[str, Json] = _convert(source())
    definitions = schema.pop("definitions", {})
    if kind == "template":
        # A template may also stand without its root key.
        inner = schema["properties"]["template"]["allOf"][0]
        schema = {"anyOf": [schema, inner], "description": schema["description"]}
    head = {"$schema": DRAFT, "title": f"pytest-reqflo {kind}"}
    return {**head, **schema, "definitions": definitions}


def schema_bytes(kind: str = "journey") -> bytes:
    """Return the schema of *kind* as the text of its file."""
    text = json.dumps(document_schema(kind), indent=2, sort_keys=True, ensure_ascii=False)
    return f"{text}\n".encode()


def schema_path(kind: str) -> Path:
    """Return where the schema of *kind* lies in this package."""
    return Path(__file__).with_name(f"{kind}.schema.json")


def _convert(node: Any, *, is_map: bool = False) -> Any:
    """Rewrite what pydantic writes (2020-12) to draft-07; *is_map*: the keys are names of parts."""
    if isinstance(node, list):
        return [_convert(item) for item in node]
    if not isinstance(node, dict):
        is_whole = isinstance(node, float) and node.is_integer()
        return int(node) if is_whole else node
    if is_map:
        return {key: _convert(item) for key, item in node.items()}
    parts = {
        ("definitions" if key == "$defs" else key): _convert_part(key, item)
        for key, item in node.items()
        if key not in _DROPPED and not _is_idle(key, item, node)
    }
    return _with_reference(parts)


def _is_idle(key: str, item: Any, node: dict[str, Any]) -> bool:
    """Say whether a keyword adds nothing; the versions of pydantic differ in writing these."""
    # Editors would offer the default `null`, which nobody writes.
    idle: tuple[tuple[str, Any], ...] = (("default", None), ("additionalProperties", True))
    return (key, item) in idle or (key == "enum" and "const" in node)


def _convert_part(key: str, item: Any) -> Any:
    if key in ("default", "const", "enum") and isinstance(item, (dict, list)):
        return item
    return _convert(item, is_map=key in ("properties", "$defs"))


def _with_reference(parts: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in parts:
        return parts
    reference = {"$ref": str(parts.pop("$ref")).replace("#/$defs/", "#/definitions/")}
    # Draft-07 ignores what stands beside a $ref, and with it the description.
    return {**parts, "allOf": [reference]} if parts else reference


def main() -> None:
    """Write the schemas of all kinds into this package."""
    for kind in KINDS:
        schema_path(kind).write_bytes(schema_bytes(kind))


if __name__ == "__main__":
    main()
