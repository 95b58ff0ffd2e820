"""Value trees to JSON and text, against a scope. Pure: no I/O, no clock.

The result is never read as a template again, whatever it holds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from pytest_reqflo.lang.expression import (
    CallExpression,
    Expression,
    ListValue,
    LiteralValue,
    ObjectValue,
    PathExpression,
    Pipe,
    Rendered,
    Scope,
    Segment,
    TextValue,
    Value,
    ValueMissing,
)
from pytest_reqflo.lang.grammar import expression_text, path_text
from pytest_reqflo.lang.pipes import RenderProblem, apply_pipe, to_text
from pytest_reqflo.secret import Secret
from pytest_reqflo.values import is_array, json_type, pointer_join

__all__ = ["RenderProblem", "render_parts", "render_value", "to_text", "walk_path"]

_MAX_KEYS_SHOWN = 12


def render_value(value: Value, scope: Scope, *, site: str) -> Rendered:
    """Return *value* with its expressions replaced; a lone expression keeps its type.

    Shape: *site* names the place for functions that draw values; parts of a tree extend it by
        their JSON pointer, parts of a text by ``#<number>``.
    Raises: ValueMissing when a value does not exist; RenderProblem when it cannot be used so.
    """
    match value:
        case LiteralValue(value=literal):
            return literal
        case PathExpression(pipes=pipes) if not pipes:
            return scope.lookup(value)
        case PathExpression() | CallExpression():
            return _evaluate(value, scope, site)
        case TextValue():
            return render_parts(value, scope, site=site, encode=str)
        case ListValue(items=items):
            return [
                render_value(item, scope, site=pointer_join(site, index))
                for index, item in enumerate(items)
            ]
        case ObjectValue(fields=fields):
            return {key: _render_field(key, item, scope, site) for key, item in fields.items()}
        case _:
            assert_never(value)


def _render_field(key: str, item: Value, scope: Scope, site: str) -> Rendered:
    # Most fields draw nothing: only functions need to know where they stand.
    if type(item) is LiteralValue:
        return item.value
    if type(item) is PathExpression:
        return scope.lookup(item) if not item.pipes else _evaluate(item, scope, site)
    return render_value(item, scope, site=pointer_join(site, key))


def render_parts(
    value: Value, scope: Scope, *, site: str, encode: Callable[[str], str]
) -> str | Secret:
    """Return *value* as text in which each result of an expression went through *encode*.

    Raises: ValueMissing, RenderProblem.
    """
    match value:
        case TextValue(parts=parts):
            return Secret.join(
                [
                    part
                    if isinstance(part, str)
                    else _encoded(part, scope, f"{site}#{number}", encode)
                    for number, part in enumerate(parts)
                ]
            )
        case PathExpression() | CallExpression():
            return _encoded(value, scope, site, encode)
        case _:
            return to_text(render_value(value, scope, site=site))


def _encoded(
    expression: Expression, scope: Scope, site: str, encode: Callable[[str], str]
) -> str | Secret:
    try:
        result = (
            scope.lookup(expression)
            if type(expression) is PathExpression and not expression.pipes
            else _evaluate(expression, scope, site)
        )
        text = result if type(result) is str else to_text(result)
    except RenderProblem as problem:
        raise _placed(problem, expression) from None
    return text.map(encode) if isinstance(text, Secret) else encode(text)


def _evaluate(expression: Expression, scope: Scope, site: str) -> Rendered:
    if not expression.pipes:
        return _start(expression, scope, site)
    missing: ValueMissing | None = None
    result: Rendered = None
    try:
        result = _start(expression, scope, site)
    except RenderProblem:
        raise
    except ValueMissing as reason:
        missing = reason
    for pipe in expression.pipes:
        result, missing = _step(result, missing, pipe, expression)
    if missing is not None:
        raise missing
    return result


def _start(expression: Expression, scope: Scope, site: str) -> Rendered:
    if isinstance(expression, CallExpression):
        return scope.call(expression, site)
    return scope.lookup(expression)


def _step(
    value: Rendered, missing: ValueMissing | None, pipe: Pipe, expression: Expression
) -> tuple[Rendered, ValueMissing | None]:
    """Apply *pipe*; a missing value passes every pipe but `default`."""
    if pipe.name == "default":
        return (pipe.args[0], None) if missing is not None or value is None else (value, None)
    if missing is not None:
        return None, missing
    try:
        return apply_pipe(value, pipe), None
    except RenderProblem as problem:
        raise _placed(problem, expression) from None
    except ValueMissing as reason:
        return None, _placed(reason, expression)


def _placed(problem: ValueMissing, expression: Expression) -> ValueMissing:
    text = problem.expression or expression_text(expression)
    message = str(problem) if problem.expression else f"`{text}`: {problem}"
    return type(problem)(message, step=problem.step, expression=text)


def walk_path(value: Rendered, path: tuple[Segment, ...], *, shown: str = "") -> Rendered:
    """Return what *path* leads to in *value*; *shown* is what stands before the path.

    Raises: ValueMissing naming the first part that is missing and what is there instead.
    """
    for depth, segment in enumerate(path):
        try:
            value = _child(value, segment)
        except LookupError:
            there = shown + _suffix(path[:depth], shown)
            wanted = shown + _suffix(path[: depth + 1], shown)
            raise ValueMissing(
                f"`{wanted}` does not exist; {_describe(value, there)}", expression=wanted
            ) from None
    return value


def _child(value: Rendered, segment: Segment) -> Rendered:
    if isinstance(segment, int) and is_array(value):
        return value[segment]
    if isinstance(segment, str) and isinstance(value, dict):
        return value[segment]
    raise LookupError


def _suffix(path: tuple[Segment, ...], shown: str) -> str:
    text = path_text(path)
    return f".{text}" if shown and text and not text.startswith("[") else text


def _describe(value: Rendered, there: str) -> str:
    name = f"`{there}`" if there else "the value"
    if isinstance(value, Secret):
        return f"{name} is a secret text"
    if is_array(value):
        return f"{name} is a list of {len(value)}"
    if not isinstance(value, dict):
        return f"{name} is {json_type(value)}"
    keys = [str(key) for key in list(value)[:_MAX_KEYS_SHOWN]]
    more = ", ..." if len(value) > _MAX_KEYS_SHOWN else ""
    return f"{name} has {'the keys ' + ', '.join(keys) + more if keys else 'no keys'}"
