"""The page that a CI system shows of a job: gathered from reports, in the process that sees all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from pytest_reqflo.report.alike import alike_key
from pytest_reqflo.report.source_link import find_source_url
from pytest_reqflo.report.summary import FoldedFailure, JourneyTally, render_summary

_MOST_KEPT = 1_000
"""Failures that differ and are kept."""


class StepSummary:
    """Counts journeys and folds equal failures; *path* is appended to, others write there too."""

    def __init__(self, path: Path, rootdir: Path) -> None:
        self.path = path
        self._rootdir = rootdir
        self._tallies: dict[str, JourneyTally] = {}
        self._failures: dict[str, FoldedFailure] = {}
        self._left_out = 0

    def note(self, report: pytest.TestReport) -> None:
        """Take the report of a journey; any other tells nothing here."""
        data = getattr(report, "reqflo", None)
        if not isinstance(data, dict) or report.outcome not in ("passed", "failed", "skipped"):
            return
        journey = str(data.get("journey", ""))
        tally = self._tallies.setdefault(journey, JourneyTally())
        tally.counts[report.outcome] += 1
        tally.elapsed_s += report.duration
        if report.failed:
            failures = data.get("failures") or [data.get("failure") or {}]
            for facts in failures:
                self._fold(journey, facts)

    def _fold(self, journey: str, facts: dict[str, Any]) -> None:
        key = alike_key(facts.get("fingerprint", ""), journey, str(facts.get("sentence")))
        if key not in self._failures and len(self._failures) >= _MOST_KEPT:
            self._left_out += 1
            return
        folded = self._failures.get(key)
        if folded is None:
            folded = FoldedFailure(facts=facts, journey=journey, url=self._url_of(facts))
            self._failures[key] = folded
        folded.add(str(facts.get("run_id", "")))

    def _url_of(self, facts: dict[str, Any]) -> str | None:
        file, line = facts.get("file"), facts.get("line")
        return find_source_url(os.environ, self._rootdir / file, line) if file and line else None

    def write(self) -> None:
        """Append the page, when any journey ran. Raises: OSError."""
        failures = sorted(self._failures.values(), key=lambda each: -each.count)
        text = render_summary(self._tallies, failures, left_out=self._left_out)
        if text:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(text)
