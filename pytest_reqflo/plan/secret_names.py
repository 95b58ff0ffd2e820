"""Which secrets a run may read: by name only, whoever executes it resolves them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pytest_reqflo.artifact.model import Artifact, VariableDeclaration
from pytest_reqflo.lang.expression import LiteralValue, Value
from pytest_reqflo.plan.environments import find_service
from pytest_reqflo.plan.expressions import find_uses, read_names
from pytest_reqflo.plan.grants import Grantee, find_refused
from pytest_reqflo.plan.model import EnvironmentSnapshot, ResolvedValue


def needed_secrets(
    artifact: Artifact, names: Mapping[str, ResolvedValue], environment: EnvironmentSnapshot
) -> tuple[str, ...]:
    """Return the sorted names of the secrets that a run with the values *names* may read."""
    needed = set(header_secrets(artifact, environment))
    if artifact.secrets:
        needed |= set(artifact.secrets).difference(_replaced_secrets(artifact, names))
    for resolved in names.values():
        if type(resolved.value) is not LiteralValue:
            needed.update(read_names(resolved.value, "secrets"))
    return tuple(sorted(needed))


def declared_secrets(
    artifact: Artifact, grantee: Grantee, environment: EnvironmentSnapshot
) -> tuple[str, ...]:
    """Return the sorted names of the secrets that any run of *artifact* may read there.

    Those that the values of a case or row name are not among them.
    """
    names = sorted({*artifact.secrets, *header_secrets(artifact, environment)})
    refused = find_refused(names, grantee, environment.grants)
    return tuple(name for name in names if name not in refused)


def header_secrets(artifact: Artifact, environment: EnvironmentSnapshot) -> Iterator[str]:
    """Yield the names of the secrets in the headers of the services of *artifact*."""
    for wanted in artifact.services:
        found = find_service(environment, wanted)
        for header in found[1].headers.values() if found else ():
            yield from read_names(header, "secrets")


def _replaced_secrets(artifact: Artifact, names: Mapping[str, ResolvedValue]) -> Iterator[str]:
    """Yield the secrets of variables that got another value: the run does not read them."""
    replaced = [
        variable.key
        for variable in artifact.variables
        if variable.source == "secret" and names[variable.name].origin.layer != "source"
    ]
    if not replaced:
        return
    steps = (artifact.steps, artifact.finally_steps, _values_of(artifact.variables))
    used = {use.path[0] for use in find_uses(steps, "secrets") if use.path}
    yield from (key for key in replaced if key not in used)


def _values_of(variables: Iterable[VariableDeclaration]) -> tuple[Value, ...]:
    return tuple(variable.value for variable in variables if variable.value is not None)
