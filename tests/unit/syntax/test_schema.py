"""The published schemas are made from the models, for editors that read draft-07."""

from __future__ import annotations

from collections.abc import Iterator

import jsonschema
import pytest

from pytest_reqflo.source import SourceText
from pytest_reqflo.syntax.explain import validate
from pytest_reqflo.syntax.load import parse_yaml
from pytest_reqflo.syntax.model import JourneyDocument
from pytest_reqflo.syntax.schema import (
    DOCUMENTS,
    KINDS,
    document_schema,
    journey_schema,
    schema_bytes,
    schema_path,
)

DRAFT_07 = {
    "$ref", "$schema", "additionalProperties", "allOf", "anyOf", "const", "default", "definitions",
    "description", "enum", "exclusiveMaximum", "exclusiveMinimum", "items", "maxItems", "maxLength",
    "maximum", "minItems", "minLength", "minimum", "oneOf", "pattern", "properties", "required",
    "title", "type",
}  # fmt: skip

WIDE = """
journey:
  name: Wide
  tags: [a]
  inputs: [{name: n, type: integer, default: "{{ env.n }}"}]
  variables: [{name: v, value: {deep: ["{{ inputs.n }}"]}}]
  cases: [{name: c, values: {n: 1}, xfail: {reason: r, when: "{{ env.x }}"}, skip: why}]
  data: {rows: [{n: 1}], key: n}
  settings: {on_failure: continue, request: {headers: {a: [b, c], d: null}}}
  steps:
    - id: a
      template: GET /a
      when: {value: "{{ inputs.n }}", operator: equals, expected: 1}
      retry: {count: 1, on: error}
      assertions:
        - {type: status_code, expected: ["2xx", 404]}
        - {type: json_schema, schema: {type: object, title: kept}}
        - {type: value, value: 1, operator: in, expected: "{{ variables.v }}"}
    - request: {method: GET, url: /b, jar: false, follow_redirects: 3, json: null}
      poll: {until: [{type: header, name: x}]}
      clear_cookies: true
  finally: [{template: x, values: {a: 1}}]
"""


def walk(
    node: object, pointer: str = "", is_map: bool = False
) -> Iterator[tuple[str, str, object]]:
    """Yield (pointer, keyword, value) of every keyword, and of every property as ``property``."""
    if isinstance(node, list):
        for number, item in enumerate(node):
            yield from walk(item, f"{pointer}/{number}")
    if isinstance(node, dict):
        for key, item in node.items():
            yield f"{pointer}/{key}", "property" if is_map else key, item
            if key not in ("default", "const", "enum") or is_map:
                yield from walk(
                    item, f"{pointer}/{key}", key in ("properties", "definitions") and not is_map
                )


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_in_the_package_is_the_one_of_the_models(kind) -> None:
    """Regenerate with: python -m pytest_reqflo.syntax.schema."""
    assert schema_path(kind).read_bytes() == schema_bytes(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_only_draft_07_keywords_are_used(kind) -> None:
    jsonschema.Draft7Validator.check_schema(document_schema(kind))
    keywords = {keyword for _, keyword, _ in walk(document_schema(kind))}
    assert keywords - {"property"} <= DRAFT_07


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_every_key_is_described(kind) -> None:
    bare = [
        pointer
        for pointer, keyword, item in walk(document_schema(kind))
        if keyword == "property" and not (isinstance(item, dict) and item.get("description"))
    ]
    assert bare == []


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_stands_beside_a_reference(kind) -> None:
    """Draft-07 ignores the siblings of ``$ref``."""
    nodes = [item for _, _, item in walk(document_schema(kind)) if isinstance(item, dict)]
    assert [node for node in nodes if "$ref" in node and len(node) > 1] == []


def test_the_schema_accepts_what_the_loader_accepts() -> None:
    document, _ = parse_yaml(SourceText("f.yaml", WIDE))
    assert validate(document, JourneyDocument).journey.name == "Wide"
    assert list(jsonschema.Draft7Validator(journey_schema()).iter_errors(document.data)) == []


@pytest.mark.parametrize(
    "text",
    [
        "journey: {name: x, steps: []}",
        "journey: {name: x, steps: [{}], unknown: 1}",
        "journey: {name: x, steps: [{type: script}]}",
        "journey: {name: x, steps: [{assertions: [{type: status}]}]}",
        "journey: {name: x, steps: [{assertions: [{type: status_code, expcted: 1}]}]}",
        "journey: {name: x, steps: [{request: {method: get}}]}",
        "journey: {name: x, version: 1.1, steps: [{}]}",
    ],
)
def test_the_schema_refuses_what_the_loader_refuses(text) -> None:
    document, _ = parse_yaml(SourceText("f.yaml", text))
    assert list(jsonschema.Draft7Validator(journey_schema()).iter_errors(document.data))


def test_a_template_may_stand_without_its_root_key() -> None:
    check = jsonschema.Draft7Validator(document_schema("template")).is_valid
    flat = {"name": "x", "method": "GET", "url": "/"}
    assert (check(flat), check({"template": flat}), check({"name": "x"})) == (True, True, False)
