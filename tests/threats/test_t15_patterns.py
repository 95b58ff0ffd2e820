"""T15: no pattern and no schema, whoever gave it, takes more than its time; the failure says so."""

from __future__ import annotations

import json

import pytest
from hostile import WORKERS
from servers import ScriptedServer, reply
from threats import Target, get

from pytest_reqflo.lang.patterns import SEARCH_LIMIT_S
from pytest_reqflo.lang.schema import VALIDATE_LIMIT_S, check_schema, validate_schema
from pytest_reqflo.lang.select import SELECT_LIMIT_S

SLOW = "^(a|aa)+$"
FOOD = "a" * 60 + "!"
OBJECTS = [{"id": number, "tag": FOOD} for number in range(3_000)]


def test_the_limits_are_those_that_are_promised() -> None:
    assert (SEARCH_LIMIT_S, SELECT_LIMIT_S, VALIDATE_LIMIT_S) == (0.25, 2.0, 2.0)


CHECKS = {
    "matches": {"type": "json_path", "path": "$.food", "operator": "matches", "expected": SLOW},
    "body_matches": {"type": "body_matches", "expected": "(a|aa)+$"},
    "header": {"type": "header", "name": "x-food", "operator": "matches", "expected": SLOW},
    "given_by_the_answer": {"type": "value", "value": "{{ response.body.food }}", "operator": "matches", "expected": "{{ response.body.pattern }}"},
    "query_match": {"type": "json_path", "path": "$[?match(@, '(a|aa)+')]", "operator": "contains", "expected": "x"},
    "query_pattern_of_answer": {"type": "json_path", "path": "$.items[?match(@.tag, $.pattern)]", "operator": "contains", "expected": "x"},
    "query_of_queries": {"type": "json_path", "path": "$..[?count($..*) > 1 && count($..*) > 2]", "operator": "contains", "expected": "x"},
    "schema_pattern": {"type": "json_schema", "schema": {"properties": {"food": {"pattern": SLOW}}}},
    "schema_pattern_properties": {"type": "json_schema", "schema": {"patternProperties": {SLOW: {"type": "null"}}}},
    "schema_names": {"type": "json_schema", "schema": {"propertyNames": {"pattern": SLOW}}},
    "schema_doubling": {"type": "json_schema", "schema": {
        "$defs": {**{f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(30)}, "d30": {"type": "object"}},
        "$ref": "#/$defs/d0"}},
}  # fmt: skip
OUTPUT = {"name": "x", "path": "body.food", "pattern": SLOW}


def test_every_place_for_a_pattern_is_bounded_and_says_so(tmp_path) -> None:
    """Each of these takes minutes or years without a limit; the run as a whole ends in time."""
    body = json.dumps({"food": FOOD, "pattern": SLOW, "items": OBJECTS, FOOD: 1}).encode()

    def handle(request, connection):
        return reply(200, body, [("X-Food", FOOD), ("Content-Type", "application/json")])

    with ScriptedServer(handle) as server:
        target = Target(tmp_path, server.url)
        for name, check in CHECKS.items():
            target.journey(name, get("a", "/", assertions=[check]))
        target.journey("output", get("a", "/", outputs=[OUTPUT]))
        result = target.attack("--reqflo-output=out.json", *WORKERS, timeout_s=100)
    reasons = {name.split(".")[0]: reason for name, reason in result.reasons.items()}
    assert reasons.keys() == {*CHECKS, "output"}
    assert [
        name
        for name, reason in reasons.items()
        if "too long" not in reason and "longer than" not in reason
    ] == []
    assert all(reason.startswith("step `a`: ") for reason in reasons.values())


REMOTE = {
    "ref": {"$ref": "%s/s"},
    "dynamic": {"$dynamicRef": "%s/s"},
    "recursive": {"$recursiveRef": "%s/s"},
    "id": {"$id": "%s/base", "$ref": "other"},
    "nested_id": {"properties": {"a": {"$id": "%s/base", "$ref": "other"}}},
    "id_and_pointer": {"$id": "%s/base", "$ref": "%s/base#/x"},
    "schema": {"$schema": "%s/draft"},
    "file": {"$ref": "file:///etc/passwd"},
    "relative": {"$ref": "other.json"},
    "up": {"$ref": "../../etc/passwd#/x"},
    "urn": {"$ref": "urn:uuid:1"},
    "anchor": {"$ref": "#name", "$defs": {"a": {"$anchor": "name"}}},
    "in_then": {"if": True, "then": {"$ref": "%s/s"}},
    "in_data": {"$ref": "#/const", "const": {"$ref": "%s/s"}},
}


def test_a_reference_that_leaves_the_schema_is_refused_and_never_fetched(tmp_path) -> None:
    with ScriptedServer(lambda request, connection: reply(200, b"{}")) as server:
        target = Target(tmp_path, server.url)
        for name, schema in REMOTE.items():
            written = json.loads(json.dumps(schema).replace("%s", server.url))
            check = {"type": "json_schema", "schema": written}
            target.journey(name, get("a", "/", assertions=[check]))
            target.write(f"{name}.json", json.dumps(written))
            check = {"type": "json_schema", "file": f"{name}.json"}
            target.journey(f"{name}_file", get("a", "/", assertions=[check]))
        result = target.attack("--continue-on-collection-errors")
        assert server.requests == []
        assert server.connections == 0
    assert list(result.reasons.values()) == ["collection failure"] * 2 * len(REMOTE)
    assert result.text.count("error[RF209]") >= 2 * len(REMOTE)


@pytest.mark.parametrize(
    "schema",
    [
        {"$id": "file:///etc/passwd", "type": "object"},
        {"properties": {"a": {"$id": "http://127.0.0.1:9/", "type": "null"}}},
        {"$id": "http://json-schema.org/draft-07/schema#", "type": "object"},
    ],
)
def test_a_name_of_a_schema_alone_changes_and_fetches_nothing(schema) -> None:
    assert check_schema(schema) == ()
    assert validate_schema(schema, {}) == ()


def test_a_format_without_a_test_is_refused() -> None:
    assert [item.pointer for item in check_schema({"items": {"format": "iri"}})] == [
        "/items/format"
    ]


def test_a_schema_of_very_many_parts_is_refused() -> None:
    [problem] = check_schema({"anyOf": [{"type": "null"}] * 10_001})
    assert "too large" in problem.message


def test_a_recursive_schema_over_a_deep_answer_ends_with_a_sentence() -> None:
    deep: object = 1
    for _ in range(200):
        deep = {"a": deep}
    found = validate_schema(
        {"properties": {"a": {"$ref": "#"}}, "type": ["object", "string"]}, deep
    )
    assert [item.keyword for item in found] in (["type"], ["$ref"])
    [endless] = validate_schema({"$ref": "#"}, 1)
    assert endless.keyword == "$ref"


def test_many_equal_items_and_a_long_enum_take_no_quadratic_time() -> None:
    """Compared pair by pair, either would take longer than the whole limit of a check."""
    items = [{"a": [number]} for number in range(20_000)]
    assert validate_schema({"uniqueItems": True}, items, limit_s=60) == ()
    repeated = validate_schema({"uniqueItems": True}, [*items, items[7]], limit_s=60)
    assert [item.sentence for item in repeated] == ["item 20000 repeats item 7"]
    names = [f"n{number}" for number in range(5_000)]
    found = validate_schema({"items": {"enum": names}}, [*names[-500:], "none"], limit_s=60)
    assert [item.path for item in found] == ["$[500]"]
