from __future__ import annotations

import pytest

from pytest_reqflo.values import (
    MAX_JSON_VALUES,
    JsonProblem,
    canonical_json,
    json_equal,
    json_type,
    parse_json,
    pointer_join,
    printable,
    shorten,
    slugify,
)


def test_canonical_json_ignores_key_order_and_spells_values_one_way():
    assert canonical_json({"b": [1, 1.5, None], "a": "ä"}) == '{"a":"ä","b":[1,1.5,null]}'.encode()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, object()])
def test_canonical_json_refuses_what_is_not_json(value):
    with pytest.raises((ValueError, TypeError)):
        canonical_json(value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("NaN", "NaN is not JSON"),
        ("[Infinity]", "Infinity is not JSON"),
        ("1e400", "holds a number that is too large"),
        ("{", "expecting property name enclosed in double quotes at line 1, column 2"),
        ("[1,]", "illegal trailing comma before end of array"),
        ("", "expecting value at line 1, column 1"),
        ("9" * 5000, "holds an integer with more digits than can be read"),
        ("[" * 100_000, "nested deeper than 200 levels"),
        ("[" * 300 + "]" * 300, "nested deeper than 200 levels"),
        (b"\xff\xfe", "not UTF-8"),
        (b'"\xff"', "not UTF-8 at byte 1"),
    ],
)
def test_text_that_is_not_usable_json_is_refused_with_a_reason(text, reason):
    with pytest.raises(JsonProblem) as caught:
        parse_json(text)
    assert str(caught.value)
    if reason.startswith(("NaN", "Inf", "holds", "nested", "not UTF-8 at")):
        assert reason in str(caught.value)


def test_parse_json_keeps_lone_surrogates_and_depth_within_the_limit():
    assert parse_json('"\\ud800"') == "\ud800"
    assert parse_json("[" * 200 + "]" * 200) is not None


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (1, 1.0, True),
        (True, 1, False),
        (False, 0, False),
        (None, False, False),
        ("1", 1, False),
        ([1, {"a": 2}], [1.0, {"a": 2}], True),
        ([1, 2], (1, 2), True),
        ({"a": 1}, {"a": 1, "b": None}, False),
        ([True], [1], False),
    ],
)
def test_equality_is_that_of_json(left, right, same):
    assert json_equal(left, right) is same
    assert json_equal(right, left) is same


def test_types_have_their_json_names():
    values = [None, True, 1, 1.5, "", [], {}]
    names = ["null", "boolean", "integer", "number", "string", "array", "object"]
    assert [json_type(value) for value in values] == names


def test_pointer_parts_are_escaped():
    assert pointer_join("/journey", "a/b", 0, "c~d") == "/journey/a~1b/0/c~0d"


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Create and verify order", "create-and-verify-order"),
        ("  Ünïcode!! ", "unicode"),
        ("../../etc/passwd", "etc-passwd"),
        ("日本", ""),
        ("a" * 100, "a" * 60),
    ],
)
def test_slugs_are_safe_names(text, slug):
    assert slugify(text) == slug


def test_printable_text_cannot_steer_a_terminal():
    assert printable("a\x1b[31m\u202eb\ud800\x00\n\tc\x85") == (
        "a\\x1b[31m\\u202eb\\ud800\\x00\n\tc\\x85"
    )


def test_shortened_text_names_its_full_size():
    assert shorten("abc", 3) == "abc"
    assert shorten("abcdef", 3) == "abc… (6 characters in all)"


@pytest.mark.parametrize("kind", [str, bytes])
def test_json_of_too_many_values_is_refused_before_it_takes_memory(kind: type) -> None:
    def given(text: str) -> str | bytes:
        return text if kind is str else text.encode()

    values = "[" + "1," * (MAX_JSON_VALUES - 2) + "1]"
    assert len(parse_json(given(values))) == MAX_JSON_VALUES - 1
    with pytest.raises(JsonProblem, match="holds more than 500,000 values and brackets"):
        parse_json(given(values.replace("1]", "1,1]")))
    text = '"' + r",[{\\\"" * MAX_JSON_VALUES + '"'
    assert len(parse_json(given(text))) == 5 * MAX_JSON_VALUES
