"""What a scope noted becomes the values in play: as they are written, and where they come from. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field, replace

from pytest_reqflo.frozen import dataclass
from pytest_reqflo.lang.expression import CallExpression, Expression, PathExpression, Rendered
from pytest_reqflo.lang.template import expression_text
from pytest_reqflo.plan.model import Plan
from pytest_reqflo.run.scope import RunScope, path_key


@dataclass(frozen=True, slots=True)
class Use:
    """One value that was asked for; *hidden_as* names it when it must not be shown."""

    expression: str
    value: Rendered = field(repr=False)
    origin: str
    hidden_as: str = ""


def uses_of(scope: RunScope) -> Iterator[Use]:
    """Yield the values that *scope* was asked for, in their order."""
    return (_use_of(expression, value, scope) for expression, value in scope.noted)


def _use_of(expression: Expression, value: Rendered, scope: RunScope) -> Use:
    if isinstance(expression, CallExpression):
        text = expression_text(replace(expression, pipes=()))
        return Use("{{ " + text + " }}", value, "drawn for this run")
    return Use(
        "{{ " + path_key((expression.root, *expression.path)) + " }}",
        value,
        _origin_of(expression, scope.plan),
        scope.hidden_name(expression),
    )


def _origin_of(expression: PathExpression, plan: Plan) -> str:
    name = str(expression.path[0]) if expression.path else ""
    match expression.root:
        case "inputs" | "variables":
            resolved = plan.names.get(name)
            return (resolved.origin.detail or resolved.origin.layer) if resolved else ""
        case "steps":
            return f"step `{name}`"
        case "env":
            return f"environment `{plan.environment.name}`"
        case "me":
            return "the values of the person running"
        case "secrets":
            return "the secrets"
        case _:
            return "this run"
