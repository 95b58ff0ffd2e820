"""A failure to what pytest shows: our text, our one-line reason, our place in the YAML file."""

from __future__ import annotations

import traceback
from dataclasses import replace
from typing import Any

import pytest

from pytest_reqflo.diagnostic import render_diagnostics
from pytest_reqflo.errors import ReqfloBug, ReqfloError
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.host.hiding import Hide
from pytest_reqflo.report.safe import to_line, to_report
from pytest_reqflo.values import printable_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Text, its one-line reason, and the file and line (from 1) that it is about."""

    reason: str
    text: str
    path: str
    line: int


def failure_of(error: ReqfloError, *, path: str, line: int, heading: str = "") -> Failure:
    """Return how *error* is shown; *path* and *line* serve when it has no place itself.

    Shape: the first line is *heading* and the first problem's sentence.
    """
    diagnostics = error.diagnostics
    spans = [item.span for item in diagnostics if item.span]
    title = to_line(diagnostics[0].title) if diagnostics else "the journey failed"
    reason = f"{heading}{title}"
    return Failure(
        reason=reason,
        text="\n\n".join(
            filter(None, (reason if heading else "", render_diagnostics(diagnostics)))
        ),
        path=path,
        line=spans[0].start.line if spans and path.endswith(spans[0].file) else line,
    )


def hidden_error(error: ReqfloError, hide: Hide) -> ReqfloError:
    """Return *error* without hidden values: fixtures hand us names and texts of their own."""
    return type(error)(
        *(
            replace(
                each,
                title=hide(each.title),
                notes=tuple(map(hide, each.notes)),
                hint=hide(each.hint),
            )
            for each in error.diagnostics
        )
    )


def bug_of(error: Exception, hide: Hide) -> ReqfloBug:
    """Return *error*, which nobody expected, as text: no frame of it reaches a report.

    A frame shows its variables under ``--showlocals``, and they may hold whatever was received.
    """
    name = type(error).__name__
    lines = traceback.format_exception(error, limit=-20)
    text = hide("".join(lines)).rstrip()
    return ReqfloBug(
        f"internal error of pytest-reqflo: {name}\n"
        f"this is a defect of the plugin, not of the journey; please report it with these lines:\n\n{text}"
    )


def failure_of_bug(bug: ReqfloBug, *, path: str, line: int) -> Failure:
    """Return how *bug* is shown."""
    text = str(bug)
    return Failure(reason=to_line(text.partition("\n")[0]), text=text, path=path, line=line)


def failure_repr(excinfo: pytest.ExceptionInfo[BaseException], failure: Failure) -> Any:
    """Return *failure* as an exception representation that survives the way from a worker.

    Changing the crash location of pytest's own representation is undone under xdist, which sends the
    chain; therefore the chain is built anew. Its types come from the representation itself. There are
    no entries of a traceback: where one stands, annotations take the place of the test for that of the
    failure.
    """
    plain = excinfo.getrepr(style="value")
    traceback_type: Any = type(plain.reprtraceback)
    # A representation without traceback has no crash location to learn the type from.
    location_type: Any = type(plain.reprcrash or excinfo.getrepr(style="native").reprcrash)
    shown = traceback_type([], to_report(failure.text), "native")
    location = location_type(printable_line(failure.path), failure.line, to_report(failure.reason))
    chain_type: Any = type(plain)
    return chain_type([(shown, location, None)])
