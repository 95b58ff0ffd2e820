"""`Document`: JSON that was written as YAML, and the places of its parts. Pure."""

from __future__ import annotations

import re

from pytest_reqflo.frozen import dataclass
from pytest_reqflo.source import Position, SourceMap, Span
from pytest_reqflo.values import Json

_DOUBLE_QUOTED = re.compile(r"\\(?:x..|u....|U........|.)|.")
_SINGLE_QUOTED = re.compile(r"''|.")
_MAX_EXACT = 20_000
"""Longest scalar, in characters, whose parts are looked up: it is read from its start each time."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file as JSON, and where each part of it stands; *data* is None for an empty file."""

    data: Json
    map: SourceMap


def scalar_offset_span(document: Document, pointer: str, offset: int, length: int) -> Span:
    """Return the span of *length* characters from *offset* of the text at *pointer*.

    Exact in scalars of one line, quoted or not; else, and in very long ones, the first line of
    the scalar.
    """
    span = document.map.span_of(pointer)
    line = document.map.source.line(span.start.line)
    first = span.start.column - 1
    raw = line[first : span.end.column - 1] if span.start.line == span.end.line else ""
    if pointer not in document.map.values or not raw or raw[0] in "|>*[{" or len(raw) > _MAX_EXACT:
        end = span.end if raw else Position(span.start.line, max(first + 2, len(line) + 1))
        return Span(span.file, span.start, end)
    columns = _columns(raw, first + 1)
    start = columns[min(offset, len(columns) - 1)]
    end_column = columns[min(offset + length, len(columns) - 1)]
    return Span(
        span.file,
        Position(span.start.line, start),
        Position(span.start.line, max(end_column, start + 1)),
    )


def _columns(raw: str, column: int) -> list[int]:
    """Return the column of each character of a scalar's value, and of its end."""
    if raw[0] not in "\"'":
        return list(range(column, column + len(raw) + 1))
    pieces = (_DOUBLE_QUOTED if raw[0] == '"' else _SINGLE_QUOTED).findall(raw[1:-1])
    columns = [column + 1]
    for piece in pieces:
        columns.append(columns[-1] + len(piece))
    return columns
