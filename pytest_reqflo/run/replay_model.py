"""What a replay says: a verdict for each assertion and output of each step, as frozen values."""

from __future__ import annotations

from typing import Literal

from pytest_reqflo.frozen import dataclass
from pytest_reqflo.result import CheckResult, Outcome, RunIdentity
from pytest_reqflo.values import Json

Phase = Literal["main", "finally"]
Verdict = Literal["passed", "failed", "undecidable", "skipped", "no record"]
Origin = Literal["step", "template", "poll"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedCheck:
    """One assertion or output of a step.

    Shape: *verdict* is ``skipped`` where the step was, by its own condition; *kind* is ``assertion`` or
        ``output``; *reason* says why the record cannot tell, or why an
        output could not be captured; *check* is there when the assertion was evaluated; *was* is the
        verdict in the record, empty when the recorded run had no such check.
    """

    verdict: Verdict
    kind: Literal["assertion", "output"]
    subject: str
    pointer: str
    origin: Origin = "step"
    operator: str = ""
    expected: Json = None
    soft: bool = False
    reason: str = ""
    was: Literal["", "passed", "failed"] = ""
    check: CheckResult | None = None

    @property
    def is_failure(self) -> bool:
        """Whether the run would have failed because of it."""
        return self.verdict == "failed" and not self.soft

    @property
    def is_changed(self) -> bool:
        """Whether the record says otherwise."""
        return self.verdict in ("passed", "failed") and self.was not in ("", self.verdict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedStep:
    """One step of the journey.

    Shape: *gap* says why there is no answer to look at, *hint* what may be the matter; *method*, *url*
        and *status* are those of the exchange that was looked at, the last of *tries*; *was* is the
        outcome in the record; *notices* are sentences.
    """

    id: str
    pointer: str
    phase: Literal["main", "finally"] = "main"
    was: Outcome | Literal[""] = ""
    tries: int = 0
    method: str = ""
    url: str = ""
    status: int | None = None
    gap: str = ""
    hint: str = ""
    checks: tuple[ReplayedCheck, ...] = ()
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What a journey says of a recorded run.

    Shape: *recorded* is the run; *removed* are its steps that the journey no longer has.
    """

    recorded: RunIdentity
    was: Outcome
    steps: tuple[ReplayedStep, ...] = ()
    removed: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def checks(self) -> tuple[ReplayedCheck, ...]:
        """The assertions and outputs of all steps."""
        return tuple(check for step in self.steps for check in step.checks)

    def count(self, verdict: Verdict) -> int:
        """Return how many assertions and outputs have *verdict*."""
        return sum(check.verdict == verdict for check in self.checks)

    @property
    def has_failed(self) -> bool:
        """Whether the run would have failed."""
        return any(check.is_failure for check in self.checks)

    @property
    def is_undecided(self) -> bool:
        """Whether the record does not tell of every assertion and output."""
        return any(check.verdict in ("undecidable", "no record") for check in self.checks)

    @property
    def is_empty(self) -> bool:
        """Whether there was no answer to look at."""
        return all(step.gap for step in self.steps)
