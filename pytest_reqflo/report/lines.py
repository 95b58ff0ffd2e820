"""Where the steps and checks of a result stand in the journey file. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pytest_reqflo.result import CheckResult, JourneyResult, StepResult
from pytest_reqflo.source import SourceMap


def note_lines(result: JourneyResult, places: SourceMap | None) -> JourneyResult:
    """Return *result* with the lines of its steps, checks and problems in the file of *places*."""
    if places is None:
        return result
    pointers = dict.fromkeys(pointer for step in result.steps for pointer in _pointers(step))
    lines = {pointer: places.line_of(f"/journey{pointer}") for pointer in pointers if pointer}
    return replace(result, lines=lines)


def line_of(check: CheckResult, places: SourceMap | None) -> int | None:
    """Return the line of *check* in the file of *places*, None where it stands in none or another."""
    if places is None or check.origin == "template":
        return None
    return places.line_of(f"/journey{check.pointer}")


def is_smooth(result: JourneyResult) -> bool:
    """Say whether there is nothing in *result* that anybody would look up in the file."""
    tries = [each for step in result.steps for each in step.tries]
    return (
        result.outcome == "passed"
        and not result.warnings
        and not any(each.warnings for each in tries)
        and all(check.passed for each in tries for check in each.checks)
    )


def _pointers(step: StepResult) -> Iterator[str]:
    yield step.pointer
    for each in step.tries:
        # The checks of a template stand in another file.
        yield from (check.pointer for check in each.checks if check.origin != "template")
        yield from (problem.pointer for problem in each.problems)
    yield from (problem.pointer for problem in step.problems)
