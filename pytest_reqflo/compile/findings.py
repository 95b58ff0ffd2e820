"""Problems of a journey as the compiler finds them, each at its place in one of several files.

A step is made of parts from different files: the journey, its template, an overlay. A `Place` says
which document a part was written in, so that every message points at the author's own text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from pytest_reqflo.diagnostic import MAX_PROBLEMS, Diagnostic, Label, Severity, label_at
from pytest_reqflo.errors import JourneyError
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.source import Span
from pytest_reqflo.syntax.document import Document, scalar_offset_span
from pytest_reqflo.values import pointer_join


class Place:
    """A part of a document."""

    # One is made for each part of a step, and hardly any is ever looked at: its pointer waits.
    __slots__ = ("_above", "_parts", "_pointer", "document")

    def __init__(
        self,
        document: Document,
        pointer: str = "",
        above: Place | None = None,
        parts: tuple[str | int, ...] = (),
    ) -> None:
        self.document = document
        self._pointer = pointer
        self._above = above
        self._parts = parts

    def at(self, *parts: str | int) -> Place:
        """Return the place of a part of this one."""
        return Place(self.document, "", self, parts)

    @property
    def pointer(self) -> str:
        """The JSON pointer of this part."""
        if self._above is not None:
            self._pointer = pointer_join(self._above.pointer, *self._parts)
            self._above = None
        return self._pointer

    @property
    def written(self) -> Place:
        """The place in the file that this part was written in."""
        grafts = self.document.grafts if isinstance(self.document, PatchedDocument) else {}
        prefix = self.pointer
        while grafts and prefix:
            if (graft := grafts.get(prefix)) is not None:
                return Place(graft.document, graft.pointer + self.pointer[len(prefix) :]).written
            prefix = prefix.rpartition("/")[0]
        return self

    @property
    def file(self) -> str:
        """The file that this part was written in, as shown to people."""
        return self.written.document.map.source.file

    def label(self, text: str = "") -> Label:
        """Return the mark for the whole value."""
        at = self.written
        return at._mark(at.document.map.span_of(at.pointer), text)

    def key_label(self, text: str = "") -> Label:
        """Return the mark for the key that holds the value."""
        at = self.written
        return at._mark(at.document.map.key_span_of(at.pointer), text)

    def part_label(self, offset: int, length: int, text: str = "") -> Label:
        """Return the mark for *length* characters of the text here, from *offset*."""
        at = self.written
        return at._mark(scalar_offset_span(at.document, at.pointer, offset, max(1, length)), text)

    def _mark(self, span: Span, text: str) -> Label:
        return label_at(self.document.map.source, span, text)


@dataclass(frozen=True, slots=True)
class PatchedDocument(Document):
    """A document with the changes of overlays; *grafts* says where each changed part is written.

    Shape: *map* knows every part, also those of other files; lines of text are those of *grafts*.
    """

    grafts: Mapping[str, Place] = field(default_factory=dict)


class Enough(Exception):
    """So many problems were found that looking for more helps nobody."""


@dataclass(slots=True)
class Findings:
    """All problems and warnings of one journey; once there are very many, `Enough` is raised."""

    found: dict[Diagnostic, None] = field(default_factory=dict)
    """In the order of finding, each once: a template that two steps use is read twice."""
    errors: int = 0

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
        self._add(diagnostic)

    def _add(self, diagnostic: Diagnostic) -> None:
        if diagnostic in self.found:
            return
        if diagnostic.severity == "warning":
            if len(self.found) - self.errors < MAX_PROBLEMS:
                self.found[diagnostic] = None
            return
        self.found[diagnostic] = None
        self.errors += 1
        if self.errors > MAX_PROBLEMS:
            raise Enough

    @property
    def has_errors(self) -> bool:
        """Whether anything found so far is an error."""
        return self.errors > 0

    def take(self, error: JourneyError) -> None:
        """Add the problems of *error*, each once."""
        for diagnostic in error.diagnostics:
            self._add(diagnostic)

    def finish(self, file: str) -> tuple[Diagnostic, ...]:
        """Return the warnings.

        Raises: JourneyError with all errors, those of *file* first, in file order.
        """
        errors = [item for item in self.found if item.severity == "error"]
        if errors:
            told = sorted(errors[:MAX_PROBLEMS], key=lambda item: _order(item, file))
            raise JourneyError(*told, *_untold(len(errors) - len(told), file))
        return tuple(self.found)


def _untold(count: int, file: str) -> tuple[Diagnostic, ...]:
    title = f"`{file}` has more problems, which are not told"
    return (Diagnostic(code="RF102", title=title),) if count > 0 else ()


def _order(diagnostic: Diagnostic, file: str) -> tuple[bool, str, int, int]:
    span = diagnostic.span
    if span is None:
        return True, "", 0, 0
    return span.file != file, span.file, span.start.line, span.start.column
