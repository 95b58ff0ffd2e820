"""A run that begins at a later step takes what came before from the record of another run.

Nothing is copied ahead. When the run comes to an earlier step, the outcome of the other run becomes
its own checkpoint, sealed for it; from then on its record is whole, whatever becomes of the other.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping
from dataclasses import field

from pytest_reqflo.artifact.model import Artifact
from pytest_reqflo.diagnostic import Diagnostic, name_hint
from pytest_reqflo.engine.durable.checkpoints import (
    BEGIN,
    TRY_NAME,
    Begin,
    CheckpointCodec,
    from_text,
    is_over,
)
from pytest_reqflo.errors import EngineError, UsageProblem
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.result import JourneyResult, StepResult
from pytest_reqflo.run.effects import Interrupted, TryDone, Waited

TAKEN_KEY = "taken_over"
"""Where a result says, for programs, which steps were not sent by its run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What another run recorded of its first steps, by the names of the checkpoints."""

    seed: str
    outcomes: Mapping[str, TryDone | Waited | Interrupted] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class TakesOver:
    """The steps before number *first* are those of run *run_id*, which *read* finds.

    Shape: *read* raises EngineError RF628 or SealProblem when they cannot be had.
    """

    run_id: str
    first: int
    read: Callable[[], Taken]

    @functools.cached_property
    def taken(self) -> Taken:
        """What the other run recorded; read once, when it is first needed."""
        return self.read()

    def covers(self, address: str) -> bool:
        """Say whether the effect at *address* belongs to a step that is taken over."""
        return int(address.partition(":")[0]) < self.first

    def begin(self, begin: Begin) -> Begin:
        """Return *begin* with the seed of the other run: what it drew is drawn again."""
        return dataclasses.replace(
            begin, start=dataclasses.replace(begin.start, seed=self.taken.seed)
        )

    def noted(self, result: JourneyResult) -> JourneyResult:
        """Return *result* with a note of what its run did not send itself."""
        names = [step.id for step in result.steps[: self.first] if step.tries]
        notice = f"not sent by this run but taken from run {self.run_id}: {', '.join(names)}"
        extra = {**result.extra, TAKEN_KEY: {"run": self.run_id, "steps": names}}
        return dataclasses.replace(
            result, notices=(*result.notices, *([notice] if names else [])), extra=extra
        )


def find_first(artifact: Artifact, step_id: str) -> int:
    """Return the number of a step, from 0. Raises: UsageProblem RF628 for one that is not there."""
    names = [step.id for step in artifact.steps]
    if step_id in names:
        return names.index(step_id)
    if step_id in {step.id for step in artifact.finally_steps}:
        title = f"`{step_id}` is a finally step, and those are always sent"
    else:
        title = f"the journey has no step `{step_id}`"
    hint = name_hint(step_id, names, what="Steps")
    raise UsageProblem(Diagnostic(code="RF628", title=title, hint=hint))


def check_takeable(result: JourneyResult, first: int) -> None:
    """Raise EngineError RF628 unless the steps before number *first* passed, or were left out."""
    for step in result.steps[:first]:
        if not _is_takeable(step):
            wanted = result.steps[first].id
            title = (
                f"run {result.identity.run_id} cannot be repeated from step `{wanted}` on: "
                f"step `{step.id}` before it {_what_it_did(step)}"
            )
            hint = f"`--from-step {step.id}` sends it anew; without the option all steps are sent"
            raise EngineError(Diagnostic(code="RF628", title=title, hint=hint))


def _is_takeable(step: StepResult) -> bool:
    from pytest_reqflo.engine.durable.progress import NOT_REACHED

    if step.outcome == "skipped":
        # By its own `when`, and not because of what became of another step or of the run.
        return not step.cause and step.skip_reason != NOT_REACHED
    return step.outcome == "passed"


def _what_it_did(step: StepResult) -> str:
    if step.outcome == "skipped":
        return f"was skipped ({step.skip_reason or step.cause})"
    return f"ended as {step.outcome}"


def read_taken(recorded: Mapping[str, str], codec: CheckpointCodec, first: int) -> Taken:
    """Return what a record holds of the steps before number *first*.

    Raises: SealProblem; EngineError RF628 for a record that is gone.
    """
    begin = codec.begin_from_json(from_text(recorded[BEGIN])) if BEGIN in recorded else None
    if not isinstance(begin, Begin):
        title = "the run that earlier steps are to be taken from has no record any more"
        raise EngineError(Diagnostic(code="RF628", title=title))
    outcomes = {
        name: codec.outcome_from_json(name, from_text(text))
        for name, text in recorded.items()
        if (TRY_NAME.fullmatch(name) or is_over(name)) and int(name.partition(":")[0]) < first
    }
    return Taken(seed=begin.start.seed, outcomes=outcomes)
