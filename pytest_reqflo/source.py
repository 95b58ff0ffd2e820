"""Places in text files: positions, spans, the text itself, and the map from pointers to spans."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a file; line and column count from 1, columns in characters."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of one file, *end* exclusive; *file* is the path as shown to people."""

    file: str
    start: Position
    end: Position

    def __str__(self) -> str:
        return f"{self.file}:{self.start.line}:{self.start.column}"


@dataclass(frozen=True, slots=True)
class SourceText:
    """A text and the name under which it is shown; lines are found by number."""

    file: str
    text: str
    _lines: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Only line feeds count: str.splitlines also breaks at form feeds and U+2028,
        # which no YAML reader and no editor counts as a line.
        lines = tuple(line.removesuffix("\r") for line in self.text.split("\n"))
        object.__setattr__(self, "_lines", lines)

    def line(self, number: int) -> str:
        """Return line *number* (from 1) without its end; empty when there is none."""
        return self._lines[number - 1] if 0 < number <= len(self._lines) else ""

    def span(self, line: int, column: int, length: int = 1) -> Span:
        """Return the span of *length* characters that begins at *line*, *column* (from 1)."""
        return Span(self.file, Position(line, column), Position(line, column + length))


@dataclass(frozen=True, slots=True)
class SourceMap:
    """Where each part of a document stands: JSON pointer to span, for values and for keys."""

    source: SourceText
    values: Mapping[str, Span]
    keys: Mapping[str, Span]

    def span_of(self, pointer: str) -> Span:
        """Return the span of the value at *pointer*, or of its nearest enclosing value."""
        while pointer not in self.values and pointer:
            pointer = pointer.rpartition("/")[0]
        return self.values.get(pointer) or self.source.span(1, 1)

    def key_span_of(self, pointer: str) -> Span:
        """Return the span of the key that holds the value at *pointer*, else the value's span."""
        return self.keys.get(pointer) or self.span_of(pointer)
