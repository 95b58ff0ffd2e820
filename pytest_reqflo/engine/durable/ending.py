"""Results of runs that nobody will end themselves, made of what they recorded. Nothing is sent.

Neither key nor secret is needed for that: what a result is made of is not sealed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pytest_reqflo.engine.durable.keeping import FromOutside, ResultKeeper
from pytest_reqflo.engine.durable.orders import bare_request_of
from pytest_reqflo.engine.durable.preparing import unplanned
from pytest_reqflo.engine.durable.progress import result_so_far
from pytest_reqflo.engine.durable.records import Records, StoredResult, StoredRun
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.result import JourneyResult, Outcome, Problem
from pytest_reqflo.run.effects import RunStart
from pytest_reqflo.values import Digest

if TYPE_CHECKING:
    from pytest_reqflo.engine.durable.stores import RunStore


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How a run is said to have ended: in its row, in its document, and why."""

    problems: tuple[Problem, ...]
    row: FromOutside = ""
    outcome: Outcome = "error"


LOST = End(
    row="lost",
    problems=(
        Problem(
            code="RF616",
            category="interrupted",
            message="the run is lost: its workers ended before it did, as often as it allows",
            hint="look for what ends the workers; `reqflo rerun` begins the run anew",
        ),
    ),
)
LEFT = End(
    row="lost",
    problems=(
        Problem(
            code="RF616",
            category="interrupted",
            message="the run is lost: its process ended before it did, and nobody carried it on",
            hint="`reqflo resume` carries on what is not closed yet; `reqflo rerun` begins anew",
        ),
    ),
)
CANCELLED = End(
    row="cancelled",
    outcome="interrupted",
    problems=(
        Problem(
            code="RF617",
            category="interrupted",
            message="the run was cancelled by force; its finally steps were not run",
        ),
    ),
)
BROKEN = End(
    problems=(
        Problem(
            code="RF613",
            category="interrupted",
            message="the run cannot be carried on: what is stored of it is missing, altered or unreadable",
        ),
    ),
)

END_OF_STATUS: Mapping[str, End] = {
    "CANCELLED": CANCELLED,
    "MAX_RECOVERY_ATTEMPTS_EXCEEDED": LOST,
    "ERROR": BROKEN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnder:
    """Writes results in the name of one process; *now* is its clock, as RFC 3339."""

    keeper: ResultKeeper
    now: Callable[[], str]

    def end(
        self, stored: StoredRun, attempt: int, recorded: Mapping[str, str], end: End
    ) -> StoredResult:
        """Keep a result of the run as far as it came, unless it has one; return what it has.

        Shape: *recorded* are the checkpoints of *attempt*, by name.
        """
        result = self._result_of(stored, recorded)
        now = self.now()
        ended = dataclasses.replace(
            result,
            outcome=end.outcome,
            started_at=result.started_at or now,
            finished_at=now,
            problems=(*result.problems, *end.problems),
            category=end.problems[0].category,
        )
        return self.keeper.keep(stored, attempt, ended, ended=end.row)

    def _result_of(self, stored: StoredRun, recorded: Mapping[str, str]) -> JourneyResult:
        try:
            return so_far(self.keeper.records, stored, recorded)
        except Exception:  # noqa: BLE001  # whatever broke the run may have broken its record
            start = RunStart(seed="", started_at="")
            return unplanned(bare_request_of(stored.order).identity, start, ())


def so_far(records: Records, stored: StoredRun, recorded: Mapping[str, str]) -> JourneyResult:
    """Return how far a run came that recorded this. Raises: EngineError RF613, ArtifactError."""
    order = stored.order
    with records.database.reading() as connection:
        artifact, _ = records.load_artifact(connection, Digest(order.artifact))
    identity = bare_request_of(order).identity
    named = dataclasses.replace(identity, environment=identity.environment or order.environment)
    return result_so_far(named, artifact, recorded)


# --- by those that look on ------------------------------------------------------------------------


def close_run(store: RunStore, ender: RunEnder, run_id: str, end: End) -> str:
    """Keep a result of the run unless it has one, end its workflows, and return its outcome."""
    seen = store.engine_rows.of_runs([run_id])
    attempt = max((each.order[0] for each in seen), default=1)
    recorded = store.engine_rows.recorded(run_id)
    # The result first: from then on whoever still carries the run out gets this one.
    kept = ender.end(store.load(run_id), attempt, recorded, end)
    store.engine_rows.cancel(seen)
    return kept.outcome


def run_so_far(store: RunStore, run_id: str) -> JourneyResult:
    """Return how far a run without a result came. Raises: EngineError RF613."""
    return so_far(store.records, store.load(run_id), store.engine_rows.recorded(run_id))
