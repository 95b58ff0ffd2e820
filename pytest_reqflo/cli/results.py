"""Results of runs as lines for people, and as exit codes. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_reqflo.cli.arguments import ExitCode
from pytest_reqflo.report.exchange import render_exchange
from pytest_reqflo.report.page import render_page
from pytest_reqflo.result import CheckResult, JourneyResult, StepResult
from pytest_reqflo.source import SourceMap
from pytest_reqflo.values import Json, canonical_json, printable_line, shorten

_WHOLE = 1_000_000
"""More characters than a result keeps of any body."""

_MAX_VALUE = 200
"""Characters of a value in the line of a check."""


def ended_code(outcome: str) -> ExitCode:
    """Return the exit code of a run that ended with *outcome*."""
    return ExitCode.OK if outcome in ("passed", "skipped") else ExitCode.FAILED


def result_lines(result: JourneyResult, places: SourceMap | None = None) -> Iterator[str]:
    """Yield what became of a run and of each step, then why; *places* are those of its file."""
    identity = result.identity
    parts = (identity.environment, identity.case, identity.row, identity.version, identity.artifact)
    yield printable_line(
        f"{result.outcome}: {identity.journey_name} ({', '.join(filter(None, parts))})"
    )
    yield printable_line(f"  run {identity.run_id}, {result.started_at}, {result.elapsed_s:.2f} s")
    for step in result.steps:
        yield f"  {step_line(step)}"
    if result.outcome in ("failed", "error", "interrupted"):
        yield ""
        yield render_page(result, places, shown=identity.file).text


def step_line(step: StepResult) -> str:
    """Return how *step* ended, in one line."""
    reason = f": {step.skip_reason}" if step.skip_reason else ""
    tries = f", {len(step.tries)} tries" if len(step.tries) > 1 else ""
    return printable_line(f"{step.outcome:<11} {step.id} ({step.elapsed_s:.2f} s{tries}){reason}")


def step_lines(step: StepResult) -> Iterator[str]:
    """Yield everything that is kept of *step*: each try with what it sent and received."""
    yield step_line(step)
    for each in step.tries:
        yield ""
        yield f"try {each.number}: {each.outcome}, {each.elapsed_s:.2f} s"
        for exchange in each.exchanges:
            yield from render_exchange(exchange, max_body=_WHOLE)
        for check in each.checks:
            yield printable_line(_check_line(check))
        for problem in each.problems:
            yield printable_line(f"{problem.code}: {problem.message}")


def _check_line(check: CheckResult) -> str:
    if check.message:
        return f"{'passed' if check.passed else 'failed'}: {check.message}"
    expected = _json_text(check.expected)
    words = [check.subject, check.operator, *([expected] if check.expected is not None else [])]
    actual = "" if check.is_actual_missing else _json_text(check.actual)
    got = f" (got {actual})" if actual and actual != expected else ""
    return f"{'passed' if check.passed else 'failed'}: {' '.join(words)}{got}"


def _json_text(value: Json) -> str:
    return shorten(canonical_json(value).decode("utf-8", "replace"), _MAX_VALUE)
