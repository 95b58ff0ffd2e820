"""Rows to items that run many of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from pytest_reqflo.frozen import dataclass
from pytest_reqflo.plan.items import ItemSpec
from pytest_reqflo.plan.naming import case_ids

ROWS_ID = "rows"
"""Id of the one item that runs all rows of a journey."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowBatch:
    """All rows of a journey that share a case: what their item is called, and what it runs."""

    spec: ItemSpec
    rows: tuple[ItemSpec, ...]


def gather_rows(specs: Iterable[ItemSpec]) -> tuple[ItemSpec | RowBatch, ...]:
    """Return *specs* with one batch in place of the rows of each case; the order stays."""
    all_specs = tuple(specs)
    rows: dict[str, list[ItemSpec]] = {}
    for spec in all_specs:
        if spec.row_number is not None:
            rows.setdefault(spec.case, []).append(spec)
    taken = {spec.id for spec in all_specs if spec.row_number is None}
    return tuple(_gathered(all_specs, rows, _batch_ids(rows, taken)))


def _gathered(
    specs: Iterable[ItemSpec], rows: Mapping[str, list[ItemSpec]], ids: Mapping[str, str]
) -> Iterator[ItemSpec | RowBatch]:
    for spec in specs:
        if spec.row_number is None:
            yield spec
        elif spec is rows[spec.case][0]:
            # Marks and tags are those of the case, so all of its rows have the same.
            bare = ItemSpec(id=ids[spec.case], of=replace(spec.of, given=()))
            yield RowBatch(spec=bare, rows=tuple(rows[spec.case]))


def _batch_ids(rows: Mapping[str, object], taken: set[str]) -> Mapping[str, str]:
    if len(rows) == 1:
        return {case: _free(ROWS_ID, taken) for case in rows}
    slugs = case_ids(rows)
    return {case: _free(f"{ROWS_ID}-{slugs[case]}", taken) for case in rows}


def _free(name: str, taken: set[str]) -> str:
    return name if name not in taken else f"{name}-of-data"
