"""Problems of a journey as the compiler finds them, each at its place in one of several files.

A step is made of parts from different files: the journey, its template, an overlay. A `Place` says
which document a part was written in, so that every message points at the author's own text.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pytest_reqflo.diagnostic import Diagnostic, Label, Severity, label_at
from pytest_reqflo.errors import JourneyError
from pytest_reqflo.syntax.document import Document, scalar_offset_span
from pytest_reqflo.values import Json, pointer_join


@dataclass(frozen=True, slots=True)
class Place:
    """A part of a document."""

    document: Document
    pointer: str = ""

    def at(self, *parts: str | int) -> Place:
        """Return the place of a part of this one."""
        return Place(self.document, pointer_join(self.pointer, *parts))

    def label(self, text: str = "") -> Label:
        """Return the mark for the whole value."""
        places = self.document.map
        return label_at(places.source, places.span_of(self.pointer), text)

    def key_label(self, text: str = "") -> Label:
        """Return the mark for the key that holds the value."""
        places = self.document.map
        return label_at(places.source, places.key_span_of(self.pointer), text)

    def part_label(self, offset: int, length: int, text: str = "") -> Label:
        """Return the mark for *length* characters of the text here, from *offset*."""
        span = scalar_offset_span(self.document, self.pointer, offset, max(1, length))
        return label_at(self.document.map.source, span, text)


@dataclass(slots=True)
class Findings:
    """All problems and warnings of one journey."""

    found: list[Diagnostic] = field(default_factory=list)

    def note(
        self,
        code: str,
        title: str,
        *labels: Label,
        hint: str = "",
        notes: tuple[str, ...] = (),
        severity: Severity = "error",
    ) -> None:
        """Add a problem at *labels*, the first of which is where it is."""
        diagnostic = Diagnostic(
            code=code, title=title, labels=labels, notes=notes, hint=hint, severity=severity
        )
        # A template that two steps use is read twice; its problems are told once.
        if diagnostic not in self.found:
            self.found.append(diagnostic)

    def take(self, error: JourneyError) -> None:
        """Add the problems of *error*, each once."""
        self.found += [item for item in error.diagnostics if item not in self.found]

    def finish(self, file: str) -> tuple[Diagnostic, ...]:
        """Return the warnings.

        Raises: JourneyError with all errors, those of *file* first, in file order.
        """
        errors = [item for item in self.found if item.severity == "error"]
        if errors:
            raise JourneyError(*sorted(errors, key=lambda item: _order(item, file)))
        return tuple(self.found)


def _order(diagnostic: Diagnostic, file: str) -> tuple[bool, str, int, int]:
    span = diagnostic.span
    if span is None:
        return True, "", 0, 0
    return span.file != file, span.file, span.start.line, span.start.column


def merge_patch(target: Json, patch: Json) -> Json:
    """Return *target* changed by *patch*; null removes a key.

    Source: RFC 7396.
    """
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, change in patch.items():
        if change is None:
            result.pop(key, None)
        else:
            result[key] = merge_patch(result.get(key), change)
    return result
