"""One step under way: its condition, tries, waits and budgets. A generator of effects, no I/O."""

from __future__ import annotations

from collections.abc import Generator
from typing import Literal

from pytest_reqflo.artifact.model import StepSpec
from pytest_reqflo.frozen import replace
from pytest_reqflo.lang.expression import ValueMissing
from pytest_reqflo.plan.model import Plan
from pytest_reqflo.result import Outcome, Problem, StepResult, TryResult
from pytest_reqflo.run.budget import Budget, least_left_s
from pytest_reqflo.run.capture import no_answer
from pytest_reqflo.run.cookies import CookieJars, clear_jar
from pytest_reqflo.run.effects import (
    Captured,
    DoTry,
    Interrupted,
    JourneyEffect,
    JourneyOutcome,
    RunStart,
    TryDone,
    Wait,
    Waited,
)
from pytest_reqflo.run.needs import (
    ConditionProblem,
    Missing,
    find_missing,
    holds,
    is_self_contained,
)
from pytest_reqflo.run.problems import interrupted_problem, values_problem
from pytest_reqflo.run.scope import RunScope
from pytest_reqflo.run.unread import MOST_RAW, read_all
from pytest_reqflo.run.volume import MAX_RUN, shorten_bodies, size_of, thin_out

StepFlow = Generator[JourneyEffect, JourneyOutcome, StepResult]

Phase = Literal["main", "finally"]

WHEN_IS_FALSE = "`when` does not hold"
"""Why a step was skipped that its own condition left out."""

_LONGEST_WAIT_S = 86_400.0


class RunState:
    """What passes from step to step of one run."""

    def __init__(self, plan: Plan, start: RunStart) -> None:
        self.plan = plan
        self.captured: dict[str, dict[str, Captured]] = {}
        self.jars = CookieJars()
        self.steps: list[StepResult] = []
        self.interruptions = 0
        self._start = start
        self._volume = 0

    def add(self, step: StepSpec, result: StepResult) -> None:
        """Keep *result*; a step that never ran explains why its outputs are missing."""
        self._volume += size_of(result)
        if self._volume > MOST_RAW:
            read_all((result,))
        self.steps.append(result if self._volume <= MAX_RUN else shorten_bodies(result))
        if not result.tries:
            reason = f"step `{step.id}` was {_participle(result.outcome)}"
            self.captured[step.id] = no_answer(step, reason)

    def scope(self, step: StepSpec) -> RunScope:
        """Return what conditions of *step* may read: no secrets, and the time the run began."""
        return RunScope(
            self.plan,
            self._start,
            captured=self.captured,
            now=self._start.started_at,
            service=step.request.service,
            is_noting=False,
        )

    def find_result(self, step_id: str) -> StepResult | None:
        """Return the result of a step that is over."""
        return next((result for result in self.steps if result.id == step_id), None)


