"""Operators of assertions: actual and expected to a mismatch or none. Pure.

Equality is that of JSON: booleans are not numbers, 1 equals 1.0, nothing is converted. Types that an
operator cannot compare are a mismatch whose sentence shows both types, never an exception.
"""

from __future__ import annotations

import json
import operator as python_operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pytest_reqflo.diagnostic import name_hint
from pytest_reqflo.lang.differences import differences
from pytest_reqflo.lang.patterns import PatternProblem, PatternTimeout, compile_pattern, search
from pytest_reqflo.lang.status import parse_status, status_matches, status_text
from pytest_reqflo.result import Difference
from pytest_reqflo.values import Json, is_array, is_number, json_equal, json_type, shorten

__all__ = [
    "OPERATORS",
    "Mismatch",
    "OperatorSpec",
    "compare",
    "differences",
    "find_expected_fault",
    "parse_status",
    "status_matches",
    "status_text",
]

JSON_TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")

_MAX_SHOWN = 200

Redact = Callable[[Json], Json]


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Why a check does not hold: ``expected 200, got 404``, and where two structures differ."""

    sentence: str
    differences: tuple[Difference, ...] = ()


Test = Callable[[Json, Json], "bool | str"]
"""Actual and expected to whether it holds, or to a sentence part on why they cannot be compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorSpec:
    """One operator: what it expects, in words, and how it decides.

    Shape: *may_miss* operators decide about a value that does not exist; for any other, that is a
        mismatch. *wanted* completes "expected ..." with the expected value in place of ``{}``.
    """

    name: str
    description: str
    wanted: str
    test: Test
    needs_expected: bool = True
    may_miss: bool = False


def compare(
    operator: str,
    actual: Json,
    expected: Json,
    *,
    is_missing: bool = False,
    redact: Redact = lambda value: value,
) -> Mismatch | None:
    """Return why *actual* does not hold against *expected*, None when it holds.

    Shape: *is_missing* says that there is no actual value. *redact* is applied to each value before
        it is shortened and shown: a secret cut in two could no longer be found.
    """
    spec = OPERATORS.get(operator)
    if spec is None:
        hint = name_hint(operator, OPERATORS, what="Operators")
        return Mismatch(f"`{operator}` is no operator; {hint}")
    if spec.may_miss:
        return _compare_presence(spec, actual, is_missing, redact)
    wanted = spec.wanted.format(_show(redact(expected)))
    if is_missing:
        return Mismatch(f"expected {wanted}, got nothing")
    verdict = spec.test(actual, expected)
    if verdict is True:
        return None
    reason = verdict if isinstance(verdict, str) else ""
    return _mismatch(spec, wanted, actual, expected, redact, reason)


def _compare_presence(
    spec: OperatorSpec, actual: Json, is_missing: bool, redact: Redact
) -> Mismatch | None:
    if is_missing == (spec.name == "not_exists"):
        return None
    return Mismatch(
        f"expected {spec.wanted}, got {'nothing' if is_missing else _show(redact(actual))}"
    )


def _mismatch(
    spec: OperatorSpec, wanted: str, actual: Json, expected: Json, redact: Redact, reason: str
) -> Mismatch:
    got = _show(redact(actual))
    found: tuple[Difference, ...] = ()
    if spec.name == "equals":
        found = _structure_differences(expected, actual)
        if _kind(expected) != _kind(actual):
            wanted, got = f"{wanted} ({json_type(expected)})", f"{got} ({json_type(actual)})"
    sentence = f"expected {wanted}, got {got}{f': {reason}' if reason else ''}"
    if found:
        count = f"{len(found)} difference{'s' if len(found) > 1 else ''}"
        sentence += f" ({count}, first at {found[0].path})"
    return Mismatch(sentence, found)


def _structure_differences(expected: Json, actual: Json) -> tuple[Difference, ...]:
    is_structure = isinstance(expected, Mapping) or is_array(expected)
    return (
        differences(expected, actual) if is_structure and _kind(expected) == _kind(actual) else ()
    )


def find_expected_fault(operator: str, expected: Json) -> str | None:
    """Return what is wrong with a literal *expected* for *operator*, None when nothing is."""
    match operator:
        case "in" | "not_in" if not is_array(expected):
            return f"`{operator}` expects a list, not {json_type(expected)}"
        case "has_length" if not _is_count(expected):
            return "`has_length` expects a number of characters, items or keys"
        case "has_type" if not _type_names(expected):
            return f"`has_type` expects a type: {', '.join(JSON_TYPES)}"
        case "matches" | "not_matches":
            return _find_pattern_fault(operator, expected)
        case "starts_with" | "ends_with" if not isinstance(expected, str):
            return f"`{operator}` expects text, not {json_type(expected)}"
        case "greater_than" | "greater_or_equal" | "less_than" | "less_or_equal" if not (
            is_number(expected) or isinstance(expected, str)
        ):
            return f"`{operator}` expects a number or text, not {json_type(expected)}"
        case _:
            return None


def _find_pattern_fault(operator: str, expected: Json) -> str | None:
    if not isinstance(expected, str):
        return f"`{operator}` expects a regular expression, not {json_type(expected)}"
    try:
        compile_pattern(expected)
    except PatternProblem as problem:
        return f"the regular expression is malformed: {problem.message}"
    return None


# --- how each operator decides -------------------------------------------------------------------


def _contains(actual: Json, expected: Json) -> bool | str:
    if isinstance(actual, str) and isinstance(expected, str):
        return expected in actual
    if is_array(actual):
        return any(json_equal(item, expected) for item in actual)
    if isinstance(actual, Mapping) and isinstance(expected, str):
        return expected in actual
    if isinstance(actual, Mapping) and isinstance(expected, Mapping):
        return all(key in actual and json_equal(actual[key], expected[key]) for key in expected)
    return f"{json_type(actual)} cannot contain {json_type(expected)}"


