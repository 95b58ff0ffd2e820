"""The lower floor, driven here and now: one try of a step after the other.

What is raised while an effect is performed (Ctrl-C above all) is not thrown into the interpreter:
the effect is answered with `Interrupted`, and *pending* keeps what the caller raises in the end.
"""

from __future__ import annotations

from collections.abc import Mapping

from pytest_reqflo.engine.clock import Clock
from pytest_reqflo.engine.perform import perform
from pytest_reqflo.engine.secret_check import HeldSecrets
from pytest_reqflo.engine.transport import Transport
from pytest_reqflo.evidence.redact import Redactor
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.plan.model import Plan
from pytest_reqflo.run.attempt import run_try
from pytest_reqflo.run.effects import (
    DoTry,
    Interrupted,
    RunStart,
    TryDone,
    TryEffect,
    TryOutcome,
    Waited,
)
from pytest_reqflo.values import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a run is carried out with."""

    transport: Transport
    secrets: HeldSecrets
    redactor: Redactor
    clock: Clock


class Trying:
    """Performs the tries and waits of one run."""

    def __init__(
        self, plan: Plan, blobs: Mapping[Digest, bytes], start: RunStart, means: Means
    ) -> None:
        self.pending: BaseException | None = None
        self._plan = plan
        self._blobs = blobs
        self._start = start
        self._means = means

    def run_try(self, do: DoTry) -> TryDone:
        """Return what came of one try."""
        flow = run_try(self._plan, self._start, do, self._means.redactor, self._blobs)
        outcome: TryOutcome | None = None
        try:
            while True:
                # A generator is begun with None, which its type does not say.
                effect = flow.send(outcome) if outcome else next(flow)
                outcome = self._perform(effect)
        except StopIteration as end:
            done: TryDone = end.value
            return done

    def wait(self, duration_s: float) -> Waited:
        """Let time pass, and return how much did."""
        clock = self._means.clock
        started_s = clock.monotonic_s()
        clock.wait(duration_s)
        return Waited(elapsed_s=clock.monotonic_s() - started_s)

    def interrupt(self, error: BaseException) -> Interrupted:
        """Keep *error*, unless one came before it, and return the answer to the effect at hand."""
        self.pending = self.pending or error
        return Interrupted(reason=reason_of(error))

    def _perform(self, effect: TryEffect) -> TryOutcome:
        means = self._means
        try:
            return perform(
                effect, transport=means.transport, secrets=means.secrets, clock=means.clock
            )
        except BaseException as error:  # noqa: BLE001  # kept, and raised by the caller
            return self.interrupt(error)


def reason_of(error: BaseException) -> str:
    """Name the kind of *error* only: its text may hold what must not be shown."""
    if isinstance(error, KeyboardInterrupt):
        return "interrupted from the keyboard"
    return f"interrupted by {type(error).__name__}"
