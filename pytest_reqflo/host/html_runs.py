"""What is kept of the runs of a session for its page: a line each, and details within bounds."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pytest_reqflo.report.alike import alike_key
from pytest_reqflo.report.html.detail import run_detail, text_detail
from pytest_reqflo.report.html.page import data_text
from pytest_reqflo.report.html.summary import (
    BAD,
    Told,
    journey_line,
    line_without_result,
    run_line,
)
from pytest_reqflo.report.html.words import plain
from pytest_reqflo.values import Json

MANY_RUNS = 2_000
"""With more runs than this only those that went wrong show their steps."""

MAX_DETAILS = 48 * 2**20
"""Characters of all details; what comes later has its line alone."""

MAX_ALIKE = 100
"""Failures of one kind that show their bodies."""

_MAX_WITH_BODIES = MAX_DETAILS // 2
"""Characters after which details come without bodies."""


class HtmlRuns:
    """Lines and details by test; of a rerun the last one counts."""

    def __init__(self) -> None:
        self._journeys: dict[str, dict[str, Json]] = {}
        self._lines: dict[str, dict[str, Json]] = {}
        self._details: dict[str, str] = {}
        self._passed: list[str] = []
        self._alike: Counter[str] = Counter()
        self._volume = 0
        self._left_out: Counter[str] = Counter()

    def add(self, name: str, document: Mapping[str, Any], told: Told) -> None:
        """Take the run *name*, reduced to what the page shows of it."""
        file = _file_of(name)
        self._journeys[file] = journey_line(document)
        line = run_line(document, told)
        self._lines[name] = line
        is_bad = told.status in BAD or document["outcome"] in BAD
        if not is_bad and len(self._lines) > MANY_RUNS:
            self._drop_passed()
            return
        is_brief = is_bad and self._is_brief(file, line)
        self._keep(name, run_detail(document, told, is_brief=is_brief), is_bad=is_bad)

    def add_without_result(self, told: Told, title: str, *, category: str = "") -> None:
        """Take a test that has no result of a run."""
        file = _file_of(told.test)
        name = plain(title) or file
        self._journeys.setdefault(file, {"id": name, "name": name, "file": plain(file)})
        self._lines[told.test] = line_without_result(told, category=category)
        self._keep(told.test, text_detail(told), is_bad=True)

    def note_teardown(self, told: Told) -> bool:
        """Count a run as bad whose fixtures failed after it; False when it is not known."""
        line = self._lines.get(told.test)
        if line is None:
            return False
        if line["status"] not in BAD:
            line |= {"status": "error", "message": plain(told.message), "category": "fixture"}
            kept = json.loads(self._details.get(told.test, "{}"))
            self._keep(told.test, {**kept, **text_detail(told)}, is_bad=True)
        return True

    def notes(self) -> Iterator[str]:
        """Yield what is left out, as sentences."""
        if self._left_out["passed"]:
            yield f"More than {MANY_RUNS:,} runs: only those that went wrong show their steps."
        if brief := self._left_out["bodies"]:
            yield f"{brief:,} failed runs are shown without bodies, to keep this file small."
        if lost := self._left_out["details"]:
            yield f"{lost:,} failed runs are shown without their steps, to keep this file small."

    def finish(
        self, *, is_sorted: bool
    ) -> tuple[list[Json], list[Json], Iterable[tuple[str, str]]]:
        """Return journeys, runs, and the details with their keys."""
        names = sorted(self._lines) if is_sorted else list(self._lines)
        files = {file: number for number, file in enumerate(dict.fromkeys(map(_file_of, names)))}
        keys = {name: f"d{number}" for number, name in enumerate(names)}
        runs: list[Json] = []
        for name in names:
            line = {**self._lines[name], "journey": files[_file_of(name)]}
            runs.append({**line, "detail": keys[name]} if name in self._details else line)
        journeys = [self._journeys[file] for file in files]
        details = ((keys[name], self._details[name]) for name in names if name in self._details)
        return journeys, runs, details

    def _is_brief(self, file: str, line: Mapping[str, Json]) -> bool:
        kind = alike_key(line.get("fingerprint", ""), file, line.get("message", ""))
        self._alike[kind] += 1
        is_brief = self._alike[kind] > MAX_ALIKE or self._volume > _MAX_WITH_BODIES
        self._left_out["bodies"] += is_brief
        return is_brief

    def _keep(self, name: str, detail: dict[str, Json], *, is_bad: bool) -> None:
        self._forget(name)
        if not detail:
            return
        text = data_text(detail)
        if self._volume + len(text) > MAX_DETAILS:
            self._left_out["details" if is_bad else "passed"] += 1
            return
        self._volume += len(text)
        self._details[name] = text
        if not is_bad:
            self._passed.append(name)

    def _drop_passed(self) -> None:
        self._left_out["passed"] += 1
        for name in self._passed:
            self._forget(name)
        self._passed.clear()

    def _forget(self, name: str) -> None:
        self._volume -= len(self._details.pop(name, ""))


def _file_of(name: str) -> str:
    return name.partition("::")[0]
