"""Turn data files and inline rows into typed rows: each cell checked against its input."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path

from pytest_reqflo.diagnostic import Diagnostic, Label, label_at, name_hint
from pytest_reqflo.errors import JourneyError
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.source import Position, SourceText, Span
from pytest_reqflo.syntax.cells import InputType, check_type, read_typed
from pytest_reqflo.syntax.document import Document
from pytest_reqflo.syntax.read import decode_source, read_bytes, refuse
from pytest_reqflo.syntax.records import (
    CsvTable,
    JsonLinesTable,
    JsonTable,
    MalformedData,
    Record,
    Table,
)
from pytest_reqflo.values import Json, canonical_json, pointer_join

__all__ = ["InputType", "Row", "check_type", "load_rows", "read_typed", "rows_from_inline"]

MAX_SIZE_BYTES = 10 * 1024 * 1024
_MAX_PROBLEMS = 20
_MAX_SHARED = 512
"""Different cells of a column among which equal ones are found."""

_TABLES: Mapping[str, Callable[[SourceText], Table]] = {
    ".csv": CsvTable,
    ".json": JsonTable,
    ".jsonl": JsonLinesTable,
    ".ndjson": JsonLinesTable,
}


@dataclass(frozen=True, slots=True)
class Columns:
    """What many rows have in common: the file, the names of their values, and where they begin."""

    file: str
    names: tuple[str, ...]
    column: int = 1


class Row:
    """One run's values: *number* from 1, *key* (empty without a key column), and its place."""

    # A file may hold very many, which live as long as the session.
    __slots__ = ("_cells", "_columns", "_line_offset", "key", "number")

    def __init__(
        self, number: int, key: str, cells: tuple[Json, ...], columns: Columns, line: int
    ) -> None:
        self.number = number
        self.key = key
        self._cells = cells
        self._columns = columns
        # Nearly always the same small number, which takes no memory.
        self._line_offset = line - number

    @property
    def values(self) -> Mapping[str, Json]:
        """The values by name, without empty CSV cells."""
        return dict(zip(self._columns.names, self._cells, strict=True))

    @property
    def line(self) -> int:
        """The line that it begins on."""
        return self.number + self._line_offset

    @property
    def place(self) -> str:
        """Where it stands: ``file:line:col``."""
        return f"{self._columns.file}:{self.line}:{self._columns.column}"


def load_rows(
    path: Path, *, shown: str, inputs: Mapping[str, InputType], key: str | None,
    sensitive: Collection[str] = (), below: Path | None = None,
) -> tuple[Row, ...]:  # fmt: skip
    """Return the rows of a CSV, JSON or JSONL file, typed by *inputs*.

    Shape: *key* is the column that names each row; with *sensitive* inputs no message shows a row.
        With *below*, no step from that folder to *path* may be a symbolic link.
    Raises: JourneyError (RF102, RF113 to RF118) naming file, row and column, all problems at once.
    """
    make_table = _TABLES.get(path.suffix.lower())
    if make_table is None:
        refuse("RF115", f"`{shown}` is no data file", hint="use .csv, .json or .jsonl")
    source = decode_source(
        read_bytes(path, shown, max_bytes=MAX_SIZE_BYTES, below=below), shown, code="RF115"
    )
    table = make_table(source)
    reader = _Reader(source, inputs, key, is_secret=bool(sensitive))
    try:
        reader.check_columns(table)
        if isinstance(table, CsvTable):
            reader.take_cells(table)
        else:
            for record in table.records():
                reader.take(record, partial(table.locate, record), is_text=False)
    except MalformedData as problem:
        reader.note("RF115", str(problem), problem.at, problem.hint)
    return reader.finish()


