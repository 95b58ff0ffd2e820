"""Parts of the page of figures that programs write, each between two marks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "explanation" / "performance.md"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a table."""
    lines = (head, ["---"] * len(head), *rows)
    return [f"| {' | '.join(line)} |" for line in lines]


def write_part(name: str, lines: Sequence[str], page: Path = PAGE) -> None:
    """Write *lines* between the marks of the part called *name*."""
    begin, end = f"<!-- begin: {name} -->", f"<!-- end: {name} -->"
    marked = re.compile(f"{re.escape(begin)}.*{re.escape(end)}", re.DOTALL)
    text = page.read_text()
    assert marked.search(text), f"{page.name} has no part {name}"
    page.write_text(marked.sub(lambda _: "\n".join((begin, *lines, end)), text))
