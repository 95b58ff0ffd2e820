"""Assertions and an answer become check results, redacted. Pure.

Every assertion gives one result and none raises: what cannot be evaluated is a failed check that
says why.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Literal, assert_never

from pytest_reqflo.artifact.model import AssertionSpec
from pytest_reqflo.evidence.redact import Redactor, is_hideable
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.lang.expression import LiteralValue, PathExpression, Rendered, ValueMissing
from pytest_reqflo.lang.operators import (
    OPERATORS,
    Mismatch,
    compare,
    parse_status,
    status_matches,
    status_text,
)
from pytest_reqflo.lang.render import RenderProblem, render_value
from pytest_reqflo.lang.select import QueryProblem, SelectProblem, compile_query
from pytest_reqflo.result import CheckResult, Difference
from pytest_reqflo.run.answer import Answer
from pytest_reqflo.run.record import MAX_VALUE, record_value, shorten_value
from pytest_reqflo.run.scope import RunScope, revealed, secrets_in
from pytest_reqflo.run.subject import (
    FLAGS,
    attribute_value,
    hidden_subject,
    mask_leaves,
    mask_under_key,
    subject_of,
)
from pytest_reqflo.secret import Secret
from pytest_reqflo.values import Json, canonical_json, shorten

_MAX_SCHEMA_FAULTS = 5

_MAX_IN_SENTENCE = 120
"""Characters of the JSON of a structure that a sentence can hold and still be read."""

WORDS = frozenset({str, int, bool, type(None)})
"""Types of which equal values are written in the same way; none of them is secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckPlace:
    """Where assertions stand: pointer of the step, site of its values, and which list of them."""

    pointer: str
    site: str
    list_name: Literal["assertions", "poll/until", "poll/stop_on"] = "assertions"

    def pointer_of(self, spec: AssertionSpec) -> str:
        """Return the place of *spec* in the file; the step's when it comes from elsewhere."""
        if spec.origin != "step":
            return self.pointer
        return f"{self.pointer}/{self.list_name}/{spec.index}"

    def site_of(self, spec: AssertionSpec) -> str:
        """Return the call site of the values of *spec*."""
        origin = "" if spec.origin == "step" else f"{spec.origin}/"
        return f"{self.site}/{origin}{self.list_name}/{spec.index}"


def run_checks(
    specs: tuple[AssertionSpec, ...],
    *,
    answer: Answer,
    scope: RunScope,
    redactor: Redactor,
    place: CheckPlace,
) -> tuple[CheckResult, ...]:
    """Return one result for each of *specs*, those of the template first."""
    return tuple([Check(spec, answer, scope, redactor, place).run() for spec in in_order(specs)])


def in_order(specs: tuple[AssertionSpec, ...]) -> Iterable[AssertionSpec]:
    """Return *specs* in the order in which they are evaluated: those of the template first."""
    origins = [spec.origin for spec in specs]
    return sorted(specs, key=_is_own) if "template" in origins else specs


def _is_own(spec: AssertionSpec) -> bool:
    return spec.origin != "template"


