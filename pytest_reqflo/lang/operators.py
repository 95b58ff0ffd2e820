"""Operators of assertions: actual and expected to a mismatch or none. Pure.

Equality is that of JSON: booleans are not numbers, 1 equals 1.0, nothing is converted. Types that an
operator cannot compare are a mismatch whose sentence shows both types, never an exception.
"""

from __future__ import annotations

import json
import operator as python_operator
from collections.abc import Callable, Mapping

from pytest_reqflo.diagnostic import name_hint
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.lang.comparisons import (
    JSON_TYPES,
    Test,
    contains,
    has_length,
    has_type,
    is_count,
    is_empty,
    is_in,
    matches,
    ordered,
    reverse,
    texts,
    type_names,
)
from pytest_reqflo.lang.differences import differences, value_kind
from pytest_reqflo.lang.patterns import PatternProblem, compile_pattern
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

_MAX_SHOWN = 200

Redact = Callable[[Json], Json]


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Why a check does not hold: ``expected 200, got 404``, and where two structures differ."""

    sentence: str
    differences: tuple[Difference, ...] = ()


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
    # What holds needs no words, and most checks hold.
    verdict = False if is_missing else spec.test(actual, expected)
    if verdict is True:
        return None
    wanted = spec.wanted.format(_show(redact(expected)))
    if is_missing:
        return Mismatch(f"expected {wanted}, got nothing")
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
        if value_kind(expected) != value_kind(actual):
            wanted, got = f"{wanted} ({json_type(expected)})", f"{got} ({json_type(actual)})"
    sentence = f"expected {wanted}, got {got}{f': {reason}' if reason else ''}"
    if found:
        count = f"{len(found)} difference{'s' if len(found) > 1 else ''}"
        sentence += f" ({count}, first at {found[0].path})"
    return Mismatch(sentence, found)


def _structure_differences(expected: Json, actual: Json) -> tuple[Difference, ...]:
    is_structure = isinstance(expected, Mapping) or is_array(expected)
    return (
        differences(expected, actual)
        if is_structure and value_kind(expected) == value_kind(actual)
        else ()
    )


def find_expected_fault(operator: str, expected: Json) -> str | None:
    """Return what is wrong with a literal *expected* for *operator*, None when nothing is."""
    match operator:
        case "in" | "not_in" if not is_array(expected):
            return f"`{operator}` expects a list, not {json_type(expected)}"
        case "has_length" if not is_count(expected):
            return "`has_length` expects a number of characters, items or keys"
        case "has_type" if not type_names(expected):
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
    _spec("not_equals", "another JSON value", "anything but {}", reverse(json_equal)),
    _spec(
        "contains",
        "text in text, item in list, key in object, or all members of an object in an object",
        "a value that contains {}",
        contains,
    ),
    _spec("not_contains", "the reverse of contains", "a value without {}", reverse(contains)),
    _spec("greater_than", "more, of two numbers or two texts", "more than {}", ordered(python_operator.gt)),
    _spec("greater_or_equal", "more or the same", "at least {}", ordered(python_operator.ge)),
    _spec("less_than", "less, of two numbers or two texts", "less than {}", ordered(python_operator.lt)),
    _spec("less_or_equal", "less or the same", "at most {}", ordered(python_operator.le)),
    _spec("matches", "the regular expression is found anywhere in the text", "text matching {}", matches),
    _spec("not_matches", "the regular expression is not found", "text not matching {}", reverse(matches)),
    _spec("starts_with", "the text begins so", "text that starts with {}", texts(str.startswith)),
    _spec("ends_with", "the text ends so", "text that ends with {}", texts(str.endswith)),
    _spec("in", "one of a list", "one of {}", is_in),
    _spec("not_in", "none of a list", "none of {}", reverse(is_in)),
    _spec("has_type", "a JSON type or one of a list of them; number takes integers", "type {}", has_type),
    _spec("has_length", "that many characters, items or keys", "length {}", has_length),
    _unary("is_empty", "text, list or object without content", "nothing in it", is_empty),
    _unary("not_empty", "text, list or object with content", "something in it", reverse(is_empty)),
)  # fmt: skip

OPERATORS: Mapping[str, OperatorSpec] = {spec.name: spec for spec in _SPECS}
"""Each operator by name."""
