"""What of a request must not be shown, and where an answer may lead it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pytest_reqflo.artifact.model import RequestSpec
from pytest_reqflo.lang.expression import (
    LiteralValue,
    PathExpression,
    Rendered,
    TextValue,
    Value,
    ValueMissing,
)
from pytest_reqflo.lang.render import render_value
from pytest_reqflo.plan.environments import find_origin, find_service
from pytest_reqflo.plan.model import Plan
from pytest_reqflo.run.reading import expressions_in, walk_reachable
from pytest_reqflo.run.scope import RunScope, revealed, secrets_in
from pytest_reqflo.values import is_array

_WHOLE_AUTHORITY = re.compile(r"https?://[^/?#{]+[/?#]", re.IGNORECASE)
"""A host that is written out; one with a placeholder is whatever fills it."""


def find_hidden_texts(part: Any, scope: RunScope) -> tuple[str, ...]:
    """Return the secret and sensitive texts that *part* of a request is made from, each once."""
    with scope.unnoted():
        return tuple(dict.fromkeys(_hidden_texts(part, scope)))


def _hidden_texts(part: Any, scope: RunScope) -> Iterator[str]:
    for expression in walk_reachable(expressions_in(part), scope.plan):
        if not isinstance(expression, PathExpression) or expression.root == "response":
            continue
        try:
            value = render_value(expression, scope, site="")
        except ValueMissing:
            continue
        if scope.hidden_name(expression):
            yield from _leaves(revealed(value))
        else:
            yield from (secret.reveal() for secret in secrets_in(value))


def _leaves(value: Rendered) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    elif is_array(value):
        for item in value:
            yield from _leaves(item)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def is_answer_led(spec: RequestSpec, plan: Plan) -> bool:
    """Say whether the host of a request comes from an answer, or may."""
    return not has_own_authority(spec.url) and bool(_sources_of(spec, plan))


def has_own_authority(url: Value) -> bool:
    """Say whether *url* writes its host out, or leaves it to the base URL."""
    if isinstance(url, LiteralValue):
        first: object = f"{url.value}/"
    else:
        first = url.parts[0] if isinstance(url, TextValue) and url.parts else url
    if not isinstance(first, str):
        return False
    return "://" not in first or _WHOLE_AUTHORITY.match(first) is not None


def _sources_of(spec: RequestSpec, plan: Plan) -> set[str]:
    return {
        str(found.path[0])
        for found in walk_reachable(expressions_in((spec.url, spec.path_params)), plan)
        if isinstance(found, PathExpression) and found.root == "steps" and found.path
    }


def find_home_origins(plan: Plan, spec: RequestSpec) -> frozenset[str]:
    """Return the origins that the author of a step with the request *spec* had in mind."""
    return frozenset(_homes(plan, spec, set()))


def _homes(plan: Plan, spec: RequestSpec, seen: set[str]) -> set[str]:
    service = find_service(plan.environment, spec.service)
    origins = {find_origin(service[1].base_url)} if service else set()
    origins.add(_written_origin(spec.url))
    if is_answer_led(spec, plan):
        steps = (*plan.artifact.steps, *plan.artifact.finally_steps)
        sources = _sources_of(spec, plan) - seen
        for step in steps:
            if step.id in sources:
                origins |= _homes(plan, step.request, seen | sources)
    return {origin for origin in origins if origin}


def _written_origin(url: Value) -> str | None:
    if isinstance(url, LiteralValue):
        return find_origin(str(url.value))
    first = url.parts[0] if isinstance(url, TextValue) and url.parts else ""
    is_whole = isinstance(first, str) and _WHOLE_AUTHORITY.match(first)
    return find_origin(str(first)) if is_whole else None
