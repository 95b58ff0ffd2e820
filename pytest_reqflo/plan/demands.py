"""What a journey demands of its environment, and what of it is lacking. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_reqflo.artifact.model import Artifact
from pytest_reqflo.diagnostic import Diagnostic, name_hint
from pytest_reqflo.plan.environments import find_service, service_origin
from pytest_reqflo.plan.expressions import needs_value
from pytest_reqflo.plan.model import EnvironmentSnapshot, Service
from pytest_reqflo.plan.sources import Surroundings, find_environment_value, me_places


def find_environment_problems(artifact: Artifact, around: Surroundings) -> Iterator[Diagnostic]:
    """Yield what *artifact* needs and the environment lacks: services, values, me values."""
    for name in artifact.services:
        yield from _service_problems(name, around.environment)
    for key in artifact.environment_values:
        if find_environment_value(key, around) is None and needs_value(artifact, "env", key):
            yield _lacking_value(key, around.environment)
    for key in artifact.me_values:
        if key not in around.environment.me and needs_value(artifact, "me", key):
            title = f"required me value `{key}` is not set"
            if around.environment.is_implicit and artifact.origins:
                notes = ("there is no environment file, and the journey names its servers itself",)
                hint = "write environments/local.yaml with their base_url"
            else:
                notes, hint = (f"looked in: {me_places(key)}",), ""
            yield Diagnostic(code="RF301", title=title, notes=notes, hint=hint)


def _service_problems(name: str, environment: EnvironmentSnapshot) -> Iterator[Diagnostic]:
    found = find_service(environment, name)
    if found is None:
        yield _unknown_service(name, environment)
    else:
        yield from _base_url_problems(*found, environment)


def _unknown_service(name: str, environment: EnvironmentSnapshot) -> Diagnostic:
    where = f"environment `{environment.name}`"
    if environment.is_implicit:
        title = f"there is no environment file, so service `{name or 'default'}` has no base URL"
        hint = f"write environments/local.yaml with services: {{{name or 'default'}: {{base_url: ...}}}}"
        return Diagnostic(code="RF303", title=title, hint=hint)
    known = tuple(environment.services)
    if name:
        hint = name_hint(name, known, what="Services")
        return Diagnostic(code="RF303", title=f"{where} has no service `{name}`", hint=hint)
    if not known:
        hint = "add services: {default: {base_url: ...}} to its file"
        return Diagnostic(code="RF303", title=f"{where} has no services", hint=hint)
    title = f"{where} has {len(known)} services and none of them is `default`"
    hint = f"name one with `service:` in the journey or step: {', '.join(known)}"
    return Diagnostic(code="RF303", title=title, hint=hint)


def _base_url_problems(
    name: str, service: Service, environment: EnvironmentSnapshot
) -> Iterator[Diagnostic]:
    where = f"service `{name}` of environment `{environment.name}`"
    if not service.base_url:
        hint = f"add base_url to services.{name}"
        yield Diagnostic(code="RF303", title=f"{where} has no base_url", hint=hint)
    elif service_origin(service) is None:
        # Not quoted: a URL may hold a password.
        title = f"the base_url of {where} is no absolute URL"
        yield Diagnostic(code="RF303", title=title, hint="begin it with http:// or https://")


def _lacking_value(key: str, environment: EnvironmentSnapshot) -> Diagnostic:
    variable = environment.unset_variables.get(key)
    return Diagnostic(
        code="RF303",
        title=f"environment `{environment.name}` has no value `{key}`",
        notes=(f"process variable `{variable}` is not set",) if variable else (),
        hint="" if variable else name_hint(key, environment.values, what="Values"),
    )
