"""Values become JSON text on the wire; what is constant in it is written once. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TypeAlias

from pytest_reqflo.artifact.model import JsonBody
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.lang.expression import (
    ListValue,
    LiteralValue,
    ObjectValue,
    PathExpression,
    Rendered,
    Value,
)
from pytest_reqflo.lang.render import render_value
from pytest_reqflo.noted import Noted
from pytest_reqflo.run.scope import RunScope, revealed
from pytest_reqflo.values import pointer_join

_COMPACT = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=revealed
)
"""Writes texts that are secret, which it does not know, as what they are."""

_encode = _COMPACT.encode


@dataclass(frozen=True, slots=True)
class _Gap:
    """Where a value goes into the text; *place* is a pointer below the body."""

    value: Value
    place: str


_Piece: TypeAlias = str | _Gap


def render_json(body: JsonBody, scope: RunScope, site: str) -> bytes:
    """Return the bytes of *body*. Raises: ValueMissing."""
    texts = [
        piece if type(piece) is str else _write(piece, scope, site) for piece in _PIECES.of(body)
    ]
    try:
        return "".join(texts).encode()
    except UnicodeEncodeError:
        with scope.unnoted():
            return json_bytes(render_value(body.value, scope, site=site))


def json_bytes(value: Rendered) -> bytes:
    """Return *value* as JSON, with the text of its secrets."""
    try:
        return _encode(value).encode()
    except UnicodeEncodeError:
        # Half of a surrogate pair has no bytes of its own, but JSON can write it.
        return json.dumps(value, separators=(",", ":"), allow_nan=False, default=revealed).encode()


def _write(gap: _Piece, scope: RunScope, site: str) -> str:
    if isinstance(gap, str):
        return gap
    # Most values are looked up: only functions need to know where they stand.
    if type(gap.value) is PathExpression and not gap.value.pipes:
        value = scope.lookup(gap.value)
    else:
        value = render_value(gap.value, scope, site=site + gap.place)
    return str(value) if type(value) is int else _encode(value)


def _pieces_of(body: JsonBody) -> tuple[_Piece, ...]:
    """Return the text of *body* in pieces, without two texts in a row."""
    pieces: list[_Piece] = []
    for piece in _split(body.value, ""):
        if isinstance(piece, str) and pieces and isinstance(pieces[-1], str):
            pieces[-1] += piece
        else:
            pieces.append(piece)
    return tuple(pieces)


_PIECES = Noted(_pieces_of)


def _split(value: Value, place: str) -> Iterator[_Piece]:
    if isinstance(value, LiteralValue):
        yield _encode(value.value)
    elif isinstance(value, ObjectValue):
        yield "{"
        for number, (key, item) in enumerate(value.fields.items()):
            yield f"{',' if number else ''}{_encode(key)}:"
            yield from _split(item, pointer_join(place, key))
        yield "}"
    elif isinstance(value, ListValue):
        yield "["
        for number, item in enumerate(value.items):
            yield "," if number else ""
            yield from _split(item, pointer_join(place, number))
        yield "]"
    else:
        yield _Gap(value, place)
