"""What made a run bad, in a sentence that stands alone. Pure."""

from __future__ import annotations

from pytest_reqflo.frozen import dataclass
from pytest_reqflo.report.safe import to_line
from pytest_reqflo.result import CheckResult, JourneyResult, Problem, RunIdentity, StepResult

BAD = ("failed", "error", "interrupted")
"""Outcomes of a step that a page has something to tell of."""


def cause_sentence(result: JourneyResult) -> str:
    """Return step and sentence of what made *result* bad, without the case and row it ran with."""
    step = find_failed_step(result)
    heading = f"{step_name(step)}: " if step else ""
    return f"{heading}{cause_of(result, step).sentence}"


def find_failed_step(result: JourneyResult) -> StepResult | None:
    """Return the step that the page is about: the first bad one that no other step caused."""
    bad = [step for step in result.steps if step.outcome in BAD]
    return bad[0] if bad else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What the page says first, and the part of the journey that it is about."""

    code: str
    sentence: str
    pointer: str
    origin: str = "step"
    facts: tuple[str, ...] = ()


def cause_of(result: JourneyResult, step: StepResult | None) -> Cause:
    """Return what made *result* bad, of which *step* is the first that failed."""
    problem = _first_problem(result, step)
    failed = failed_checks(step)
    if problem is not None and not (failed and problem.category == "assertion"):
        facts = [f"  = {to_line(note)}" for note in problem.notes]
        facts += [f"hint: {to_line(problem.hint)}"] if problem.hint else []
        facts += [
            f"  also {other.code}: {to_line(other.message)}"
            for other in result.problems
            if step is None and other is not problem
        ]
        return Cause(
            code=problem.code,
            sentence=to_line(problem.message),
            pointer=problem.pointer or (step.pointer if step else ""),
            facts=tuple(facts),
        )
    if failed:
        more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        sentence = f"{check_sentence(failed[0])}{more}"
        return Cause(
            code="RF501", sentence=sentence, pointer=failed[0].pointer, origin=failed[0].origin
        )
    return Cause(
        code="RF501", sentence=f"the run {result.outcome}", pointer=step.pointer if step else ""
    )


def _first_problem(result: JourneyResult, step: StepResult | None) -> Problem | None:
    last = step.last_try if step else None
    problems = [
        *(last.problems if last else ()),
        *(step.problems if step else ()),
        *result.problems,
    ]
    return problems[0] if problems else None


def failed_checks(step: StepResult | None) -> list[CheckResult]:
    """Return the checks of the last try of *step* that it failed for."""
    checks = step.last_try.checks if step and step.last_try else ()
    return [check for check in checks if not check.passed and not check.soft]


def check_sentence(check: CheckResult) -> str:
    """Return why *check* does not hold, in the words of its author where there are any."""
    message = check.message or f"{check.subject} is not as expected"
    if check.author_message:
        return to_line(f"{check.author_message} ({message})")
    return to_line(message)


def page_heading(step: StepResult | None, identity: RunIdentity) -> str:
    """Return the words before the sentence: step or journey, case and row."""
    remarks = []
    if identity.case:
        remarks.append(f"case `{to_line(identity.case)}`")
    if identity.row_number is not None:
        key = f", `{to_line(identity.row)}`" if identity.row else ""
        remarks.append(f"row {identity.row_number}{key}")
    context = f" ({', '.join(remarks)})" if remarks else ""
    if step is None:
        return f"journey `{to_line(identity.journey_name)}`{context}: "
    return f"{step_name(step)}{context}: "


def step_name(step: StepResult) -> str:
    """Return what *step* is called in a sentence."""
    kind = "finally step" if step.phase == "finally" else "step"
    return f"{kind} `{to_line(step.id)}`"
