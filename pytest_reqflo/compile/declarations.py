"""Inputs and variables of a journey: checked, and declared for the artifact. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pytest_reqflo.artifact.model import InputDeclaration, VariableDeclaration
from pytest_reqflo.compile.circles import find_circles, find_excess
from pytest_reqflo.compile.findings import Findings, Place
from pytest_reqflo.compile.references import (
    References,
    expressions_in,
    note_secret_name,
)
from pytest_reqflo.lang.expression import LiteralValue, PathExpression, Value
from pytest_reqflo.lang.template import parse_value
from pytest_reqflo.syntax import model as m
from pytest_reqflo.syntax.cells import check_type
from pytest_reqflo.values import Json


def declare_inputs(
    model: m.JourneyModel, place: Place, findings: Findings
) -> tuple[InputDeclaration, ...]:
    """Return the inputs; a default of another type is noted (RF117)."""
    declared = []
    for index, each in enumerate(model.inputs):
        _check_default(each.default, "input", each.name, place.at("inputs", index), findings)
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
        if each.source == "secret":
            label = at.at("key" if each.key else "name").label()
            note_secret_name(each.key or each.name, label, references.findings)
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
