"""A step and its recorded answer become verdicts, beside those of the record. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Literal

from pytest_reqflo.artifact.model import AssertionSpec, StepSpec
from pytest_reqflo.evidence.redact import Redactor
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.plan.expressions import shown_text
from pytest_reqflo.result import CheckResult
from pytest_reqflo.run.checks import CheckPlace, in_order
from pytest_reqflo.run.masked import Undecided
from pytest_reqflo.run.recorded import RecordedAnswer
from pytest_reqflo.run.replay_model import Origin, ReplayedCheck, Verdict
from pytest_reqflo.run.replay_scope import ReplayScope
from pytest_reqflo.run.replayed import RecordedCheck
from pytest_reqflo.run.subject import hidden_subject, mask_leaves, subject_of

ListName = Literal["assertions", "poll/until", "poll/stop_on"]


@dataclass(frozen=True, slots=True)
class ReplayJudge:
    """Judges the recorded answer to one step."""

    step: StepSpec
    pointer: str
    answer: RecordedAnswer
    scope: ReplayScope
    redactor: Redactor

    def judge(self) -> tuple[ReplayedCheck, ...]:
        """Return a verdict for each assertion; as in a run, those of a poll wait for its `until`."""
        until = self._checks(self.step.poll.until if self.step.poll else (), "poll/until")
        if any(check.verdict == "failed" for check in until):
            return until
        return (*until, *self._checks(self.step.assertions, "assertions"))

    def _checks(
        self, specs: tuple[AssertionSpec, ...], list_name: ListName
    ) -> tuple[ReplayedCheck, ...]:
        place = _place(self.step, self.pointer, list_name)
        return tuple(self._check(spec, place) for spec in in_order(specs))

    def _check(self, spec: AssertionSpec, place: CheckPlace) -> ReplayedCheck:
        check = RecordedCheck(spec, self.answer, self.scope, self.redactor, place)
        try:
            found = check.run()
        except Undecided as gap:
            shown = _without_check(spec, place, "undecidable", self.redactor.text(str(gap)))
            # What stands at a telling place of an answer is not shown where it is expected either.
            name = hidden_subject(spec, shown.subject, self.redactor.names)
            return replace(shown, expected=mask_leaves(shown.expected, name)) if name else shown
        shown = _without_check(spec, place, "passed" if found.passed else "failed", "")
        return replace(shown, check=found, expected=found.expected, subject=found.subject)


def unrecorded(step: StepSpec, pointer: str, gap: str, verdict: Verdict) -> Iterator[ReplayedCheck]:
    """Yield the assertions and declared outputs of a step that has no recorded answer."""
    until = step.poll.until if step.poll else ()
    lists: tuple[tuple[ListName, tuple[AssertionSpec, ...]], ...] = (
        ("poll/until", until),
        ("assertions", step.assertions),
    )
    for list_name, specs in lists:
        place = _place(step, pointer, list_name)
        yield from (_without_check(spec, place, verdict, gap) for spec in in_order(specs))
    declared = [spec for spec in step.outputs if spec.is_declared]
    for number, spec in enumerate(declared):
        yield ReplayedCheck(
            verdict=verdict,
            kind="output",
            subject=f"output {spec.name}",
            pointer=f"{pointer}/outputs/{number}",
            reason=gap,
        )


def _place(step: StepSpec, pointer: str, list_name: ListName) -> CheckPlace:
    return CheckPlace(pointer=pointer, site=step.id, list_name=list_name)


def _without_check(
    spec: AssertionSpec, place: CheckPlace, verdict: Verdict, reason: str
) -> ReplayedCheck:
    origin: Origin = "poll" if place.list_name != "assertions" else "step"
    return ReplayedCheck(
        verdict=verdict,
        kind="assertion",
        subject=subject_of(spec),
        pointer=place.pointer_of(spec),
        origin="template" if origin == "step" and spec.origin == "template" else origin,
        operator=spec.operator,
        expected=shown_text(spec.expected) if spec.expected is not None else None,
        soft=spec.soft,
        reason=reason,
    )


# --- the record ----------------------------------------------------------------------------------

_Same = Callable[[ReplayedCheck, CheckResult], bool]


def _is_same_place(check: ReplayedCheck, was: CheckResult) -> bool:
    return check.origin == was.origin and check.subject == was.subject


def _is_same_kind(check: ReplayedCheck, was: CheckResult) -> bool:
    return _is_same_place(check, was) and check.operator == was.operator


def _is_same(check: ReplayedCheck, was: CheckResult) -> bool:
    return _is_same_kind(check, was) and check.expected == was.expected


_LIKENESSES: tuple[_Same, ...] = (_is_same, _is_same_kind, _is_same_place)
"""When a check is taken for one of the record, the surest first."""


def with_records(
    checks: tuple[ReplayedCheck, ...], recorded: Iterable[CheckResult]
) -> tuple[ReplayedCheck, ...]:
    """Return *checks*, each with what became of it in the record, where it was there."""
    left = list(recorded)
    found: dict[int, CheckResult] = {}
    for is_like in _LIKENESSES:
        for index, check in enumerate(checks):
            match = next((was for was in left if index not in found and is_like(check, was)), None)
            if match is not None:
                found[index] = match
                left.remove(match)
    return tuple(
        replace(check, was=_word(found[index])) if index in found else check
        for index, check in enumerate(checks)
    )


def _word(was: CheckResult) -> Literal["passed", "failed"]:
    return "passed" if was.passed else "failed"
