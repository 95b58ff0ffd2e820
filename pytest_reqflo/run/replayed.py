"""One assertion or output against a recorded answer, by the very code that judges a live one. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pytest_reqflo.artifact.model import OutputSpec
from pytest_reqflo.evidence.masks import find_mask
from pytest_reqflo.evidence.redact import Redactor
from pytest_reqflo.lang.select import QueryProblem, SelectProblem, compile_query
from pytest_reqflo.result import CheckResult
from pytest_reqflo.run.capture import take_output
from pytest_reqflo.run.checks import Check
from pytest_reqflo.run.masked import Undecided, is_decided, without_unknown
from pytest_reqflo.run.recorded import RecordedAnswer
from pytest_reqflo.values import Json, is_array

_OF_CONTENT = frozenset({
    "const", "enum", "pattern", "patternProperties", "propertyNames", "format", "minLength", "maxLength",
    "uniqueItems", "contains", "not", "if", "oneOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
    "multipleOf", "contentEncoding", "contentMediaType",
})  # fmt: skip
"""Keywords of a JSON Schema that look at more than structure and types."""


class RecordedCheck(Check):
    """An assertion against a recorded answer. Raises `Undecided` where the record cannot tell."""

    __slots__ = ()

    @property
    def _recorded(self) -> RecordedAnswer:
        assert isinstance(self.answer, RecordedAnswer)  # noqa: S101  # it is made with one
        return self.answer

    def find(self) -> CheckResult:
        """Look, and return what was found. Raises: Undecided; ValueMissing for an expected value."""
        if self.spec.type == "response_time":
            _refuse(self._recorded.timing_gap)
        return super().find()

    def _status(self) -> CheckResult:
        _refuse(_expected_gap(self._expected()))
        return super()._status()

    def _json_path(self) -> CheckResult:
        _refuse(self._recorded.json_gap)
        if not self._recorded.json_problem:
            _refuse(_selection_gap(self.spec.target, self._recorded))
        return super()._json_path()

    def _header(self) -> CheckResult:
        name = self.spec.target.lower()
        if name not in self._recorded.headers_all:
            _refuse(_name_gap("header", self._recorded.headers_all))
        return super()._header()

    def _cookie(self) -> CheckResult:
        if self.spec.target not in self._recorded.cookies:
            _refuse(_name_gap("cookie", self._recorded.cookies))
        return super()._cookie()

    def _body(self) -> CheckResult:
        is_text = self.spec.type == "body_contains" or isinstance(self._expected(), str)
        _refuse(self._recorded.text_gap if is_text else self._recorded.json_gap)
        return super()._body()

    def _schema(self) -> CheckResult:
        recorded = self._recorded
        _refuse(recorded.json_gap)
        is_open = recorded.hides_numbers or recorded.masked_key or _uses_content(self.spec.schema)
        if not recorded.json_problem and recorded.mask and is_open:
            raise Undecided(f"the recorded body is masked ({recorded.mask})")
        return super()._schema()

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
        name = operator or self.spec.operator
        wanted = expected if operator else self._expected()
        if not is_decided(
            name,
            actual,
            wanted,
            is_missing=is_missing,
            are_masks_text=self._are_masks_text(),
        ):
            raise Undecided(_actual_gap(actual) or _expected_gap(wanted))
        if name == "equals" and not is_missing:
            wanted = without_unknown(wanted, actual)
        return super()._compare(
            subject,
            actual,
            is_missing=is_missing,
            operator=name,
            expected=wanted,
            reason=reason,
        )

    def _are_masks_text(self) -> bool:
        match self.spec.type:
            case "header" | "cookie" | "body_contains" | "body_matches":
                return True
            case "json_path" | "body_equals":
                return not self._recorded.hides_numbers
            case _:
                return False


def find_output_gap(spec: OutputSpec, answer: RecordedAnswer, redactor: Redactor) -> str:
    """Return why the recorded answer cannot tell what the output is, empty when it can."""
    is_of_body = spec.source in ("body", "json_path")
    gap = answer.json_gap if is_of_body else ""
    if not gap and spec.source == "json_path" and not answer.json_problem:
        gap = _selection_gap(spec.query, answer)
    if gap:
        return gap
    taken = take_output(replace(spec, pattern=""), answer, redactor)
    if taken.missing:
        is_open = is_of_body and answer.masked_key
        return f"a key of the recorded body is masked ({answer.masked_key})" if is_open else ""
    mask = find_mask(taken.value) if spec.pattern else ""
    return f"the recorded value is masked ({mask}), and its pattern needs it" if mask else ""


# --- what is not in the record -------------------------------------------------------------------


def _refuse(gap: str) -> None:
    if gap:
        raise Undecided(gap)


def _actual_gap(actual: Json) -> str:
    mask = find_mask(actual)
    return f"the recorded value is masked ({mask})" if mask else ""


def _expected_gap(expected: Json) -> str:
    mask = find_mask(expected)
    return f"the expected value is masked in the record ({mask})" if mask else ""


def _selection_gap(text: str, answer: RecordedAnswer) -> str:
    """Return why it is not known what the JSONPath *text* selects, empty when it is."""
    if not answer.mask:
        return ""
    try:
        query = compile_query(text)
        is_found = bool(query.select(answer.body))
    except (SelectProblem, QueryProblem):
        return ""
    if not query.is_singular and "?" in text:
        return f"its filter may look at what is masked ({answer.mask})"
    if answer.masked_key and not (query.is_singular and is_found):
        return f"a key of the recorded body is masked ({answer.masked_key})"
    return ""


def _name_gap(what: str, names: Mapping[str, object]) -> str:
    mask = find_mask(list(names))
    return f"the name of a recorded {what} is masked ({mask})" if mask else ""


def _uses_content(schema: Json) -> bool:
    if isinstance(schema, Mapping):
        is_elsewhere = not str(schema.get("$ref", "#")).startswith("#")
        own = is_elsewhere or not _OF_CONTENT.isdisjoint(schema)
        return own or any(map(_uses_content, schema.values()))
    return is_array(schema) and any(map(_uses_content, schema))