class Check:
    """One assertion against one answer; `run.replayed` asks first whether a record can tell."""

    __slots__ = ("answer", "place", "redactor", "scope", "spec")

    def __init__(
        self,
        spec: AssertionSpec,
        answer: Answer,
        scope: RunScope,
        redactor: Redactor,
        place: CheckPlace,
    ) -> None:
        self.spec = spec
        self.answer = answer
        self.scope = scope
        self.redactor = redactor
        self.place = place

    def run(self) -> CheckResult:
        """Return the result of the check."""
        try:
            return self.find()
        except ValueMissing as missing:
            subject = subject_of(self.spec)
            fault = f"{subject}: the check needs a value that is not there: {missing}"
            return self._found(subject, fault)

    @property
    def site(self) -> str:
        """The call site of the values of the check."""
        return self.place.site_of(self.spec)

    def find(self) -> CheckResult:
        """Look, and return what was found. Raises: ValueMissing for an expected value."""
        match self.spec.type:
            case "status_code":
                return self._status()
            case "json_path":
                return self._json_path()
            case "header":
                return self._header()
            case "cookie":
                return self._cookie()
            case "body_contains" | "body_equals" | "body_matches":
                return self._body()
            case "json_schema":
                return self._schema()
            case "response_time":
                return self._compare("response time in ms", self.answer.time_ms)
            case "value":
                return self._value()
            case _:
                assert_never(self.spec.type)

    # --- each type -------------------------------------------------------------------------------

    def _status(self) -> CheckResult:
        expected, status = self._expected(), self.answer.status
        # Most expect one status, and get it.
        is_met = type(expected) is int and expected == status and 100 <= status <= 999
        fault = None if is_met else _status_fault(expected, status)
        return self._found("status", fault, expected=self._shown(expected), actual=status)

    def _json_path(self) -> CheckResult:
        subject = self.spec.target
        if self.answer.json_problem:
            fault = f"{subject}: the body is not JSON: {self.answer.json_problem}"
            return self._found(subject, fault, expected=self._expected_shown(), is_missing=True)
        try:
            query = compile_query(subject)
            found = query.select(self.answer.body)
        except (SelectProblem, QueryProblem) as problem:
            return self._found(subject, f"{subject}: {problem}", is_missing=True)
        if query.is_singular:
            return self._compare(subject, found[0] if found else None, is_missing=not found)
        asks_presence = OPERATORS[self.spec.operator].may_miss
        return self._compare(subject, list(found), is_missing=asks_presence and not found)

    def _header(self) -> CheckResult:
        name = self.spec.target.lower()
        answer = self.answer
        found = answer.headers_all.get(name) if self.spec.all else answer.headers.get(name)
        subject = f"header {self.spec.target}"
        if self.spec.all and found is None and not OPERATORS[self.spec.operator].may_miss:
            return self._compare(subject, [])
        return self._compare(subject, found, is_missing=found is None)

    def _cookie(self) -> CheckResult:
        cookie = self.answer.cookies.get(self.spec.target)
        attribute = self.spec.attribute or "value"
        subject = subject_of(self.spec)
        if cookie is None:
            return self._compare(subject, None, is_missing=True)
        if attribute == "value":
            return self._compare(subject, cookie.value)
        found = cookie.attributes.get(attribute)
        if found is None and attribute in FLAGS and not OPERATORS[self.spec.operator].may_miss:
            return self._compare(subject, False)
        if found is None:
            return self._compare(subject, None, is_missing=True)
        return self._compare(subject, attribute_value(attribute, found))

    def _body(self) -> CheckResult:
        operators = {
            "body_contains": "contains",
            "body_equals": "equals",
            "body_matches": "matches",
        }
        expected = self._expected()
        is_text = isinstance(expected, str)
        if not is_text and self.spec.type == "body_contains":
            expected, is_text = json.dumps(expected, ensure_ascii=False), True
        actual = self.answer.text if is_text else self.answer.body
        operator = operators[self.spec.type]
        return self._compare("body", actual, operator=operator, expected=expected)

    def _schema(self) -> CheckResult:
        # jsonschema is slow to import, and most journeys have no schema.
        from pytest_reqflo.lang.schema import validate_schema

        if self.answer.json_problem:
            fault = f"body: the body is not JSON: {self.answer.json_problem}"
            return self._found("body", fault, is_missing=True)
        failures = validate_schema(self.spec.schema, self.answer.body)
        if not failures:
            return self._found("body", None)
        # Sentences of the schema quote values, perhaps cut short: only redacted ones may be quoted.
        masked = validate_schema(self.spec.schema, self.redactor.json(self.answer.body))
        quoted = {(item.path, item.keyword): item.sentence for item in masked}
        sentences = [
            quoted.get((item.path, item.keyword), f"`{item.keyword}` does not hold")
            for item in failures[:_MAX_SCHEMA_FAULTS]
        ]
        listed = [f"{item.path}: {text}" for item, text in zip(failures, sentences, strict=False)]
        fault = f"body does not fit the schema: {'; '.join(listed)}"
        return self._found("body", fault, actual=self._shown(self.answer.body))

    def _value(self) -> CheckResult:
        subject = subject_of(self.spec)
        if self.spec.value is None:
            return self._compare(subject, None, is_missing=True)
        try:
            actual = render_value(self.spec.value, self.scope, site=f"{self.site}/value")
        except RenderProblem:
            raise
        except ValueMissing as missing:
            return self._compare(subject, None, is_missing=True, reason=f": {missing}")
        self._register_derived(actual)
        return self._compare(subject, revealed(actual))

    # --- comparing -------------------------------------------------------------------------------

    def _compare(
        self,
        subject: str,
        actual: Json,
        *,
        is_missing: bool = False,
        operator: str = "",
        expected: Json = None,
        reason: str = "",
    ) -> CheckResult:
        expected = expected if operator else self._expected()
        # Without an actual value there is nothing to hide at a telling place.
        redact = self.redactor.json if is_missing else self._redact_of(subject)
        mismatch = compare(
            operator or self.spec.operator, actual, expected, is_missing=is_missing, redact=redact
        )
        shown = shorten_value(redact(expected))
        # What is the same looks the same.
        kind = type(actual)
        is_same = kind in WORDS and kind is type(expected) and actual == expected
        sentence = _sentence(mismatch, expected, actual) if mismatch else ""
        return self._found(
            subject,
            f"{subject}: {sentence}{reason}" if mismatch else None,
            expected=shown,
            actual=shown if is_same else shorten_value(redact(actual)),
            is_missing=is_missing,
            differences=self._differences(mismatch.differences, redact) if mismatch else (),
        )

    def _found(
        self,
        subject: str,
        fault: str | None,
        *,
        expected: Json = None,
        actual: Json = None,
        is_missing: bool = False,
        differences: tuple[Difference, ...] = (),
    ) -> CheckResult:
        """Return the result; *fault* is a sentence when the check does not hold."""
        spec, place, redactor = self.spec, self.place, self.redactor
        is_poll = place.list_name != "assertions"
        return CheckResult(
            pointer=place.pointer_of(spec),
            type=spec.type,
            subject=redactor.text(subject),
            operator=spec.operator,
            passed=fault is None,
            soft=spec.soft,
            origin="poll" if is_poll else "template" if spec.origin == "template" else "step",
            expected=expected,
            actual=actual,
            is_actual_missing=is_missing,
            message=shorten(redactor.text(fault), MAX_VALUE) if fault else "",
            author_message=redactor.text(spec.message) if fault else "",
            differences=differences,
        )

    def _expected(self) -> Json:
        expected = self.spec.expected
        if expected is None:
            return None
        if isinstance(expected, LiteralValue):
            return expected.value
        rendered = render_value(expected, self.scope, site=f"{self.site}/expected")
        if type(rendered) in WORDS:
            return rendered
        self._register_derived(rendered)
        return revealed(rendered)

    def _register_derived(self, rendered: Rendered) -> None:
        """Hide what pipes made of a hidden text: nobody knew it before this answer."""
        for secret in secrets_in(rendered):
            if len(secret.reveal()) <= MAX_VALUE:
                self.redactor.add_secret(secret)

    def _expected_shown(self) -> Json:
        return self._shown(self._expected())

    def _shown(self, value: Json) -> Json:
        return record_value(value, self.redactor)

    def _redact_of(self, subject: str) -> Callable[[Json], Json]:
        """Return what hides values: known ones everywhere, and all of them at a telling place."""
        name = hidden_subject(self.spec, subject, self.redactor.names) or self._hidden_value()
        return (lambda value: mask_leaves(value, name)) if name else self.redactor.json

    def _hidden_value(self) -> str:
        for part in (self.spec.value, self.spec.expected):
            if type(part) is PathExpression:
                name = self.scope.hidden_name(part) or self._unlisted(part)
                if name:
                    return name
        return ""

    def _unlisted(self, expression: PathExpression) -> str:
        """Return the name of a derived secret that the redactor cannot find by its text."""
        if not expression.pipes:
            return ""
        try:
            rendered = render_value(expression, self.scope, site=self.site)
        except ValueMissing:
            return ""
        hidden = (item for item in secrets_in(rendered) if item.reveal())
        return next((item.name for item in hidden if not self._is_listed(item)), "")

    def _is_listed(self, secret: Secret) -> bool:
        text = secret.reveal()
        return is_hideable(text) and len(text) <= MAX_VALUE

    def _differences(
        self, found: tuple[Difference, ...], redact: Callable[[Json], Json]
    ) -> tuple[Difference, ...]:
        names = self.redactor.names
        return tuple(
            Difference(
                path=self.redactor.text(item.path),
                change=item.change,
                expected=shorten_value(mask_under_key(item.path, item.expected, redact, names)),
                actual=shorten_value(mask_under_key(item.path, item.actual, redact, names)),
            )
            for item in found
        )


def _status_fault(expected: Json, status: int) -> str | None:
    fault = parse_status(expected)
    if fault is None and not status_matches(expected, status):
        return f"expected status {status_text(expected)}, got {status}"
    return fault


def _sentence(mismatch: Mismatch, expected: Json, actual: Json) -> str:
    """Return why a check does not hold; of long structures only where they begin to differ."""
    found = mismatch.differences
    longest = max(len(canonical_json(each)) for each in (expected, actual)) if found else 0
    if longest <= _MAX_IN_SENTENCE:
        return mismatch.sentence
    count = f"{len(found)} difference{'s' if len(found) > 1 else ''}"
    return f"{count} from what is expected, first at {found[0].path}"
