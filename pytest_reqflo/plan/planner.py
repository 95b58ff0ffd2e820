"""An artifact, a request and an environment to the plan of one run: the dynamic Run check. Pure.

Everything that can be known to be missing before the first request is found here, all of it at once.
Secrets are only named: whoever executes the plan resolves them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from pytest_reqflo.artifact.model import Artifact
from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.errors import RunCheckError
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.lang.expression import LiteralValue
from pytest_reqflo.noted import NotedBeside
from pytest_reqflo.plan.demands import find_environment_problems
from pytest_reqflo.plan.environments import find_me_name, find_origin, service_origin
from pytest_reqflo.plan.expressions import read_names
from pytest_reqflo.plan.grants import Grantee, find_refused, refused_problem
from pytest_reqflo.plan.model import (
    EnvironmentSnapshot,
    GivenValue,
    PlainNames,
    Plan,
    ResolvedValue,
    RunRequest,
)
from pytest_reqflo.plan.resolving import Declared, declare, resolve_name, resolve_plainly
from pytest_reqflo.plan.secret_names import header_secrets, needed_secrets
from pytest_reqflo.plan.sources import (
    Declaration,
    Surroundings,
    own_candidates,
)


def make_plan(artifact: Artifact, request: RunRequest, environment: EnvironmentSnapshot) -> Plan:
    """Return what one run of *artifact* needs to know.

    Raises: RunCheckError with every missing value (RF301), everything that the environment lacks
        (RF303), every value of the wrong type (RF304) and all secrets that are not granted (RF306).
    """
    base = _BASES.of(artifact, environment)
    problems = list(base.problems)
    names = _resolve_names(artifact, request, base, problems)
    secret_names = (
        base.header_secrets
        if type(names) is PlainNames and not artifact.secrets
        else needed_secrets(artifact, names, base.environment)
    )
    problems += _grant_problems(secret_names, artifact, request, base.environment)
    if problems:
        raise RunCheckError(*problems)
    return Plan(
        artifact=artifact,
        identity=request.identity,
        environment=base.environment,
        names=names if type(names) is PlainNames else _spread_sensitivity(names),
        secret_names=secret_names,
        allowed_origins=base.allowed_origins,
        case=request.case,
        row_key=request.row_key,
        row_number=request.row_number,
        trace=request.trace,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Base:
    """What the runs of one artifact in one environment have in common.

    Shape: *offered* is what each declaration has beside the values that a run is given; *settled*
        holds those names that nothing but a given value can change; *header_secrets* are the
        secrets of a run whose values name none.
    """

    environment: EnvironmentSnapshot
    problems: tuple[Diagnostic, ...]
    allowed_origins: tuple[str, ...]
    offered: Mapping[str, tuple[GivenValue, ...]]
    settled: Mapping[str, ResolvedValue]
    declared: tuple[Declared, ...]
    header_secrets: tuple[str, ...]


def _make_base(artifact: Artifact, environment: EnvironmentSnapshot) -> _Base:
    environment = _with_all_spellings(artifact, _without_own(artifact, environment))
    around = Surroundings(environment=environment, services=artifact.services)
    offered: dict[str, tuple[GivenValue, ...]] = {}
    settled: dict[str, ResolvedValue] = {}
    for declaration in _declarations(artifact):
        candidates = offered[declaration.name] = tuple(own_candidates(declaration, around))
        problems: list[Diagnostic] = []
        value = resolve_name(declaration, candidates, around, problems)
        if not problems:
            settled[declaration.name] = value
    return _Base(
        environment=environment,
        problems=tuple(find_environment_problems(artifact, around)),
        allowed_origins=find_allowed_origins(artifact, environment),
        offered=offered,
        settled=settled,
        declared=tuple([declare(each, offered[each.name]) for each in _declarations(artifact)]),
        header_secrets=tuple(sorted({*header_secrets(artifact, environment)})),
    )


_BASES = NotedBeside(_make_base)
"""The rows of a data file differ in a few values, and in nothing else."""


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


def _declarations(artifact: Artifact) -> tuple[Declaration, ...]:
    return (*artifact.inputs, *artifact.variables)


def _resolve_names(
    artifact: Artifact, request: RunRequest, base: _Base, problems: list[Diagnostic]
) -> dict[str, ResolvedValue]:
    given = {value.name: value for value in request.given}
    is_one_each = len(given) == len(request.given)
    names: dict[str, ResolvedValue] = {}
    is_plain = True
    for declared in base.declared:
        name = declared.name
        value = given.get(name)
        if value is None:
            resolved = base.settled.get(name)
        else:
            resolved = resolve_plainly(declared, value) if is_one_each else None
        if resolved is None:
            resolved = _resolve_one(declared.declaration, artifact, request, base, problems)
        names[name] = resolved
        is_plain = is_plain and not resolved.sensitive and type(resolved.value) is LiteralValue
    return PlainNames(names) if is_plain else names


def _resolve_one(
    declaration: Declaration,
    artifact: Artifact,
    request: RunRequest,
    base: _Base,
    problems: list[Diagnostic],
) -> ResolvedValue:
    around = Surroundings(
        environment=base.environment,
        services=artifact.services,
        has_case=bool(request.case),
        has_row=request.row_number is not None,
    )
    name = declaration.name
    given = [value for value in request.given if value.name == name]
    return resolve_name(declaration, (*given, *base.offered[name]), around, problems)


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


def _grant_problems(
    names: tuple[str, ...],
    artifact: Artifact,
    request: RunRequest,
    environment: EnvironmentSnapshot,
) -> Iterator[Diagnostic]:
    if environment.grants is None or not names:
        return
    grantee = Grantee(journey=artifact.journey_id, tags=request.identity.tags, file=request.file)
    refused = find_refused(names, grantee, environment.grants)
    if refused:
        yield refused_problem(refused, environment.name, environment.grants)
