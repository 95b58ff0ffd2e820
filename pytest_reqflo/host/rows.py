"""Items that run all rows of a journey, with one result for them together."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pytest

from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.errors import ChecksFailed, ReqfloError, RequestError
from pytest_reqflo.host.item import JourneyFunction, JourneyItem, JourneyNode
from pytest_reqflo.host.window import width_of
from pytest_reqflo.report.properties import properties_of
from pytest_reqflo.report.safe import to_line, to_report
from pytest_reqflo.values import Json

if TYPE_CHECKING:
    from pytest_reqflo.host.subject import Subject
    from pytest_reqflo.host.verdict import Verdict
    from pytest_reqflo.plan.items import ItemSpec

_MOST_LISTED = 50
"""Rows that failed and are named; more are counted."""

_MOST_SHOWN = 5
"""Rows that failed and whose page is shown."""

_NOT_OF_ALL = ("reqflo.case", "reqflo.row", "reqflo.run_id", "reqflo.evidence", "reqflo.trace_id")


class Tally:
    """What became of the rows so far; of a row that passed no more is kept than that it did."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.failures: list[tuple[str, str, str]] = []
        self.is_checks_only = True

    def add(self, row: str, verdict: Verdict, error: ReqfloError | None) -> None:
        """Count one row; *error* is why it fails, also where a warning is an error."""
        outcome = verdict.result.outcome
        self.outcomes["failed" if error and outcome == "passed" else outcome] += 1
        if error is not None:
            line = to_line(error.diagnostics[0].title)
            self.failures.append((row, verdict.result.identity.run_id, line))
            self.is_checks_only &= isinstance(error, ChecksFailed)

    @property
    def counts(self) -> str:
        """How many rows ended how, as text."""
        return ", ".join(f"{count} {outcome}" for outcome, count in self.outcomes.most_common())

    def error(self) -> ReqfloError | None:
        """Return the failure of the whole, None when no row failed."""
        if not self.failures:
            return None
        notes = [f"{row}: {line} ({run_id})" for row, run_id, line in self.failures[:_MOST_LISTED]]
        left = len(self.failures) - len(notes)
        if left:
            notes.append(f"and {left} more")
        title = f"{len(self.failures)} of {self.outcomes.total()} rows failed: {self.counts}"
        diagnostic = Diagnostic(code="RF624", title=title, notes=tuple(notes))
        # An expected failure is one of checks, of each row that failed.
        return (ChecksFailed if self.is_checks_only else RequestError)(diagnostic)


class RowsNode(JourneyNode):
    """What both kinds of such items share."""

    rows: tuple[ItemSpec, ...] = ()
    _tally: Tally | None = None
    _full: dict[str, Json]
    _facts: list[Json]

    def runs(self) -> Iterator[tuple[Subject, ItemSpec]]:
        """Yield what the item runs."""
        return ((self.subject, spec) for spec in self.rows)

    def runtest(self) -> None:
        """Run every row.

        Raises: ChecksFailed or RequestError RF624 when any failed; whatever interrupted a run.
        """
        self._begin()
        self._problem = self.data_problem or self._setup_problem
        if self._problem is not None:
            raise self._problem
        self._tally, self._full, self._facts = Tally(), {}, []
        with contextlib.closing(self._verdicts()) as verdicts:
            for spec, verdict in verdicts:
                self._add_row(spec, verdict, self._tally)
        self.user_properties.append(("reqflo.rows", self._tally.counts))
        error = self._tally.error()
        if error is not None:
            raise error.with_traceback(None) from None
        if self._tally.outcomes.keys() == {"skipped"}:
            pytest.skip("no step of any row ran")

    def _verdicts(self) -> Generator[tuple[ItemSpec, Verdict], None, None]:
        settings = self.journeys.settings
        is_apart = self.subject.is_serial or bool(self.subject.group)
        if not settings.is_many_at_once or is_apart or self.journeys.ahead is None:
            for spec in self.rows:
                yield spec, self._run(spec)
            return
        from pytest_reqflo.host.rows_ahead import run_rows

        width = width_of(settings.concurrency)
        rows = run_rows(self.journeys, self.subject, self.rows, self.fixture_values(), width)
        with contextlib.closing(rows):
            while (landed := self._guarded(lambda: next(rows, None))) is not None:
                yield landed

    def _add_row(self, spec: ItemSpec, verdict: Verdict, tally: Tally) -> None:
        if not tally.outcomes:
            named = properties_of(verdict.result)
            self.user_properties += [each for each in named if each[0] not in _NOT_OF_ALL]
        if self.journeys.settings.wants_results:
            name = f"{self.nodeid}::{spec.id}"
            self._full[name] = self._with_lines(verdict.result).to_json()
        if verdict.pending is not None:
            for name, document in self._full.items():
                self.journeys.add_result(name, document)
            raise self._bare(verdict.pending) from None
        problem = self._find_problem(verdict)
        tally.add(spec.id, verdict, problem)
        if problem is not None and len(tally.failures) <= _MOST_SHOWN:
            self._facts.append(self._facts_of(problem, verdict.result, verdict))
        if verdict.failure is not None and len(tally.failures) <= _MOST_SHOWN:
            self.add_report_section("call", f"reqflo {spec.id}", verdict.failure.text)

    def _note_kept(self, verdict: Verdict) -> None:
        """Say nothing: a report of all rows names no place of one."""

    def report_data(self, *, is_full: bool) -> Json:
        """Return what the report of the call carries: basic types only."""
        if self._tally is None:
            return super().report_data(is_full=is_full)
        data = {
            "format": 1,
            "journey": self.subject.artifact.journey_id,
            "artifact": self.subject.artifact_id,
            "rows": dict(self._tally.outcomes),
            "failed": [{"row": row, "run_id": run} for row, run, _ in self._tally.failures],
            "failures": self._facts,
        }
        full = {"results": json.dumps(self._full)} if is_full else {}
        return {**to_report(data), **full}


class RowsItem(RowsNode, JourneyItem):
    """All rows, without fixtures."""


class RowsFunction(RowsNode, JourneyFunction):
    """All rows, with fixtures that are set up once for all of them."""
