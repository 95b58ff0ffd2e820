"""The engine of this process: it drives both floors of the interpreter and keeps nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import assert_never

from pytest_reqflo.engine.clock import Clock, SystemClock
from pytest_reqflo.engine.protocol import LocalRun
from pytest_reqflo.engine.secret_check import hold_secrets, refuse_unready
from pytest_reqflo.engine.secrets.chain import SecretSource
from pytest_reqflo.engine.transport import Transport
from pytest_reqflo.engine.trying import Means, Trying
from pytest_reqflo.evidence.redact import Redactor
from pytest_reqflo.plan.model import Plan
from pytest_reqflo.result import JourneyResult
from pytest_reqflo.run.effects import (
    DoTry,
    Finish,
    Finished,
    JourneyEffect,
    JourneyOutcome,
    RunStart,
    Wait,
)
from pytest_reqflo.run.journey import run_journey
from pytest_reqflo.values import Digest


class LocalEngine:
    """Runs journeys here and now, one per call; safe to share between threads.

    Shape: *secrets* is where the runs get theirs.
    """

    def __init__(
        self, *, transport: Transport, secrets: SecretSource, clock: Clock | None = None
    ) -> None:
        self._transport = transport
        self.secrets = secrets
        self._clock = clock or SystemClock()

    def run(
        self,
        plan: Plan,
        blobs: Mapping[Digest, bytes],
        *,
        start: RunStart | None = None,
        redactor: Redactor | None = None,
    ) -> LocalRun:
        """Run *plan* to its end; nothing is sent when a secret is missing or cannot be hidden.

        Shape: *redactor* learns all that is sensitive in the run, for whoever reports it; a new one
            by default.
        """
        redactor = redactor or Redactor(plan.environment.sensitive)
        begun = start or RunStart(seed=os.urandom(16).hex(), started_at=self._clock.now())
        held = hold_secrets(plan, self.secrets)
        refused = refuse_unready(plan, begun, held, redactor)
        if refused is not None:
            return LocalRun(refused)
        means = Means(transport=self._transport, secrets=held, redactor=redactor, clock=self._clock)
        return _drive(plan, begun, Trying(plan, blobs, begun, means), self._clock)

    def close(self) -> None:
        """End idle connections."""
        self._transport.close()


def _drive(plan: Plan, start: RunStart, trying: Trying, clock: Clock) -> LocalRun:
    flow = run_journey(plan, start)
    outcome: JourneyOutcome | None = None
    try:
        while True:
            # A generator is begun with None, which its type does not say.
            effect = flow.send(outcome) if outcome else next(flow)
            outcome = _answer(effect, trying, clock)
    except StopIteration as end:
        result: JourneyResult = end.value
        return LocalRun(result, trying.pending)


def _answer(effect: JourneyEffect, trying: Trying, clock: Clock) -> JourneyOutcome:
    try:
        match effect:
            case DoTry():
                return trying.run_try(effect)
            case Wait():
                return trying.wait(effect.duration_s)
            case Finish():
                return Finished(finished_at=clock.now())
            case _:
                assert_never(effect)
    except BaseException as error:  # noqa: BLE001  # kept, and raised by the caller
        return trying.interrupt(error)