def rows_from_inline(
    rows: Sequence[Mapping[str, Json]], document: Document, pointer: str,
    inputs: Mapping[str, InputType], key: str | None, sensitive: Collection[str] = (),
) -> tuple[Row, ...]:  # fmt: skip
    """Return the rows that stand at *pointer* of *document*, typed by *inputs*.

    Raises: JourneyError (RF115 to RF118), all problems at once.
    """
    places = document.map
    reader = _Reader(places.source, inputs, key, is_secret=bool(sensitive))
    for number, values in enumerate(rows, start=1):
        place = pointer_join(pointer, number - 1)
        start = places.span_of(place).start
        record = Record(number, start.line, values)
        reader.take(
            record,
            partial(_inline_position, document, place),
            is_text=False,
            column=start.column,
        )
    return reader.finish()


def _inline_position(document: Document, place: str, name: str) -> Position:
    return document.map.span_of(pointer_join(place, name)).start


class _Reader:
    """Types one record after the other, and collects the rows and the problems."""

    def __init__(
        self,
        source: SourceText,
        inputs: Mapping[str, InputType],
        key: str | None,
        *,
        is_secret: bool,
    ) -> None:
        self.source = source
        self.inputs = inputs
        self.key = key
        self.is_secret = is_secret
        self.rows: list[Row] = []
        self.first_with: dict[str, int] = {}
        self.columns: dict[tuple[tuple[str, ...], int], Columns] = {}
        self.unknown: set[str] = set()
        self.problems: list[Diagnostic] = []
        self.count = 0

    def check_columns(self, table: Table) -> None:
        """Check the columns of a table that names them once."""
        columns = table.columns()
        for name, at in columns.items():
            self._check_column(name, at)
        if columns and self.key is not None and self.key not in columns:
            hint = name_hint(self.key, columns, what="Columns")
            self.note(
                "RF115",
                f"there is no column `{self.key}`, which names the rows",
                Position(1, 1),
                hint,
            )
            self.key = None

    def _check_column(self, name: str, at: Position) -> None:
        if name in self.inputs or name in self.unknown:
            return
        self.unknown.add(name)
        hint = name_hint(name, self.inputs, what="Inputs")
        if ";" in name or "\t" in name:
            hint = "cells are separated by commas"
        self.note(
            "RF116", f"column `{name}` is no input of the journey", at, hint, length=len(name)
        )

    def take(
        self, record: Record, locate: Callable[[str], Position], is_text: bool, column: int = 1
    ) -> None:
        """Add one row."""
        values: dict[str, Json] = {}
        for name, cell in record.values.items():
            if is_text and cell == "":
                continue
            kind = self.inputs.get(name)
            if kind is None:
                self._check_column(name, self._where(locate, name))
                continue
            problem = _fit(cell, kind, is_text, values, name)
            if problem:
                self._note_cell(record, name, problem, self._where(locate, name))
        key = self._key_of(record, values, locate)
        columns = self._columns_of(tuple(values), column)
        self.rows.append(Row(record.number, key, tuple(values.values()), columns, record.line))

    def _columns_of(self, names: tuple[str, ...], column: int = 1) -> Columns:
        columns = self.columns.get((names, column))
        if columns is None:
            columns = self.columns[names, column] = Columns(self.source.file, names, column)
        return columns

    def take_cells(self, table: CsvTable) -> None:
        """Add the rows of *table*: at once those without a fault, the others with care."""
        names = tuple(table.columns())
        kinds = [self.inputs[name] for name in names if name in self.inputs]
        place = names.index(self.key) if self.key is not None else None
        is_plain = place is None or kinds[place : place + 1] in (["any"], ["string"])
        if len(kinds) < len(names) or not is_plain:
            self._take_carefully(table.records(), table)
            return
        readers = [_reader_of(kind) for kind in kinds]
        columns = self._columns_of(names)
        for number, line, cells in table.rows():
            key = cells[place] if place is not None else ""
            values = None if "" in cells or key in self.first_with else _fit_all(cells, readers)
            if values is None:
                self._take_carefully([table.record(number, line, cells)], table)
                continue
            if place is not None:
                self.first_with[key] = len(self.rows)
            self.rows.append(Row(number, key, values, columns, line))

    def _take_carefully(self, records: Iterable[Record], table: Table) -> None:
        for record in records:
            self.take(record, partial(table.locate, record), is_text=True)

    def _key_of(
        self, record: Record, values: Mapping[str, Json], locate: Callable[[str], Position]
    ) -> str:
        if self.key is None:
            return ""
        value = values.get(self.key)
        if value is None or value == "":
            if record.values.get(self.key) in (None, ""):
                at = (
                    self._where(locate, self.key)
                    if self.key in record.values
                    else Position(record.line, 1)
                )
                title = f"row {record.number} has no `{self.key}`, which names the rows"
                self.note("RF115", title, at)
            return ""
        text = (
            value
            if isinstance(value, str)
            else canonical_json(value).decode(errors="surrogatepass")
        )
        index = self.first_with.setdefault(text, len(self.rows))
        if index < len(self.rows):
            first = self.rows[index]
            title = f"row {record.number} repeats the key of row {first.number}"
            shown = "" if self.is_secret else f": `{text[:60]}`"
            second = self._label(Position(first.line, 1), 1, "first here")
            self.note("RF118", title + shown, self._where(locate, self.key), second=second)
        return text

    def _where(self, locate: Callable[[str], Position], name: str) -> Position:
        # Looking up a place reads the text from its start: only for what is going to be shown.
        return locate(name) if self.count < _MAX_PROBLEMS else Position(1, 1)

    def _note_cell(self, record: Record, name: str, problem: str, at: Position) -> None:
        sentence = problem.partition(", not ")[0] if self.is_secret else problem
        hint = f"change the cell, or the type of input `{name}`"
        self.note("RF117", f"`{name}` of row {record.number} {sentence}", at, hint)

    def note(
        self, code: str, title: str, at: Position, hint: str = "", *,
        length: int = 1, second: Label | None = None,
    ) -> None:  # fmt: skip
        self.count += 1
        if self.count <= _MAX_PROBLEMS:
            first = self._label(at, length, "")
            labels = (first, second) if second else (first,)
            self.problems.append(Diagnostic(code=code, title=title, labels=labels, hint=hint))

    def _label(self, at: Position, length: int, text: str) -> Label:
        span = Span(self.source.file, at, Position(at.line, at.column + length))
        return Label(span, "", text) if self.is_secret else label_at(self.source, span, text)

    def finish(self) -> tuple[Row, ...]:
        """Return the rows. Raises: JourneyError with the problems; also when there is no row."""
        if not self.rows and not self.problems:
            self.note("RF115", "there are no rows", Position(1, 1))
        if self.count > _MAX_PROBLEMS:
            more = f"{self.count - _MAX_PROBLEMS:,} more problems in `{self.source.file}`"
            self.problems.append(Diagnostic(code="RF115", title=more))
        if self.problems:
            raise JourneyError(*self.problems)
        return tuple(self.rows)


def _reader_of(kind: InputType) -> Callable[[str], Json]:
    """Return what reads the cells of one column: equal ones as one object, if none can change it."""
    if kind in ("array", "object"):
        return partial(read_typed, type=kind)
    read = str if kind in ("any", "string") else partial(read_typed, type=kind)
    return lru_cache(maxsize=_MAX_SHARED)(read)


def _fit_all(cells: list[str], readers: list[Callable[[str], Json]]) -> tuple[Json, ...] | None:
    """Return *cells* as they are read, None when one does not fit."""
    try:
        return tuple([read(cell) for read, cell in zip(readers, cells, strict=True)])
    except ValueError:
        return None


def _fit(cell: Json, kind: InputType, is_text: bool, values: dict[str, Json], name: str) -> str:
    """Put *cell* as *kind* into *values*, or return why it does not fit."""
    if not is_text:
        values[name] = cell
        return check_type(cell, kind) or ""
    try:
        values[name] = read_typed(cell, kind)
    except ValueError as error:
        return str(error)
    return ""
