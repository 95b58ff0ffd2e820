"""Compile journeys written in a test, and say what was found in few words."""

from __future__ import annotations

import textwrap
from pathlib import Path

from pytest_reqflo.compile.project import CompiledJourney, Project
from pytest_reqflo.errors import JourneyError


class Folder:
    """A project folder in which a test writes files and compiles journeys."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        content = textwrap.dedent(text).encode() if isinstance(text, str) else text
        path.write_bytes(content)
        return path

    def compile(self, text: str, *, name: str = "t.journey.yaml", adhoc="allow") -> CompiledJourney:
        path = self.write(name, text)
        return Project(self.path, adhoc=adhoc).compile_file(path, name)

    def steps(self, text: str, *, head: str = "", **options) -> CompiledJourney:
        """Compile the steps in *text*; *head* are further keys of the journey."""
        return self.compile(with_steps(text, head), **options)

    def problems(self, text: str, *, head: str | None = None, **options) -> list[str]:
        """Return ``RFnnn file:line:col title`` of each problem."""
        return [
            f"{item.code} {item.span} {item.title}"
            for item in self.diagnostics(text, head=head, **options)
        ]

    def diagnostics(self, text: str, *, head: str | None = None, **options):
        whole = text if head is None else with_steps(text, head)
        try:
            self.compile(whole, **options)
        except JourneyError as error:
            return error.diagnostics
        return ()

    def codes(self, text: str, *, head: str | None = None, **options) -> list[str]:
        return [item.code for item in self.diagnostics(text, head=head, **options)]


def with_steps(steps: str, head: str = "") -> str:
    parts = ["journey:", "  name: T", textwrap.indent(textwrap.dedent(head).strip("\n"), "  ")]
    parts += ["  steps:", textwrap.indent(textwrap.dedent(steps).strip("\n"), "    ")]
    return "\n".join(part for part in parts if part) + "\n"


def marked(diagnostic, number: int = 0) -> str:
    """Return the text that a label of *diagnostic* marks."""
    label = diagnostic.labels[number]
    start, end = label.span.start, label.span.end
    stop = end.column - 1 if end.line == start.line else None
    return label.line_text[start.column - 1 : stop]
