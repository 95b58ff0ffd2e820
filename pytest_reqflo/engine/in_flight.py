"""The engine for many journeys at once: the generators of a run, driven on an event loop.

A run is a task. To cancel it means what Ctrl-C means to a run in the foreground: the effect at hand
is answered with `Interrupted`, and the `finally` steps follow.
"""

from __future__ import annotations

import asyncio
import secrets as randomness
from collections.abc import Mapping
from typing import assert_never

from pytest_reqflo.engine.clock import Clock, SystemClock
from pytest_reqflo.engine.perform_async import perform_async
from pytest_reqflo.engine.protocol import Cause, LocalRun
from pytest_reqflo.engine.secret_check import HeldSecrets, hold_secrets, refuse_unready
from pytest_reqflo.engine.secrets.chain import SecretSource
from pytest_reqflo.engine.transport import AsyncTransport
from pytest_reqflo.engine.trying import reason_of
from pytest_reqflo.evidence.redact import Redactor
from pytest_reqflo.plan.model import Plan
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


class AsyncEngine:
    """Runs journeys as tasks of one event loop."""

    def __init__(
        self, *, transport: AsyncTransport, secrets: SecretSource, clock: Clock | None = None
    ) -> None:
        self._transport = transport
        self._secrets = secrets
        self._clock = clock or SystemClock()

    async def run(
        self, plan: Plan, blobs: Mapping[Digest, bytes], *, redactor: Redactor, cause: Cause
    ) -> LocalRun:
        """Run *plan* to its end; nothing is sent when a secret is missing or cannot be hidden.

        Shape: *redactor* learns all that is sensitive in the run; *cause* is asked when the task
            is cancelled.
        """
        start = RunStart(seed=randomness.token_hex(16), started_at=self._clock.now())
        held = await self._hold(plan)
        refused = refuse_unready(plan, start, held, redactor)
        if refused is not None:
            return LocalRun(refused)
        run = _AsyncRun(plan, blobs, start, redactor, held, cause, self._transport, self._clock)
        return await run.drive()

    async def _hold(self, plan: Plan) -> HeldSecrets:
        if not plan.secret_names:
            return hold_secrets(plan, self._secrets)
        # A provider may start a program: the other runs go on meanwhile.
        return await asyncio.to_thread(hold_secrets, plan, self._secrets)


class _AsyncRun:
    """One run under way."""

    def __init__(
        self, plan: Plan, blobs: Mapping[Digest, bytes], start: RunStart, redactor: Redactor,
        held: HeldSecrets, cause: Cause, transport: AsyncTransport, clock: Clock,
    ) -> None:  # fmt: skip
        self._plan = plan
        self._blobs = blobs
        self._start = start
        self._redactor = redactor
        self._held = held
        self._cause = cause
        self._transport = transport
        self._clock = clock
        self._pending: BaseException | None = None

    async def drive(self) -> LocalRun:
        """Return the record of the run."""
        flow = run_journey(self._plan, self._start)
        outcome: JourneyOutcome | None = None
        try:
            while True:
                # A generator is begun with None, which its type does not say.
                effect = flow.send(outcome) if outcome else next(flow)
                outcome = await self._answer(effect)
        except StopIteration as end:
            return LocalRun(end.value, self._pending)

    async def _answer(self, effect: JourneyEffect) -> JourneyOutcome:
        try:
            match effect:
                case DoTry():
                    return await self._run_try(effect)
                case Wait():
                    return await self._wait(effect.duration_s)
                case Finish():
                    return Finished(finished_at=self._clock.now())
                case _:
                    assert_never(effect)
        except BaseException as error:  # noqa: BLE001  # kept, and raised by the caller
            return self._interrupt(error)

    async def _run_try(self, do: DoTry) -> TryDone:
        flow = run_try(self._plan, self._start, do, self._redactor, self._blobs)
        outcome: TryOutcome | None = None
        try:
            while True:
                effect = flow.send(outcome) if outcome else next(flow)
                outcome = await self._perform(effect)
        except StopIteration as end:
            done: TryDone = end.value
            return done

    async def _wait(self, duration_s: float) -> Waited:
        started_s = self._clock.monotonic_s()
        await asyncio.sleep(duration_s)
        return Waited(elapsed_s=self._clock.monotonic_s() - started_s)

    async def _perform(self, effect: TryEffect) -> TryOutcome:
        try:
            return await perform_async(
                effect, transport=self._transport, secrets=self._held, clock=self._clock
            )
        except BaseException as error:  # noqa: BLE001  # kept, and raised by the caller
            return self._interrupt(error)

    def _interrupt(self, error: BaseException) -> Interrupted:
        if isinstance(error, asyncio.CancelledError):
            task = asyncio.current_task()
            if task is not None:
                # The run goes on, to its `finally` steps.
                task.uncancel()
            error = self._cause.error or error
        self._pending = self._pending or error
        return Interrupted(reason=reason_of(error))
