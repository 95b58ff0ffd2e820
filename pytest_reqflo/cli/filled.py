"""A request with what is known before the run filled in, and the rest in braces. Pure.

Secrets show as ``[secret:NAME]``, other sensitive values as ``[sensitive:NAME]``.
"""

from __future__ import annotations

from typing import NoReturn, assert_never

from pytest_reqflo.lang.expression import (
    CallExpression,
    Expression,
    ListValue,
    LiteralValue,
    ObjectValue,
    PathExpression,
    Rendered,
    TextValue,
    Value,
    ValueMissing,
)
from pytest_reqflo.lang.render import render_value, to_text, walk_path
from pytest_reqflo.plan.expressions import shown_text
from pytest_reqflo.plan.model import Plan
from pytest_reqflo.values import Json

_RUN_TIME_ROOTS = frozenset({"steps", "run", "response", "request"})


def fill_value(value: Value, plan: Plan) -> Json:
    """Return *value* as JSON, its expressions replaced where *plan* knows what they give."""
    match value:
        case LiteralValue(value=literal):
            return literal
        case PathExpression() | CallExpression():
            return _fill_expression(value, plan)
        case TextValue(parts=parts):
            return "".join(
                part if isinstance(part, str) else _fill_part(part, plan) for part in parts
            )
        case ListValue(items=items):
            return [fill_value(item, plan) for item in items]
        case ObjectValue(fields=fields):
            return {key: fill_value(item, plan) for key, item in fields.items()}
        case _:
            assert_never(value)


def _fill_part(expression: Expression, plan: Plan) -> str:
    try:
        return str(to_text(_fill_expression(expression, plan)))
    except ValueMissing:
        return str(shown_text(expression))


def _fill_expression(expression: Expression, plan: Plan) -> Json:
    if isinstance(expression, CallExpression) or expression.root in _RUN_TIME_ROOTS:
        return shown_text(expression)
    name = str(expression.path[0]) if expression.path else ""
    if expression.root == "secrets":
        return f"[secret:{name}]"
    if expression.root == "me":
        return f"[sensitive:me.{name}]"
    if expression.root in ("inputs", "variables") and name in plan.names:
        resolved = plan.names[name]
        if resolved.origin.sensitive:
            return resolved.origin.value
        if resolved.sensitive:
            return f"[sensitive:{name}]"
        if not isinstance(resolved.value, LiteralValue):
            is_bare = len(expression.path) == 1 and not expression.pipes
            return fill_value(resolved.value, plan) if is_bare else shown_text(expression)
    try:
        return render_value(expression, _KnownScope(plan), site="explain")
    except ValueMissing:
        return shown_text(expression)


class _KnownScope:
    """A scope of what a plan knows and may show."""

    def __init__(self, plan: Plan) -> None:
        names = {
            name: resolved.value.value
            for name, resolved in plan.names.items()
            if resolved.is_set
            and not resolved.sensitive
            and isinstance(resolved.value, LiteralValue)
        }
        self._roots: dict[str, dict[str, Json]] = {
            "inputs": names,
            "variables": names,
            "env": dict(plan.environment.values),
            "case": {"name": plan.case},
            "row": {"number": plan.row_number, "key": plan.row_key},
        }

    def lookup(self, expression: PathExpression) -> Rendered:
        """Return the value that *expression* names. Raises: ValueMissing."""
        if expression.root not in self._roots:
            raise ValueMissing(f"`{expression.root}` is known in the run only")
        return walk_path(self._roots[expression.root], expression.path, shown=expression.root)

    def call(self, expression: CallExpression, site: str) -> NoReturn:
        """Refuse: functions draw their values in the run. Raises: ValueMissing."""
        raise ValueMissing(f"`{expression.function}()` is drawn in the run")
