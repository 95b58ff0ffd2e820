"""How each operator decides: actual and expected to yes, no, or why they cannot be compared. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pytest_reqflo.lang.differences import value_kind
from pytest_reqflo.lang.patterns import PatternProblem, PatternTimeout, compile_pattern, search
from pytest_reqflo.values import Json, is_array, is_number, json_equal, json_type

JSON_TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")

Test = Callable[[Json, Json], "bool | str"]
"""Actual and expected to whether it holds, or to a sentence part on why they cannot be compared."""


def contains(actual: Json, expected: Json) -> bool | str:
    """Say whether text is in text, an item in a list, a key or members in an object."""
    if isinstance(actual, str) and isinstance(expected, str):
        return expected in actual
    if is_array(actual):
        return any(json_equal(item, expected) for item in actual)
    if isinstance(actual, Mapping) and isinstance(expected, str):
        return expected in actual
    if isinstance(actual, Mapping) and isinstance(expected, Mapping):
        return all(key in actual and json_equal(actual[key], expected[key]) for key in expected)
    return f"{json_type(actual)} cannot contain {json_type(expected)}"


def matches(actual: Json, expected: Json) -> bool | str:
    """Say whether the pattern *expected* is found anywhere in *actual*."""
    if not isinstance(actual, str) or not isinstance(expected, str):
        return (
            f"{json_type(actual)} cannot match {json_type(expected)}, only text can match a pattern"
        )
    try:
        return search(compile_pattern(expected), actual) is not None
    except PatternProblem as problem:
        return f"the regular expression is malformed: {problem.message}"
    except PatternTimeout as timeout:
        return str(timeout)


def ordered(test: Callable[[Json, Json], bool]) -> Test:
    """Return the test of two numbers or two texts by *test*."""

    def decide(actual: Json, expected: Json) -> bool | str:
        both_numbers = is_number(actual) and is_number(expected)
        if both_numbers or (isinstance(actual, str) and isinstance(expected, str)):
            return bool(test(actual, expected))
        return f"{json_type(actual)} has no order against {json_type(expected)}"

    return decide


def texts(test: Callable[[str, str], bool]) -> Test:
    """Return the test of two texts by *test*."""

    def decide(actual: Json, expected: Json) -> bool | str:
        if isinstance(actual, str) and isinstance(expected, str):
            return test(actual, expected)
        return f"both must be text, not {json_type(actual)} and {json_type(expected)}"

    return decide


def reverse(test: Test) -> Test:
    """Turn the answer round; what cannot be compared stays a mismatch."""

    def decide(actual: Json, expected: Json) -> bool | str:
        verdict = test(actual, expected)
        return verdict if isinstance(verdict, str) else not verdict

    return decide


def is_in(actual: Json, expected: Json) -> bool | str:
    """Say whether *actual* is one of the list *expected*."""
    if not is_array(expected):
        return f"a list is needed, not {json_type(expected)}"
    return any(json_equal(actual, item) for item in expected)


def has_type(actual: Json, expected: Json) -> bool | str:
    """Say whether *actual* has the JSON type *expected*, or one of a list of them."""
    names = type_names(expected)
    if not names:
        return f"the types are {', '.join(JSON_TYPES)}"
    is_whole = isinstance(actual, float) and actual.is_integer()
    kinds = {json_type(actual), value_kind(actual), "integer" if is_whole else ""}
    return not kinds.isdisjoint(names) or f"it is {json_type(actual)}"


def type_names(expected: Json) -> tuple[str, ...]:
    """Return the JSON types that *expected* names, empty when it is no type."""
    names = tuple(expected) if is_array(expected) else (expected,)
    return names if all(isinstance(n, str) and n in JSON_TYPES for n in names) else ()


def has_length(actual: Json, expected: Json) -> bool | str:
    """Say whether *actual* has *expected* characters, items or keys."""
    if not _is_sized(actual):
        return f"{json_type(actual)} has no length"
    if not is_count(expected):
        return f"a length is a number, not {json_type(expected)}"
    return len(actual) == expected or f"its length is {len(actual)}"


def is_empty(actual: Json, _: Json) -> bool | str:
    """Say whether text, list or object has no content."""
    return len(actual) == 0 if _is_sized(actual) else f"{json_type(actual)} has no length"


def _is_sized(value: Json) -> bool:
    return isinstance(value, (str, Mapping)) or is_array(value)


def is_count(value: Json) -> bool:
    """Say whether *value* can be a length."""
    return is_number(value) and value >= 0 and value == int(value)
