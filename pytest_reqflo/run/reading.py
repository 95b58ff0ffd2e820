"""A step to what its tries need to know of it before any value is known: once per artifact. Pure."""

from __future__ import annotations

import dataclasses
import functools
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from pytest_reqflo.artifact.model import OutputSpec, StepSpec
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.lang.expression import (
    CallExpression,
    Expression,
    LiteralValue,
    PathExpression,
    Segment,
)
from pytest_reqflo.lang.template import path_text
from pytest_reqflo.noted import Noted
from pytest_reqflo.plan.model import Plan

_FOLDED_ROOTS = ("headers", "headers_all")

_PLAIN = frozenset({str, int, float, bool, type(None), LiteralValue, OutputSpec})
"""Types of what holds no expression."""

_PLAIN_FIELDS = frozenset({"str", "int", "float", "bool", "Json", "tuple[str, ...]"})
"""How the fields are declared that hold no expression."""


_SOURCES = frozenset({"inputs", "variables", "steps", "secrets", "me"})
"""Roots below which something may be hidden, or come from an earlier step."""


@dataclass(frozen=True, slots=True)
class StepReading:
    """The expressions of a step in the order in which they stand, and the keys of its outputs.

    Shape: *sources* are those of all that name something below one of the `_SOURCES`, and *unnamed*
        those of them that are no inputs and no variables, *secrets* the sorted names of secrets.
    """

    request: tuple[Expression, ...]
    sources: tuple[PathExpression, ...]
    unnamed: tuple[PathExpression, ...]
    secrets: tuple[str, ...]
    reads_steps: bool
    outputs: tuple[tuple[str, OutputSpec], ...]


def read_step(step: StepSpec) -> StepReading:
    """Return what is known of *step* in all runs."""
    return _READINGS.of(step)


def _read(step: StepSpec) -> StepReading:
    request = expressions_in(step.request)
    judging = expressions_in((step.assertions, step.poll))
    sources = sources_in(request + judging)
    return StepReading(
        request=request,
        sources=sources,
        unnamed=tuple([each for each in sources if each.root not in _NAMED_ROOTS]),
        secrets=tuple(sorted({str(each.path[0]) for each in sources if each.root == "secrets"})),
        reads_steps="steps" in [each.root for each in sources],
        outputs=tuple((output_key(spec), spec) for spec in step.outputs),
    )


_NAMED_ROOTS = frozenset({"inputs", "variables"})

_READINGS = Noted(_read)


def output_key(spec: OutputSpec) -> str:
    """Return the key of an output among the captured values of its step.

    It is the path that expressions write after the step: ``outputs.order_id``, ``body.order.id``.
    """
    if spec.is_declared:
        return path_text(("outputs", spec.name))
    return path_text(folded((spec.source, *spec.path)))


def folded(path: tuple[Segment, ...]) -> tuple[Segment, ...]:
    """Lower the name of a header: their case does not matter."""
    if len(path) > 1 and path[0] in _FOLDED_ROOTS:
        return (path[0], str(path[1]).lower(), *path[2:])
    if len(path) > 2 and path[0] == "request" and path[1] == "headers":
        return (*path[:2], str(path[2]).lower(), *path[3:])
    return path


def expressions_in(part: Any) -> tuple[Expression, ...]:
    """Return every expression in *part*: a value, a request, assertions, or any tuple of these."""
    found: list[Expression] = []
    _gather(part, found)
    return tuple(found)


def _gather(part: Any, found: list[Expression]) -> None:
    kind: Any = type(part)
    if kind in _PLAIN:
        return
    if kind is PathExpression or kind is CallExpression:
        found.append(part)
        return
    for each in part if kind is tuple else _parts_reader(kind)(part):
        # Most parts are empty, or plain.
        if each and type(each) not in _PLAIN:
            _gather(each, found)


@functools.cache
def _parts_reader(kind: type) -> Callable[[Any], Iterable[Any]]:
    """Return what gives the parts of values of *kind* that may hold expressions."""
    if issubclass(kind, tuple):
        return iter
    if issubclass(kind, Mapping):
        return operator.methodcaller("values")
    fields = dataclasses.fields(kind) if dataclasses.is_dataclass(kind) else ()
    names = [each.name for each in fields if _may_hold(str(each.type))]
    if len(names) > 1:
        return operator.attrgetter(*names)
    return lambda part: [getattr(part, name) for name in names]


def _may_hold(declared: str) -> bool:
    return declared.removesuffix(" | None") not in _PLAIN_FIELDS and "Literal[" not in declared


def sources_in(expressions: tuple[Expression, ...]) -> tuple[PathExpression, ...]:
    """Return those of *expressions* that name something below one of the `_SOURCES`."""
    return tuple(
        each
        for each in expressions
        if type(each) is PathExpression and each.path and each.root in _SOURCES
    )


def find_telling(sources: tuple[PathExpression, ...], plan: Plan) -> tuple[PathExpression, ...]:
    """Return those of *sources* that may lead to what is hidden: none in most steps."""
    return tuple([each for each in sources if not _is_plain(each, plan)])


def _is_plain(source: PathExpression, plan: Plan) -> bool:
    """Say whether *source* names an input or a variable that is a literal and may be shown."""
    resolved = plan.names.get(str(source.path[0])) if source.root in _NAMED_ROOTS else None
    return resolved is not None and type(resolved.value) is LiteralValue and not resolved.sensitive


def walk_reachable(expressions: tuple[Expression, ...], plan: Plan) -> Iterator[Expression]:
    """Yield *expressions*, and those of the inputs and variables that they read."""
    seen: set[str] = set()
    waiting: list[tuple[Expression, ...]] = [expressions]
    while waiting:
        for expression in waiting.pop():
            yield expression
            if not isinstance(expression, PathExpression) or not expression.path:
                continue
            name = str(expression.path[0])
            if expression.root in ("inputs", "variables") and name not in seen:
                seen.add(name)
                if name in plan.names:
                    waiting.append(expressions_in(plan.names[name].value))


def secret_names_of(expressions: tuple[Expression, ...], plan: Plan) -> tuple[str, ...]:
    """Return the sorted names of the secrets that *expressions* need, by whatever way."""
    found = (each for each in walk_reachable(expressions, plan) if isinstance(each, PathExpression))
    return tuple(sorted({str(each.path[0]) for each in found if each.root == "secrets"}))