def _matches(actual: Json, expected: Json) -> bool | str:
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


def _ordered(test: Callable[[Json, Json], bool]) -> Test:
    def decide(actual: Json, expected: Json) -> bool | str:
        both_numbers = is_number(actual) and is_number(expected)
        if both_numbers or (isinstance(actual, str) and isinstance(expected, str)):
            return bool(test(actual, expected))
        return f"{json_type(actual)} has no order against {json_type(expected)}"

    return decide


def _texts(test: Callable[[str, str], bool]) -> Test:
    def decide(actual: Json, expected: Json) -> bool | str:
        if isinstance(actual, str) and isinstance(expected, str):
            return test(actual, expected)
        return f"both must be text, not {json_type(actual)} and {json_type(expected)}"

    return decide


def _not(test: Test) -> Test:
    """Turn the answer round; what cannot be compared stays a mismatch."""

    def decide(actual: Json, expected: Json) -> bool | str:
        verdict = test(actual, expected)
        return verdict if isinstance(verdict, str) else not verdict

    return decide


def _is_in(actual: Json, expected: Json) -> bool | str:
    if not is_array(expected):
        return f"a list is needed, not {json_type(expected)}"
    return any(json_equal(actual, item) for item in expected)


def _has_type(actual: Json, expected: Json) -> bool | str:
    names = _type_names(expected)
    if not names:
        return f"the types are {', '.join(JSON_TYPES)}"
    is_whole = isinstance(actual, float) and actual.is_integer()
    kinds = {json_type(actual), _kind(actual), "integer" if is_whole else ""}
    return not kinds.isdisjoint(names) or f"it is {json_type(actual)}"


def _type_names(expected: Json) -> tuple[str, ...]:
    names = tuple(expected) if is_array(expected) else (expected,)
    return names if all(isinstance(n, str) and n in JSON_TYPES for n in names) else ()


def _has_length(actual: Json, expected: Json) -> bool | str:
    if not _is_sized(actual):
        return f"{json_type(actual)} has no length"
    if not _is_count(expected):
        return f"a length is a number, not {json_type(expected)}"
    return len(actual) == expected or f"its length is {len(actual)}"


def _is_empty(actual: Json, _: Json) -> bool | str:
    return len(actual) == 0 if _is_sized(actual) else f"{json_type(actual)} has no length"


def _is_sized(value: Json) -> bool:
    return isinstance(value, (str, Mapping)) or is_array(value)


def _is_count(value: Json) -> bool:
    return is_number(value) and value >= 0 and value == int(value)


def _kind(value: Json) -> str:
    kind = json_type(value)
    return "number" if kind == "integer" else kind


def _show(value: Json) -> str:
    return shorten(json.dumps(value, ensure_ascii=False, default=str), _MAX_SHOWN)


def _spec(name: str, description: str, wanted: str, test: Test) -> OperatorSpec:
    return OperatorSpec(name=name, description=description, wanted=wanted, test=test)


def _unary(name: str, description: str, wanted: str, test: Test) -> OperatorSpec:
    return OperatorSpec(
        name=name, description=description, wanted=wanted, test=test, needs_expected=False
    )


def _presence(name: str, description: str, wanted: str) -> OperatorSpec:
    return OperatorSpec(
        name=name,
        description=description,
        wanted=wanted,
        test=lambda _actual, _expected: True,
        needs_expected=False,
        may_miss=True,
    )


_SPECS = (
    _presence("exists", "there is a value; null is one", "a value"),
    _presence("not_exists", "there is no value", "no value"),
    _spec("equals", "the same JSON value; 1 equals 1.0, true is not 1", "{}", json_equal),
    _spec("not_equals", "another JSON value", "anything but {}", _not(json_equal)),
    _spec(
        "contains",
        "text in text, item in list, key in object, or all members of an object in an object",
        "a value that contains {}",
        _contains,
    ),
    _spec("not_contains", "the reverse of contains", "a value without {}", _not(_contains)),
    _spec("greater_than", "more, of two numbers or two texts", "more than {}", _ordered(python_operator.gt)),
    _spec("greater_or_equal", "more or the same", "at least {}", _ordered(python_operator.ge)),
    _spec("less_than", "less, of two numbers or two texts", "less than {}", _ordered(python_operator.lt)),
    _spec("less_or_equal", "less or the same", "at most {}", _ordered(python_operator.le)),
    _spec("matches", "the regular expression is found anywhere in the text", "text matching {}", _matches),
    _spec("not_matches", "the regular expression is not found", "text not matching {}", _not(_matches)),
    _spec("starts_with", "the text begins so", "text that starts with {}", _texts(str.startswith)),
    _spec("ends_with", "the text ends so", "text that ends with {}", _texts(str.endswith)),
    _spec("in", "one of a list", "one of {}", _is_in),
    _spec("not_in", "none of a list", "none of {}", _not(_is_in)),
    _spec("has_type", "a JSON type or one of a list of them; number takes integers", "type {}", _has_type),
    _spec("has_length", "that many characters, items or keys", "length {}", _has_length),
    _unary("is_empty", "text, list or object without content", "nothing in it", _is_empty),
    _unary("not_empty", "text, list or object with content", "something in it", _not(_is_empty)),
)  # fmt: skip

OPERATORS: Mapping[str, OperatorSpec] = {spec.name: spec for spec in _SPECS}
"""Each operator by name."""
