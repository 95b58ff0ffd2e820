"""Text with ``{{ }}``, and JSON that holds such text, to value trees. Pure.

A lone expression keeps the type of its value; text mixed with expressions becomes text. ``${{ }}``
reads as ``{{ }}``, and ``{{{{`` writes two braces. What an expression gives is never scanned again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import assert_never

from pytest_reqflo.frozen import dataclass
from pytest_reqflo.lang.expression import (
    CallExpression,
    Expression,
    ListValue,
    LiteralValue,
    ObjectValue,
    PathExpression,
    TextValue,
    Value,
)
from pytest_reqflo.lang.grammar import (
    TemplateProblem,
    expression_text,
    path_text,
    read_expression,
)
from pytest_reqflo.lang.vocabulary import FUNCTIONS, PIPES, ROOTS
from pytest_reqflo.values import Json, is_array, pointer_join

__all__ = [
    "FUNCTIONS",
    "PIPES",
    "ROOTS",
    "PlacedProblem",
    "TemplateProblem",
    "expression_text",
    "locate_expressions",
    "parse_text",
    "parse_value",
    "path_text",
    "walk_expressions",
]

_OPENING = re.compile(r"\{\{\{\{|\$?\{\{")


@dataclass(frozen=True, slots=True)
class PlacedProblem:
    """A problem and the JSON pointer of its text; *is_in_key*: the text is the key, not the value."""

    pointer: str
    problem: TemplateProblem
    is_in_key: bool = False


def parse_text(text: str) -> Value:
    """Return what *text* means: a literal, a lone expression, or text mixed with expressions.

    Raises: TemplateProblem (RF201, RF202) with the offset in *text*.
    """
    parts = _split(text)
    match parts:
        case []:
            return LiteralValue("")
        case [str() as literal]:
            return LiteralValue(literal)
        case [PathExpression() | CallExpression() as expression]:
            return expression
        case _:
            return TextValue(tuple(parts))


def _split(text: str) -> list[str | PathExpression | CallExpression]:
    parts: list[str | PathExpression | CallExpression] = []
    literal = ""
    at = 0
    while (match := _OPENING.search(text, at)) is not None:
        literal += text[at : match.start()]
        if match.group() == "{{{{":
            literal += "{{"
            at = match.end()
            continue
        parts += [literal] if literal else []
        literal = ""
        expression, at = read_expression(text, match.end() - 2)
        parts.append(expression)
    literal += text[at:]
    return parts + ([literal] if literal else [])


def locate_expressions(text: str) -> tuple[tuple[int, int], ...]:
    """Return where each expression of *text* stands, in order: offset and length, braces left out.

    Raises: TemplateProblem, as `parse_text`.
    """
    places: list[tuple[int, int]] = []
    at = 0
    while (match := _OPENING.search(text, at)) is not None:
        at = match.end()
        if match.group() != "{{{{":
            start = at + len(text[at:]) - len(text[at:].lstrip())
            _, at = read_expression(text, match.end() - 2)
            places.append((start, len(text[start:at].rstrip("}").rstrip())))
    return tuple(places)


def parse_value(data: Json) -> tuple[Value, tuple[PlacedProblem, ...]]:
    """Return *data* with its texts parsed, and every problem found.

    Shape: a part without expressions is one LiteralValue; a text with a problem is kept as literal.
    """
    problems: list[PlacedProblem] = []
    return _parse(data, "", problems), tuple(problems)


def _parse(data: Json, pointer: str, problems: list[PlacedProblem]) -> Value:
    if isinstance(data, str):
        try:
            return parse_text(data)
        except TemplateProblem as problem:
            problems.append(PlacedProblem(pointer, problem))
            return LiteralValue(data)
    if isinstance(data, Mapping):
        problems += _key_problems(data, pointer)
        fields = {
            key: _parse(item, pointer_join(pointer, key), problems) for key, item in data.items()
        }
        return _gather_object(fields)
    if is_array(data):
        items = [_parse(item, pointer_join(pointer, i), problems) for i, item in enumerate(data)]
        return _gather_list(items)
    return LiteralValue(data)


def _key_problems(data: Mapping[str, Json], pointer: str) -> Iterator[PlacedProblem]:
    for key in data:
        if "{{" in key:
            message = "a key cannot hold an expression"
            hint = "put the expression in the value"
            problem = TemplateProblem("RF204", message, key.index("{{"), 2, hint)
            yield PlacedProblem(pointer_join(pointer, key), problem, is_in_key=True)


def _gather_object(fields: Mapping[str, Value]) -> Value:
    literals = {k: item.value for k, item in fields.items() if isinstance(item, LiteralValue)}
    return LiteralValue(literals) if len(literals) == len(fields) else ObjectValue(fields)


def _gather_list(items: list[Value]) -> Value:
    literals = [item.value for item in items if isinstance(item, LiteralValue)]
    return LiteralValue(literals) if len(literals) == len(items) else ListValue(tuple(items))


def walk_expressions(value: Value, pointer: str = "") -> Iterator[tuple[str, Expression]]:
    """Yield each expression in *value* with the JSON pointer of the text that holds it, in order."""
    match value:
        case LiteralValue():
            return
        case PathExpression() | CallExpression():
            yield pointer, value
        case TextValue(parts=parts):
            yield from ((pointer, part) for part in parts if not isinstance(part, str))
        case ListValue(items=items):
            for index, item in enumerate(items):
                yield from walk_expressions(item, pointer_join(pointer, index))
        case ObjectValue(fields=fields):
            for key, item in fields.items():
                yield from walk_expressions(item, pointer_join(pointer, key))
        case _:
            assert_never(value)
