"""A journey and a recorded run become verdicts, without any request. Pure.

Steps are matched by id. The last answer of a step's last try is what its checks look at; outputs are
taken anew from it, so that what an edited step captures reaches the expectations of later ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pytest_reqflo.artifact.difference import diff_declarations, diff_requests
from pytest_reqflo.artifact.model import Artifact, OutputSpec, StepSpec
from pytest_reqflo.diagnostic import nearest_name
from pytest_reqflo.evidence.masks import find_mask
from pytest_reqflo.evidence.redact import Redactor
from pytest_reqflo.plan.model import Plan
from pytest_reqflo.result import JourneyResult, StepResult, TryResult
from pytest_reqflo.run.capture import capture_live
from pytest_reqflo.run.effects import Captured
from pytest_reqflo.run.reading import read_step
from pytest_reqflo.run.recorded import RecordedAnswer, answer_of
from pytest_reqflo.run.replay_judge import ReplayJudge, unrecorded, with_records
from pytest_reqflo.run.replay_model import Phase, Replay, ReplayedCheck, ReplayedStep, Verdict
from pytest_reqflo.run.replay_scope import ReplayScope, is_cut, plan_of
from pytest_reqflo.run.replayed import find_output_gap
from pytest_reqflo.run.step import WHEN_IS_FALSE


def replay(
    artifact: Artifact, recorded: JourneyResult, before: Artifact | None, *, only: str = ""
) -> Replay:
    """Return what *artifact* says of the run *recorded*, which was one of the artifact *before*.

    Shape: *before* None: it is not known, and so not whether requests were edited. With *only*, the
        checks of the step of that id are kept.
    """
    run = _Replaying(artifact, recorded, before)
    steps = tuple(run.steps())
    known = {step.id for step in steps}
    ids = [step.id for step in recorded.steps]
    return Replay(
        recorded=recorded.identity,
        was=recorded.outcome,
        steps=tuple(step for step in steps if not only or step.id == only),
        removed=() if only else tuple(each for each in ids if each not in known),
        notices=_notices(before, artifact),
    )


def _notices(before: Artifact | None, after: Artifact) -> tuple[str, ...]:
    if before is None:
        return (
            "the artifact of the run is not in the store, so it is not known whether requests were "
            "edited",
        )
    return tuple(
        f"the record has the values of the run: {line}" for line in diff_declarations(before, after)
    )


class _Replaying:
    """One replay under way: what passes from step to step."""

    def __init__(
        self, artifact: Artifact, recorded: JourneyResult, before: Artifact | None
    ) -> None:
        self._artifact = artifact
        self._recorded = recorded
        self._results = {step.id: step for step in recorded.steps}
        self._before = _steps_by_id(before)
        self._plan: Plan = plan_of(recorded, artifact)
        self._redactor = Redactor()
        self._captured: dict[str, dict[str, Captured]] = {}
        self._gaps: dict[str, dict[str, str]] = {}

    def steps(self) -> Iterator[ReplayedStep]:
        """Yield each step of the journey, judged."""
        for index, step in enumerate(self._artifact.steps):
            yield self._step(step, f"/steps/{index}", "main")
        for index, step in enumerate(self._artifact.finally_steps):
            yield self._step(step, f"/finally/{index}", "finally")

    def _step(self, step: StepSpec, pointer: str, phase: Phase) -> ReplayedStep:
        result = self._results.get(step.id)
        answer = answer_of(result, as_text=step.parse == "text")
        if result is None or answer is None:
            return self._without_answer(step, pointer, phase, result)
        last = result.tries[-1]
        outputs = self._take_outputs(step, pointer, answer, last)
        scope = ReplayScope(
            self._recorded,
            self._plan,
            result,
            answer=answer,
            captured=self._captured,
            gaps=self._gaps,
            redactor=self._redactor,
        )
        checks = ReplayJudge(step, pointer, answer, scope, self._redactor).judge()
        return ReplayedStep(
            id=step.id,
            pointer=pointer,
            phase=phase,
            was=result.outcome,
            tries=len(result.tries),
            method=last.exchanges[-1].request.method,
            url=answer.url,
            status=answer.status,
            checks=(*with_records(checks, last.checks), *outputs),
            notices=(*_edits(self._before.get(step.id), step), *_left_out(step, checks)),
        )

    # --- outputs ---------------------------------------------------------------------------------

    def _take_outputs(
        self, step: StepSpec, pointer: str, answer: RecordedAnswer, last: TryResult
    ) -> tuple[ReplayedCheck, ...]:
        """Take the outputs anew, for later steps to read; return the declared ones."""
        outputs = read_step(step).outputs
        gaps = {key: find_output_gap(spec, answer, self._redactor) for key, spec in outputs}
        live = capture_live(step, answer, self._redactor)
        before = self._before.get(step.id)
        for key, spec in outputs:
            kept = _find_kept(spec, before, last) if gaps[key] else None
            if kept is not None:
                live[key], gaps[key] = kept, ""
        self._gaps[step.id] = {key: gap for key, gap in gaps.items() if gap}
        self._captured[step.id] = {key: each for key, each in live.items() if not gaps[key]}
        declared = [(key, spec) for key, spec in outputs if spec.is_declared]
        return tuple(
            _output(spec, f"{pointer}/outputs/{number}", gaps[key], live[key].missing, last)
            for number, (key, spec) in enumerate(declared)
            if spec.required or not live[key].missing
        )

    # --- steps without an answer -----------------------------------------------------------------

    def _without_answer(
        self, step: StepSpec, pointer: str, phase: Phase, result: StepResult | None
    ) -> ReplayedStep:
        gap = _gap_of(result)
        before = self._before.get(step.id)
        is_same = before is not None and before.when == step.when
        verdict: Verdict = "skipped" if is_same and _is_by_choice(result) else "no record"
        self._gaps[step.id] = {
            key: f"step `{step.id}`: {gap}" for key, _ in read_step(step).outputs
        }
        return ReplayedStep(
            id=step.id,
            pointer=pointer,
            phase=phase,
            was=result.outcome if result else "",
            tries=len(result.tries) if result else 0,
            gap=gap,
            hint="" if result else self._rename_hint(step),
            checks=tuple(unrecorded(step, pointer, gap, verdict)),
        )

    def _rename_hint(self, step: StepSpec) -> str:
        """Return which recorded step may have been this one, by its request or by its name."""
        own = {each.id for each in (*self._artifact.steps, *self._artifact.finally_steps)}
        gone = [name for name in self._results if name not in own]
        same = [
            name
            for name in gone
            if name in self._before and self._before[name].request == step.request
        ]
        found = same[0] if len(same) == 1 else nearest_name(step.id, gone)
        return (
            f"did `{found}` of the record become `{step.id}`? Steps are matched by id"
            if found
            else ""
        )


def _steps_by_id(artifact: Artifact | None) -> Mapping[str, StepSpec]:
    steps = (*artifact.steps, *artifact.finally_steps) if artifact else ()
    return {step.id: step for step in steps}


def _edits(before: StepSpec | None, after: StepSpec) -> Iterator[str]:
    """Yield what was edited of a step that the recorded answer cannot reflect."""
    for line in diff_requests(before, after) if before else ():
        yield f"the recorded answer belongs to another request: {line}"
    if before and before.when != after.when:
        yield "its `when` was edited; the recorded answer is looked at all the same"


def _left_out(step: StepSpec, checks: tuple[ReplayedCheck, ...]) -> Iterator[str]:
    is_polling = any(check.origin == "poll" and check.verdict == "failed" for check in checks)
    if is_polling and step.assertions:
        yield "its `until` does not hold, so its assertions are not evaluated"


def _is_by_choice(result: StepResult | None) -> bool:
    """Say whether a step was skipped by its own `when`, and not because of another step."""
    return result is not None and result.skip_reason == WHEN_IS_FALSE


def _gap_of(result: StepResult | None) -> str:
    if result is None:
        return "the recorded run had no such step"
    last = result.last_try
    if last is None:
        problem = result.problems[0].message if result.problems else ""
        return f"it was not sent: {result.skip_reason or problem or result.outcome}"
    reason = last.problems[0].message if last.problems else "its exchange was not kept"
    return f"no answer was recorded: {reason}"


def _find_kept(spec: OutputSpec, before: StepSpec | None, last: TryResult) -> Captured | None:
    """Return the value that the run itself took for an unedited output, None when it is hidden."""
    if before is None or spec not in before.outputs:
        return None
    for each in last.captured:
        if (each.name, each.is_declared) == (spec.name, spec.is_declared):
            is_whole = not (each.sensitive or is_cut(each.value) or find_mask(each.value))
            return Captured(value=each.value) if is_whole else None
    return None


def _output(
    spec: OutputSpec, pointer: str, gap: str, missing: str, last: TryResult
) -> ReplayedCheck:
    was_taken = any(each.is_declared and each.name == spec.name for each in last.captured)
    was_missing = any(
        each.code == "RF506" and f"output `{spec.name}` " in each.message for each in last.problems
    )
    return ReplayedCheck(
        verdict="undecidable" if gap else "failed" if missing else "passed",
        kind="output",
        subject=f"output {spec.name}",
        pointer=pointer,
        reason=gap or missing,
        was="passed" if was_taken else "failed" if was_missing else "",
    )
