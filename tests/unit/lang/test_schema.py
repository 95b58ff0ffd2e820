from __future__ import annotations

import itertools

import pytest

from pytest_reqflo.lang.schema import SchemaFailure, check_schema, validate_schema
from pytest_reqflo.lang.schema_keywords import TimeIsUp, deadline, limit_keywords

ORDER = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "$id": "https://example.test/order.json",
    "type": "object",
    "required": ["id", "items"],
    "properties": {
        "id": {"type": "string", "pattern": "^o-", "$id": "#/properties/id"},
        "format": {"type": "string", "format": "date-time"},
        "items": {"type": "array", "items": {"$ref": "#/definitions/item"}},
        "parent": {"$ref": "#"},
    },
    "additionalProperties": False,
    "definitions": {"item": {"type": "object", "properties": {"sku": {"type": "string", "maxLength": 3}}}},
}  # fmt: skip


def test_a_usable_schema_has_no_problems():
    assert check_schema(ORDER) == ()
    assert check_schema(True) == ()
    assert check_schema({"const": {"$ref": "http://x", "format": "nope", "pattern": "("}}) == ()


def test_a_value_that_fits_has_no_failures():
    good = {"id": "o-1", "items": [{"sku": "abc"}], "parent": {"id": "o-0", "items": []}}
    assert validate_schema(ORDER, good) == ()


def test_each_failure_names_place_keyword_and_reason():
    bad = {
        "id": "x",
        "format": "yesterday",
        "items": [{"sku": "abcd"}, {"sku": 5}],
        "new": 1,
        "parent": {"items": 3},
    }
    assert validate_schema(ORDER, bad) == (
        SchemaFailure(path="$", keyword="additionalProperties", sentence="unexpected key `new`"),
        SchemaFailure(path="$.format", keyword="format", sentence='expected format date-time, got "yesterday"'),
        SchemaFailure(path="$.id", keyword="pattern", sentence='expected text matching "^o-", got "x"'),
        SchemaFailure(path="$.parent", keyword="required", sentence="`id` is required"),
        SchemaFailure(path="$.parent.items", keyword="type", sentence="expected array, got 3 (integer)"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("schema", "value", "keyword", "sentence"),
    [
        ({"type": ["string", "null"]}, 1, "type", "expected string or null, got 1 (integer)"),
        ({"type": "integer"}, True, "type", "expected integer, got true (boolean)"),
        ({"enum": ["a", 1]}, "b", "enum", 'expected one of ["a", 1], got "b"'),
        ({"const": 1}, True, "const", "expected 1, got true"),
        ({"minimum": 5}, 3, "minimum", "expected at least 5, got 3"),
        ({"exclusiveMaximum": 3}, 3, "exclusiveMaximum", "expected less than 3, got 3"),
        ({"minItems": 2}, [1], "minItems", "expected at least 2 items, got 1"),
        ({"maxLength": 2}, "x" * 9000, "maxLength", "expected at most 2 characters, got 9000"),
        ({"uniqueItems": True}, [{"a": 1}, {"a": 1.0}], "uniqueItems", "item 1 repeats item 0"),
        ({"not": {}}, 1, "not", "`not` does not hold for 1"),
        (False, 1, "false", "expected nothing here, got 1"),
        ({"anyOf": [{"type": "string"}, {"type": "object", "required": ["a"]}]}, {}, "anyOf", "fits none of 2 alternatives; nearest: $ `a` is required"),
        ({"oneOf": [{"type": "integer"}, {"minimum": 0}]}, 1, "oneOf", "expected exactly one alternative to fit, got 1, which fits several"),
        ({"patternProperties": {"^x-": {"type": "string"}}, "additionalProperties": False}, {"y": 1}, "additionalProperties", "unexpected key `y`"),
        ({"format": "uuid"}, "x", "format", 'expected format uuid, got "x"'),
    ],
)  # fmt: skip
def test_a_failure_reads_well(schema, value, keyword, sentence):
    assert check_schema(schema) == ()
    assert validate_schema(schema, value) == (
        SchemaFailure(path="$", keyword=keyword, sentence=sentence),
    )


def test_true_and_one_are_different_items():
    assert validate_schema({"uniqueItems": True}, [1, True, 0, False, "1", [1], {"a": 1}]) == ()


@pytest.mark.parametrize(
    ("schema", "pointer", "message"),
    [
        ({"type": "strin"}, "/type", "`type` is malformed: "),
        ({"properties": {"a": {"minLength": "1"}}}, "/properties/a/minLength", "`minLength` is malformed: "),
        ([], "", "`the schema` is malformed: "),
        ({"$schema": "https://json-schema.org/draft/2021-01/schema"}, "/$schema", "unknown draft"),
        ({"$ref": "https://example.test/x.json"}, "/$ref", "`https://example.test/x.json` leaves the document"),
        ({"items": {"$ref": "item.json#/a"}}, "/items/$ref", "`item.json#/a` leaves the document"),
        ({"$ref": "#name"}, "/$ref", "`#name` leaves the document"),
        ({"$dynamicRef": "#meta"}, "/$dynamicRef", "`#meta` leaves the document"),
        ({"$ref": "#/$defs/nope"}, "/$ref", "`#/$defs/nope` leads to no schema"),
        ({"$ref": "#/const", "const": {"pattern": "x"}}, "/$ref", "`#/const` leads to no schema"),
        ({"allOf": [{"format": "iri"}]}, "/allOf/0/format", "nothing tests the format `iri`"),
        ({"pattern": "("}, "/pattern", "a pattern is malformed: missing )"),
        ({"patternProperties": {"a{999999}": True}}, "/patternProperties/a{999999}", "a pattern is malformed: the repetitions"),
        ({"patternProperties": {"a": True}, "unevaluatedProperties": False}, "", "`unevaluatedProperties` beside"),
    ],
)  # fmt: skip
def test_an_unusable_schema_is_told_before_the_run(schema, pointer, message):
    problems = check_schema(schema)
    assert [problem.pointer for problem in problems] == [pointer]
    assert problems[0].message.startswith(message)


def test_a_format_is_tested_the_same_on_every_machine():
    hint = check_schema({"format": "datetime"})[0].hint
    assert hint.startswith("did you mean `date-time`?")


def test_a_pattern_that_runs_away_fails_the_check_even_under_not():
    schema = {"not": {"pattern": "^(a|aa)+$"}}
    (failure,) = validate_schema(schema, "a" * 60 + "!")
    assert (failure.path, failure.keyword) == ("$", "pattern")
    assert failure.sentence.startswith("the pattern took longer")


@pytest.mark.parametrize("keyword", ["patternProperties", "additionalProperties"])
def test_keys_from_a_response_cannot_make_a_pattern_run_away(keyword):
    schema = {"patternProperties": {"^(a|aa)+$": True}, keyword: {"^(a|aa)+$": True}}
    (failure,) = validate_schema(schema, {"a" * 60 + "!": 1})
    assert failure.keyword == "pattern"


def test_a_draft_named_half_way_does_not_lift_the_limits():
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "properties": {
            "next": {"$ref": "#"},
            "s": {"$schema": "http://json-schema.org/draft-07/schema#", "pattern": "^(a|aa)+$"},
        },
    }
    assert check_schema(schema) == ()
    (failure,) = validate_schema(schema, {"next": {"next": {"s": "a" * 60 + "!"}}})
    assert failure.keyword == "pattern"


