"""Whether all assertions of a step hold, told at a glance for those that most steps have. Pure.

A glance never says that a check fails, and nothing is learned at one: what cannot be told so is left
to `run.checks`, which also writes the results that a reader asks for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from pytest_reqflo.artifact.model import AssertionSpec, StepSpec
from pytest_reqflo.lang.expression import LiteralValue, PathExpression, ValueMissing
from pytest_reqflo.lang.operators import OPERATORS, OperatorSpec
from pytest_reqflo.lang.select import QueryProblem, compile_query
from pytest_reqflo.noted import Noted
from pytest_reqflo.run.answer import Answer
from pytest_reqflo.run.checks import WORDS, in_order
from pytest_reqflo.run.scope import RunScope
from pytest_reqflo.values import Json

Glance: TypeAlias = Callable[[Answer, RunScope], bool]
"""Whether one assertion holds; false where that cannot be told at a glance."""

Find: TypeAlias = Callable[[Answer], "tuple[Json, ...] | None"]
"""What an assertion looks at, empty when it is not there; None where it cannot be looked at."""

Expect: TypeAlias = Callable[[RunScope], Json]

_UNUSABLE: Any = object()


def may_be_clear(step: StepSpec) -> bool:
    """Say whether a try of *step* passes when all of its assertions hold, and has nothing to say."""
    return bool(step.assertions) and step.poll is None


def all_hold(step: StepSpec, answer: Answer, scope: RunScope) -> bool:
    """Say whether every assertion of *step* holds; false where that cannot be told at a glance.

    Shape: *scope* has then noted what the assertions ask for, as when they are evaluated.
    """
    mark = scope.mark()
    try:
        for glance in _GLANCES.of(step):
            if not glance(answer, scope):
                break
        else:
            return True
    except ValueMissing:
        pass
    scope.forget_since(mark)
    return False


def _glances_of(step: StepSpec) -> tuple[Glance, ...]:
    glances = [_glance_of(spec) for spec in in_order(step.assertions)]
    return tuple([glance or _see_nothing for glance in glances])


_GLANCES = Noted(_glances_of)


def _see_nothing(_: Answer, __: RunScope) -> bool:
    return False


def _glance_of(spec: AssertionSpec) -> Glance | None:
    expected = spec.expected
    if spec.type == "status_code":
        return _status(expected.value) if isinstance(expected, LiteralValue) else None
    operator = OPERATORS.get(spec.operator)
    find, expect = _find_of(spec), _expect_of(spec)
    # A pattern has its time, and may find another end when it is asked again.
    if operator is None or find is None or expect is None or spec.operator in _TIMED:
        return None
    return _comparison(operator, find, expect)


_TIMED = frozenset({"matches", "not_matches"})


def _status(expected: Json) -> Glance | None:
    if type(expected) is not int or not 100 <= expected <= 999:
        return None
    return lambda answer, _: answer.response.status == expected


def _comparison(operator: OperatorSpec, find: Find, expect: Expect) -> Glance:
    test, wants_none = operator.test, operator.name == "not_exists"

    def glance(answer: Answer, scope: RunScope) -> bool:
        found, expected = find(answer), expect(scope)
        if found is None or expected is _UNUSABLE:
            return False
        if operator.may_miss:
            return wants_none is not bool(found)
        return bool(found) and test(found[0], expected) is True

    return glance


def _find_of(spec: AssertionSpec) -> Find | None:
    if spec.type == "json_path":
        return _find_by_query(spec.target)
    if spec.type == "header" and not spec.all:
        name = spec.target.lower()
        return lambda answer: (answer.headers[name],) if name in answer.headers else ()
    return None


def _find_by_query(text: str) -> Find | None:
    try:
        query = compile_query(text)
    except QueryProblem:
        return None
    if not query.is_singular:
        return None

    def find(answer: Answer) -> tuple[Json, ...] | None:
        value, problem, _ = answer.parsed
        return None if problem else query.select(value)

    return find


def _expect_of(spec: AssertionSpec) -> Expect | None:
    expected = spec.expected
    if expected is None or type(expected) is LiteralValue:
        value = expected.value if expected is not None else None
        return lambda _: value
    if type(expected) is not PathExpression or expected.pipes:
        return None

    def look_up(scope: RunScope) -> Json:
        found = scope.lookup(expected)
        # Anything else may hold what has to be learned as hidden.
        return found if type(found) in WORDS else _UNUSABLE

    return look_up
