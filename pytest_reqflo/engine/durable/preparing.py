"""What a run needs before its first try: a plan, its secrets, and all that makes them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

from pytest_reqflo.artifact.model import Artifact
from pytest_reqflo.engine.clock import Clock
from pytest_reqflo.engine.durable.checkpoints import Begin, Refused
from pytest_reqflo.engine.durable.taking import TakesOver
from pytest_reqflo.engine.secret_check import hold_secrets, refuse_unready
from pytest_reqflo.engine.secrets.chain import SecretSource
from pytest_reqflo.engine.transport import Transport
from pytest_reqflo.engine.trying import Means
from pytest_reqflo.errors import ReqfloError
from pytest_reqflo.evidence.redact import Redactor
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.plan.model import EnvironmentSnapshot, Plan, RunRequest
from pytest_reqflo.plan.planner import make_plan
from pytest_reqflo.result import JourneyResult, Problem, RunIdentity
from pytest_reqflo.run.effects import RunStart
from pytest_reqflo.values import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class DurableRun:
    """What is continued: the run as it was asked for, and the artifact with its files.

    Shape: *takes* says which steps are not sent, but are those of another run.
    """

    request: RunRequest
    artifact: Artifact
    blobs: Mapping[Digest, bytes]
    takes: TakesOver | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the executing process gives to a run.

    Shape: *begin* reads clock, randomness and environment, once in the life of a run;
        *find_interruption* says why the run must end, "" while it may go on; *keep_result* writes
        the result and returns the time at which the run ended, that of the first time it was asked.
    """

    transport: Transport
    clock: Clock
    redactor: Redactor
    begin: Callable[[], Begin | Refused]
    find_secrets: Callable[[EnvironmentSnapshot], SecretSource]
    find_interruption: Callable[[], str]
    keep_result: Callable[[JourneyResult], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A run that can begin."""

    plan: Plan
    start: RunStart
    means: Means


def prepare(
    run: DurableRun, begin: Begin | Refused, around: Surroundings
) -> Prepared | JourneyResult:
    """Return the plan of *run* and what it is carried out with, else why nothing can be sent."""
    if isinstance(begin, Refused):
        start = RunStart(seed="", started_at=begin.at)
        return unplanned(run.request.identity, start, begin.problems)
    identity = dataclasses.replace(run.request.identity, environment=begin.environment.name)
    request = dataclasses.replace(run.request, identity=identity)
    try:
        plan = make_plan(run.artifact, request, begin.environment)
    except ReqfloError as error:
        return unplanned(identity, begin.start, problems_of(error))
    return _with_means(plan, begin, around)


def _with_means(plan: Plan, begin: Begin, around: Surroundings) -> Prepared | JourneyResult:
    held = hold_secrets(plan, around.find_secrets(begin.environment))
    around.redactor.names = begin.environment.sensitive
    refused = refuse_unready(plan, begin.start, held, around.redactor)
    if refused is not None:
        return refused
    means = Means(
        transport=around.transport, secrets=held, redactor=around.redactor, clock=around.clock
    )
    return Prepared(plan=plan, start=begin.start, means=means)


def unplanned(
    identity: RunIdentity, start: RunStart, problems: tuple[Problem, ...]
) -> JourneyResult:
    """Return the result of a run that never came to a plan: nothing was sent."""
    return JourneyResult(
        identity=identity,
        outcome="error",
        started_at=start.started_at,
        finished_at=start.started_at,
        elapsed_s=0.0,
        problems=problems,
        category="run_check",
        seed=start.seed,
    )


def problems_of(error: ReqfloError) -> tuple[Problem, ...]:
    """Return what *error* says, as a result tells it."""
    return tuple(
        Problem(
            code=each.code,
            category="run_check",
            message=each.title,
            notes=each.notes,
            hint=each.hint,
        )
        for each in error.diagnostics
    )
