"""What each layer offers for a declared input or variable, and where was looked. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, assert_never

from pytest_reqflo.artifact.model import InputDeclaration, VariableDeclaration
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.lang.expression import LiteralValue, PathExpression, Value
from pytest_reqflo.plan.environments import (
    ME_PREFIX,
    find_me_name,
    find_service,
    service_entries,
)
from pytest_reqflo.plan.model import EnvironmentSnapshot, GivenValue, Service
from pytest_reqflo.plan.precedence import PRECEDENCE
from pytest_reqflo.values import Json

Declaration = InputDeclaration | VariableDeclaration


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a value may come from beside the layers that the request gives."""

    environment: EnvironmentSnapshot
    services: tuple[str, ...] = ()
    has_case: bool = False
    has_row: bool = False


def kind_of(declaration: Declaration) -> Literal["input", "variable"]:
    """Return how messages call *declaration*."""
    return "input" if isinstance(declaration, InputDeclaration) else "variable"


def is_sensitive(declaration: Declaration) -> bool:
    """Say whether every value of *declaration* must be hidden, wherever it comes from."""
    source = declaration.source if isinstance(declaration, VariableDeclaration) else ""
    return declaration.sensitive or source in ("me", "secret")


def own_candidates(declaration: Declaration, around: Surroundings) -> Iterator[GivenValue]:
    """Yield what the declaration itself and the environment offer, in order of precedence."""
    if isinstance(declaration, VariableDeclaration):
        yield from _from_source(declaration, around)
    name = declaration.name
    if declaration.has_default:
        value = LiteralValue(declaration.default)
        detail = f"default of the {kind_of(declaration)}"
        yield GivenValue(name=name, layer="default", value=value, detail=detail)
    environment = around.environment
    if name in environment.values:
        value = LiteralValue(environment.values[name])
        detail = f"value of the same name in environment `{environment.name}`"
        yield GivenValue(name=name, layer="environment", value=value, detail=detail)


def _from_source(variable: VariableDeclaration, around: Surroundings) -> Iterator[GivenValue]:
    found: tuple[Value, str] | None
    match variable.source:
        case "environment":
            found = find_environment_value(variable.key, around)
        case "me":
            found = _find_me_value(variable.key, around.environment)
        case "secret":
            path = PathExpression(root="secrets", path=(variable.key,))
            found = path, f"secret `{variable.key}`"
        case "value":
            found = (variable.value, "the journey") if variable.value is not None else None
        case "preset" | "manual":
            found = None
        case _:
            assert_never(variable.source)
    if found is not None:
        value, detail = found
        yield GivenValue(name=variable.name, layer="source", value=value, detail=detail)


def find_environment_value(key: str, around: Surroundings) -> tuple[Value, str] | None:
    """Return the environment's value *key*, else that of the first service that has one."""
    environment = around.environment
    if key in environment.values:
        return LiteralValue(environment.values[key]), f"environment `{environment.name}`"
    for name, service in _services(around):
        entries = service_entries(service)
        if key in entries:
            return LiteralValue(
                entries[key]
            ), f"service `{name}` of environment `{environment.name}`"
    return None


def all_service_entries(around: Surroundings) -> Mapping[str, Json]:
    """Return the entries of all services in use; the first that has one gives it."""
    found: dict[str, Json] = {}
    for _, service in reversed(tuple(_services(around))):
        found |= service_entries(service)
    return found


def _services(around: Surroundings) -> Iterator[tuple[str, Service]]:
    for wanted in around.services or ("",):
        found = find_service(around.environment, wanted)
        if found:
            yield found


def _find_me_value(key: str, environment: EnvironmentSnapshot) -> tuple[Value, str] | None:
    name = find_me_name(environment.me, key)
    return (LiteralValue(environment.me[name]), f"me value `{key}`") if name else None


def me_places(key: str) -> str:
    """Return where the value *key* of the person running is looked for."""
    variable = ME_PREFIX + key.upper().replace("-", "_")
    return f"{variable}, .reqflo/me.yaml, me.yaml of the user's configuration folder"


def places_looked_in(declaration: Declaration, around: Surroundings) -> tuple[str, ...]:
    """Return where a value of *declaration* was looked for, highest precedence first."""
    places = {
        "row": "data row" if around.has_row else "",
        "set": "--set",
        "case": "case" if around.has_case else "",
        "preset": "presets of the case" if around.has_case else "",
        "source": _source_place(declaration, around.environment),
        "default": f"default of the {kind_of(declaration)}",
        "environment": f"environment `{around.environment.name}`",
    }
    found = (places.get(layer, "") for layer in PRECEDENCE)
    return tuple(dict.fromkeys(place for place in found if place))


def _source_place(declaration: Declaration, environment: EnvironmentSnapshot) -> str:
    if not isinstance(declaration, VariableDeclaration):
        return ""
    key = declaration.key
    match declaration.source:
        case "environment":
            return f"value `{key}` of environment `{environment.name}`"
        case "me":
            return me_places(key)
        case "preset":
            return "presets of the case"
        case _:
            return ""
