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
    identity = result.identity
    properties = (
        ("reqflo.journey", identity.journey_id),
        ("reqflo.version", identity.version),
        ("reqflo.artifact", identity.artifact),
        ("reqflo.env", identity.environment),
        ("reqflo.case", identity.case),
        ("reqflo.row", identity.row),
        ("reqflo.run_id", identity.run_id),
        ("reqflo.evidence", _text_of(result.extra.get("evidence"))),
        ("reqflo.trace_id", _text_of(result.extra.get("trace_id"))),
        ("reqflo.soft_failures", _soft_failures(result)),
        ("reqflo.open_guards", _open_guards(result)),
    )
    return tuple(_shared(name, to_line(text)) for name, text in properties if text)


@functools.lru_cache(maxsize=1_024)
def _shared(name: str, text: str) -> tuple[str, str]:
    # The rows of a journey have most of theirs in common, and pytest keeps them all.
    return name, text


def _text_of(value: object) -> str:
    return value if isinstance(value, str) else ""


def _open_guards(result: JourneyResult) -> str:
    return "; ".join(each.message for each in result.warnings if each.code == "RF511")


def _soft_failures(result: JourneyResult) -> str:
    sentences = [
        f"{step.id}: {check.message}"
        for step in result.steps
        if step.last_try
        for check in step.last_try.checks
        if check.soft and not check.passed
    ]
    return "; ".join(sentences)
