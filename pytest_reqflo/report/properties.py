"""`JourneyResult` to the properties of a test report. Pure."""

from __future__ import annotations

import functools

from pytest_reqflo.report.safe import to_line
from pytest_reqflo.result import JourneyResult


def properties_of(result: JourneyResult) -> tuple[tuple[str, str], ...]:
    """Return name and text of each ``reqflo.*`` property of *result*.

    Shape: always texts, because JUnit writes anything else in Python's notation; what a run does not
        have (a case, a row) has no property.
    """
    who = result.identity
    shared = _shared(who.journey_id, who.version, who.artifact, who.environment, who.case)
    own = _lines(
        ("reqflo.row", who.row),
        ("reqflo.run_id", who.run_id),
        ("reqflo.evidence", result.extra.get("evidence")),
        ("reqflo.trace_id", result.extra.get("trace_id")),
        ("reqflo.soft_failures", _soft_failures(result)),
        ("reqflo.open_guards", _open_guards(result) if result.warnings else ""),
    )
    return (*shared, *own)


@functools.lru_cache(maxsize=256)
def _shared(
    journey: str, version: str, artifact: str, environment: str, case: str
) -> tuple[tuple[str, str], ...]:
    # The rows of a journey have these in common, and pytest keeps them all.
    return _lines(
        ("reqflo.journey", journey),
        ("reqflo.version", version),
        ("reqflo.artifact", artifact),
        ("reqflo.env", environment),
        ("reqflo.case", case),
    )


def _lines(*properties: tuple[str, object]) -> tuple[tuple[str, str], ...]:
    """Return those of *properties* that have a text, each in one line."""
    return tuple([
        (name, to_line(text)) for name, text in properties if text and isinstance(text, str)
    ])  # fmt: skip


def _open_guards(result: JourneyResult) -> str:
    return "; ".join(each.message for each in result.warnings if each.code == "RF511")


def _soft_failures(result: JourneyResult) -> str:
    sentences = [
        f"{step.id}: {check.message}"
        for step in result.steps
        if step.tries
        for check in step.tries[-1].soft_failures
    ]
    return "; ".join(sentences)
