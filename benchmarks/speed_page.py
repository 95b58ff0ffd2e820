"""The table of the benchmark of journeys: printed, and kept in the documentation."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Mapping, Sequence

import speed_environments as environments
from marked_page import table
from speed_figures import HEAD, Cells

_NAMED: Mapping[str, Sequence[str]] = {
    environments.OURS: ("pytest", "httpx", "pyreqwest", "uvloop"),
    "tavern": ("tavern",),
    "httpchain": ("pytest-httpchain",),
    "gabbi": ("gabbi",),
}
"""Whose versions are told, by environment."""


QUICK = "Of `--quick`: a fifth of the work that the rows name, at most two rounds."


def lines_of(rows: Sequence[Cells], *, is_quick: bool) -> list[str]:
    """Return the table and what it depends on, as lines of the page."""
    size = [QUICK, ""] if is_quick else []
    return [machine(), "", *size, *table(HEAD, [row.line for row in rows])]


def machine() -> str:
    """Return what the figures depend on, without a word about this machine."""
    told = (f"{os.cpu_count()} cores", f"Python {platform.python_version()}", *_versions())
    return f"{', '.join(told)}."


def _versions() -> Iterator[str]:
    for environment, names in _NAMED.items():
        held = environments.versions_in(environment)
        yield from (f"{name} {held[name]}{_of(environment)}" for name in names if name in held)
    if environments.program("newman"):
        yield environments.NEWMAN.replace("@", " ")
    if version := environments.hurl_version():
        yield f"Hurl {version}"


def _of(environment: str) -> str:
    python = environments.python_version_in(environment)
    return "" if python == platform.python_version() else f" on Python {python}"
