"""One run of a journey: the order of steps, tries and waits. A generator of effects, no I/O.

It reads nothing but the plan and recorded outcomes, so a run continues from its checkpoints: the
same outcomes give the same effects, at the same addresses. Time is the sum of recorded seconds.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import Literal

from pytest_reqflo.artifact.model import StepSpec
from pytest_reqflo.evidence.redact import is_hideable
from pytest_reqflo.lang.expression import LiteralValue, ValueMissing
from pytest_reqflo.plan.model import Plan
from pytest_reqflo.result import (
    Category,
    JourneyResult,
    Outcome,
    Problem,
    StepResult,
    TryResult,
    fingerprint_of,
)
from pytest_reqflo.run.budget import Budget, least_left_s
from pytest_reqflo.run.capture import no_answer
from pytest_reqflo.run.cookies import CookieJars, clear_jar
from pytest_reqflo.run.effects import (
    Captured,
    DoTry,
    Finish,
    Finished,
    Interrupted,
    JourneyEffect,
    JourneyOutcome,
    RunStart,
    TryDone,
    Wait,
    Waited,
)
from pytest_reqflo.run.needs import ConditionProblem, Missing, find_missing, holds
from pytest_reqflo.run.problems import interrupted_problem, values_problem
from pytest_reqflo.run.scope import RunScope

JourneyFlow = Generator[JourneyEffect, JourneyOutcome, JourneyResult]
StepFlow = Generator[JourneyEffect, JourneyOutcome, StepResult]

Phase = Literal["main", "finally"]

_RANKS: dict[Outcome, int] = {
    "skipped": 0, "passed": 1, "failed": 2, "error": 3, "interrupted": 4,
}  # fmt: skip
_BAD: frozenset[Outcome] = frozenset({"failed", "error", "interrupted"})
_LONGEST_WAIT_S = 86_400.0


def run_journey(plan: Plan, start: RunStart) -> JourneyFlow:
    """Yield the tries and waits of a run, and return its result.

    Shape: the last effect is a `Finish` with the whole result but the time at which it ended.
    """
    run = _Run(plan, start)
    yield from run.run_main()
    yield from run.run_finally()
    result = run.result()
    outcome = yield Finish(result=result)
    ended = outcome.finished_at if isinstance(outcome, Finished) else start.started_at
    return replace(result, finished_at=ended)


class _Run:
    """The state of one run between two effects."""

    def __init__(self, plan: Plan, start: RunStart) -> None:
        self.plan = plan
        self.start = start
        self.captured: dict[str, dict[str, Captured]] = {}
        self.jars = CookieJars()
        self.steps: list[StepResult] = []
        self.interruptions = 0
        settings = plan.artifact.settings
        self.main_budget = Budget(settings.timeout_s, "the journey")
        self.finally_budget = Budget(settings.finally_timeout_s, "the finally steps")

    def run_main(self) -> Generator[JourneyEffect, JourneyOutcome, None]:
        stopped: StepResult | None = None
        is_stopping = self.plan.artifact.settings.on_failure == "stop"
        for index, step in enumerate(self.plan.artifact.steps):
            flow = _StepRun(self, step, index, f"/steps/{index}", "main", self.main_budget)
            if stopped is not None:
                self._add(flow.skipped_after(stopped))
                continue
            result = yield from flow.run()
            self._add(result)
            is_over = result.outcome == "interrupted" or self.main_budget.is_used_up
            if (is_over and result.outcome in _BAD) or (is_stopping and result.outcome in _BAD):
                stopped = result

    def run_finally(self) -> Generator[JourneyEffect, JourneyOutcome, None]:
        first = len(self.plan.artifact.steps)
        stopped: StepResult | None = None
        for index, step in enumerate(self.plan.artifact.finally_steps):
            pointer = f"/finally/{index}"
            budget = self.finally_budget
            flow = _StepRun(self, step, first + index, pointer, "finally", budget)
            if stopped is not None:
                self._add(flow.skipped_after(stopped))
                continue
            result = yield from flow.run()
            self._add(result)
            is_second = result.outcome == "interrupted" and self.interruptions > 1
            if is_second or (budget.is_used_up and result.outcome in _BAD):
                stopped = result

    def _add(self, result: StepResult) -> None:
        self.steps.append(result)
        if not result.tries:
            step = self._spec(result)
            reason = f"step `{step.id}` was {_word(result.outcome)}"
            self.captured[step.id] = no_answer(step, reason)

    def _spec(self, result: StepResult) -> StepSpec:
        artifact = self.plan.artifact
        return (*artifact.steps, *artifact.finally_steps)[len(self.steps) - 1]

    def scope(self, step: StepSpec) -> RunScope:
        """Return what conditions of *step* may read: no secrets, and the time the run began."""
        return RunScope(
            self.plan,
            self.start,
            captured=self.captured,
            now=self.start.started_at,
            service=step.request.service,
        )

    def find_result(self, step_id: str) -> StepResult | None:
        return next((result for result in self.steps if result.id == step_id), None)

    def result(self) -> JourneyResult:
        """Return the whole result; it is not known yet when it ended."""
        outcomes: list[Outcome] = [step.outcome for step in self.steps]
        outcome: Outcome = max(outcomes, key=lambda each: _RANKS[each], default="passed")
        bad = next((step for step in self.steps if step.outcome in _BAD), None)
        return JourneyResult(
            identity=self.plan.identity,
            outcome=outcome,
            started_at=self.start.started_at,
            finished_at="",
            elapsed_s=sum(step.elapsed_s for step in self.steps),
            steps=tuple(self.steps),
            warnings=tuple(_short_values(self.plan)),
            values=tuple(resolved.origin for resolved in self.plan.names.values()),
            category=_category_of(bad) if bad else None,
            fingerprint=fingerprint_of(self.plan.identity.artifact, bad.id, _failures_of(bad))
            if bad
            else "",
            seed=self.start.seed,
        )


class _StepRun:
    """One step under way."""

    def __init__(
        self, run: _Run, step: StepSpec, index: int, pointer: str, phase: Phase, budget: Budget
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

    # --- before the first try --------------------------------------------------------------------

    def _find_early_end(self) -> StepResult | None:
        """Return the result of a step that needs no try: skipped, or not able to run."""
        if self._budget.is_used_up:
            return self._out_of_time()
        scope = self._run.scope(self._step)
        try:
            condition = self._step.when
            if condition and not holds(condition, scope, f"{self._step.id}/when"):
                return self._skipped("`when` does not hold")
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
        number = len(self._tries) + 1
        outcome = yield DoTry(
            address=f"{self._address}#{number}",
            step=self._step,
            pointer=self._pointer,
            number=number,
            captured={step: dict(kept) for step, kept in self._run.captured.items()},
            jars=self._run.jars,
            budget_s=least_left_s(self._budget, poll_budget),
            first_started_at=self._tries[0].started_at if self._tries else "",
        )
        if not isinstance(outcome, TryDone):
            return self._interrupted(outcome)
        self._spend(outcome.elapsed_s)
        self._run.captured[self._step.id] = dict(outcome.captured)
        self._run.jars = outcome.jars
        self._tries.append(outcome.result)
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
        return self._skipped(
            f"step `{stopped.id}` {_word(stopped.outcome, is_verb=True)}", cause=stopped.id
        )


def _word(outcome: Outcome, *, is_verb: bool = False) -> str:
    match outcome:
        case "interrupted":
            return "was interrupted" if is_verb else "interrupted"
        case "error":
            return "could not be completed" if is_verb else "not completed"
        case _:
            return outcome


def _backoff_s(delay_s: float, backoff: float, power: int) -> float:
    try:
        return min(delay_s * backoff**power, _LONGEST_WAIT_S)
    except OverflowError:
        return _LONGEST_WAIT_S


# --- the verdict ---------------------------------------------------------------------------------


def _category_of(step: StepResult) -> Category:
    problems = _problems_of(step)
    return problems[0].category if problems else "assertion"


def _problems_of(step: StepResult) -> list[Problem]:
    last = step.last_try
    return [*(last.problems if last else ()), *step.problems]


def _failures_of(step: StepResult) -> tuple[str, ...]:
    """Return what failed without any actual value, so that the same failure is recognised."""
    checks = step.last_try.checks if step.last_try else ()
    failed = [
        f"{check.type} {check.subject} {check.operator}"
        for check in checks
        if not check.passed and not check.soft
    ]
    return (*failed, *(problem.code for problem in _problems_of(step)))


def _short_values(plan: Plan) -> Generator[Problem, None, None]:
    """Yield RF509 for each sensitive value that is too short to be found wherever it turns up."""
    for name, resolved in plan.names.items():
        if not resolved.sensitive or not resolved.is_set:
            continue
        if isinstance(resolved.value, LiteralValue) and _is_short(resolved.value.value):
            kind = resolved.origin.kind_of_name
            yield Problem(
                code="RF509",
                category="values",
                message=f"the sensitive {kind} `{name}` is too short to be hidden everywhere",
                hint="it is hidden where its place is known, such as in a header of its own",
            )


def _is_short(value: object) -> bool:
    is_scalar = isinstance(value, (str, int, float)) and not isinstance(value, bool)
    return is_scalar and value != "" and not is_hideable(str(value))
