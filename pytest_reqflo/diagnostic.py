"""`Diagnostic`: a problem at a place, and the one renderer that shows it. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Literal

from pytest_reqflo.frozen import dataclass
from pytest_reqflo.source import SourceText, Span
from pytest_reqflo.values import printable, printable_line, shorten

Severity = Literal["error", "warning"]

MAX_PROBLEMS = 100
"""Most problems that are told of one file: nobody reads more, and a hostile file has many."""

_MAX_EXCERPT = 160
"""Longest part of a source line that is shown; minified files have lines of megabytes."""

_MAX_SENTENCE = 2_000
_MAX_NAME = 100
"""Longest name that is compared with others: the comparison takes quadratic time."""

_MAX_NAMES = 1_000
"""Most names that one is compared with."""

_MIN_BEGINNING = 3
"""Fewer letters begin too many names by chance."""


@dataclass(frozen=True, slots=True)
class Label:
    """A marked place: its span, the source line it begins on, and a short remark."""

    span: Span
    line_text: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """A problem: code, one sentence, places (the first is where it is), facts, one hint."""

    code: str
    title: str
    labels: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    hint: str = ""
    severity: Severity = "error"

    @property
    def span(self) -> Span | None:
        """The place of the problem, None when it has none."""
        return self.labels[0].span if self.labels else None


def label_at(source: SourceText, span: Span, text: str = "") -> Label:
    """Return the label for *span* of *source*."""
    return Label(span, source.line(span.start.line), text)


def nearest_name(name: str, allowed: Iterable[str]) -> str | None:
    """Return the name of *allowed* that *name* is most likely a misspelling of.

    The same letters in another case come first, then what looks alike, then the only name that
    *name* is the beginning of, whatever stands between the letters.
    """
    if len(name) > _MAX_NAME:
        return None
    candidates = sorted({each for each in allowed if len(each) <= _MAX_NAME} - {name})
    folded = name.casefold()
    same = [each for each in candidates if each.casefold() == folded]
    alike = candidates[:_MAX_NAMES]
    found = same or difflib.get_close_matches(name, alike, n=1, cutoff=0.6)
    if found:
        return found[0]
    start = _letters(name)
    begun = [each for each in candidates if _letters(each).startswith(start)]
    return begun[0] if len(begun) == 1 and len(start) >= _MIN_BEGINNING else None


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold()))


def name_hint(name: str, allowed: Iterable[str], *, what: str = "Keys here") -> str:
    """Return a hint that names the nearest of *allowed*, and all of them when they are few."""
    names = list(dict.fromkeys(allowed))
    near = nearest_name(name, names)
    listed = f"{what}: {', '.join(names)}" if 0 < len(names) <= 24 else ""
    if near:
        return f"did you mean `{near}`?" + (f" {listed}" if listed else "")
    return listed


def render_diagnostic(diagnostic: Diagnostic) -> str:
    """Return the plain text of *diagnostic*: sentence, place, excerpt, facts, hint."""
    head = f"{diagnostic.severity}[{diagnostic.code}]: {_one_line(diagnostic.title)}"
    lines = [head, *_render_labels(diagnostic.labels)]
    lines += [f"  = {_one_line(note)}" for note in diagnostic.notes]
    if diagnostic.hint:
        lines.append(f"hint: {_one_line(diagnostic.hint)}")
    return "\n".join(lines)


def _one_line(text: str) -> str:
    # A quoted name may hold line ends: what follows must not stand at the start of a line, where
    # CI systems look for commands.
    return shorten(printable_line(text), _MAX_SENTENCE)


def render_diagnostics(diagnostics: Sequence[Diagnostic]) -> str:
    """Return all of *diagnostics*, a blank line between two."""
    return "\n\n".join(render_diagnostic(diagnostic) for diagnostic in diagnostics)


def _render_labels(labels: Sequence[Label]) -> list[str]:
    if not labels:
        return []
    width = max(len(str(label.span.start.line)) for label in labels)
    lines: list[str] = []
    for number, label in enumerate(labels):
        is_new_file = number == 0 or label.span.file != labels[number - 1].span.file
        if is_new_file:
            lines += [f"{' ' * width}--> {_one_line(str(label.span))}", f"{' ' * width} |"]
        else:
            lines.append("...")
        lines += _render_excerpt(label, width, mark="^" if number == 0 else "-")
    return [*lines, f"{' ' * width} |"]


def _render_excerpt(label: Label, width: int, *, mark: str) -> list[str]:
    start = label.span.start
    text = label.line_text.replace("\t", " ")
    offset = start.column - 1
    cut = max(0, offset - _MAX_EXCERPT // 2) if len(text) > _MAX_EXCERPT else 0
    before = printable(text[cut:offset])
    visible = printable(text[cut : cut + _MAX_EXCERPT])
    end = label.span.end
    length = end.column - start.column if end.line == start.line else len(text) - offset
    marked = printable(text[offset : min(offset + max(length, 1), cut + _MAX_EXCERPT)])
    remark = _one_line(label.text)
    pointer = f"{' ' * len(before)}{mark * max(1, len(marked))} {remark}".rstrip()
    return [f"{start.line:>{width}} | {visible}".rstrip(), f"{' ' * width} | {pointer}"]
