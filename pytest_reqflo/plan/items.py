"""A compiled journey and a selection to the items that pytest shows: cases, rows, or one run.

Reads data files. The only module of this room that knows the text formats.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_reqflo.errors import JourneyError, RunCheckError
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.lang.expression import LiteralValue
from pytest_reqflo.lang.template import parse_value
from pytest_reqflo.plan.assignments import read_assignments
from pytest_reqflo.plan.environments import (
    find_environment_name,
    implicit_environment,
    snapshot_environment,
)
from pytest_reqflo.plan.marks import MarkSpec, PlacedMark, find_mark
from pytest_reqflo.plan.model import EnvironmentSnapshot, GivenValue, Layer
from pytest_reqflo.plan.naming import case_ids, row_id
from pytest_reqflo.syntax.data import Row, load_rows, read_typed, rows_from_inline
from pytest_reqflo.values import Json

if TYPE_CHECKING:
    from pytest_reqflo.artifact.model import Artifact
    from pytest_reqflo.compile.compiled import CompiledJourney
    from pytest_reqflo.compile.head import CaseHead, JourneyHead

SINGLE_ID = "run"
"""Id of the one item of a journey without cases and rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What the person running chose; *sets* are texts, *data* replaces the journey's rows."""

    environment: str | None = None
    cases: tuple[str, ...] = ()
    sets: tuple[tuple[str, str], ...] = ()
    data: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemCase:
    """What all items of one case of a journey share."""

    name: str = ""
    given: tuple[GivenValue, ...] = ()
    skip: MarkSpec | None = None
    xfail: MarkSpec | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemSpec:
    """One run of a journey: its id in the file, and the values that it is given."""

    # There is one for each row: what others know too is not kept here.
    id: str
    of: ItemCase = ItemCase()
    row: Row | None = None

    @property
    def case(self) -> str:
        """The name of the case, empty when there is none."""
        return self.of.name

    @property
    def row_number(self) -> int | None:
        """The number of the row, from 1."""
        return self.row.number if self.row else None

    @property
    def row_key(self) -> str:
        """The text that names the row."""
        return self.row.key if self.row else ""

    @property
    def given(self) -> tuple[GivenValue, ...]:
        """The values, made when they are asked for."""
        return (*self.of.given, *_row_values(self.row)) if self.row else self.of.given

    @property
    def skip(self) -> MarkSpec | None:
        """Why it does not run."""
        return self.of.skip

    @property
    def xfail(self) -> MarkSpec | None:
        """Why its checks may fail."""
        return self.of.xfail

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags of the case."""
        return self.of.tags


_PLAIN = (ItemSpec(id=SINGLE_ID),)
"""The items of most journeys in files of their own."""


def make_items(compiled: CompiledJourney, selection: Selection) -> tuple[ItemSpec, ...]:
    """Return the items of a journey, rows before the cases; none when it lacks the named cases.

    Raises: JourneyError for defects of data and marks; UsageProblem RF801 for unusable ``--set``.
    """
    if _is_plain(compiled.head, selection):
        return _PLAIN
    maker = _Maker(compiled, selection)
    named = [case for case in compiled.head.cases if case.name in selection.cases]
    if selection.cases and not named:
        return ()
    rows = maker.rows()
    if rows is None:
        chosen = named or tuple(compiled.head.cases)
        return tuple(map(maker.case_item, chosen)) or (maker.single_item(),)
    return tuple(_row_items(maker, rows, named))


def _is_plain(head: JourneyHead, selection: Selection) -> bool:
    """Say whether there is nothing that makes more of a journey than one item without values."""
    is_chosen = selection.cases or selection.sets or selection.data
    return not (is_chosen or head.cases or head.data or head.skip or head.xfail)


def make_artifact_items(
    artifact: Artifact, selection: Selection, *, shown_data: str
) -> tuple[ItemSpec, ...]:
    """Return the items of a stored artifact: one per row of ``--data``, else one.

    Raises: JourneyError for a data file that does not fit; UsageProblem RF801 for ``--set``.
    """
    sets = read_assignments(selection.sets, artifact, read_typed)
    if selection.data is None:
        return (ItemSpec(id=SINGLE_ID, of=ItemCase(given=sets)),)
    types = {each.name: each.type for each in artifact.inputs}
    hidden = [each.name for each in artifact.inputs if each.sensitive]
    rows = load_rows(selection.data, shown=shown_data, inputs=types, key=None, sensitive=hidden)
    of = ItemCase(given=sets)
    return tuple(ItemSpec(id=row_id(row.number, row.key), of=of, row=row) for row in rows)


def _row_values(row: Row) -> tuple[GivenValue, ...]:
    detail = f"row {row.number} ({row.place})"
    return tuple([
        GivenValue(name=name, layer="row", value=LiteralValue(value), detail=detail)
        for name, value in row.values.items()
    ])  # fmt: skip


def _row_items(maker: _Maker, rows: tuple[Row, ...], named: list[CaseHead]) -> Iterator[ItemSpec]:
    if named:
        for case in named:
            yield from maker.row_items(rows, case, is_one_of_several=len(named) > 1)
        return
    shared = maker.shared_case()
    yield from maker.row_items(rows, shared)
    yield from (maker.case_item(case) for case in maker.head.cases if case is not shared)


class _Maker:
    """The parts of items that all items of one journey share."""

    def __init__(self, compiled: CompiledJourney, selection: Selection) -> None:
        self.compiled = compiled
        self.head = compiled.head
        self._selection = selection
        sets = selection.sets
        self._sets = read_assignments(sets, compiled.artifact, read_typed) if sets else ()
        self._ids = case_ids(case.name for case in self.head.cases)
        self._numbers = {case.name: number for number, case in enumerate(self.head.cases)}

    # --- items

    def single_item(self) -> ItemSpec:
        return ItemSpec(id=SINGLE_ID, of=self._case(None))

    def case_item(self, case: CaseHead) -> ItemSpec:
        return ItemSpec(id=self._ids[case.name], of=self._case(case))

    def row_items(
        self, rows: tuple[Row, ...], case: CaseHead | None, *, is_one_of_several: bool = False
    ) -> Iterator[ItemSpec]:
        of, name = self._case(case), case.name if case and is_one_of_several else ""
        for row in rows:
            yield ItemSpec(id=row_id(row.number, row.key, name), of=of, row=row)

    def _case(self, case: CaseHead | None) -> ItemCase:
        return ItemCase(
            name=case.name if case else "",
            given=(*(self._read_case(case) if case else ()), *self._sets),
            skip=self._mark("skip", case),
            xfail=self._mark("xfail", case),
            tags=tuple(case.tags) if case else (),
        )

    # --- rows

    def rows(self) -> tuple[Row, ...] | None:
        """Return the rows of ``--data``, else of the journey; None when there is no data."""
        data = self.head.data
        key = data.key if data else None
        path = self._selection.data or self.compiled.rows_file
        if path is None and (data is None or data.rows is None):
            return None
        inputs = self.compiled.artifact.inputs
        types = {each.name: each.type for each in inputs}
        hidden = [each.name for each in inputs if each.sensitive]
        if path is not None:
            # What the person running names may lie anywhere.
            below = None if self._selection.data else self.compiled.root.resolve()
            return load_rows(
                path,
                shown=self._shown(path),
                inputs=types,
                key=key,
                sensitive=hidden,
                below=below,
            )
        document, rows = self.compiled.document, data.rows if data else None
        return rows_from_inline(rows or (), document, "/journey/data/rows", types, key, hidden)

    def shared_case(self) -> CaseHead | None:
        """Return the case whose values lie below each row."""
        data = self.head.data
        wanted = data.case if data else None
        return next((case for case in self.head.cases if case.name == wanted), None)

    def _shown(self, path: Path) -> str:
        folder = self.compiled.path.parent
        rootdir = Path(str(self.compiled.path).removesuffix(self.compiled.shown))
        base = rootdir if path.is_relative_to(rootdir) else folder
        return os.path.relpath(path, base)

    # --- values and marks

    def _read_case(self, case: CaseHead) -> Iterator[GivenValue]:
        for name in case.presets:
            preset = self.compiled.library.find_preset(name)
            if preset is not None:
                yield from _given(preset.model.values, "preset", f"preset `{name}`")
        yield from _given(case.values, "case", f"case `{case.name}`")

    def _mark(self, kind: str, case: CaseHead | None = None) -> MarkSpec | None:
        marks = [PlacedMark(getattr(self.head, kind), f"/journey/{kind}")]
        if case is not None:
            pointer = f"/journey/cases/{self._numbers[case.name]}/{kind}"
            marks.append(PlacedMark(getattr(case, kind), pointer))
        return find_mark(marks, self.compiled.source_map, self._environment)

    def _environment(self) -> EnvironmentSnapshot | None:
        """Return the chosen environment; None where none is chosen, which the run reports."""
        library = self.compiled.library
        try:
            name = find_environment_name(library.environment_names(), self._selection.environment)
            if name is None:
                return implicit_environment()
            file = library.environment_file(name)
            folder = file.path.parent
            return snapshot_environment(file.data, process_env=os.environ, folder=folder)
        except (RunCheckError, JourneyError):
            return None


def _given(values: Mapping[str, Json], layer: Layer, detail: str) -> Iterator[GivenValue]:
    for name, data in values.items():
        # The compiler has refused what does not parse.
        value, _ = parse_value(data)
        yield GivenValue(name=name, layer=layer, value=value, detail=detail)
