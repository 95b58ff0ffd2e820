"""The place in the journey file that a failure is about. Pure."""

from __future__ import annotations

import re

from pytest_reqflo.diagnostic import Diagnostic, label_at, render_diagnostic
from pytest_reqflo.errors import CODES
from pytest_reqflo.report.safe import to_line
from pytest_reqflo.source import SourceMap, Span

_QUOTED = re.compile(r"`([^`]+)`")
_SECRET_KEY = re.compile(r"/journey/variables/\d+/key")


def find_span(places: SourceMap | None, pointer: str, origin: str) -> Span | None:
    """Return where the check at *pointer* stands, None when its file is not at hand."""
    if places is None:
        return None
    pointer = f"/journey{pointer}"
    if origin == "template":
        step = pointer.partition("/assertions")[0]
        return places.span_of(f"{step}/template")
    # The expected value says more than the mapping that holds it.
    expected = f"{pointer}/expected"
    return places.values.get(expected) or places.span_of(pointer)


def find_secret_span(places: SourceMap, sentence: str) -> Span | None:
    """Return where the first secret that *sentence* names is asked for, None when it is not here."""
    quoted = _QUOTED.search(sentence)
    if quoted is None:
        return None
    name = re.escape(quoted.group(1))
    declared = re.compile(rf"(?P<q>['\"]?){name}(?P=q)")
    read = re.compile(rf"\bsecrets\.{name}(?![\w-])")
    spans = [(pointer, span) for pointer, span in places.values.items() if _is_in_line(span)]
    named = [span for pointer, span in spans if _SECRET_KEY.fullmatch(pointer)]
    found = [span for span in named if declared.fullmatch(_text_at(places, span))]
    found += [span for _, span in spans if read.search(_text_at(places, span))]
    # Of a flow mapping and the text inside it, the text says more.
    return min(found, key=_width, default=None)


def _is_in_line(span: Span) -> bool:
    return span.start.line == span.end.line


def _width(span: Span) -> int:
    return span.end.column - span.start.column


def _text_at(places: SourceMap, span: Span) -> str:
    return places.source.line(span.start.line)[span.start.column - 1 : span.end.column - 1]


def place_lines(code: str, places: SourceMap | None, span: Span | None, shown: str) -> list[str]:
    """Return what the code means, and the marked line; without the file only its name."""
    labels = (label_at(places.source, span),) if places and span else ()
    lines = render_diagnostic(
        Diagnostic(code=code, title=CODES.get(code, ""), labels=labels)
    ).split("\n")
    return lines if labels or not shown else [*lines, f"  --> {to_line(shown)}"]
