"""The `when` of a step: read, and checked as far as its text goes."""

from __future__ import annotations

from pytest_reqflo.artifact.model import ConditionSpec
from pytest_reqflo.compile.assertions import check_expected
from pytest_reqflo.compile.findings import Findings, Place
from pytest_reqflo.compile.references import CONDITION_ROOTS, References
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.lang.expression import LiteralValue, TextValue, Value
from pytest_reqflo.lang.operators import OPERATORS
from pytest_reqflo.syntax import model as m
from pytest_reqflo.values import Json


@dataclass(frozen=True, slots=True)
class ConditionCompiler:
    """Compiles the condition of one step; *before* is the order of that step."""

    findings: Findings
    references: References
    before: int

    def compile(
        self, when: str | bool | m.ConditionModel | None, place: Place
    ) -> ConditionSpec | None:
        """Return the condition written at *place*, None when there is none."""
        if when is None:
            return None
        return (
            self._comparison(when, place)
            if isinstance(when, m.ConditionModel)
            else self._flag(when, place)
        )

    def _read(self, data: Json, place: Place) -> Value:
        return self.references.read(data, place, CONDITION_ROOTS, before=self.before)

    def _flag(self, when: str | bool, place: Place) -> ConditionSpec:
        value = self._read(when, place)
        is_literal = isinstance(value, LiteralValue) and not isinstance(value.value, bool)
        if is_literal or isinstance(value, TextValue):
            hint = 'write an expression such as "{{ inputs.expect_order }}"'
            self.findings.note("RF106", "`when` must be a boolean", place.label(), hint=hint)
        return ConditionSpec(value=value)

    def _comparison(self, when: m.ConditionModel, place: Place) -> ConditionSpec:
        value = self._read(when.value, place.at("value"))
        expected = self._read(when.expected, place.at("expected"))
        self._check(when, expected, place)
        needs = OPERATORS[when.operator].needs_expected
        return ConditionSpec(
            value=value, operator=when.operator, expected=expected if needs else None
        )

    def _check(self, when: m.ConditionModel, expected: Value, place: Place) -> None:
        needs = OPERATORS[when.operator].needs_expected
        is_given = "expected" in when.model_fields_set
        if needs and not is_given:
            title = f"operator `{when.operator}` needs `expected`"
            self.findings.note("RF210", title, place.label(), hint="add `expected:`")
        elif is_given and not needs:
            title = f"operator `{when.operator}` takes no `expected`"
            label = place.at("expected").key_label()
            self.findings.note("RF210", title, label, hint="remove it")
        elif needs:
            check_expected(when.operator, expected, place, self.findings)
