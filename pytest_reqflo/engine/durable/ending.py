"""Results of runs that were ended from outside, made of what they recorded. Nothing is sent."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pytest_reqflo.engine.durable.checkpoints import BEGIN, FINISH, to_text
from pytest_reqflo.engine.durable.drive import drive
from pytest_reqflo.engine.durable.keeping import FromOutside
from pytest_reqflo.engine.durable.orders import bare_request_of
from pytest_reqflo.engine.durable.performing import RunPerformer
from pytest_reqflo.engine.durable.preparing import unplanned
from pytest_reqflo.engine.durable.queueing import Segment
from pytest_reqflo.engine.durable.records import StoredRun
from pytest_reqflo.result import JourneyResult, Outcome, Problem
from pytest_reqflo.run.effects import RunStart


@dataclass(frozen=True, slots=True, kw_only=True)
class BadEnd:
    """How a run is said to have ended: in its row, in its document, and why."""

    row: FromOutside
    outcome: Outcome
    problem: Problem


LOST = BadEnd(
    row="lost",
    outcome="error",
    problem=Problem(
        code="RF616",
        category="interrupted",
        message="the run is lost: its workers ended before it did, as often as it allows",
        hint="look for what ends the workers; `reqflo rerun` begins the run anew",
    ),
)
CANCELLED = BadEnd(
    row="cancelled",
    outcome="interrupted",
    problem=Problem(code="RF617", category="interrupted", message="the run was cancelled by force"),
)
BROKEN = BadEnd(
    row="",
    outcome="error",
    problem=Problem(
        code="RF613",
        category="interrupted",
        message="the run cannot be carried on: what is stored of it is missing, altered or unreadable",
    ),
)

END_OF_STATUS: Mapping[str, BadEnd] = {
    "CANCELLED": CANCELLED,
    "MAX_RECOVERY_ATTEMPTS_EXCEEDED": LOST,
    "ERROR": BROKEN,
}


class PastRecorder:
    """Answers with what was recorded; what was not was interrupted."""

    execution = ""

    def __init__(self, recorded: Mapping[str, str], now: str) -> None:
        self._recorded = {FINISH: now, **recorded}

    def record(self, name: str, act: Callable[[], str]) -> str:
        """Return what is kept under *name*; only the beginning of a run is made up for."""
        if name not in self._recorded:
            return act() if name == BEGIN else to_text({"interrupted": "its worker ended"})
        return self._recorded[name]

    def wait(self, name: str, duration_s: float) -> None:
        """Return at once: there is nothing to wait for."""

    def is_left_over(self) -> bool:
        """Say no: what is recorded tells how far the run came."""
        return False


class RunCloser:
    """Writes the result of runs that will write none themselves."""

    def __init__(self, performer: RunPerformer, now: Callable[[], str]) -> None:
        self._performer = performer
        self._now = now

    def close(self, segment: Segment, recorded: Mapping[str, str], end: BadEnd) -> None:
        """Keep the result of a run whose attempt ended with *segment*, unless it has one."""
        stored = self._performer.load(segment.run_id)
        result = self._result_of(stored, recorded)
        ended = dataclasses.replace(
            result,
            outcome=end.outcome,
            finished_at=self._now(),
            problems=(*result.problems, end.problem),
            category=result.category or end.problem.category,
        )
        self._performer.keeper.keep(stored, segment.attempt, ended, ended=end.row)

    def _result_of(self, stored: StoredRun, recorded: Mapping[str, str]) -> JourneyResult:
        try:
            return self._replayed(stored, recorded)
        except Exception:  # noqa: BLE001  # whatever broke the run may break its replay
            start = RunStart(seed="", started_at=self._now())
            return unplanned(bare_request_of(stored.order).identity, start, ())

    def _replayed(self, stored: StoredRun, recorded: Mapping[str, str]) -> JourneyResult:
        performer = self._performer
        run = performer.load_content(stored)
        recorder = PastRecorder(recorded, self._now())
        codec = performer.codec_for(stored.order.run_id)
        return drive(run, recorder, codec, performer.surroundings(stored, attempt=0)).result
