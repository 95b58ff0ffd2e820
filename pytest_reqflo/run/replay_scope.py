"""A recorded run gives the values that its expectations may read; what it does not hold is undecided. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pytest_reqflo.artifact.model import Artifact, VariableDeclaration
from pytest_reqflo.evidence.masks import find_mask
from pytest_reqflo.evidence.redact import Redactor
from pytest_reqflo.lang.expression import (
    CallExpression,
    LiteralValue,
    PathExpression,
    Rendered,
    Value,
)
from pytest_reqflo.lang.render import walk_path
from pytest_reqflo.lang.template import parse_value, path_text
from pytest_reqflo.plan.model import EnvironmentSnapshot, Plan, ResolvedValue
from pytest_reqflo.plan.sources import Declaration, kind_of
from pytest_reqflo.result import JourneyResult, StepResult, ValueOrigin
from pytest_reqflo.run.effects import CapturedValues, RunStart
from pytest_reqflo.run.masked import Undecided
from pytest_reqflo.run.reading import folded
from pytest_reqflo.run.recorded import RecordedAnswer
from pytest_reqflo.run.scope import RunScope
from pytest_reqflo.values import Json

_CUT = re.compile(r"… \(\d+ characters in all\)\Z")

_WRITTEN_LAYERS = ("case", "preset")
"""Layers whose values may hold expressions; the record shows them as their author wrote them."""

Gaps = Mapping[str, Mapping[str, str]]
"""Step id to key of output to why the record cannot give it."""


class ReplayScope(RunScope):
    """What the checks of one step may read when nothing runs. Raises `Undecided` for the rest."""

    def __init__(
        self,
        recorded: JourneyResult,
        plan: Plan,
        step: StepResult,
        *,
        answer: RecordedAnswer,
        captured: CapturedValues,
        gaps: Gaps,
        redactor: Redactor,
    ) -> None:
        started_at = step.tries[0].started_at if step.tries else recorded.started_at
        super().__init__(
            plan,
            RunStart(seed=recorded.seed, started_at=recorded.started_at),
            captured=captured,
            now=started_at or recorded.started_at,
            redactor=redactor,
        )
        self._response = lambda: answer.view
        self._recorded = recorded
        self._answer = answer
        self._gaps = gaps

    def lookup(self, expression: PathExpression) -> Rendered:
        """Return the value of *expression*. Raises: Undecided when pipes need what is masked."""
        value = super().lookup(expression)
        mask = find_mask(value) if any(p.name != "default" for p in expression.pipes) else ""
        if mask:
            shown = path_text((expression.root, *expression.path))
            raise Undecided(f"`{shown}` is masked in the record ({mask}), and its pipes need it")
        return value

    def call(self, expression: CallExpression, site: str) -> Json:
        """Return what the run drew at *site*. Raises: Undecided without a seed and times."""
        try:
            if self._recorded.seed:
                return super().call(expression, site)
        except ValueError:
            pass
        raise Undecided(f"the record does not hold what `{expression.function}()` is drawn from")

    def _find(self, expression: PathExpression) -> Rendered:
        match expression.root:
            case "secrets" | "me":
                shown = path_text((expression.root, *expression.path))
                raise Undecided(f"`{shown}` is in no record, and a replay does not read it")
            case "env":
                return self._env(expression)
            case "inputs" | "variables":
                self._refuse_unknown(expression)
            case "steps":
                self._refuse_gap(expression)
            case "response":
                self._refuse_body(expression)
            case _:
                pass
        return super()._find(expression)

    def _env(self, expression: PathExpression) -> Rendered:
        """Return what the run used of its environment, which is all that its record tells of it."""
        used = dict(_values_used(self._recorded))
        path = expression.path
        for length in range(len(path), 0, -1):
            shown = path_text((expression.root, *path[:length]))
            if shown in used:
                return walk_path(_whole(used[shown], shown), path[length:], shown=shown)
        shown = path_text((expression.root, *path))
        raise Undecided(
            f"the recorded run did not use `{shown}`, so its value is not in the record"
        )

    def _refuse_unknown(self, expression: PathExpression) -> None:
        name = str(expression.path[0]) if expression.path else ""
        resolved = self.plan.names.get(name)
        shown = f"{expression.root}.{name}"
        if resolved is None:
            raise Undecided(f"`{shown}` is not in the record")
        if resolved.origin.sensitive:
            raise Undecided(f"`{shown}` is sensitive, so its value is not in the record")
        if isinstance(resolved.value, LiteralValue):
            _whole(resolved.value.value, shown)

    def _refuse_gap(self, expression: PathExpression) -> None:
        step = str(expression.path[0]) if expression.path else ""
        gaps = self._gaps.get(step, {})
        path = folded(expression.path[1:])
        for length in range(len(path), 0, -1):
            key = path_text(path[:length])
            if key in gaps:
                raise Undecided(f"`steps.{step}.{key}` is not in the record: {gaps[key]}")

    def _refuse_body(self, expression: PathExpression) -> None:
        part = expression.path[0] if expression.path else ""
        gap = {"body": self._answer.json_gap, "text": self._answer.text_gap}.get(str(part), "")
        if gap:
            raise Undecided(gap)


def is_cut(value: Json) -> bool:
    """Say whether the record holds only the head of *value*."""
    return isinstance(value, str) and _CUT.search(value) is not None


def _whole(value: Json, shown: str) -> Json:
    """Return *value*. Raises: Undecided when the record holds only its head."""
    if is_cut(value):
        raise Undecided(f"only the head of `{shown}` was recorded")
    return value


def _values_used(recorded: JourneyResult) -> Iterator[tuple[str, Json]]:
    for step in recorded.steps:
        for each in step.tries:
            for use in each.values_used:
                yield use.expression.removeprefix("{{ ").removesuffix(" }}"), use.value


# --- the plan ------------------------------------------------------------------------------------


def plan_of(recorded: JourneyResult, artifact: Artifact) -> Plan:
    """Return the plan by which *artifact* is judged with the values of the run *recorded*.

    Shape: a name that the run did not have has what the journey itself gives it.
    """
    identity = recorded.identity
    is_row = identity.row_number is not None
    return Plan(
        artifact=artifact,
        identity=identity,
        environment=EnvironmentSnapshot(name=identity.environment),
        names=dict(_names(recorded, artifact)),
        case=identity.case,
        row_key=identity.row if is_row else "",
        row_number=identity.row_number,
    )


def _names(recorded: JourneyResult, artifact: Artifact) -> Iterator[tuple[str, ResolvedValue]]:
    known = {origin.name: origin for origin in recorded.values}
    declarations: tuple[Declaration, ...] = (*artifact.inputs, *artifact.variables)
    for declaration in declarations:
        name = declaration.name
        origin = known.get(name)
        derived = declaration.value if isinstance(declaration, VariableDeclaration) else None
        if derived is not None and (origin is None or origin.layer in ("source", "unset")):
            yield name, _given_by_journey(declaration, derived)
        elif declaration.has_default and (origin is None or origin.layer == "unset"):
            yield name, _given_by_journey(declaration, LiteralValue(declaration.default))
        elif origin is not None:
            yield name, _resolved(origin)


def _resolved(origin: ValueOrigin) -> ResolvedValue:
    value: Value = LiteralValue(origin.value)
    if origin.layer in _WRITTEN_LAYERS:
        parsed, problems = parse_value(origin.value)
        value = value if problems else parsed
    is_set = origin.layer != "unset"
    return ResolvedValue(
        name=origin.name, value=value, origin=origin, is_set=is_set, sensitive=origin.sensitive
    )


def _given_by_journey(declaration: Declaration, value: Value) -> ResolvedValue:
    origin = ValueOrigin(
        name=declaration.name,
        kind_of_name=kind_of(declaration),
        layer="default",
        detail="the journey",
    )
    return ResolvedValue(
        name=declaration.name, value=value, origin=origin, sensitive=declaration.sensitive
    )
