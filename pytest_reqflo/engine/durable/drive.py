"""One run from its checkpoints to its result, over a recorder that keeps them.

The same two floors as everywhere. What is recorded is taken as it is; what is not is done and
recorded. So a run that another process left goes on with the try at hand. No dbos here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar, assert_never

from pytest_reqflo.artifact.model import InFlight, StepSpec
from pytest_reqflo.engine.durable.checkpoints import (
    BEGIN,
    FINISH,
    Begin,
    CheckpointCodec,
    Refused,
    from_text,
    over,
    to_text,
)
from pytest_reqflo.engine.durable.preparing import (
    DurableRun,
    Prepared,
    Surroundings,
    prepare,
    problems_of,
)
from pytest_reqflo.engine.durable.taking import TakesOver
from pytest_reqflo.engine.trying import Trying
from pytest_reqflo.errors import ReqfloError
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.result import JourneyResult, Problem, TryResult
from pytest_reqflo.run.capture import no_answer
from pytest_reqflo.run.effects import (
    DoTry,
    Finish,
    Finished,
    Interrupted,
    JourneyEffect,
    JourneyOutcome,
    TryDone,
    Wait,
    Waited,
)
from pytest_reqflo.run.journey import run_journey

_REPEATED = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
"""Methods that may be sent again when nobody knows whether they arrived (RFC 9110, 9.2.2)."""


T = TypeVar("T")


class Recorder(Protocol):
    """Keeps what happened under a name, once; a run that is continued gets it back."""

    execution: str
    """Name of this execution of the run: another one whenever it is continued."""

    def record(self, name: str, act: Callable[[], str]) -> str:
        """Return what is kept under *name*, else what *act* returns, kept from now on."""

    def wait(self, name: str, duration_s: float) -> None:
        """Let time pass once; a run that is continued waits for the rest."""

    def is_left_over(self) -> bool:
        """Say whether another execution began this, and its process ended before it did."""

    def give_up(self, end: Callable[[Mapping[str, str]], T]) -> T:
        """Return what *end* makes of all that is recorded; nothing of the run follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Driven:
    """What came of driving a run.

    Shape: *pending* interrupted this process and is raised when all is kept; a run that
        *starts_again* has no result yet: only its `finally` steps were carried out.
    """

    result: JourneyResult
    pending: BaseException | None = None
    starts_again: bool = False


def drive(
    run: DurableRun, recorder: Recorder, codec: CheckpointCodec, around: Surroundings
) -> Driven:
    """Return the result of *run*, kept. Raises: SealProblem when its record cannot be read."""
    text = recorder.record(BEGIN, lambda: to_text(codec.begin_to_json(_begin(run, around))))
    prepared = prepare(run, codec.begin_from_json(from_text(text)), around)
    if isinstance(prepared, JourneyResult):
        return Driven(result=_finished(prepared, recorder, around))
    trying = Trying(prepared.plan, run.blobs, prepared.start, prepared.means)
    return _Driver(prepared, trying, recorder, codec, around, run.takes).run()


def _begin(run: DurableRun, around: Surroundings) -> Begin | Refused:
    begin = around.begin()
    if run.takes is None or isinstance(begin, Refused):
        return begin
    try:
        return run.takes.begin(begin)
    except ReqfloError as error:
        return Refused(at=begin.start.started_at, problems=problems_of(error))


def _finished(result: JourneyResult, recorder: Recorder, around: Surroundings) -> JourneyResult:
    finished_at = recorder.record(FINISH, lambda: around.keep_result(result))
    return dataclasses.replace(result, finished_at=finished_at)


