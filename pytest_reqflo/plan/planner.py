"""An artifact, a request and an environment to the plan of one run: the dynamic Run check. Pure.

Everything that can be known to be missing before the first request is found here, all of it at once.
Secrets are only named: whoever executes the plan resolves them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from pytest_reqflo.artifact.model import Artifact, InputDeclaration, VariableDeclaration
from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.errors import RunCheckError
from pytest_reqflo.lang.expression import (
    CallExpression,
    LiteralValue,
    PathExpression,
    Value,
    ValueMissing,
)
from pytest_reqflo.plan.demands import find_environment_problems
from pytest_reqflo.plan.environments import find_me_name, find_origin, service_origin
from pytest_reqflo.plan.expressions import (
    EarlyScope,
    is_known_early,
    read_names,
    render_early,
    shown_text,
)
from pytest_reqflo.plan.grants import Grantee, find_refused, refused_problem
from pytest_reqflo.plan.model import (
    EnvironmentSnapshot,
    GivenValue,
    Plan,
    ResolvedValue,
    RunRequest,
)
from pytest_reqflo.plan.precedence import find_winner
from pytest_reqflo.plan.secret_names import needed_secrets
from pytest_reqflo.plan.sources import (
    Declaration,
    Surroundings,
    all_service_entries,
    is_sensitive,
    kind_of,
    own_candidates,
    places_looked_in,
)
from pytest_reqflo.plan.types import find_misfit
from pytest_reqflo.result import ValueOrigin
from pytest_reqflo.values import Json


def make_plan(artifact: Artifact, request: RunRequest, environment: EnvironmentSnapshot) -> Plan:
    """Return what one run of *artifact* needs to know.

    Raises: RunCheckError with every missing value (RF301), everything that the environment lacks
        (RF303), every value of the wrong type (RF304) and all secrets that are not granted (RF306).
    """
    environment = _with_all_spellings(artifact, _without_own(artifact, environment))
    around = Surroundings(
        environment=environment,
        services=artifact.services,
        has_case=bool(request.case),
        has_row=request.row_number is not None,
    )
    problems = list(find_environment_problems(artifact, around))
    names = _resolve_names(artifact, request, around, problems)
    secret_names = needed_secrets(artifact, names, environment)
    problems += _grant_problems(secret_names, artifact, request, environment)
    if problems:
        raise RunCheckError(*problems)
    return Plan(
        artifact=artifact,
        identity=request.identity,
        environment=environment,
        names=_spread_sensitivity(names),
        secret_names=secret_names,
        allowed_origins=find_allowed_origins(artifact, environment),
        case=request.case,
        row_key=request.row_key,
        row_number=request.row_number,
        trace=request.trace,
    )


def find_allowed_origins(artifact: Artifact, environment: EnvironmentSnapshot) -> tuple[str, ...]:
    """Return the origins that a run may send to, each once.

    Shape: those of all services, those the environment names; those written in the journey only
        where there is no environment file, as the author of a journey does not decide this.
    """
    origins = [service_origin(service) for service in environment.services.values()]
    origins += map(find_origin, environment.allowed_origins)
    origins += map(find_origin, artifact.origins if environment.is_implicit else ())
    return tuple(dict.fromkeys(origin for origin in origins if origin))


def _without_own(artifact: Artifact, environment: EnvironmentSnapshot) -> EnvironmentSnapshot:
    """Take the me values away where the journey itself says which servers it talks to.

    Without an environment file nobody but its author has; it may be a stranger's.
    """
    is_authors_choice = environment.is_implicit and bool(artifact.origins)
    return replace(environment, me={}) if is_authors_choice else environment


def _with_all_spellings(
    artifact: Artifact, environment: EnvironmentSnapshot
) -> EnvironmentSnapshot:
    """Give each me value under the very name that expressions use."""
    if environment.me.keys() >= set(artifact.me_values):
        return environment
    spellings = {key: find_me_name(environment.me, key) for key in artifact.me_values}
    me = {key: environment.me[name] for key, name in spellings.items() if name}
    return replace(environment, me={**environment.me, **me})


# --- values --------------------------------------------------------------------------------------


def _resolve_names(
    artifact: Artifact, request: RunRequest, around: Surroundings, problems: list[Diagnostic]
) -> dict[str, ResolvedValue]:
    given: dict[str, list[GivenValue]] = {}
    for value in request.given:
        given.setdefault(value.name, []).append(value)
    names: dict[str, ResolvedValue] = {}
    declarations: tuple[Declaration, ...] = (*artifact.inputs, *artifact.variables)
    for declaration in declarations:
        candidates = [*given.get(declaration.name, ()), *own_candidates(declaration, around)]
        winner = find_winner(candidates)
        if winner is None:
            problems += [_missing(declaration, around)] if declaration.required else []
            names[declaration.name] = _unset(declaration)
        else:
            names[declaration.name] = _resolve(declaration, winner, around, problems)
    return names


def _resolve(
    declaration: Declaration, winner: GivenValue, around: Surroundings, problems: list[Diagnostic]
) -> ResolvedValue:
    value = winner.value
    if not isinstance(value, LiteralValue) and winner.layer != "source" and is_known_early(value):
        try:
            scope = EarlyScope(around.environment, all_service_entries(around))
            value = render_early(value, scope)
        except ValueMissing as missing:
            problems.append(_unknown_early(declaration, winner, missing))
    if isinstance(declaration, InputDeclaration) and isinstance(value, LiteralValue):
        problems += _type_problems(declaration, winner, value.value)
    hidden = is_sensitive(declaration) or any(
        read_names(winner.value, root) for root in ("secrets", "me")
    )
    origin = ValueOrigin(
        name=declaration.name,
        kind_of_name=kind_of(declaration),
        layer=winner.layer,
        value=_mask(declaration, value) if hidden else shown_text(value),
        detail=winner.detail,
        sensitive=hidden,
    )
    return ResolvedValue(name=declaration.name, value=value, origin=origin, sensitive=hidden)


def _mask(declaration: Declaration, value: Value) -> str:
    names = read_names(value, "secrets")
    return f"[secret:{names[0]}]" if names else f"[sensitive:{declaration.name}]"


def _unset(declaration: Declaration) -> ResolvedValue:
    sensitive = is_sensitive(declaration)
    origin = ValueOrigin(
        name=declaration.name,
        kind_of_name=kind_of(declaration),
        layer="unset",
        sensitive=sensitive,
    )
    return ResolvedValue(
        name=declaration.name,
        value=LiteralValue(None),
        origin=origin,
        is_set=False,
        sensitive=sensitive,
    )


def _spread_sensitivity(names: Mapping[str, ResolvedValue]) -> Mapping[str, ResolvedValue]:
    """Mark what is made from sensitive values as sensitive too, however long the chain."""
    hidden = {name for name, value in names.items() if value.sensitive}
    if not hidden:
        return names
    is_growing = True
    while is_growing:
        found = {
            name for name, value in names.items() if name not in hidden and _reads(value, hidden)
        }
        hidden |= found
        is_growing = bool(found)
    return {
        name: replace(value, sensitive=True) if name in hidden and not value.sensitive else value
        for name, value in names.items()
    }


def _reads(value: ResolvedValue, names: set[str]) -> bool:
    read = (*read_names(value.value, "inputs"), *read_names(value.value, "variables"))
    return not names.isdisjoint(read)


# --- problems ------------------------------------------------------------------------------------


def _missing(declaration: Declaration, around: Surroundings) -> Diagnostic:
    kind, name = kind_of(declaration), declaration.name
    title = f"required {kind} `{name}` has no value"
    notes = [f"looked in: {', '.join(places_looked_in(declaration, around))}"]
    key = declaration.key if isinstance(declaration, VariableDeclaration) else name
    if variable := around.environment.unset_variables.get(key):
        notes.append(f"process variable `{variable}` is not set")
    return Diagnostic(code="RF301", title=title, notes=tuple(notes), hint=_remedy(declaration))


def _remedy(declaration: Declaration) -> str:
    name = declaration.name
    if isinstance(declaration, VariableDeclaration) and declaration.source == "me":
        return f"set the process variable REQFLO_ME_{declaration.key.upper().replace('-', '_')}"
    if declaration.sensitive:
        return f"give `{name}` a value in a case by `{{{{ secrets.NAME }}}}`, or a default"
    return f"give --set {name}=VALUE, a value in the case, or a default to `{name}`"


def _unknown_early(
    declaration: Declaration, winner: GivenValue, missing: ValueMissing
) -> Diagnostic:
    title = f"the value of `{declaration.name}` cannot be made: {missing}"
    return Diagnostic(code="RF301", title=title, notes=_origin_notes(winner))


def _type_problems(
    declaration: InputDeclaration, winner: GivenValue, value: Json
) -> Iterator[Diagnostic]:
    misfit = find_misfit(value, declaration.type)
    if misfit:
        title = f"input `{declaration.name}` {misfit}"
        yield Diagnostic(code="RF304", title=title, notes=_origin_notes(winner))


def _origin_notes(winner: GivenValue) -> tuple[str, ...]:
    is_plain = isinstance(winner.value, (PathExpression, CallExpression))
    written = f" ({shown_text(winner.value)})" if is_plain else ""
    return (f"it comes from {winner.detail or winner.layer}{written}",)


def _grant_problems(
    names: tuple[str, ...],
    artifact: Artifact,
    request: RunRequest,
    environment: EnvironmentSnapshot,
) -> Iterator[Diagnostic]:
    grantee = Grantee(journey=artifact.journey_id, tags=request.identity.tags, file=request.file)
    refused = find_refused(names, grantee, environment.grants)
    if refused and environment.grants is not None:
        yield refused_problem(refused, environment.name, environment.grants)
