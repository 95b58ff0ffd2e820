from __future__ import annotations

from typing import get_args

import pytest

from pytest_reqflo.lang.operators import OPERATORS, Mismatch, compare, find_expected_fault
from pytest_reqflo.syntax.model import Operator


def test_the_operators_are_those_of_the_format():
    assert list(OPERATORS) == list(get_args(Operator))


@pytest.mark.parametrize(
    ("operator", "actual", "expected"),
    [
        ("exists", None, None),
        ("equals", 1, 1.0),
        ("equals", {"a": [1, None]}, {"a": [1.0, None]}),
        ("not_equals", True, 1),
        ("not_equals", "1", 1),
        ("contains", "abc", "b"),
        ("contains", [1, {"a": 2}], {"a": 2.0}),
        ("contains", {"a": None}, "a"),
        ("contains", {"a": 1, "b": {"c": 2}}, {"b": {"c": 2}}),
        ("not_contains", "abc", "x"),
        ("not_contains", [1], True),
        ("not_contains", {"a": 1}, {"a": 2}),
        ("greater_than", 2, 1.5),
        ("greater_than", "2026-02-01", "2026-01-31"),
        ("greater_or_equal", 2, 2.0),
        ("less_than", -1, 0),
        ("less_or_equal", 0, 0),
        ("matches", "x id=42", r"id=\d+"),
        ("not_matches", "x", r"^\d+$"),
        ("starts_with", "abc", "ab"),
        ("ends_with", "abc", "bc"),
        ("in", 2, [1, 2.0]),
        ("not_in", True, [1]),
        ("has_type", 1, "integer"),
        ("has_type", 1, "number"),
        ("has_type", 1.0, "integer"),
        ("has_type", None, ["string", "null"]),
        ("has_type", [], "array"),
        ("has_length", "äb", 2),
        ("has_length", [], 0),
        ("has_length", {"a": 1}, 1.0),
        ("is_empty", "", None),
        ("is_empty", {}, None),
        ("not_empty", [None], None),
    ],
)
def test_holds(operator, actual, expected):
    assert compare(operator, actual, expected) is None


@pytest.mark.parametrize(
    ("operator", "actual", "expected", "sentence"),
    [
        ("not_exists", 1, None, "expected no value, got 1"),
        ("equals", 404, 200, "expected 200, got 404"),
        ("equals", "1", 1, 'expected 1 (integer), got "1" (string)'),
        ("equals", True, 1, "expected 1 (integer), got true (boolean)"),
        ("equals", [], {}, "expected {} (object), got [] (array)"),
        ("not_equals", 1.0, 1, "expected anything but 1, got 1.0"),
        ("contains", "abc", "x", 'expected a value that contains "x", got "abc"'),
        ("contains", [1], True, "expected a value that contains true, got [1]"),
        ("contains", {"a": 1}, {"a": 2}, 'expected a value that contains {"a": 2}, got {"a": 1}'),
        ("contains", "a1", 1, 'expected a value that contains 1, got "a1": string cannot contain integer'),
        ("contains", None, "a", 'expected a value that contains "a", got null: null cannot contain string'),
        ("not_contains", 5, 5, "expected a value without 5, got 5: integer cannot contain integer"),
        ("greater_than", 1, 1, "expected more than 1, got 1"),
        ("greater_than", "7", 5, 'expected more than 5, got "7": string has no order against integer'),
        ("less_than", True, 5, "expected less than 5, got true: boolean has no order against integer"),
        ("matches", "x", "^y", 'expected text matching "^y", got "x"'),
        ("matches", 5, "5", 'expected text matching "5", got 5: integer cannot match string, only text can match a pattern'),
        ("matches", "x", "(", 'expected text matching "(", got "x": the regular expression is malformed: missing )'),
        ("not_matches", "x", "(", 'expected text not matching "(", got "x": the regular expression is malformed: missing )'),
        ("starts_with", 12, "1", 'expected text that starts with "1", got 12: both must be text, not integer and string'),
        ("in", 3, [1, 2], "expected one of [1, 2], got 3"),
        ("in", 3, 3, "expected one of 3, got 3: a list is needed, not integer"),
        ("not_in", 3, 3, "expected none of 3, got 3: a list is needed, not integer"),
        ("has_type", 1.5, "integer", 'expected type "integer", got 1.5: it is number'),
        ("has_type", True, "number", 'expected type "number", got true: it is boolean'),
        ("has_type", 1, "int", 'expected type "int", got 1: the types are null, boolean, integer, number, string, array, object'),
        ("has_length", [1], 2, "expected length 2, got [1]: its length is 1"),
        ("has_length", 5, 1, "expected length 1, got 5: integer has no length"),
        ("has_length", [1], "1", 'expected length "1", got [1]: a length is a number, not string'),
        ("is_empty", None, None, "expected nothing in it, got null: null has no length"),
        ("not_empty", None, None, "expected something in it, got null: null has no length"),
        ("not_empty", "", None, 'expected something in it, got ""'),
    ],
)  # fmt: skip
def test_does_not_hold(operator, actual, expected, sentence):
    assert compare(operator, actual, expected) == Mismatch(sentence)


