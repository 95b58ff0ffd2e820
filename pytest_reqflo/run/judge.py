"""An answer becomes the verdict of a try: its checks, its warnings, and whether to ask again. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, assert_never

from pytest_reqflo.artifact.model import AssertionSpec, StepSpec
from pytest_reqflo.evidence.redact import Redactor
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.result import CheckResult, Outcome, Problem
from pytest_reqflo.run.answer import Answer
from pytest_reqflo.run.checks import CheckPlace, run_checks
from pytest_reqflo.run.scope import RunScope
from pytest_reqflo.values import canonical_json, shorten

PollState = Literal["again", "stop", "done"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How a try ended, before it is put on record.

    Shape: *is_at_a_glance* when all assertions hold, and *checks* are still to be made.
    """

    outcome: Outcome
    is_at_a_glance: bool = False
    checks: tuple[CheckResult, ...] = ()
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    poll: PollState | None = None


CLEAR = Verdict(outcome="passed", is_at_a_glance=True)
"""The verdict of a try whose assertions all hold."""


class Judge:
    """Judges answers to one step; *scope* knows the root `response`."""

    def __init__(
        self, step: StepSpec, pointer: str, answer: Answer, scope: RunScope, redactor: Redactor
    ) -> None:
        self.step = step
        self.pointer = pointer
        self.answer = answer
        self.scope = scope
        self.redactor = redactor

    def judge(self) -> Verdict:
        """Return the verdict; the assertions of a polling step wait for the last answer."""
        poll = self.step.poll
        if poll is None:
            return self._judge_assertions()
        until = self._checks(poll.until, "poll/until")
        if all(check.passed for check in until):
            verdict = self._judge_assertions()
            return replace(verdict, checks=(*until, *verdict.checks), poll="done")
        stop_on = self._checks(poll.stop_on, "poll/stop_on")
        if stop_on and all(check.passed for check in stop_on):
            return Verdict(
                outcome="failed", checks=until, problems=(_stopped(stop_on),), poll="stop"
            )
        return Verdict(outcome="failed", checks=until, poll="again")

    def _judge_assertions(self) -> Verdict:
        checks = self._checks(self.step.assertions, "assertions")
        failed = [check for check in checks if not check.passed]
        is_passed = all(check.soft for check in failed)
        return Verdict(
            outcome="passed" if is_passed else "failed",
            checks=checks,
            warnings=(*_soft_failures(failed), *self._bad_status()),
        )

    def _checks(
        self,
        specs: tuple[AssertionSpec, ...],
        list_name: Literal["assertions", "poll/until", "poll/stop_on"],
    ) -> tuple[CheckResult, ...]:
        place = CheckPlace(pointer=self.pointer, site=self.step.id, list_name=list_name)
        return run_checks(
            specs, answer=self.answer, scope=self.scope, redactor=self.redactor, place=place
        )

    def _bad_status(self) -> tuple[Problem, ...]:
        if self.step.assertions or self.step.poll or self.answer.status < 400:
            return ()
        problem = Problem(
            code="RF503",
            category="assertion",
            message=f"the step has no assertion and was answered {self.answer.status}",
            pointer=self.pointer,
            hint="add a status_code assertion",
        )
        return (problem,)


def find_error_kind(
    verdict: Verdict, status: int, *, has_checks: bool
) -> Literal["assertion", "error"] | None:
    """Return what a retry policy needs: 5xx is an error, also when a check failed because of it."""
    match verdict.outcome:
        case "passed":
            return "error" if status >= 500 and not has_checks else None
        case "failed" | "error":
            return "error" if status >= 500 else "assertion"
        case "skipped" | "interrupted":
            return None
        case _:
            assert_never(verdict.outcome)


def _stopped(stop_on: tuple[CheckResult, ...]) -> Problem:
    states = " and ".join(_state_of(check) for check in stop_on)
    return Problem(
        code="RF505",
        category="poll",
        message=f"polling met a state that ends it: {states}",
        pointer=stop_on[0].pointer,
    )


def _state_of(check: CheckResult) -> str:
    if check.is_actual_missing:
        return f"{check.subject} is not there"
    shown = canonical_json(check.actual).decode("utf-8", "replace")
    return f"{check.subject} is {shorten(shown, 200)}"


def _soft_failures(failed: list[CheckResult]) -> list[Problem]:
    return [
        Problem(code="RF502", category="assertion", message=check.message, pointer=check.pointer)
        for check in failed
        if check.soft
    ]
