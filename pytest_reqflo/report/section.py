"""`JourneyResult` to the report section with every exchange of a failed run. Pure."""

from __future__ import annotations

from pytest_reqflo.report.exchange import render_exchange
from pytest_reqflo.report.safe import to_line
from pytest_reqflo.result import JourneyResult, StepResult
from pytest_reqflo.values import shorten

MAX_STEP = 16 * 1024
"""Characters per step; the longest section is four times as long."""

_MAX_SECTION = 64 * 1024


def render_section(result: JourneyResult) -> str:
    """Return what each step sent and received, bounded per step and in all."""
    parts = [shorten(_step(step), MAX_STEP) for step in result.steps if step.tries]
    return shorten("\n\n".join(parts), _MAX_SECTION)


def _step(step: StepResult) -> str:
    lines = [f"step `{to_line(step.id)}`: {step.outcome}, {step.elapsed_s * 1000:.0f} ms"]
    for each in step.tries:
        if len(step.tries) > 1:
            lines.append(f"try {each.number}: {each.outcome}")
        for exchange in each.exchanges:
            lines += render_exchange(exchange)
    return "\n".join(lines)
