"""The results of the steps become the verdict of a run. Pure."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping

from pytest_reqflo.evidence.redact import is_hideable
from pytest_reqflo.lang.expression import LiteralValue
from pytest_reqflo.noted import Noted
from pytest_reqflo.plan.environments import find_open_guards
from pytest_reqflo.plan.model import EnvironmentSnapshot, PlainNames, Plan
from pytest_reqflo.result import (
    Category,
    JourneyResult,
    Outcome,
    Problem,
    StepResult,
    fingerprint_of,
)
from pytest_reqflo.run.effects import RunStart
from pytest_reqflo.values import Json

BAD: frozenset[Outcome] = frozenset({"failed", "error", "interrupted"})
"""Outcomes of a step that fail its run."""

_RANKS: dict[Outcome, int] = {
    "skipped": 0, "passed": 1, "failed": 2, "error": 3, "interrupted": 4,
}  # fmt: skip


def result_maker(
    plan: Plan, start: RunStart, steps: tuple[StepResult, ...]
) -> Callable[..., JourneyResult]:
    """Return what gives the result of a run with these *steps*, told its *finished_at*."""
    outcomes: list[Outcome] = [step.outcome for step in steps]
    guards = _OPEN_GUARDS.of(plan.environment)
    bad = next((step for step in steps if step.outcome in BAD), None)
    return functools.partial(
        JourneyResult,
        identity=plan.identity,
        outcome=worst_of(outcomes),
        started_at=start.started_at,
        elapsed_s=sum([step.elapsed_s for step in steps]),
        steps=steps,
        warnings=(*_short_values(plan), *guards),
        values=tuple([resolved.origin for resolved in plan.names.values()]),
        category=_category_of(bad) if bad else None,
        fingerprint=fingerprint_of(plan.identity.artifact, bad.id, _failures_of(bad))
        if bad
        else "",
        seed=start.seed,
        extra=_trace_of(plan),
    )


def _trace_of(plan: Plan) -> Mapping[str, Json]:
    """Return the id of the trace in which the run was asked for, nothing without one."""
    if not plan.trace:
        return {}
    ids = [value.split("-")[1] for name, value in plan.trace if name == "traceparent"]
    return {"trace_id": ids[0]} if ids else {}


def worst_of(outcomes: Iterable[Outcome]) -> Outcome:
    """Return the worst of *outcomes*; a run whose every step was skipped was skipped itself."""
    return max(outcomes, key=_RANKS.__getitem__, default="passed")


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


def _short_values(plan: Plan) -> Iterator[Problem]:
    """Yield RF509 for each sensitive value that is too short to be found wherever it turns up."""
    if type(plan.names) is PlainNames:
        return
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


def _open_guards(environment: EnvironmentSnapshot) -> tuple[Problem, ...]:
    """Return RF511 for each protection that the configuration turns off."""
    return tuple(
        Problem(code="RF511", category="refused", message=sentence)
        for sentence in find_open_guards(environment)
    )


_OPEN_GUARDS = Noted(_open_guards)


def _is_short(value: object) -> bool:
    is_scalar = isinstance(value, (str, int, float)) and not isinstance(value, bool)
    return is_scalar and value != "" and not is_hideable(str(value))
