"""Differences of two JSON values as a table of paths. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_reqflo.report.safe import to_line
from pytest_reqflo.result import Difference
from pytest_reqflo.values import Json, canonical_json

_MAX_CELL = 60
_ROWS = 20


def render_differences(differences: Sequence[Difference]) -> str:
    """Return the table: path, kind, expected, actual; at most 20 rows and the number of all."""
    rows = [("path", "kind", "expected", "actual")]
    rows += [_row(difference) for difference in differences[:_ROWS]]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    if len(differences) > _ROWS:
        lines.append(f"… ({len(differences)} differences in all)")
    return "\n".join(lines)


def _row(difference: Difference) -> tuple[str, str, str, str]:
    expected = "" if difference.change == "added" else _cell(difference.expected)
    actual = "" if difference.change == "missing" else _cell(difference.actual)
    return (to_line(difference.path, limit=_MAX_CELL), difference.change, expected, actual)


def _cell(value: Json) -> str:
    return to_line(canonical_json(value).decode("utf-8", "replace"), limit=_MAX_CELL)
