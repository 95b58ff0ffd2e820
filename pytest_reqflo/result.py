"""`JourneyResult`: the verdict and the evidence of one run, final, with its JSON form (v1).

Everything here is redacted. Every report, the run record and `reqflo run --output` are made from
these values and from nothing else. Later versions only add optional keys.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from pytest_reqflo.codec import from_json, to_json
from pytest_reqflo.evidence.model import Exchange
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.noted import find_unread, late
from pytest_reqflo.values import Json, canonical_json

Outcome = Literal["passed", "failed", "error", "skipped", "interrupted"]
"""``failed``: a check did not hold. ``error``: no usable answer, a missing value, no time left."""

Category = Literal[
    "assertion", "connection", "timeout", "tls", "protocol", "run_check", "values", "refused",
    "limit", "poll", "capture", "interrupted",
]  # fmt: skip

RESULT_FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One place where two JSON values differ; *path* is a JSONPath such as ``$.items[0].id``."""

    path: str
    change: Literal["changed", "missing", "added", "type"]
    expected: Json = None
    actual: Json = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One assertion evaluated.

    Shape: *pointer* is the place in the journey file (``/steps/0/assertions/1``) or, when *origin*
        is ``template``, the index among the template's assertions; *subject* is what was looked at
        (``status``, ``$.order.id``, ``header x-id``); *message* is one full sentence when it failed.
    """

    pointer: str
    type: str
    subject: str
    operator: str
    passed: bool
    soft: bool = False
    origin: Literal["step", "template", "poll"] = "step"
    expected: Json = None
    actual: Json = None
    is_actual_missing: bool = False
    message: str = ""
    author_message: str = ""
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a try, a step or a run ended badly: code, category, one full sentence, place, hint."""

    code: str
    category: Category
    message: str
    pointer: str = ""
    notes: tuple[str, ...] = ()
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturedValue:
    """A value that a step produced; *value* is masked when sensitive."""

    name: str
    path: str
    value: Json = None
    sensitive: bool = False
    is_declared: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueUse:
    """A value that went into a request or an expectation, and the step or layer it came from."""

    expression: str
    value: Json = None
    origin: str = ""


# Of a run that passes nobody reads most of it. Checks that are made late all hold.
@late("exchanges")
@late("checks")
@late("captured")
@late("values_used")
@dataclass(frozen=True, slots=True, kw_only=True)
class TryResult:
    """One try of a step: its exchanges (one per redirect hop), checks and captures.

    Shape: *is_thinned_out* when only the outcome is kept, because the step had very many tries.
    """

    number: int
    outcome: Outcome
    started_at: str = ""
    elapsed_s: float = 0.0
    exchanges: tuple[Exchange, ...] = ()
    checks: tuple[CheckResult, ...] = ()
    captured: tuple[CapturedValue, ...] = ()
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    values_used: tuple[ValueUse, ...] = ()
    is_thinned_out: bool = False

    @property
    def soft_failures(self) -> tuple[CheckResult, ...]:
        """The soft checks that do not hold."""
        if find_unread(self, "checks") is not None:
            return ()
        return tuple([check for check in self.checks if check.soft and not check.passed])


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """One step: every try of it, and the verdict.

    Shape: *pointer* is the step's place in the file (``/steps/0``, ``/finally/0``); *cause* names the
        step because of which this one was skipped; *skip_reason* is a sentence.
    """

    id: str
    name: str
    pointer: str
    outcome: Outcome
    phase: Literal["main", "finally"] = "main"
    tries: tuple[TryResult, ...] = ()
    skip_reason: str = ""
    cause: str = ""
    problems: tuple[Problem, ...] = ()
    elapsed_s: float = 0.0

    @property
    def last_try(self) -> TryResult | None:
        """The try that decided, None when the step never ran."""
        return self.tries[-1] if self.tries else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueOrigin:
    """Where the value of an input or variable came from; *value* is masked when sensitive."""

    name: str
    kind_of_name: Literal["input", "variable"]
    layer: str
    value: Json = None
    detail: str = ""
    sensitive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RunIdentity:
    """What was run: journey, version, artifact, environment, case, row, run id."""

    run_id: str
    journey_id: str
    journey_name: str
    artifact: str
    version: str = "unknown"
    label: str = ""
    environment: str = ""
    case: str = ""
    row: str = ""
    row_number: int | None = None
    owner: str = ""
    tags: tuple[str, ...] = ()
    file: str = ""
    ran_by: str = ""
    is_file_changed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneyResult:
    """The final record of one run, format v1.

    Shape: *lines* are the lines (from 1) of the journey file on which its steps and checks stand, by
        JSON pointer; empty when the file was not at hand.
    """

    identity: RunIdentity
    outcome: Outcome
    started_at: str
    finished_at: str
    elapsed_s: float
    steps: tuple[StepResult, ...] = ()
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    values: tuple[ValueOrigin, ...] = ()
    category: Category | None = None
    fingerprint: str = ""
    seed: str = ""
    notices: tuple[str, ...] = ()
    lines: Mapping[str, int] = field(default_factory=dict)
    format: int = RESULT_FORMAT
    extra: Mapping[str, Json] = field(default_factory=dict)

    def to_json(self) -> Json:
        """Return the JSON form v1, as the published schema describes it."""
        document = to_json(self)
        document["format"] = self.format
        return document


def result_from_json(document: Json) -> JourneyResult:
    """Return the result that *document* holds.

    Raises: CodecError when it is not a JourneyResult v1.
    """
    return from_json(JourneyResult, document)


def fingerprint_of(artifact_id: str, step_id: str, failures: tuple[str, ...]) -> str:
    """Return 16 hex digits, equal for failures of the same kind at the same place.

    Actual values stay out: the same broken step with another id in its answer is the same failure.
    """
    content = canonical_json([artifact_id.partition("@")[0], step_id, sorted(set(failures))])
    return hashlib.sha256(content).hexdigest()[:16]
