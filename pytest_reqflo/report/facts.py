"""`JourneyResult` to the facts of its failure, as plain data that every reporter can carry. Pure."""

from __future__ import annotations

from pytest_reqflo.frozen import dataclass
from pytest_reqflo.report.lines import line_of
from pytest_reqflo.report.safe import texts_to_report, to_line, to_report
from pytest_reqflo.report.sentence import failed_checks, find_failed_step
from pytest_reqflo.result import CheckResult, JourneyResult
from pytest_reqflo.source import SourceMap
from pytest_reqflo.values import Json

MAX_TEXT = 4_096
"""Characters of each text among the facts."""

_MAX_CHECKS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureReason:
    """Why a test failed, as its page begins: sentence, code, and the line (from 1) it is about."""

    sentence: str
    code: str
    line: int


def render_outcome(result: JourneyResult) -> dict[str, Json]:
    """Return which run it was and how it ended, as every report carries it: basic types only."""
    identity = result.identity
    told: dict[str, Json] = texts_to_report({
        "outcome": result.outcome,
        "run_id": identity.run_id,
        "journey": identity.journey_id,
        "artifact": identity.artifact,
        "version": identity.version,
        "environment": identity.environment,
        "case": identity.case,
        "row": identity.row,
        "category": result.category,
        "fingerprint": result.fingerprint,
        "evidence": result.extra.get("evidence"),
    })  # fmt: skip
    return {"format": 1, **told}


class _Told:
    """Its instances are only made for their dicts, which have their keys in common."""


def share_keys(data: dict[str, Json]) -> dict[str, Json]:
    """Return the same as *data*, in less than half the space: pytest keeps every report.

    Shape: the keys are a small set of names, given in the code.
    """
    told = _Told()
    for name, value in data.items():
        setattr(told, name, value)
    return vars(told)


def render_facts(result: JourneyResult, cause: FailureReason, places: SourceMap | None) -> Json:
    """Return what failed, where, and which run it was.

    Shape: basic types only, each text bounded; ``step`` is empty when no step is to blame; ``checks``
        are the first twenty that failed; a key that a run has nothing for holds an empty text.
    """
    identity = result.identity
    step = find_failed_step(result)
    facts = {
        "step": step.id if step else "",
        "sentence": to_line(cause.sentence, limit=MAX_TEXT),
        "code": cause.code,
        "category": result.category or "",
        "file": identity.file,
        "line": cause.line,
        "checks": [_check(check, places) for check in failed_checks(step)[:_MAX_CHECKS]],
        "run_id": identity.run_id,
        "artifact": identity.artifact,
        "version": identity.version,
        "fingerprint": result.fingerprint,
        "evidence": result.extra.get("evidence") or "",
    }
    return to_report(facts, max_text=MAX_TEXT)


def _check(check: CheckResult, places: SourceMap | None) -> dict[str, Json]:
    return {
        "subject": check.subject,
        "operator": check.operator,
        "expected": check.expected,
        "actual": check.actual,
        "is_actual_missing": check.is_actual_missing,
        "line": line_of(check, places),
    }
