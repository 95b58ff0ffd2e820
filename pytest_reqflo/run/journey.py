"""One run of a journey: the order of its steps. A generator of effects, no I/O.

It reads nothing but the plan and recorded outcomes, so a run continues from its checkpoints: the
same outcomes give the same effects, at the same addresses. Time is the sum of recorded seconds.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator, Sequence
from typing import Any

from pytest_reqflo.artifact.model import StepSpec
from pytest_reqflo.noted import Late
from pytest_reqflo.plan.model import Plan
from pytest_reqflo.result import JourneyResult, StepResult
from pytest_reqflo.run.budget import Budget
from pytest_reqflo.run.effects import (
    DoTry,
    Finish,
    Finished,
    JourneyEffect,
    JourneyOutcome,
    RunStart,
)
from pytest_reqflo.run.step import Phase, RunState, StepRun
from pytest_reqflo.run.unread import read_all
from pytest_reqflo.run.verdict import BAD, result_maker

JourneyFlow = Generator[JourneyEffect, JourneyOutcome, JourneyResult]
PhaseFlow = Generator[JourneyEffect, JourneyOutcome, None]

LONGEST_RUN_S = 86_400.0
"""Seconds that a journey may take when it sets no `timeout_s`: a day, as the longest it may set."""

EndsPhase = Callable[[StepResult], bool]
"""Whether a step that just ended keeps the later steps of its phase from running."""


def run_journey(plan: Plan, start: RunStart) -> JourneyFlow:
    """Yield the tries and waits of a run, and return its result.

    Shape: the last effect is a `Finish` with the whole result but the time at which it ended.
        Addresses count the steps and then the finally steps: ``003:pay#2``, ``003:pay#2:wait``.
    """
    run = RunState(plan, start)
    yield from _main_phase(run)
    if plan.artifact.finally_steps:
        yield from _finally_phase(run)
    steps = tuple(run.steps)
    if not BAD.isdisjoint([step.outcome for step in steps]):
        read_all(steps)
    make_result = result_maker(plan, start, steps)
    # Only who keeps the record of a run looks at it before it has ended.
    result: Any = Late(functools.partial(make_result, finished_at=""))
    outcome = yield Finish(result=result)
    ended = outcome.finished_at if isinstance(outcome, Finished) else start.started_at
    return make_result(finished_at=ended)


def _main_phase(run: RunState) -> PhaseFlow:
    settings = run.plan.artifact.settings
    budget = Budget(settings.timeout_s or LONGEST_RUN_S, "the journey")

    def ends(result: StepResult) -> bool:
        is_over = settings.on_failure == "stop" or budget.is_used_up
        return result.outcome == "interrupted" or (is_over and result.outcome in BAD)

    return _run_phase(run, run.plan.artifact.steps, "main", budget, ends)


def _finally_phase(run: RunState) -> PhaseFlow:
    budget = Budget(run.plan.artifact.settings.finally_timeout_s, "the finally steps")

    def ends(result: StepResult) -> bool:
        is_second = result.outcome == "interrupted" and run.interruptions > 1
        return is_second or (budget.is_used_up and result.outcome in BAD)

    return _run_phase(run, run.plan.artifact.finally_steps, "finally", budget, ends)


def _run_phase(
    run: RunState, steps: Sequence[StepSpec], phase: Phase, budget: Budget, ends: EndsPhase
) -> PhaseFlow:
    first = len(run.steps)
    folder = "steps" if phase == "main" else "finally"
    stopped: StepResult | None = None
    for index, step in enumerate(steps):
        flow = StepRun(run, step, first + index, f"/{folder}/{index}", phase, budget)
        if stopped is not None:
            run.add(step, flow.skipped_after(stopped))
            continue
        if flow.is_plain:
            begun = flow.begin()
            result = flow.end((yield begun)) if isinstance(begun, DoTry) else begun
        else:
            result = yield from flow.run()
        run.add(step, result)
        stopped = result if ends(result) else None