@pytest.mark.parametrize("operator", [name for name in OPERATORS if name != "not_exists"])
def test_a_missing_value_fails_every_operator_but_not_exists(operator):
    mismatch = compare(operator, None, 1, is_missing=True)
    assert mismatch is not None
    assert mismatch.sentence.endswith(", got nothing")
    assert compare("not_exists", None, None, is_missing=True) is None


@pytest.mark.parametrize("operator", OPERATORS)
def test_no_combination_of_types_raises(operator):
    values = [None, True, 1, 1.5, "x", "(", [], [1], {}, {"a": 1}, 10**400, "\ud800"]
    verdicts = [compare(operator, actual, expected) for actual in values for expected in values]
    assert all(verdict is None or verdict.sentence for verdict in verdicts)


def test_two_structures_say_where_they_differ():
    mismatch = compare("equals", {"a": [1, 3]}, {"a": [1, 2]})
    assert mismatch is not None
    assert mismatch.sentence == (
        'expected {"a": [1, 2]}, got {"a": [1, 3]} (1 difference, first at $.a[1])'
    )
    assert [item.path for item in mismatch.differences] == ["$.a[1]"]


def test_values_are_redacted_before_they_are_shortened():
    token = "t" * 300
    mismatch = compare(
        "equals",
        {"k": token},
        token,
        redact=lambda value: "***" if value == token else {"k": "***"},
    )
    assert mismatch == Mismatch('expected "***" (string), got {"k": "***"} (object)')


def test_long_values_are_shortened():
    mismatch = compare("equals", "x" * 5000, "y")
    assert mismatch is not None
    assert len(mismatch.sentence) < 300


def test_an_unknown_operator_is_a_mismatch():
    mismatch = compare("equal", 1, 1)
    assert mismatch is not None
    assert mismatch.sentence.startswith("`equal` is no operator; did you mean `equals`?")


@pytest.mark.parametrize(
    ("operator", "expected", "fault"),
    [
        ("equals", None, None),
        ("in", [1], None),
        ("in", 1, "`in` expects a list, not integer"),
        ("has_length", 2, None),
        ("has_length", -1, "`has_length` expects a number of characters, items or keys"),
        ("has_length", True, "`has_length` expects a number of characters, items or keys"),
        ("has_type", "string", None),
        ("has_type", "text", "`has_type` expects a type: null, boolean, integer, number, string, array, object"),
        ("has_type", [], "`has_type` expects a type: null, boolean, integer, number, string, array, object"),
        ("matches", "a+", None),
        ("matches", "(", "the regular expression is malformed: missing )"),
        ("not_matches", 1, "`not_matches` expects a regular expression, not integer"),
        ("starts_with", 1, "`starts_with` expects text, not integer"),
        ("less_than", "2026", None),
        ("less_than", True, "`less_than` expects a number or text, not boolean"),
    ],
)  # fmt: skip
def test_a_literal_is_checked_before_the_run(operator, expected, fault):
    assert find_expected_fault(operator, expected) == fault
