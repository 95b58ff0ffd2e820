"""What a step needs before it can run: its condition, and values of earlier steps. Pure."""

from __future__ import annotations

from pytest_reqflo.artifact.model import ConditionSpec, StepSpec
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.lang.expression import LiteralValue, PathExpression, ValueMissing
from pytest_reqflo.lang.operators import OPERATORS, compare
from pytest_reqflo.lang.render import RenderProblem, render_value
from pytest_reqflo.plan.model import PlainNames, Plan
from pytest_reqflo.run.reading import expressions_in, read_step
from pytest_reqflo.run.scope import RunScope
from pytest_reqflo.values import Json, json_type


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A value that is not there, and the step that should have produced it."""

    message: str
    step: str


class ConditionProblem(Exception):
    """A `when` that cannot be decided; the text is one sentence."""


def is_self_contained(step: StepSpec, plan: Plan) -> bool:
    """Say whether *step* needs no value of an earlier step; quickly yes for many."""
    reading = read_step(step)
    return not reading.reads_steps and (not reading.sources or type(plan.names) is PlainNames)


def find_missing(step: StepSpec, plan: Plan, scope: RunScope) -> Missing | None:
    """Return the first value of an earlier step that *step* needs and that is not there."""
    for expression in read_step(step).sources:
        if not _reads_steps(expression, plan):
            continue
        if expression.root == "steps" and not expression.pipes and scope.has_output(expression):
            continue
        try:
            render_value(expression, scope, site="")
        except RenderProblem:
            continue
        except ValueMissing as missing:
            if missing.step and missing.step != step.id:
                return Missing(message=str(missing), step=missing.step)
    return None


def _reads_steps(expression: PathExpression, plan: Plan, depth: int = 0) -> bool:
    if expression.root == "steps":
        return True
    if expression.root not in ("inputs", "variables") or not expression.path:
        return False
    resolved = plan.names.get(str(expression.path[0]))
    if resolved is None or type(resolved.value) is LiteralValue or depth > len(plan.names):
        return False
    return any(
        isinstance(inner, PathExpression) and _reads_steps(inner, plan, depth + 1)
        for inner in expressions_in(resolved.value)
    )


def holds(condition: ConditionSpec, scope: RunScope, site: str) -> bool:
    """Say whether *condition* holds.

    Raises: ConditionProblem when it is not decidable; ValueMissing when a value is not there.
    """
    is_missing = False
    value: Json = None
    try:
        value = render_value(condition.value, scope, site=site)
    except RenderProblem as problem:
        raise ConditionProblem(f"`when` cannot be decided: {problem}") from None
    except ValueMissing:
        if condition.operator is None or not OPERATORS[condition.operator].may_miss:
            raise
        is_missing = True
    if condition.operator is None:
        return _boolean(value)
    expected = _expected(condition, scope, f"{site}/expected")
    return compare(condition.operator, value, expected, is_missing=is_missing) is None


def _boolean(value: Json) -> bool:
    if isinstance(value, bool):
        return value
    kind = {"string": "text", "integer": "a number"}.get(json_type(value), json_type(value))
    raise ConditionProblem(
        f"`when` must be true or false, and it is {kind}; write `| boolean`, or compare it"
    )


def _expected(condition: ConditionSpec, scope: RunScope, site: str) -> Json:
    if condition.expected is None:
        return None
    try:
        return render_value(condition.expected, scope, site=site)
    except RenderProblem as problem:
        raise ConditionProblem(f"`when` cannot be decided: {problem}") from None
