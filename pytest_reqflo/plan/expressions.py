"""Expressions in the values of a run: what they read, how they look, and those known early. Pure."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn, assert_never

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
from pytest_reqflo.lang.render import render_value, walk_path
from pytest_reqflo.lang.template import expression_text, walk_expressions
from pytest_reqflo.plan.model import EnvironmentSnapshot
from pytest_reqflo.values import Json

EARLY_ROOTS = frozenset({"env", "me"})
"""Roots whose values are known when the plan is made."""


def read_names(value: Value, root: str) -> tuple[str, ...]:
    """Return the names that *value* reads directly below *root*, each once."""
    if isinstance(value, LiteralValue):
        return ()
    paths = (found for _, found in walk_expressions(value) if isinstance(found, PathExpression))
    return tuple(
        dict.fromkeys(str(path.path[0]) for path in paths if path.root == root and path.path)
    )


def is_known_early(value: Value) -> bool:
    """Say whether *value* depends on nothing but the environment and the person running."""
    return all(
        isinstance(found, PathExpression) and found.root in EARLY_ROOTS
        for _, found in walk_expressions(value)
    )


def shown_text(value: Value) -> Json:
    """Return *value* as an author would write it: literals as they are, expressions in braces."""
    match value:
        case LiteralValue(value=literal):
            return literal
        case PathExpression() | CallExpression():
            return _braced(value)
        case TextValue(parts=parts):
            return "".join(part if isinstance(part, str) else _braced(part) for part in parts)
        case ListValue(items=items):
            return [shown_text(item) for item in items]
        case ObjectValue(fields=fields):
            return {key: shown_text(item) for key, item in fields.items()}
        case _:
            assert_never(value)


def _braced(expression: Expression) -> str:
    return "{{ " + expression_text(expression) + " }}"


class EarlyScope:
    """A scope that knows the environment and the person running, and nothing else.

    *entries* are values of services, which those of the environment itself hide.
    """

    def __init__(
        self, environment: EnvironmentSnapshot, entries: Mapping[str, Json] | None = None
    ) -> None:
        values = {**(entries or {}), **environment.values}
        self._roots: Mapping[str, Mapping[str, Json]] = {"env": values, "me": environment.me}

    def lookup(self, expression: PathExpression) -> Rendered:
        """Return the value that *expression* names. Raises: ValueMissing."""
        root = self._roots.get(expression.root)
        if root is None:
            raise ValueMissing(f"`{expression.root}` is not known before the run")
        return walk_path(dict(root), expression.path, shown=expression.root)

    def call(self, expression: CallExpression, site: str) -> NoReturn:
        """Refuse: functions draw their values in the run. Raises: ValueMissing."""
        raise ValueMissing(f"`{expression.function}()` is drawn in the run")


def render_early(value: Value, scope: EarlyScope) -> LiteralValue:
    """Return *value*, which `is_known_early`, as a literal. Raises: ValueMissing."""
    return LiteralValue(render_value(value, scope, site="early"))


def find_uses(part: Any, root: str) -> Iterator[PathExpression]:
    """Yield every expression below *root* that stands anywhere in *part*, any piece of an artifact."""
    if isinstance(part, PathExpression):
        if part.root == root:
            yield part
    elif isinstance(part, Mapping):
        for item in part.values():
            yield from find_uses(item, root)
    elif isinstance(part, (tuple, list)):
        for item in part:
            yield from find_uses(item, root)
    elif dataclasses.is_dataclass(part) and not isinstance(part, LiteralValue):
        cls: Any = type(part)
        for name in _field_names(cls):
            yield from find_uses(getattr(part, name), root)


@functools.cache
def _field_names(cls: Any) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(cls))


def needs_value(part: Any, root: str, name: str) -> bool:
    """Say whether an expression in *part* reads *name* below *root* without ``| default``."""
    uses = [use for use in find_uses(part, root) if use.path and use.path[0] == name]
    return not all(any(pipe.name == "default" for pipe in use.pipes) for use in uses)
