"""Inputs, variables, cases, data and tags of a journey: checked, and declared for the artifact."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_reqflo.artifact.model import InputDeclaration, VariableDeclaration
from pytest_reqflo.compile.circles import find_circles, find_excess
from pytest_reqflo.compile.files import Files
from pytest_reqflo.compile.findings import Findings, Place
from pytest_reqflo.compile.references import (
    CASE_ROOTS,
    MARK_ROOTS,
    References,
    expressions_in,
)
from pytest_reqflo.diagnostic import name_hint
from pytest_reqflo.errors import JourneyError
from pytest_reqflo.lang.expression import LiteralValue, PathExpression, Value
from pytest_reqflo.lang.template import parse_value
from pytest_reqflo.syntax import model as m
from pytest_reqflo.syntax.cells import InputType, check_type
from pytest_reqflo.syntax.data import load_rows, rows_from_inline
from pytest_reqflo.syntax.library import Library
from pytest_reqflo.values import Json

RESERVED_MARKS = frozenset(
    {
        "parametrize", "skip", "skipif", "xfail", "usefixtures", "filterwarnings", "tryfirst",
        "trylast", "hookwrapper", "flaky", "asyncio", "anyio", "timeout", "xdist_group", "and", "or", "not", "None",
        "True", "False",
    }
)  # fmt: skip
# pytest.mark refuses names that begin with an underscore; `-m` reads no more than this.
_TAG = re.compile(r"[^\W_][\w.+-]*")


def declare_inputs(
    model: m.JourneyModel, place: Place, findings: Findings
) -> tuple[InputDeclaration, ...]:
    """Return the inputs; a default of another type is noted (RF117)."""
    declared = []
    for index, each in enumerate(model.inputs):
        has_default = "default" in each.model_fields_set
        if (
            has_default
            and each.default is not None
            and (fault := check_type(each.default, each.type))
        ):
            label = place.at("inputs", index, "default").label()
            findings.note("RF117", f"the default of input `{each.name}` {fault}", label)
        declared.append(
            InputDeclaration(
                name=each.name,
                type=each.type,
                required=not has_default if each.required is None else each.required,
                has_default=has_default,
                default=each.default,
                sensitive=each.sensitive,
            )
        )
    return tuple(declared)


def declare_variables(
    model: m.JourneyModel, place: Place, references: References
) -> tuple[VariableDeclaration, ...]:
    """Return the variables, their derived values checked; circles are noted (RF211)."""
    declared = []
    values: dict[str, Value] = {}
    for index, each in enumerate(model.variables):
        at = place.at("variables", index)
        value: Value | None = None
        if "value" in each.model_fields_set:
            value = references.read_variable(each.name, each.value, at.at("value"))
            values[each.name] = value
        has_default = "default" in each.model_fields_set
        declared.append(
            VariableDeclaration(
                name=each.name,
                source="value" if value is not None else each.source or "manual",
                key=each.key or each.name,
                value=value,
                required=not has_default if each.required is None else each.required,
                has_default=has_default,
                default=each.default,
                sensitive=each.sensitive,
            )
        )
        _gather_source(each, references)
        _check_default(each.default, "variable", each.name, at, references.findings)
    _check_circles(values, model, place, references.findings)
    return tuple(declared)


def _gather_source(variable: m.VariableModel, references: References) -> None:
    needs, key = references.needs, variable.key or variable.name
    gathered = {
        "secret": needs.secrets,
        "me": needs.me_values,
        "environment": needs.environment_values,
    }
    if variable.source in gathered:
        gathered[variable.source].add(key)


def _check_default(default: Json, kind: str, name: str, place: Place, findings: Findings) -> None:
    """Note an expression in a default: it would be sent as it is written."""
    value, problems = parse_value(default)
    if not isinstance(value, LiteralValue) or problems:
        title = f"the default of {kind} `{name}` cannot hold an expression"
        hint = "write a variable with `value:`, which may"
        findings.note("RF204", title, place.at("default").label(), hint=hint)


def _check_circles(
    values: Mapping[str, Value], model: m.JourneyModel, place: Place, findings: Findings
) -> None:
    uses = {name: tuple(_variables_in(value)) for name, value in values.items()}
    numbers = {each.name: index for index, each in enumerate(model.variables)}
    circles = find_circles(uses)
    for circle in circles:
        chain = " -> ".join(f"`{name}`" for name in circle)
        label = place.at("variables", numbers[circle[0]], "value").label()
        findings.note("RF211", f"variables refer to each other in a circle: {chain}", label)
    if not circles and (excess := find_excess(uses)):
        name, reason = excess
        label = place.at("variables", numbers[name], "value").label()
        findings.note("RF211", f"variable `{name}` {reason}", label)


def _variables_in(value: Value) -> Iterator[str]:
    for expression in expressions_in([value]):
        if isinstance(expression, PathExpression) and expression.root == "variables":
            yield from map(str, expression.path[:1])


def check_names(model: m.JourneyModel, place: Place, findings: Findings) -> None:
    """Note names used twice: inputs and variables share one namespace; cases have their own."""
    named = [
        *((each.name, place.at("inputs", i, "name")) for i, each in enumerate(model.inputs)),
        *((each.name, place.at("variables", i, "name")) for i, each in enumerate(model.variables)),
    ]
    note_twice("name", named, findings, remark="inputs and variables share one namespace")
    cases = [(each.name, place.at("cases", i, "name")) for i, each in enumerate(model.cases)]
    note_twice("case", cases, findings)


def note_twice(
    what: str, named: Sequence[tuple[str, Place]], findings: Findings, *, remark: str = ""
) -> None:
    """Note each name that stands a second time, with both places."""
    first: dict[str, Place] = {}
    for name, at in named:
        if name in first:
            notes = (remark,) if remark else ()
            findings.note(
                "RF110",
                f"the {what} `{name}` is used twice",
                at.label("again here"),
                first[name].label("first here"),
                notes=notes,
                hint="rename one of them",
            )
        else:
            first[name] = at


def check_tags(tags: Sequence[str], place: Place, findings: Findings) -> None:
    """Note tags that cannot be pytest marks (RF119)."""
    for index, tag in enumerate(tags):
        if tag in RESERVED_MARKS:
            hint = f"use the key `{tag}`" if tag in ("skip", "xfail") else "choose another word"
            title = f"tag `{tag}` is a word with a meaning of its own in pytest"
            findings.note("RF119", title, place.at(index).label(), hint=hint)
        elif _TAG.fullmatch(tag) is None:
            title = f"tag `{tag}` cannot be used with `pytest -m`"
            findings.note(
                "RF119", title, place.at(index).label(), hint="use letters, digits, _ and -"
            )


@dataclass(slots=True)
class CaseChecker:
    """Checks cases, marks and data of a journey."""

    findings: Findings
    references: References
    files: Files
    library: Library
    model: m.JourneyModel
    place: Place

    def check(self) -> Path | None:
        """Note what is wrong, and return the path of the data file, None without one."""
        self._check_marks(self.model, self.place)
        check_tags(self.model.tags, self.place.at("tags"), self.findings)
        for index, case in enumerate(self.model.cases):
            self._check_case(case, self.place.at("cases", index))
        return self._check_data()

    def _check_marks(self, owner: m.JourneyModel | m.CaseModel, place: Place) -> None:
        for name in ("skip", "xfail"):
            mark = getattr(owner, name)
            if isinstance(mark, m.MarkModel):
                self.references.read(mark.when, place.at(name, "when"), MARK_ROOTS)

    def _check_case(self, case: m.CaseModel, place: Place) -> None:
        self._check_marks(case, place)
        check_tags(case.tags, place.at("tags"), self.findings)
        types = {each.name: each.type for each in self.model.inputs}
        names = [*types, *self.references.variables]
        for name, data in case.values.items():
            at = place.at("values", name)
            value = self.references.read(data, at, CASE_ROOTS)
            if name not in names:
                title = f"case `{case.name}` sets `{name}`, which is not declared"
                hint = name_hint(name, names, what="Declared")
                self.findings.note("RF202", title, at.key_label(), hint=hint)
            elif isinstance(value, LiteralValue) and name in types and data is not None:
                self._check_fit(name, data, types[name], at)
        for index, preset in enumerate(case.presets):
            self._check_preset(preset, place.at("presets", index))

    def _check_fit(self, name: str, data: Json, kind: InputType, place: Place) -> None:
        if fault := check_type(data, kind):
            self.findings.note("RF117", f"the value of input `{name}` {fault}", place.label())

    def _check_preset(self, name: str, place: Place) -> None:
        try:
            preset = self.library.find_preset(name)
        except JourneyError as error:
            self.findings.take(error)
            return
        if preset is None:
            hint = name_hint(name, self.library.presets, what="Presets")
            self.findings.note("RF212", f"there is no preset `{name}`", place.label(), hint=hint)
            return
        declared = {*self.references.inputs, *self.references.variables}
        for key, data in preset.model.values.items():
            if key in declared:
                at = Place(preset.document, preset.pointer).at("values", key)
                self.references.read(data, at, CASE_ROOTS)

    def _check_data(self) -> Path | None:
        data, place = self.model.data, self.place.at("data")
        if data is None:
            return None
        if isinstance(data, str):
            return self._check_rows(data, place, None)
        names = [case.name for case in self.model.cases]
        if data.case is not None and data.case not in names:
            hint = name_hint(data.case, names, what="Cases")
            title = f"there is no case `{data.case}`"
            self.findings.note("RF212", title, place.at("case").label(), hint=hint)
        if data.file is not None:
            return self._check_rows(data.file, place.at("file"), data.key)
        if data.rows is not None:
            try:
                rows_from_inline(
                    data.rows, place.document, place.at("rows").pointer, self._types(), data.key,
                    sensitive=self._sensitive(),
                )  # fmt: skip
            except JourneyError as error:
                self.findings.take(error)
        return None

    def _check_rows(self, file: str, place: Place, key: str | None) -> Path | None:
        path = self.files.find(file, place)
        if path is None:
            return None
        try:
            load_rows(
                path, shown=self._shown(file), inputs=self._types(), key=key,
                sensitive=self._sensitive(),
            )  # fmt: skip
        except JourneyError as error:
            self.findings.take(error)
        return path

    def _shown(self, file: str) -> str:
        folder = Path(self.place.document.map.source.file).parent
        return str(Path(folder, file)) if ".." not in Path(file).parts else _normal(folder, file)

    def _types(self) -> Mapping[str, InputType]:
        return {each.name: each.type for each in self.model.inputs}

    def _sensitive(self) -> tuple[str, ...]:
        return tuple(each.name for each in self.model.inputs if each.sensitive)


def _normal(folder: Path, file: str) -> str:
    parts: list[str] = []
    for part in Path(folder, file).parts:
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)
