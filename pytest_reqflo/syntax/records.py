"""The rows of a CSV, JSON or JSONL text as they stand there, untyped. Pure.

Places inside a row are looked up only when a message needs them, so that large files stay quick.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from pytest_reqflo.frozen import dataclass
from pytest_reqflo.source import Position, SourceText
from pytest_reqflo.values import Json, JsonProblem, parse_json_noting

_PLACE = re.compile(r" at line (\d+), column (\d+)$")


@dataclass(frozen=True, slots=True)
class Record:
    """One row: its number from 1, its first line, its values, and its stretch of the text."""

    number: int
    line: int
    values: Mapping[str, Json]
    start: int = 0
    end: int = 0


class MalformedData(Exception):
    """The text is no table; *at* is the place, the text is a sentence."""

    def __init__(self, message: str, at: Position, hint: str = "") -> None:
        super().__init__(message)
        self.at = at
        self.hint = hint


class Table(Protocol):
    """A text of rows: *is_text* when every value of it is text."""

    is_text: bool

    def records(self) -> Iterator[Record]:
        """Yield the rows in order. Raises: MalformedData."""

    def locate(self, record: Record, column: str) -> Position:
        """Return where the value of *column* stands in *record*."""

    def columns(self) -> Mapping[str, Position]:
        """Return the columns that are named before the first row, empty when each row names its."""


_MAX_COLUMNS = 1_000
"""To find the place of a column takes time that grows with its number."""


class CsvTable:
    """CSV with a header row, RFC 4180."""

    is_text = True

    def __init__(self, source: SourceText) -> None:
        self._source = source
        self._reader = csv.reader(_with_line_ends(lines_of(source.text)), strict=True)
        self._names: list[str] = []
        self._header_line = 1

    def columns(self) -> Mapping[str, Position]:
        if not self._names:
            self._read_header()
        return {
            name: self._position(self._header_line, index) for index, name in enumerate(self._names)
        }

    def _read_header(self) -> None:
        line, cells = next(self._rows(), (1, []))
        if not any(cell.strip() for cell in cells):
            raise MalformedData("the file is empty, it needs a row of column names", Position(1, 1))
        self._header_line = line
        if len(cells) > _MAX_COLUMNS:
            message = f"the header has {len(cells):,} columns, {_MAX_COLUMNS:,} are allowed"
            raise MalformedData(message, Position(line, 1))
        names = [cell.strip() for cell in cells]
        for index, name in enumerate(names):
            if not name:
                raise MalformedData(f"column {index + 1} has no name", self._position(line, index))
            if name in names[:index]:
                at = self._position(line, index)
                raise MalformedData(f"two columns are named `{name}`", at, "rename one of them")
        self._names = names

    def records(self) -> Iterator[Record]:
        for number, line, cells in self.rows():
            yield self.record(number, line, cells)

    def record(self, number: int, line: int, cells: list[str]) -> Record:
        """Return the record that `rows` told of."""
        return Record(number, line, dict(zip(self._names, cells, strict=True)))

    def rows(self) -> Iterator[tuple[int, int, list[str]]]:
        """Yield the number, the first line and the cells of each row. Raises: MalformedData."""
        width, number = len(self.columns()), 0
        for line, cells in self._rows():
            if width > 1 and len(cells) == 1 and not cells[0].strip():
                continue
            number += 1
            if len(cells) != width:
                message = f"row {number} has {_count(len(cells), 'cell')}, the header has {width}"
                is_long = len(cells) > width
                hint = "put a cell that holds a comma in double quotes" if is_long else ""
                raise MalformedData(message, Position(line, 1), hint)
            yield number, line, cells

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        while True:
            line = self._reader.line_num + 1
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise MalformedData(_csv_sentence(str(error)), Position(line, 1)) from None
            if cells:
                yield line, cells

    def locate(self, record: Record, column: str) -> Position:
        return self._position(record.line, self._names.index(column))

    def _position(self, line: int, index: int) -> Position:
        """Return where cell *index* begins in the row that begins at *line*."""
        is_quoted, column = False, 1
        lines = self._source.text.split("\n")
        while index and line <= len(lines):
            for column, character in enumerate(lines[line - 1], start=1):
                is_quoted ^= character == '"'
                index -= character == "," and not is_quoted
                if not index:
                    return Position(line, column + 1)
            line += 1
        return Position(line, column)


def lines_of(text: str) -> Iterator[str]:
    """Yield the lines of *text* without their ends, one at a time: there may be very many."""
    start = 0
    while (end := text.find("\n", start)) >= 0:
        yield text[start:end]
        start = end + 1
    yield text[start:]


def _with_line_ends(lines: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        if "\0" in line:
            raise MalformedData(
                "the file holds a NUL character", Position(number, line.index("\0") + 1)
            )
        yield f"{line}\n"


def _csv_sentence(message: str) -> str:
    if "unexpected end" in message:
        return "a double quote is opened in this row and never closed"
    if "expected after" in message:
        return "text follows the closing double quote of a cell; a quote in a cell is doubled"
    if "field limit" in message:
        return "a cell of this row is too long"
    return "a carriage return stands inside this row, outside of quotes"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


class _ObjectTable:
    """Rows that are JSON objects."""

    is_text = False

    def __init__(self, source: SourceText) -> None:
        self._source = source

    def columns(self) -> Mapping[str, Position]:
        return {}

    def locate(self, record: Record, column: str) -> Position:
        text = self._source.text[record.start : record.end]
        for spelling in (json.dumps(column, ensure_ascii=False), json.dumps(column)):
            found = re.search(re.escape(spelling) + r"\s*:\s*", text)
            if found:
                return _position_at(self._source.text, record.start + found.end())
        return _position_at(self._source.text, record.start)

    def _record(self, number: int, line: int, value: Json, start: int, end: int) -> Record:
        if not isinstance(value, dict):
            at = _position_at(self._source.text, start)
            raise MalformedData(f"row {number} is no object", at, 'write {"input": value, ...}')
        return Record(number, line, value, start, end)


class JsonTable(_ObjectTable):
    """A JSON array of objects."""

    def records(self) -> Iterator[Record]:
        text = self._source.text
        rows = _parse(text, Position(1, 1))[0]
        if not isinstance(rows, list):
            raise MalformedData("the file must hold an array of objects", Position(1, 1))
        line, seen = 1, 0
        for number, (value, start, end) in enumerate(_elements(text), start=1):
            line += text.count("\n", seen, start)
            seen = start
            yield self._record(number, line, value, start, end)


class JsonLinesTable(_ObjectTable):
    """One JSON object a line."""

    def records(self) -> Iterator[Record]:
        number, offset = 0, 0
        for line, text in enumerate(lines_of(self._source.text), start=1):
            if text.strip():
                number += 1
                value, repeated = _parse(text, Position(line, 1))
                if repeated:
                    raise _twice(repeated[0], Position(line, 1))
                yield self._record(number, line, value, offset, offset + len(text))
            offset += len(text) + 1


def _parse(text: str, begin: Position) -> tuple[Json, tuple[str, ...]]:
    """Return the value, and the keys that stand twice in one object."""
    try:
        return parse_json_noting(text)
    except JsonProblem as problem:
        found = _PLACE.search(str(problem))
        at = begin
        if found:
            at = Position(begin.line + int(found.group(1)) - 1, int(found.group(2)))
        message = f"the file is not JSON: {_PLACE.sub('', str(problem))}"
        raise MalformedData(message, at) from None


def _elements(text: str) -> Iterator[tuple[Json, int, int]]:
    """Yield the elements of the array *text*, already known to be JSON, and where they stand."""
    end = text.index("[") + 1
    while True:
        start = _skip(text, end)
        if text[start] == "]":
            return
        value, end = _decode_unique(text, start)
        yield value, start, end


def _skip(text: str, offset: int) -> int:
    while text[offset] in " \t\r\n,":
        offset += 1
    return offset


def _decode_unique(text: str, start: int) -> tuple[Json, int]:
    try:
        return _DECODER.raw_decode(text, start)
    except _RepeatedKey as error:
        raise _twice(str(error), _position_at(text, start)) from None


def _twice(key: str, at: Position) -> MalformedData:
    return MalformedData(f"the key `{key}` stands twice in one object", at)


class _RepeatedKey(Exception):
    pass


def _unique(pairs: list[tuple[str, Json]]) -> Json:
    value = dict(pairs)
    if len(value) < len(pairs):
        names = [name for name, _ in pairs]
        raise _RepeatedKey(next(name for name in names if names.count(name) > 1))
    return value


_DECODER = json.JSONDecoder(object_pairs_hook=_unique)


def _position_at(text: str, offset: int) -> Position:
    return Position(text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))
