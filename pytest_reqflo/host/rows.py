"""Items that run all rows of a journey, with one result for them together."""

from __future__ import annotations

import contextlib
import json
from array import array
from collections import Counter
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pytest

from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.errors import ChecksFailed, ReqfloError, RequestError
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.host.item import JourneyFunction, JourneyItem, JourneyNode
from pytest_reqflo.host.window import width_of
from pytest_reqflo.report.properties import properties_of
from pytest_reqflo.report.safe import to_line, to_report
from pytest_reqflo.report.sentence import cause_sentence
from pytest_reqflo.report.told import sample_times
from pytest_reqflo.values import Json

if TYPE_CHECKING:
    from pytest_reqflo.host.subject import Subject
    from pytest_reqflo.host.verdict import Verdict
    from pytest_reqflo.plan.items import ItemSpec
    from pytest_reqflo.result import JourneyResult

_MOST_LISTED = 50
"""Rows that failed and are named; more are counted."""

_MOST_SHOWN = 5
"""Rows that failed and whose page is shown."""

_NOT_OF_ALL = ("reqflo.case", "reqflo.row", "reqflo.run_id", "reqflo.evidence", "reqflo.trace_id")


@dataclass(frozen=True, slots=True)
class FailedRow:
    """A row that failed: its id, its run, why in one line, and the fingerprint of that."""

    row: str
    run_id: str
    line: str
    fingerprint: str


class Tally:
    """What became of the rows so far; of a row that passed no more is kept than that it did."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.failures: list[FailedRow] = []
        self.sentences: dict[str, str] = {}
        self.times_s = array("d")
        self.is_checks_only = True

    def add(self, row: str, verdict: Verdict, error: ReqfloError | None) -> None:
        """Count one row; *error* is why it fails, also where a warning is an error."""
        result = verdict.result
        self.outcomes["failed" if error and result.outcome == "passed" else result.outcome] += 1
        if result.outcome != "skipped":
            self.times_s.append(result.elapsed_s)
        if error is not None:
            self._add_failure(row, result, error)

    def _add_failure(self, row: str, result: JourneyResult, error: ReqfloError) -> None:
        line = to_line(error.diagnostics[0].title)
        failed = FailedRow(row, result.identity.run_id, line, result.fingerprint)
        self.failures.append(failed)
        if result.fingerprint not in self.sentences:
            is_bad = result.outcome in ("failed", "error")
            self.sentences[result.fingerprint] = cause_sentence(result) if is_bad else line
        self.is_checks_only &= isinstance(error, ChecksFailed)

    @property
    def counts(self) -> str:
        """How many rows ended how, as text."""
        return ", ".join(f"{count} {outcome}" for outcome, count in self.outcomes.most_common())

    def error(self) -> ReqfloError | None:
        """Return the failure of the whole, None when no row failed."""
        if not self.failures:
            return None
        notes = [
            f"{each.row}: {each.line} ({each.run_id})" for each in self.failures[:_MOST_LISTED]
        ]
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
    _slow_steps: list[Json]

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
        self._tally, self._full, self._facts, self._slow_steps = Tally(), {}, [], []
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
        if (slowest := self.journeys.slowest) is not None:
            self._slow_steps += (
                {**each, "row": spec.id} for each in slowest.select(verdict.result)
            )
        problem = self._find_problem(verdict)
        tally.add(spec.id, verdict, problem)
        if (watch := self.journeys.watch_rows) is not None:
            watch(tally.outcomes.total(), len(tally.failures))
        if problem is not None and len(tally.failures) <= _MOST_SHOWN:
            self._facts.append(self._facts_of(problem, verdict.result, verdict))
        if verdict.failure is not None and len(tally.failures) <= _MOST_SHOWN:
            self.add_report_section("call", f"reqflo {spec.id}", verdict.failure.text)

    def _note_kept(self, verdict: Verdict) -> None:
        """Say nothing: a report of all rows names no place of one."""

    def report_data(self, *, is_full: bool) -> Json:
        """Return what the report of the call carries: basic types only."""
        tally = self._tally
        if tally is None:
            return super().report_data(is_full=is_full)
        hide = self.journeys.hiding.text
        data = {
            "format": 1,
            "journey": self.subject.artifact.journey_id,
            "artifact": self.subject.artifact_id,
            "rows": dict(tally.outcomes),
            "failed": [
                {"row": each.row, "run_id": each.run_id, "fingerprint": each.fingerprint}
                for each in tally.failures
            ],
            "failures": self._facts,
            "sentences": {key: hide(text) for key, text in tally.sentences.items()},
            "times_s": sample_times(tally.times_s),
            **({"slow_steps": self._slow_steps} if self._slow_steps else {}),
        }
        full = {"results": json.dumps(self._full)} if is_full else {}
        return {**to_report(data), **full}


class RowsItem(RowsNode, JourneyItem):
    """All rows, without fixtures."""


class RowsFunction(RowsNode, JourneyFunction):
    """All rows, with fixtures that are set up once for all of them."""