class _Driver:
    """One run under way."""

    def __init__(
        self,
        prepared: Prepared,
        trying: Trying,
        recorder: Recorder,
        codec: CheckpointCodec,
        around: Surroundings,
        takes: TakesOver | None,
    ) -> None:
        self._takes = takes
        self._on_interrupt = prepared.plan.artifact.settings.on_interrupt
        self._flow = run_journey(prepared.plan, prepared.start)
        self._trying = trying
        self._recorder = recorder
        self._codec = codec
        self._around = around
        self._is_left_over = False
        self._is_ending = False

    def run(self) -> Driven:
        # Asked in this place whenever the run is continued, as it is itself recorded.
        if self._on_interrupt != "resume":
            self._is_left_over = self._recorder.is_left_over()
        outcome: JourneyOutcome | None = None
        try:
            while True:
                effect = self._flow.send(outcome) if outcome else next(self._flow)
                outcome = self._answer(effect)
                self._is_ending |= isinstance(outcome, Interrupted)
        except StopIteration as end:
            return Driven(
                result=end.value,
                pending=self._trying.pending,
                starts_again=self._starts_again,
            )

    @property
    def _starts_again(self) -> bool:
        return self._is_left_over and self._is_ending and self._on_interrupt == "restart"

    def _answer(self, effect: JourneyEffect) -> JourneyOutcome:
        match effect:
            case DoTry():
                return self._recorded(effect.address, self._act_for(effect))
            case Wait():
                return self._wait(effect)
            case Finish(result=result):
                if self._starts_again:
                    return Finished(finished_at="")
                noted = self._takes.noted(result) if self._takes else result
                return Finished(
                    finished_at=_finished(noted, self._recorder, self._around).finished_at
                )
            case _:
                assert_never(effect)

    def _recorded(
        self, address: str, act: Callable[[], TryDone | Waited | Interrupted]
    ) -> TryDone | Waited | Interrupted:
        codec = self._codec
        text = self._recorder.record(
            address, lambda: to_text(codec.outcome_to_json(address, act()))
        )
        return codec.outcome_from_json(address, from_text(text))

    def _wait(self, effect: Wait) -> TryDone | Waited | Interrupted:
        ended: TryDone | Waited | Interrupted = Waited(elapsed_s=effect.duration_s)
        if self._takes is not None and self._takes.covers(effect.address):
            return self._recorded(over(effect.address), self._taken_wait(effect, self._takes))
        try:
            self._recorder.wait(effect.address, effect.duration_s)
        except KeyboardInterrupt as error:
            ended = self._trying.interrupt(error)
        # An interruption must be met again in the same place, or the steps after it have other names.
        return self._recorded(over(effect.address), lambda: ended)

    def _taken_wait(
        self, effect: Wait, takes: TakesOver
    ) -> Callable[[], TryDone | Waited | Interrupted]:
        nothing = Waited(elapsed_s=0.0)
        return lambda: takes.taken.outcomes.get(over(effect.address), nothing)

    # --- tries -----------------------------------------------------------------------------------

    def _act_for(self, do: DoTry) -> Callable[[], TryDone | Waited | Interrupted]:
        """Return what to do when no outcome of *do* is recorded."""
        takes = self._takes
        if takes is not None and takes.covers(do.address):
            return lambda: _taken(do, takes)
        if in_flight_of(do.step) == "fail":
            recorder = self._recorder
            began = recorder.record(f"{do.address}:intent", lambda: recorder.execution)
            if began != recorder.execution:
                return lambda: _unknown(do)
        return lambda: self._try(do)

    def _try(self, do: DoTry) -> TryDone | Interrupted:
        reason = self._find_interruption()
        if reason:
            return Interrupted(reason=reason)
        return self._trying.run_try(do)

    def _find_interruption(self) -> str:
        # A run that is ending is left to it: its `finally` steps are to be carried out.
        if self._is_ending:
            return ""
        if self._is_left_over:
            return "its worker ended before the run did"
        return self._around.find_interruption()


def in_flight_of(step: StepSpec) -> InFlight:
    """Return what becomes of a try of *step* that was under way when its process died.

    Source: RFC 9110, 9.2.2: a method that is not idempotent is not repeated unless the author says so.
    """
    if step.in_flight:
        return step.in_flight
    return "repeat" if step.request.method in _REPEATED else "fail"


def _taken(do: DoTry, takes: TakesOver) -> TryDone | Waited | Interrupted:
    found = takes.taken.outcomes.get(do.address)
    if found is not None:
        return found
    # The environment has changed since: the step was left out then, or passed at an earlier try.
    message = f"step `{do.step.id}` is to be taken from run {takes.run_id}, which did not send it"
    return _unsent(do, "RF628", message, "run it anew without --from-step")


def _unknown(do: DoTry) -> TryDone:
    message = (
        f"the outcome of step `{do.step.id}` is unknown: its process ended while the request was "
        "under way, and it is not sent again"
    )
    hint = "set `in_flight: repeat` or `repeat_with_key` where the API allows it"
    return _unsent(do, "RF510", message, hint)


def _unsent(do: DoTry, code: str, message: str, hint: str) -> TryDone:
    problem = Problem(
        code=code, category="interrupted", message=message, pointer=do.pointer, hint=hint
    )
    return TryDone(
        result=TryResult(number=do.number, outcome="error", problems=(problem,)),
        captured=no_answer(do.step, message),
        jars=do.jars,
        error_kind="error",
        is_retryable=False,
    )
