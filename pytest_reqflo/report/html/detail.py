"""A result to what the page shows of its run: steps, exchanges, checks, values. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from pytest_reqflo.frozen import dataclass
from pytest_reqflo.report.html.exchanges import (
    BRIEF,
    FULL,
    SHORT,
    Extent,
    exchange_detail,
)
from pytest_reqflo.report.html.summary import BAD, Told
from pytest_reqflo.report.html.words import filled, plain, seconds, seconds_between, value_text
from pytest_reqflo.values import Json

_MAX_TEXT = 16 * 1024
_MAX_DIFFERENCES = 100
_MAX_CELL = 300
_MAX_LISTED = 200
_BRIEF_VALUE = 120

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Surroundings:
    """What the parts of a result need of the whole: its start, and the lines of the file."""

    started_at: str
    lines: Mapping[str, int]

    def line_of(self, part: Document) -> int | None:
        """Return the line of *part* in the journey file; what a template says stands elsewhere."""
        if part.get("origin") == "template":
            return None
        return self.lines.get(part.get("pointer", ""))


def run_detail(
    document: Document, told: Told, *, is_brief: bool = False, is_whole: bool = False
) -> dict[str, Json]:
    """Return what is shown of the run of *document*.

    Shape: bodies and headers stand in runs that went wrong, whole in the steps that did, their
        heads in the others; *is_brief* leaves them out everywhere, *is_whole* nowhere.
    """
    around = _Surroundings(
        started_at=document.get("started_at", ""), lines=document.get("lines", {})
    )
    is_bad = document["outcome"] in BAD or told.status in BAD
    steps = [
        _step(step, around, FULL if is_whole else _extent(step, is_bad=is_bad, is_brief=is_brief))
        for step in document.get("steps", ())
    ]
    return filled({
        "steps": steps,
        "problems": [_problem(each, around) for each in document.get("problems", ())],
        "warnings": [_problem(each, around) for each in document.get("warnings", ())],
        "notices": [plain(notice) for notice in document.get("notices", ())],
        "values": [_origin(value) for value in document.get("values", ())[:_MAX_LISTED]],
        "evidence": _evidence(document),
        "seed": document.get("seed") if is_bad else "",
        "is_file_changed": document["identity"].get("is_file_changed", False),
        "excerpt": excerpt_of(told.text),
        **told_detail(told),
    })  # fmt: skip


def told_detail(told: Told) -> dict[str, Json]:
    """Return what pytest captured during a test, and what its earlier tries said."""
    return filled({
        "sections": [[plain(title), plain(text, _MAX_TEXT)] for title, text in told.sections],
        "earlier": [plain(message) for message in told.earlier],
    })  # fmt: skip


def text_detail(told: Told) -> dict[str, Json]:
    """Return what is shown of a test that has no result: the text that pytest shows."""
    return filled({"text": plain(told.text, _MAX_TEXT), **told_detail(told)})


def excerpt_of(text: str) -> str:
    """Return the marked line of the journey file from the *text* of a failure page."""
    lines = text.split("\n")
    starts = [number for number, line in enumerate(lines[:3]) if line.startswith("error[RF")]
    if not starts:
        return ""
    block = lines[starts[0] + 1 :]
    shown = block[: block.index("")] if "" in block else block
    # The frame of the excerpt needs no empty lines on a page.
    return plain("\n".join(line for line in shown if line.strip() != "|"), _MAX_TEXT)


def _extent(step: Document, *, is_bad: bool, is_brief: bool) -> Extent:
    if is_brief or not is_bad:
        return BRIEF
    return FULL if step["outcome"] in BAD else SHORT


def _step(step: Document, around: _Surroundings, extent: Extent) -> dict[str, Json]:
    tries = step.get("tries", ())
    return filled({
        "id": plain(step["id"]),
        "name": plain(step["name"]) if step["name"] != step["id"] else "",
        "phase": step["phase"] if step.get("phase", "main") != "main" else "",
        "outcome": step["outcome"],
        "line": around.line_of(step),
        "elapsed_s": seconds(step.get("elapsed_s", 0.0)),
        "reason": plain(step.get("skip_reason", "")),
        "cause": plain(step.get("cause", "")),
        "problems": [_problem(each, around) for each in step.get("problems", ())],
        "tries": [
            _try(each, around, extent if number in (0, len(tries) - 1) else BRIEF)
            for number, each in enumerate(tries)
        ],
    })  # fmt: skip


def _try(each: Document, around: _Surroundings, extent: Extent) -> dict[str, Json]:
    return filled({
        "number": each["number"],
        "outcome": each["outcome"],
        "at_s": seconds_between(around.started_at, each.get("started_at", "")),
        "elapsed_s": seconds(each.get("elapsed_s", 0.0)),
        "exchanges": [exchange_detail(one, extent) for one in each.get("exchanges", ())],
        "checks": [_check(check, around, extent) for check in each.get("checks", ())],
        "captured": [_captured(value) for value in each.get("captured", ())[:_MAX_LISTED]],
        "problems": [_problem(one, around) for one in each.get("problems", ())],
        "warnings": [_problem(one, around) for one in each.get("warnings", ())],
        "used": list(_used(each.get("values_used", ()))) if extent is not BRIEF else [],
        "is_thinned_out": each.get("is_thinned_out", False),
    })  # fmt: skip


def _check(check: Document, around: _Surroundings, extent: Extent) -> dict[str, Json]:
    is_held = check["passed"]
    text = partial(value_text, limit=_BRIEF_VALUE) if is_held else value_text
    differences = check.get("differences", ())
    is_told = not (is_held and extent is BRIEF)
    return filled({
        "passed": is_held,
        "soft": check.get("soft", False),
        "subject": plain(check["subject"]),
        "operator": plain(check["operator"]),
        "expected": text(check["expected"]) if "expected" in check else "",
        "actual": text(check.get("actual")) if is_told and _has_actual(check) else "",
        "message": plain(check.get("message", "")),
        "author": plain(check.get("author_message", "")),
        "origin": check["origin"] if check.get("origin", "step") != "step" else "",
        "line": around.line_of(check),
        "differences": [_difference(each) for each in differences[:_MAX_DIFFERENCES]],
        "all_differences": len(differences) if len(differences) > _MAX_DIFFERENCES else 0,
    })  # fmt: skip


def _has_actual(check: Document) -> bool:
    return not check.get("is_actual_missing", False)


def _difference(each: Document) -> list[str]:
    change = each["change"]
    expected = "" if change == "added" else value_text(each.get("expected"), _MAX_CELL)
    actual = "" if change == "missing" else value_text(each.get("actual"), _MAX_CELL)
    return [plain(each["path"], _MAX_CELL), change, expected, actual]


def _problem(problem: Document, around: _Surroundings) -> dict[str, Json]:
    return filled({
        "code": problem["code"],
        "category": problem["category"],
        "message": plain(problem["message"]),
        "line": around.line_of(problem),
        "notes": [plain(note) for note in problem.get("notes", ())],
        "hint": plain(problem.get("hint", "")),
    })  # fmt: skip


def _captured(value: Document) -> dict[str, Json]:
    return filled({
        "name": plain(value["name"]),
        "path": plain(value["path"]),
        "value": value_text(value.get("value")),
        "sensitive": value.get("sensitive", False),
        "implicit": not value.get("is_declared", True),
    })  # fmt: skip


def _origin(value: Document) -> dict[str, Json]:
    return filled({
        "name": plain(value["name"]),
        "kind": value["kind_of_name"],
        "layer": value["layer"],
        "detail": plain(value.get("detail", "")),
        "value": value_text(value.get("value")),
        "sensitive": value.get("sensitive", False),
    })  # fmt: skip


def _used(uses: Sequence[Document]) -> Iterator[list[str]]:
    rows = [
        (plain(use["expression"]), value_text(use.get("value")), plain(use.get("origin", "")))
        for use in uses[:_MAX_LISTED]
    ]
    return map(list, dict.fromkeys(rows))


def _evidence(document: Document) -> str:
    evidence = document.get("extra", {}).get("evidence", "")
    return plain(evidence) if isinstance(evidence, str) else ""
