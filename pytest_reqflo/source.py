"""Places in text files: positions, spans, the text itself, and the map from pointers to spans."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from pytest_reqflo.frozen import dataclass


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


class SourceText:
    """A text and the name under which it is shown; lines are found by number.

    Shape: *text* may be what makes it, when it is asked for: few files have anything to show.
    """

    __slots__ = ("_lines", "_text", "file")

    def __init__(self, file: str, text: str | Callable[[], str]) -> None:
        self.file = file
        self._text = text
        self._lines: list[str] | None = None

    @property
    def text(self) -> str:
        """The whole text."""
        text = self._text
        if not isinstance(text, str):
            text = self._text = text()
        return text

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SourceText):
            return NotImplemented
        return (self.file, self.text) == (other.file, other.text)

    def __hash__(self) -> int:
        return hash((self.file, self.text))

    def __repr__(self) -> str:
        return f"SourceText({self.file!r}, {len(self.text)} characters)"

    def line(self, number: int) -> str:
        """Return line *number* (from 1) without its end; empty when there is none."""
        if self._lines is None:
            # Only line feeds count: str.splitlines also breaks at form feeds and U+2028,
            # which no YAML reader and no editor counts as a line.
            self._lines = self.text.split("\n")
        if not 0 < number <= len(self._lines):
            return ""
        return self._lines[number - 1].removesuffix("\r")

    def span(self, line: int, column: int, length: int = 1) -> Span:
        """Return the span of *length* characters that begins at *line*, *column* (from 1)."""
        return Span(self.file, Position(line, column), Position(line, column + length))


Spans: TypeAlias = Mapping[str, Span]


LINED_LEVELS = 4
"""Levels of a document of which lines are noted: those of a journey, and of its steps and cases."""


class SourceMap:
    """Where each part of a document stands: JSON pointer to span, for values and for keys.

    Shape: the spans are found when one is first asked for, as few documents have anything to show;
        *lines* are the lines (from 1) on which the values of the outer `LINED_LEVELS` begin, none or all.
    """

    __slots__ = ("_find", "_lines", "_spans", "source")

    def __init__(
        self,
        source: SourceText,
        values: Spans | None = None,
        keys: Spans | None = None,
        *,
        find: Callable[[], tuple[Spans, Spans]] | None = None,
        lines: Mapping[str, int] | None = None,
    ) -> None:
        self.source = source
        self._spans = None if find else (values or {}, keys or {})
        self._find = find
        self._lines = lines or {}

    @property
    def lines(self) -> Mapping[str, int]:
        """The lines (from 1) on which the values of the outer levels begin, none or all."""
        return self._lines

    @property
    def values(self) -> Spans:
        """The spans of the values."""
        return self._found()[0]

    @property
    def keys(self) -> Spans:
        """The spans of the keys, by the pointers of their values."""
        return self._found()[1]

    def _found(self) -> tuple[Spans, Spans]:
        if self._spans is None:
            assert self._find is not None  # noqa: S101  # one of the two is given
            self._spans = self._find()
        return self._spans

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SourceMap):
            return NotImplemented
        return self.source == other.source and self._found() == other._found()

    __hash__ = None  # type: ignore[assignment]

    def line_of(self, pointer: str) -> int:
        """Return the line (from 1) on which the value at *pointer* begins, or what encloses it."""
        outer = "/".join(pointer.split("/")[:LINED_LEVELS])
        if not self._lines or (outer != pointer and outer in self._lines):
            return self.span_of(pointer).start.line
        while outer not in self._lines:
            outer = outer.rpartition("/")[0]
        return self._lines[outer]

    def span_of(self, pointer: str) -> Span:
        """Return the span of the value at *pointer*, or of its nearest enclosing value."""
        values = self.values
        while pointer not in values and pointer:
            pointer = pointer.rpartition("/")[0]
        return values.get(pointer) or self.source.span(1, 1)

    def key_span_of(self, pointer: str) -> Span:
        """Return the span of the key that holds the value at *pointer*, else the value's span."""
        return self.keys.get(pointer) or self.span_of(pointer)