def test_a_schema_without_end_is_a_failure_and_no_crash():
    (failure,) = validate_schema({"$ref": "#"}, 1)
    assert failure.sentence == "the value is nested too deeply to be checked"


def test_a_schema_that_doubles_at_each_step_is_stopped():
    names = [f"d{i}" for i in range(40)]
    defs = {
        name: {"allOf": [{"$ref": f"#/$defs/{after}"}] * 2}
        for name, after in itertools.pairwise(names)
    }
    schema = {"$ref": "#/$defs/d0", "$defs": {**defs, "d39": {"type": "integer"}}}
    assert check_schema(schema) == ()
    (failure,) = validate_schema(schema, 1, limit_s=0.1)
    assert failure.sentence == "the check against the schema took too long"


def test_every_keyword_ends_when_time_is_up():
    keyword = limit_keywords({"minimum": lambda *_: None})["minimum"]
    with deadline(0.0), pytest.raises(TimeIsUp):
        keyword(None, 1, 1, {})


def test_values_are_redacted_before_they_are_shortened():
    (failure,) = validate_schema({"type": "integer"}, "t" * 300, redact=lambda _: "[secret:T]")
    assert failure.sentence == 'expected integer, got "[secret:T]" (string)'


def test_there_are_five_failures_at_most():
    assert len(validate_schema({"items": {"type": "string"}}, list(range(1000)))) == 5
