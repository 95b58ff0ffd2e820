"""Texts of journeys to values, each read once: the same few stand in every journey of a suite. Pure."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from pytest_reqflo.lang.expression import PathExpression, Value
from pytest_reqflo.lang.outputs import OutputPath, parse_output_path
from pytest_reqflo.lang.template import (
    PlacedProblem,
    locate_expressions,
    parse_value,
    walk_expressions,
)
from pytest_reqflo.values import Json

_LONGEST = 200
"""Longest text, in characters, that is remembered: those that repeat are short."""

_MOST = 4096

Reading = tuple[Value, tuple[PlacedProblem, ...]]


def may_hold_expression(data: Json) -> bool:
    """Say whether any text or key in *data* holds two opening braces; else it is what it is."""
    kind = type(data)
    if kind is str:
        return "{{" in data
    if kind in _WITHOUT_TEXT:
        return False
    if isinstance(data, Mapping):
        return any(
            "{{" in key or ("{{" in item if type(item) is str else may_hold_expression(item))
            for key, item in data.items()
        )
    return isinstance(data, list | tuple) and any(map(may_hold_expression, data))


_WITHOUT_TEXT = frozenset({int, bool, float, type(None)})


def read_value(data: Json) -> Reading:
    """Return what `parse_value` does of *data*."""
    if isinstance(data, str) and len(data) <= _LONGEST:
        return _read_text(data)
    return parse_value(data)


@functools.lru_cache(_MOST)
def _read_text(text: str) -> Reading:
    return parse_value(text)


def find_expressions(text: str) -> tuple[tuple[int, int], ...]:
    """Return what `locate_expressions` does of *text*."""
    return _find(text) if len(text) <= _LONGEST else locate_expressions(text)


_find = functools.lru_cache(_MOST)(locate_expressions)


def find_paths(text: str) -> tuple[tuple[PathExpression, int, int], ...]:
    """Return the path expressions of *text* in order, each with its offset and length."""
    return _find_paths(text) if len(text) <= _LONGEST else _locate_paths(text)


def _locate_paths(text: str) -> tuple[tuple[PathExpression, int, int], ...]:
    value, problems = read_value(text)
    if problems:
        return ()
    expressions = (expression for _, expression in walk_expressions(value))
    return tuple(
        (expression, *at)
        for expression, at in zip(expressions, find_expressions(text), strict=True)
        if isinstance(expression, PathExpression)
    )


_find_paths = functools.lru_cache(_MOST)(_locate_paths)


def read_output_path(text: str) -> OutputPath:
    """Return what `parse_output_path` does of *text*. Raises: TemplateProblem (RF215)."""
    return _read_path(text) if len(text) <= _LONGEST else parse_output_path(text)


_read_path = functools.lru_cache(_MOST)(parse_output_path)