class StepRun:
    """One step under way."""

    def __init__(
        self, run: RunState, step: StepSpec, index: int, pointer: str, phase: Phase, budget: Budget
    ) -> None:
        self._run = run
        self._step = step
        self._address = f"{index:03d}:{step.id}"
        self._pointer = pointer
        self._phase: Phase = phase
        self._budget = budget
        self._tries: list[TryResult] = []
        self._elapsed_s = 0.0

    def run(self) -> StepFlow:
        """Yield the effects of the step, and return its result."""
        early = self._find_early_end()
        if early is not None:
            return early
        if self._step.delay_s:
            ended = yield from self._wait(f"{self._address}:delay", self._step.delay_s)
            if ended is not None:
                return ended
        for jar in self._step.clear_cookies:
            self._run.jars = clear_jar(self._run.jars, jar)
        return (yield from (self._poll() if self._step.poll else self._retry()))

    # --- a step that is one try ------------------------------------------------------------------

    @property
    def is_plain(self) -> bool:
        """Whether it waits for nothing and is tried once, as most steps."""
        step = self._step
        return not (step.delay_s or step.clear_cookies or step.poll or step.retry)

    def begin(self) -> DoTry | StepResult:
        """Return the only try of a plain step, or the result of one that needs none."""
        return self._find_early_end() or self._next_try(None)

    def end(self, outcome: JourneyOutcome) -> StepResult:
        """Return the result of a plain step whose try had *outcome*."""
        done = self._end_try(outcome)
        return done if isinstance(done, StepResult) else self._ended(done.result.outcome)

    # --- before the first try --------------------------------------------------------------------

    def _find_early_end(self) -> StepResult | None:
        """Return the result of a step that needs no try: skipped, or not able to run."""
        if self._budget.is_used_up:
            return self._out_of_time()
        condition = self._step.when
        if condition is None and is_self_contained(self._step, self._run.plan):
            return None
        scope = self._run.scope(self._step)
        try:
            if condition and not holds(condition, scope, f"{self._step.id}/when"):
                return self._skipped(WHEN_IS_FALSE)
        except ConditionProblem as problem:
            return self._ended("error", (self._values_problem("RF405", str(problem)),))
        except ValueMissing as missing:
            return self._missing(Missing(message=str(missing), step=missing.step))
        missing_value = find_missing(self._step, self._run.plan, scope)
        return self._missing(missing_value) if missing_value else None

    def _missing(self, missing: Missing) -> StepResult:
        """Skip a step because of another that did not do its part; otherwise it is an error."""
        producer = self._run.find_result(missing.step)
        is_explained = producer is not None and producer.outcome != "passed"
        if is_explained or self._phase == "finally":
            cause = producer.cause or producer.id if producer else missing.step
            return self._skipped(missing.message, cause=cause)
        return self._ended("error", (self._values_problem("RF506", missing.message),))

    def _values_problem(self, code: str, message: str) -> Problem:
        return values_problem(code, message, self._pointer)

    # --- tries -----------------------------------------------------------------------------------

    def _retry(self) -> StepFlow:
        policy = self._step.retry
        while True:
            done = yield from self._try()
            if isinstance(done, StepResult):
                return done
            number = len(self._tries)
            is_final = policy is None or number > policy.count or not done.is_retryable
            if is_final or policy is None or done.error_kind not in policy.on:
                return self._ended(done.result.outcome)
            wait_s = _backoff_s(policy.delay_s, policy.backoff, number - 1)
            if self._budget.left_s is not None and wait_s >= self._budget.left_s:
                return self._ended(done.result.outcome)
            ended = yield from self._wait(f"{self._address}#{number + 1}:wait", wait_s)
            if ended is not None:
                return ended

    def _poll(self) -> StepFlow:
        poll = self._step.poll
        assert poll is not None  # noqa: S101  # the caller has looked
        budget = Budget(poll.timeout_s, "the poll")
        while True:
            done = yield from self._try(budget)
            if isinstance(done, StepResult):
                return done
            budget.spend(done.elapsed_s)
            if done.poll != "again":
                return self._ended(done.result.outcome)
            if budget.left_s is not None and budget.left_s <= poll.every_s:
                return self._ended(done.result.outcome, (self._unmet(poll.timeout_s),))
            next_address = f"{self._address}#{len(self._tries) + 1}:wait"
            waited_from_s = self._elapsed_s
            ended = yield from self._wait(next_address, poll.every_s)
            if ended is not None:
                return ended
            budget.spend(self._elapsed_s - waited_from_s)
            if budget.is_used_up:
                return self._ended(done.result.outcome, (self._unmet(poll.timeout_s),))

    def _try(
        self, poll_budget: Budget | None = None
    ) -> Generator[JourneyEffect, JourneyOutcome, TryDone | StepResult]:
        """Yield one try; return its outcome, or the result of the step when that ended with it."""
        return self._end_try((yield self._next_try(poll_budget)))

    def _next_try(self, poll_budget: Budget | None) -> DoTry:
        number, left_s = len(self._tries) + 1, self._budget.left_s
        return DoTry(
            address=f"{self._address}#{number}",
            step=self._step,
            pointer=self._pointer,
            number=number,
            captured=self._run.captured.copy(),
            jars=self._run.jars,
            budget_s=least_left_s(self._budget, poll_budget) if poll_budget else left_s,
            first_started_at=self._tries[0].started_at if self._tries else "",
        )

    def _end_try(self, outcome: JourneyOutcome) -> TryDone | StepResult:
        if not isinstance(outcome, TryDone):
            return self._interrupted(outcome)
        self._spend(outcome.elapsed_s)
        # Never changed: the tries that follow share it.
        self._run.captured[self._step.id] = dict(outcome.captured)
        self._run.jars = outcome.jars
        self._tries.append(outcome.result)
        thin_out(self._tries)
        if outcome.result.outcome == "interrupted":
            self._run.interruptions += 1
            return self._ended("interrupted")
        if self._budget.is_used_up and outcome.result.outcome == "error":
            return self._out_of_time()
        return outcome

    def _wait(
        self, address: str, duration_s: float
    ) -> Generator[JourneyEffect, JourneyOutcome, StepResult | None]:
        """Yield a wait; return the result of the step when that ended with it."""
        if duration_s <= 0:
            return None
        left_s = self._budget.left_s
        if left_s is not None and duration_s >= left_s:
            return self._out_of_time()
        outcome = yield Wait(address=address, duration_s=duration_s)
        if not isinstance(outcome, Waited):
            return self._interrupted(outcome)
        self._spend(outcome.elapsed_s)
        return self._out_of_time() if self._budget.is_used_up else None

    def _spend(self, elapsed_s: float) -> None:
        self._elapsed_s += elapsed_s
        self._budget.spend(elapsed_s)

    # --- results ---------------------------------------------------------------------------------

    def _interrupted(self, outcome: JourneyOutcome) -> StepResult:
        self._run.interruptions += 1
        reason = outcome.reason if isinstance(outcome, Interrupted) else "no answer of the driver"
        return self._ended("interrupted", (interrupted_problem(reason, self._pointer),))

    def _out_of_time(self) -> StepResult:
        problem = Problem(
            code="RF508",
            category="timeout",
            message=f"the time budget of {self._budget.owner} ({self._budget.limit_s:g} s) is used up",
            pointer=self._pointer,
        )
        # What a try says of its own deadline would hide whose time ran out.
        if self._tries and self._tries[-1].outcome == "error":
            self._tries[-1] = replace(self._tries[-1], problems=(problem,))
            return self._ended("error")
        return self._ended("error", (problem,))

    def _unmet(self, timeout_s: float) -> Problem:
        last = self._tries[-1]
        faults = [check.message for check in last.checks if not check.passed]
        faults += [problem.message for problem in last.problems]
        tries = f"{len(self._tries)} {'try' if len(self._tries) == 1 else 'tries'}"
        return Problem(
            code="RF504",
            category="poll",
            message=f"polling ended after {tries} ({timeout_s:g} s) without the expected state: "
            + "; ".join(faults),
            pointer=f"{self._pointer}/poll",
        )

    def _ended(self, outcome: Outcome, problems: tuple[Problem, ...] = ()) -> StepResult:
        return StepResult(
            id=self._step.id,
            name=self._step.name,
            pointer=self._pointer,
            outcome=outcome,
            phase=self._phase,
            tries=tuple(self._tries),
            problems=problems,
            elapsed_s=self._elapsed_s,
        )

    def _skipped(self, reason: str, cause: str = "") -> StepResult:
        return replace(self._ended("skipped"), skip_reason=reason, cause=cause)

    def skipped_after(self, stopped: StepResult) -> StepResult:
        """Return the result of this step when *stopped* ended the run."""
        return self._skipped(f"step `{stopped.id}` {_verb(stopped.outcome)}", cause=stopped.id)


def _participle(outcome: Outcome) -> str:
    return "not completed" if outcome == "error" else outcome


def _verb(outcome: Outcome) -> str:
    words: dict[Outcome, str] = {
        "interrupted": "was interrupted",
        "error": "could not be completed",
    }
    return words.get(outcome, outcome)


def _backoff_s(delay_s: float, backoff: float, power: int) -> float:
    try:
        return min(delay_s * backoff**power, _LONGEST_WAIT_S)
    except OverflowError:
        return _LONGEST_WAIT_S
