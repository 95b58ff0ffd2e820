"""The engine of this process: it drives both floors of the interpreter and keeps nothing.

What is raised while an effect is performed (Ctrl-C above all) is not thrown into the interpreter:
the effect is answered with `Interrupted`, the `finally` steps run, and then the caller gets it back.
"""

from __future__ import annotations

import secrets as randomness
from collections.abc import Mapping
from typing import assert_never

from pytest_reqflo.engine.clock import Clock, SystemClock
from pytest_reqflo.engine.perform import perform
from pytest_reqflo.engine.protocol import LocalRun
from pytest_reqflo.engine.secret_check import (
    HeldSecrets,
    find_secret_problems,
    hold_secrets,
    refused_result,
    teach_redactor,
)
from pytest_reqflo.engine.secrets.chain import SecretSource
from pytest_reqflo.engine.transport import Transport
from pytest_reqflo.evidence.redact import Redactor
from pytest_reqflo.plan.model import Plan
from pytest_reqflo.result import JourneyResult
from pytest_reqflo.run.attempt import run_try
from pytest_reqflo.run.effects import (
    DoTry,
    Finish,
    Finished,
    Interrupted,
    JourneyEffect,
    JourneyOutcome,
    RunStart,
    TryDone,
    TryEffect,
    TryOutcome,
    Wait,
    Waited,
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
        begun = start or RunStart(seed=randomness.token_hex(16), started_at=self._clock.now())
        held = hold_secrets(plan, self.secrets)
        teach_redactor(redactor, plan, held)
        problems = find_secret_problems(plan, held)
        if problems:
            return LocalRun(refused_result(plan, begun, problems, self._clock.now()))
        return _Drive(plan, blobs, begun, held, redactor, self._transport, self._clock).run()

    def close(self) -> None:
        """End idle connections."""
        self._transport.close()


class _Drive:
    """One run under way."""

    def __init__(
        self,
        plan: Plan,
        blobs: Mapping[Digest, bytes],
        start: RunStart,
        held: HeldSecrets,
        redactor: Redactor,
        transport: Transport,
        clock: Clock,
    ) -> None:
        self._plan = plan
        self._blobs = blobs
        self._start = start
        self._held = held
        self._redactor = redactor
        self._transport = transport
        self._clock = clock
        self._pending: BaseException | None = None

    def run(self) -> LocalRun:
        flow = run_journey(self._plan, self._start)
        outcome: JourneyOutcome | None = None
        try:
            while True:
                # A generator is begun with None, which its type does not say.
                effect = flow.send(outcome) if outcome else next(flow)
                outcome = self._answer(effect)
        except StopIteration as end:
            result: JourneyResult = end.value
            return LocalRun(result, self._pending)

    def _answer(self, effect: JourneyEffect) -> JourneyOutcome:
        try:
            match effect:
                case DoTry():
                    return self._run_try(effect)
                case Wait():
                    return self._wait(effect.duration_s)
                case Finish():
                    return Finished(finished_at=self._clock.now())
                case _:
                    assert_never(effect)
        except BaseException as error:  # noqa: BLE001  # kept, and raised by the caller
            return self._interrupt(error)

    def _run_try(self, do: DoTry) -> TryDone:
        flow = run_try(self._plan, self._start, do, self._redactor, self._blobs)
        outcome: TryOutcome | None = None
        try:
            while True:
                effect = flow.send(outcome) if outcome else next(flow)
                outcome = self._perform(effect)
        except StopIteration as end:
            done: TryDone = end.value
            return done

    def _perform(self, effect: TryEffect) -> TryOutcome:
        try:
            return perform(effect, transport=self._transport, secrets=self._held, clock=self._clock)
        except BaseException as error:  # noqa: BLE001  # kept, and raised by the caller
            return self._interrupt(error)

    def _wait(self, duration_s: float) -> Waited:
        started_s = self._clock.monotonic_s()
        self._clock.wait(duration_s)
        return Waited(elapsed_s=self._clock.monotonic_s() - started_s)

    def _interrupt(self, error: BaseException) -> Interrupted:
        self._pending = self._pending or error
        return Interrupted(reason=_reason_of(error))


def _reason_of(error: BaseException) -> str:
    """Name the kind of *error* only: its text may hold what must not be shown."""
    if isinstance(error, KeyboardInterrupt):
        return "interrupted from the keyboard"
    return f"interrupted by {type(error).__name__}"
