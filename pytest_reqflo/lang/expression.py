"""Expressions and value trees as data: what a ``{{ }}`` in a journey means, without its spelling.

A *Value* is what stands anywhere in a journey where expressions are legal. Rendering one against
a *Scope* gives a *Rendered*: JSON whose text leaves may be `Secret`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Protocol, TypeAlias, Union

from pytest_reqflo.frozen import dataclass
from pytest_reqflo.values import Json

Segment: TypeAlias = Union[str, int]
"""One part of a path: a key or an index."""

Rendered: TypeAlias = Any
"""JSON in which any text leaf may be a `Secret`."""


@dataclass(frozen=True, slots=True)
class Pipe:
    """A closed pipe such as ``json`` or ``default("x")``."""

    name: str
    args: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True)
class PathExpression:
    """``{{ root.path[0] | pipe }}``; *root* is one of the reserved roots."""

    root: str
    path: tuple[Segment, ...] = ()
    pipes: tuple[Pipe, ...] = ()
    kind: Literal["path"] = "path"


@dataclass(frozen=True, slots=True)
class CallExpression:
    """``{{ function(args) | pipe }}``; arguments are literals."""

    function: str
    args: tuple[Json, ...] = ()
    pipes: tuple[Pipe, ...] = ()
    kind: Literal["call"] = "call"


Expression: TypeAlias = Union[PathExpression, CallExpression]


@dataclass(frozen=True, slots=True)
class LiteralValue:
    """JSON that holds no expression."""

    value: Json
    kind: Literal["literal"] = "literal"


@dataclass(frozen=True, slots=True)
class TextValue:
    """Text mixed with expressions; renders to text."""

    parts: tuple[Union[str, PathExpression, CallExpression], ...]
    kind: Literal["text"] = "text"


@dataclass(frozen=True, slots=True)
class ListValue:
    """A list of which at least one item holds an expression."""

    items: tuple[Value, ...]
    kind: Literal["list"] = "list"


@dataclass(frozen=True, slots=True)
class ObjectValue:
    """An object of which at least one value holds an expression; keys are literal."""

    fields: Mapping[str, Value]
    kind: Literal["object"] = "object"


Value: TypeAlias = Union[
    LiteralValue, PathExpression, CallExpression, TextValue, ListValue, ObjectValue
]


class ValueMissing(Exception):
    """An expression names something that does not exist in this run; the text is one sentence.

    *step* is the step whose output is missing, when that is the reason.
    """

    def __init__(self, message: str, *, step: str = "", expression: str = "") -> None:
        super().__init__(message)
        self.step = step
        self.expression = expression


class Scope(Protocol):
    """What rendering needs to know of a run."""

    def lookup(self, expression: PathExpression) -> Rendered:
        """Return the value that *expression* names, before its pipes. Raises: ValueMissing."""

    def call(self, expression: CallExpression, site: str) -> Json:
        """Return the value of a function for this call *site*, the same in every try."""
