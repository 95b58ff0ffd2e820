"""The static Run check of expressions: every root, name, step and order.

Reading a part of a journey gives its `Value`, notes what is wrong with it, and gathers what it
needs: secrets, environment and me values, and the parts of earlier answers (implicit outputs).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import field

from pytest_reqflo.artifact.model import OutputSpec
from pytest_reqflo.compile.findings import Findings, Place
from pytest_reqflo.compile.reading import (
    find_expressions,
    find_paths,
    may_hold_expression,
    read_value,
)
from pytest_reqflo.diagnostic import Label, name_hint
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.lang.expression import Expression, LiteralValue, PathExpression, Value
from pytest_reqflo.lang.outputs import make_output_path
from pytest_reqflo.lang.template import (
    TemplateProblem,
    expression_text,
    path_text,
    walk_expressions,
)
from pytest_reqflo.secret import find_name_fault
from pytest_reqflo.syntax import model as m
from pytest_reqflo.values import Json, shorten, slugify

STEP_ROOTS = frozenset(
    {"inputs", "variables", "steps", "env", "secrets", "me", "case", "row", "run"}
)
ASSERTION_ROOTS = STEP_ROOTS | {"response"}
CONDITION_ROOTS = STEP_ROOTS - {"secrets"}
CASE_ROOTS = frozenset({"env", "secrets", "me"})
MARK_ROOTS = frozenset({"env"})
_SHOWN_NAME = 100
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
RESPONSE_PARTS = (
    "status", "headers", "headers_all", "body", "text", "bytes", "url", "redirects", "http_version",
    "cookies",
)  # fmt: skip
STEP_PARTS = ("status", "headers", "headers_all", "body", "cookies", "outputs", "url", "request")
FACTS: Mapping[str, tuple[str, ...]] = {
    "case": ("name",),
    "row": ("number", "key"),
    "run": ("id", "started_at"),
}


@dataclass(frozen=True, slots=True)
class StepName:
    """A step as references see it; *order* counts over the steps and then the finally steps."""

    id: str
    order: int
    place: Place
    outputs: tuple[str, ...]


def step_id_of(step: m.StepModel, order: int) -> str:
    """Return the id of a step: its own, else the slug of its name, else made of its number."""
    if step.id:
        return step.id
    slug = slugify(step.name or "").replace(".", "-")
    if not slug:
        return f"step-{order + 1}"
    return slug if _IDENTIFIER.fullmatch(slug) else f"step-{slug}"


def note_secret_name(name: str, label: Label, findings: Findings) -> None:
    """Note a *name* that no provider of secrets may be asked for (RF217)."""
    if fault := find_name_fault(name):
        shown = shorten(name, _SHOWN_NAME)
        findings.note("RF217", f"`{shown}` is no name of a secret: {fault}", label)


@dataclass(slots=True)
class Needs:
    """What the expressions of a journey read."""

    secrets: set[str] = field(default_factory=set)
    me_values: set[str] = field(default_factory=set)
    environment_values: set[str] = field(default_factory=set)
    implicit: dict[str, dict[str, OutputSpec]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Found:
    """An expression, where it stands, and how to mark a part of it."""

    expression: PathExpression
    place: Place
    offset: int
    length: int

    def label(self, text: str = "") -> Label:
        return self.place.part_label(self.offset, self.length, text)

    @property
    def shown(self) -> str:
        return expression_text(self.expression)


@dataclass(slots=True)
class References:
    """The names of one journey, and what its expressions need.

    Shape: *inputs* and *variables* are names in order. *inside_variables* maps a derived variable to what counts where it is used: the steps,
        secrets and other variables in its value. *secret_variables* have ``source: secret``.
    """

    findings: Findings
    inputs: Mapping[str, None]
    variables: Mapping[str, None]
    steps: Mapping[str, StepName]
    secret_variables: frozenset[str] = frozenset()
    needs: Needs = field(default_factory=Needs)
    inside_variables: dict[str, list[_Found]] = field(default_factory=dict)

    def read(
        self,
        data: Json,
        place: Place,
        roots: frozenset[str],
        *,
        before: int | None = None,
        parts: tuple[str | int, ...] = (),
    ) -> Value:
        """Return the value written at the *parts* of *place*, with its expressions checked.

        *before* is the order of the step that uses it; None: where steps may not be read, and where
        what is read is no need of the artifact, because cases and marks are no part of it.
        """
        is_literal = "{{" not in data if type(data) is str else not may_hold_expression(data)
        if is_literal:
            return LiteralValue(data)
        # Most values hold none, so that nobody asks for their place.
        place = place.at(*parts) if parts else place
        value = self._parse(data, place)
        for found in _locate(value, data, place):
            self._check(found, roots, before)
            if before is not None:
                self._gather(found)
        return value

    def read_variable(self, name: str, data: Json, place: Place) -> Value:
        """Return the value of the derived variable *name*; its steps are checked where it is used."""
        value = self._parse(data, place)
        inside = self.inside_variables.setdefault(name, [])
        for found in _locate(value, data, place):
            self._check(found, STEP_ROOTS, None)
            self._gather(found)
            if found.expression.root in ("steps", "variables", "secrets"):
                inside.append(found)
        return value

    def _parse(self, data: Json, place: Place) -> Value:
        value, problems = read_value(data)
        for placed in problems:
            self._note_problem(
                Place(place.document, place.pointer + placed.pointer),
                placed.problem,
                is_in_key=placed.is_in_key,
            )
        return value

    # --- one expression --------------------------------------------------------------------------

    def _note_problem(
        self, place: Place, problem: TemplateProblem, *, is_in_key: bool = False
    ) -> None:
        label = place.key_label() if is_in_key else place.part_label(problem.offset, problem.length)
        self.findings.note(problem.code, problem.message, label, hint=problem.hint)

    def _check(self, found: _Found, roots: frozenset[str], before: int | None) -> None:
        root, path = found.expression.root, found.expression.path
        if root not in roots:
            self._refuse_root(found, roots)
        elif root in ("inputs", "variables"):
            self._check_name(found, roots, before)
        elif root == "steps":
            self._check_step(found, before)
        elif root in FACTS:
            self._check_part(found, FACTS[root])
        elif root == "response":
            self._check_part(found, RESPONSE_PARTS)
        elif not path:
            title = f"`{found.shown}` must be followed by a name"
            self.findings.note("RF201", title, found.label(), hint=f"write `{root}.NAME`")
        elif root in ("secrets", "me") and len(path) > 1:
            title = f"`{root}.{path[0]}` is text and has no parts"
            hint = f"write `{root}.{path[0]}`"
            self.findings.note("RF202", title, found.label(), hint=hint)
        elif root == "secrets":
            note_secret_name(str(path[0]), found.label(), self.findings)

    def _gather(self, found: _Found) -> None:
        root, path = found.expression.root, found.expression.path
        name = str(path[0]) if path else ""
        if not name:
            return
        if root == "secrets":
            self.needs.secrets.add(name)
        elif root == "me":
            self.needs.me_values.add(name)
        elif root == "env":
            self.needs.environment_values.add(name)

    def _refuse_root(self, found: _Found, roots: frozenset[str]) -> None:
        root = found.expression.root
        where = "only in assertions" if root == "response" else "not here"
        if root == "secrets":
            where = "only where a request is made or its answer checked"
        hint = f"allowed here: {', '.join(sorted(roots))} and functions"
        self.findings.note("RF204", f"`{root}` can be used {where}", found.label(), hint=hint)

    def _check_part(self, found: _Found, parts: Sequence[str]) -> None:
        root, path = found.expression.root, found.expression.path
        if path and path[0] in parts:
            return
        title = f"`{root}` has no `{path[0]}`" if path else f"`{root}` must be followed by a name"
        hint = name_hint(str(path[0]) if path else "", parts, what="Names")
        self.findings.note("RF202" if path else "RF201", title, found.label(), hint=hint)

    def _check_name(self, found: _Found, roots: frozenset[str], before: int | None) -> None:
        root, path = found.expression.root, found.expression.path
        declared = self.inputs if root == "inputs" else self.variables
        name = str(path[0]) if path else ""
        if name in declared:
            if root == "variables" and before is not None:
                self._check_inside(name, found, roots, before)
            return
        other = self.variables if root == "inputs" else self.inputs
        if name in other:
            hint = f"write `{'variables' if root == 'inputs' else 'inputs'}.{name}`"
        else:
            hint = name_hint(name, declared, what="Declared")
        kind = "input" if root == "inputs" else "variable"
        title = (
            f"{kind} `{name}` is not declared" if name else f"`{root}` must be followed by a name"
        )
        self.findings.note(
            "RF202", title, found.label(), hint=hint or f"declare it under `{root}:`"
        )

    def _check_inside(self, name: str, user: _Found, roots: frozenset[str], before: int) -> None:
        """Check what derived variable *name* reads by whatever way, at the place that uses it."""
        seen = {name}
        waiting = [name]
        while waiting:
            current = waiting.pop()
            if current in self.secret_variables and "secrets" not in roots:
                self._refuse_hidden(name, user)
            for inside in self.inside_variables.get(current, ()):
                root, path = inside.expression.root, inside.expression.path
                target = str(path[0]) if path else ""
                if root == "variables" and target not in seen:
                    seen.add(target)
                    waiting.append(target)
                elif root == "secrets" and root not in roots:
                    self._refuse_hidden(name, user)
                elif root == "steps" and (step := self.steps.get(target)) and step.order >= before:
                    self._note_forward(user, step, before)

    def _refuse_hidden(self, name: str, user: _Found) -> None:
        title = f"variable `{name}` reads a secret, which cannot be used here"
        hint = "secrets are known only while a request is made"
        self.findings.note("RF204", title, user.label(), hint=hint)

    def _check_step(self, found: _Found, before: int | None) -> None:
        path = found.expression.path
        step = self.steps.get(str(path[0])) if path else None
        if step is None:
            name = str(path[0]) if path else ""
            title = (
                f"there is no step `{name}`" if path else "`steps` must be followed by a step id"
            )
            hint = name_hint(name, self.steps, what="Steps")
            self.findings.note("RF202", title, found.label(), hint=hint)
        elif before is not None and step.order >= before:
            self._note_forward(found, step, before)
        elif len(path) < 2 or path[1] not in STEP_PARTS:
            part = str(path[1]) if len(path) > 1 else ""
            title = (
                f"a step has no `{part}`" if part else f"`{found.shown}` must say what of the step"
            )
            hint = name_hint(part, STEP_PARTS, what="Parts")
            self.findings.note("RF202", title, found.label(), hint=hint)
        elif path[1] == "outputs":
            self._check_output(found, step)
        else:
            self._add_implicit(found, step)

    def _note_forward(self, found: _Found, step: StepName, before: int) -> None:
        user = next((each.id for each in self.steps.values() if each.order == before), "")
        if step.order == before:
            title = f"step `{user}` uses its own answer"
            self.findings.note(
                "RF203", title, found.label(), hint="in assertions, write `response`"
            )
            return
        title = f"step `{user}` uses an output of `{step.id}`, which runs later"
        produced = step.place.at("id") if "id" in _keys(step.place) else step.place
        self.findings.note(
            "RF203",
            title,
            found.label("needed here"),
            produced.label("produced here"),
            hint=f"move `{step.id}` before `{user}`",
        )

    def _check_output(self, found: _Found, step: StepName) -> None:
        path = found.expression.path
        name = str(path[2]) if len(path) > 2 else ""
        if name not in step.outputs:
            title = f"step `{step.id}` has no output `{name}`"
            hint = name_hint(name, step.outputs, what="Its outputs")
            hint = hint or "declare it under `outputs:`, or read `body.…` directly"
            self.findings.note("RF202", title, found.label(), hint=hint)

    def _add_implicit(self, found: _Found, step: StepName) -> None:
        path = found.expression.path[1:]
        try:
            output = make_output_path(path, path_text(path))
        except TemplateProblem as problem:
            self.findings.note("RF215", problem.message, found.label(), hint=problem.hint)
            return
        name = path_text(path)
        self.needs.implicit.setdefault(step.id, {})[name] = OutputSpec(
            name=name, source=output.source, path=output.path, required=False, is_declared=False
        )


def _locate(value: Value, data: Json, place: Place) -> list[_Found]:
    """Return the path expressions of *value* in order, each with its place in its text."""
    if isinstance(data, str):
        return [
            _Found(expression, place, offset, length)
            for expression, offset, length in find_paths(data)
        ]
    found: list[_Found] = []
    counts: dict[str, int] = {}
    places: dict[str, tuple[tuple[int, int], ...]] = {}
    for pointer, expression in walk_expressions(value):
        number = counts.get(pointer, 0)
        counts[pointer] = number + 1
        if isinstance(expression, PathExpression):
            if pointer not in places:
                places[pointer] = find_expressions(_text_at(data, pointer))
            offset, length = places[pointer][number]
            found.append(
                _Found(expression, Place(place.document, place.pointer + pointer), offset, length)
            )
    return found


def _text_at(data: Json, pointer: str) -> str:
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        data = data[key] if isinstance(data, Mapping) else data[int(key)]
    return str(data)


def _keys(place: Place) -> frozenset[str]:
    prefix = f"{place.pointer}/"
    return frozenset(
        key.removeprefix(prefix) for key in place.document.map.keys if key.startswith(prefix)
    )


def expressions_in(values: Sequence[Value]) -> list[Expression]:
    """Return every expression of *values*."""
    return [expression for value in values for _, expression in walk_expressions(value)]
