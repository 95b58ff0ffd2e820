"""Assertions as written become assertions as they run, each checked as far as text can be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pytest_reqflo.artifact.model import AssertionSpec
from pytest_reqflo.compile.files import Files
from pytest_reqflo.compile.findings import Findings, Place
from pytest_reqflo.compile.references import ASSERTION_ROOTS, References
from pytest_reqflo.compile.repeated import Key, Repeated, key_of
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.lang.expression import LiteralValue, Value
from pytest_reqflo.lang.operators import OPERATORS, find_expected_fault, parse_status
from pytest_reqflo.lang.patterns import PatternProblem, compile_pattern
from pytest_reqflo.lang.select import QueryProblem, compile_query
from pytest_reqflo.syntax import model as m
from pytest_reqflo.values import Json

Origin = Literal["step", "template", "overlay"]


_KNOWN: Repeated[AssertionSpec] = Repeated()


@dataclass(frozen=True, slots=True)
class AssertionCompiler:
    """Compiles the assertions of one step; *before* is the order of that step."""

    findings: Findings
    references: References
    files: Files
    before: int

    def compile_all(
        self, models: Sequence[m.AssertionModel], place: Place, origin: Origin = "step",
        *, first: int = 0,
    ) -> tuple[AssertionSpec, ...]:  # fmt: skip
        """Return the assertions of the list at *place*, numbered from *first*."""
        found = []
        for index, model in enumerate(models):
            key = key_of(model, first + index, origin)
            spec = _KNOWN.find(key)
            if spec is None:
                spec = self._compile(model, place.at(index), first + index, origin)
                self._note(key, model, spec)
            found.append(spec)
        return tuple(found)

    def _note(self, key: Key | None, model: m.AssertionModel, spec: AssertionSpec) -> None:
        # A problem must be found again wherever it stands; what lies in a file depends on that.
        if not self.findings.found and not _names_file(model):
            _KNOWN.keep(key, spec)

    def _compile(
        self, model: m.AssertionModel, place: Place, index: int, origin: Origin
    ) -> AssertionSpec:
        return AssertionSpec(
            type=model.type,
            index=index,
            soft=model.soft,
            message=model.message or "",
            origin=origin,
            **self._fields_of(model, place),
        )

    def _fields_of(self, model: m.AssertionModel, place: Place) -> dict[str, Any]:
        """Return what an assertion of this type has beside the others."""
        expected: Value | None
        match model:
            case m.StatusCodeAssertion():
                expected = self._read(model.expected, place, "expected")
                self._check_status(expected, place)
                return {"expected": expected}
            case m.JsonPathAssertion():
                check_query(model.path, place, "path", self.findings)
                # Without `operator` and `expected` it asks, as for headers, whether there is a value.
                chosen = model.operator if "operator" in model.model_fields_set else None
                return {"target": model.path, **self._comparison(model, chosen, place)}
            case m.HeaderAssertion():
                self._refuse_expression(model.name, place)
                compared = self._comparison(model, model.operator, place)
                return {"target": model.name, "all": model.all, **compared}
            case m.CookieAssertion():
                self._refuse_expression(model.name, place)
                compared = self._comparison(model, model.operator, place)
                return {"target": model.name, "attribute": model.attribute, **compared}
            case m.BodyContainsAssertion():
                expected = self._read(model.expected, place, "expected")
                return {"operator": "contains", "expected": expected}
            case m.BodyEqualsAssertion():
                return {"expected": self._whole_body(model, place)}
            case m.BodyMatchesAssertion():
                check_pattern(model.expected, place, "expected", self.findings)
                return {"operator": "matches", "expected": LiteralValue(model.expected)}
            case m.JsonSchemaAssertion():
                return {"operator": "matches", "schema": self._schema(model, place)}
            case m.ResponseTimeAssertion():
                return self._comparison(model, model.operator, place)
            case m.ValueAssertion():
                compared = self._comparison(model, model.operator, place)
                return {"value": self._read(model.value, place, "value"), **compared}

    # --- what is compared with -------------------------------------------------------------------

    def _read(self, data: Json, place: Place, part: str) -> Value:
        return self.references.read(data, place, ASSERTION_ROOTS, before=self.before, parts=(part,))

    def _comparison(
        self, model: m.AssertionModel, operator: str | None, place: Place
    ) -> dict[str, Any]:
        """Return the operator and what it compares with, checked together."""
        given = {"expected", "expected_file"} & model.model_fields_set
        chosen = operator or ("equals" if given else "exists")
        needs = OPERATORS[chosen].needs_expected
        if needs and not given:
            title = f"operator `{chosen}` needs `expected`"
            self.findings.note("RF210", title, place.label(), hint="add `expected:`")
            return {"operator": chosen}
        if not needs:
            if given:
                title = f"operator `{chosen}` takes no `expected`"
                label = place.at(next(iter(given))).key_label()
                self.findings.note("RF210", title, label, hint="remove it")
            return {"operator": chosen}
        expected = self._expected(model, place)
        check_expected(chosen, expected, place, self.findings)
        return {"operator": chosen, "expected": expected}

    def _expected(self, model: m.AssertionModel, place: Place) -> Value:
        file = getattr(model, "expected_file", None)
        if file is not None:
            return LiteralValue(self.files.read_json(file, place.at("expected_file")))
        return self._read(getattr(model, "expected", None), place, "expected")

    def _check_status(self, expected: Value, place: Place) -> None:
        if isinstance(expected, LiteralValue) and (fault := parse_status(expected.value)):
            self.findings.note("RF107", fault, place.at("expected").label())

    # --- single types ----------------------------------------------------------------------------

    def _whole_body(self, model: m.BodyEqualsAssertion, place: Place) -> Value:
        if model.expected_file is not None:
            text = self.files.read_text(model.expected_file, place.at("expected_file"))
            return LiteralValue(text or "")
        if "expected" in model.model_fields_set:
            return self._read(model.expected, place, "expected")
        title = "the assertion lacks the required key `expected`"
        self.findings.note("RF105", title, place.label())
        return LiteralValue("")

    def _refuse_expression(self, name: str, place: Place) -> None:
        if "{{" in name:
            title = "a name cannot hold an expression"
            hint = "`type: value` checks any value"
            label = place.at("name").part_label(name.index("{{"), 2)
            self.findings.note("RF204", title, label, hint=hint)

    def _schema(self, model: m.JsonSchemaAssertion, place: Place) -> Json:
        # Loading jsonschema costs more than the rest of the language together.
        from pytest_reqflo.lang.schema import check_schema

        if model.file is not None:
            schema = self.files.read_json(model.file, place.at("file"), code="RF209")
            where = place.at("file")
        else:
            schema, where = model.schema_, place.at("schema")
        if schema is None:
            if model.file is None:
                title = "the assertion needs `schema` or `file`"
                self.findings.note("RF105", title, place.label())
            return None
        for problem in check_schema(schema):
            at = (
                where
                if model.file is not None
                else Place(where.document, where.pointer + problem.pointer)
            )
            self.findings.note("RF209", problem.message, at.label(), hint=problem.hint)
        return schema


def _names_file(model: m.AssertionModel) -> bool:
    return not model.model_fields_set.isdisjoint(("expected_file", "file"))


def check_expected(operator: str, expected: Value, place: Place, findings: Findings) -> None:
    """Note a literal *expected* of the part at *place* that *operator* cannot compare with."""
    if operator in _COMPARING_ALL or not isinstance(expected, LiteralValue):
        return
    if operator in ("matches", "not_matches") and isinstance(expected.value, str):
        check_pattern(expected.value, place, "expected", findings)
    elif fault := find_expected_fault(operator, expected.value):
        label = place.at("expected").label()
        findings.note("RF210", f"operator `{operator}`: {fault}", label)


_COMPARING_ALL = frozenset({"equals", "not_equals", "contains", "not_contains"})
"""The operators that compare with any value."""


def check_query(text: str, place: Place, part: str, findings: Findings) -> None:
    """Note a malformed JSONPath (RF207), and one that holds an expression (RF204)."""
    if "{{" in text:
        title = "a JSONPath cannot hold an expression"
        hint = "select with a fixed path, and put the expression into `expected`"
        label = place.at(part).part_label(text.index("{{"), 2)
        findings.note("RF204", title, label, hint=hint)
        return
    try:
        compile_query(text)
    except QueryProblem as problem:
        label = place.at(part).part_label(problem.offset, 1)
        findings.note("RF207", f"JSONPath: {problem}", label, hint=problem.hint)


def check_pattern(text: str, place: Place, part: str, findings: Findings) -> None:
    """Note a malformed regular expression (RF208), and one that holds an expression (RF204)."""
    if "{{" in text:
        title = "a regular expression cannot hold an expression"
        hint = "write `\\{\\{` for two braces; a lone expression may give the whole pattern to `matches`"
        label = place.at(part).part_label(text.index("{{"), 2)
        findings.note("RF204", title, label, hint=hint)
        return
    try:
        compile_pattern(text)
    except PatternProblem as problem:
        label = place.at(part).part_label(problem.offset, 1)
        findings.note("RF208", f"regular expression: {problem}", label)
