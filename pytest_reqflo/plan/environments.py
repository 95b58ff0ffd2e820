"""An environment as written to the snapshot that a run sees. Pure.

Process variables and the values of the person running are handed in: nothing here reads them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pytest_reqflo.artifact.header_names import find_header_fault
from pytest_reqflo.diagnostic import Diagnostic, name_hint
from pytest_reqflo.errors import RunCheckError
from pytest_reqflo.evidence.positions import SensitiveNames
from pytest_reqflo.lang.expression import PathExpression, Value
from pytest_reqflo.lang.template import parse_value, walk_expressions
from pytest_reqflo.noted import Noted
from pytest_reqflo.plan.grants import read_grants
from pytest_reqflo.plan.model import EnvironmentSnapshot, Service
from pytest_reqflo.values import Json

IMPLICIT_NAME = "default"
"""Name of the environment of a project that has no environment file."""

ME_PREFIX = "REQFLO_ME_"

CA_PEM = "ca_pem"
"""Key under which an environment that was pushed has what a file of `ca_file` held."""

_OWN_PREFIX = "REQFLO_"
_OWN_KEYS = ("base_url", "headers", "timeout_s", "follow_redirects", "tls")
_HEADER_ROOTS = frozenset({"env", "secrets", "me"})
_DEFAULT_HOPS = 5


def find_environment_name(names: Iterable[str], wanted: str | None) -> str | None:
    """Return which of the environments *names* a run uses; None: the implicit one.

    That is *wanted*, else the only one there is.
    Raises: RunCheckError RF303 when *wanted* does not exist or several could be meant.
    """
    known = tuple(names)
    if wanted is None:
        if len(known) > 1:
            hint = f"choose one with --reqflo-env {known[0]}, or with ini reqflo_env"
            title = f"no environment is chosen, and there are {len(known)}: {', '.join(known)}"
            raise RunCheckError(Diagnostic(code="RF303", title=title, hint=hint))
        return known[0] if known else None
    if wanted in known:
        return wanted
    if not known and wanted == IMPLICIT_NAME:
        return None
    hint = name_hint(wanted, known, what="Environments") or (
        f"write environments/{wanted}.yaml" if wanted.isidentifier() else ""
    )
    title = f"there is no environment `{wanted}`"
    raise RunCheckError(Diagnostic(code="RF303", title=title, hint=hint))


def implicit_environment(me: Mapping[str, str] | None = None) -> EnvironmentSnapshot:
    """Return the environment of a project that has no environment file."""
    return EnvironmentSnapshot(name=IMPLICIT_NAME, me=me or {}, is_implicit=True)


def snapshot_environment(
    data: Mapping[str, Any],
    *,
    process_env: Mapping[str, str],
    me: Mapping[str, str] | None = None,
    folder: Path | None = None,
    file: str = "",
) -> EnvironmentSnapshot:
    """Return the environment that *data* describes, as it is now.

    Shape: *data* has the keys of an environment file (a model's `to_data()`); files it names lie
        in *folder*; *file* is the environment file as messages show it. A value whose process
        variable is not set is left out.
    Raises: RunCheckError RF303 with every entry that cannot be used.
    """
    name = data["name"]
    problems: list[Diagnostic] = []
    wanted = data.get("values_from_env") or {}
    problems += [_own_variable(name, key, var) for key, var in wanted.items() if _is_own(var)]
    found = {
        key: process_env[variable]
        for key, variable in wanted.items()
        if variable in process_env and not _is_own(variable)
    }
    allowed = tuple(data.get("allowed_origins") or ())
    problems += [_no_origin(name, text) for text in allowed if find_origin(text) is None]
    services = {
        key: _read_service(f"`{key}` of environment `{name}`", entry, folder, problems)
        for key, entry in (data.get("services") or {}).items()
    }
    if problems:
        raise RunCheckError(*problems)
    grants = (data.get("secrets") or {}).get("grants")
    return EnvironmentSnapshot(
        name=name,
        values={**(data.get("values") or {}), **found},
        services=services,
        allowed_origins=allowed,
        me=me or {},
        unset_variables={key: var for key, var in wanted.items() if key not in found},
        sensitive=_read_sensitive(data.get("redact") or {}),
        grants=None if grants is None else read_grants(grants, file),
    )


def _read_sensitive(redact: Mapping[str, Iterable[str]]) -> SensitiveNames:
    return SensitiveNames().with_more(redact.get("headers") or (), redact.get("keys") or ())


def _is_own(variable: str) -> bool:
    return variable.upper().startswith(_OWN_PREFIX)


def _own_variable(environment: str, key: str, variable: str) -> Diagnostic:
    title = f"value `{key}` of environment `{environment}` reads `{variable}`, a setting of ours"
    hint = "values_from_env never reads REQFLO_*; give the variable another name"
    return Diagnostic(code="RF303", title=title, hint=hint)


def _no_origin(environment: str, text: str) -> Diagnostic:
    title = f"`{text}` in `allowed_origins` of environment `{environment}` is no origin"
    hint = "write scheme, host and, where it is not the usual one, port: https://api.example.com"
    return Diagnostic(code="RF303", title=title, hint=hint)


def _read_service(
    where: str, entry: Mapping[str, Any], folder: Path | None, problems: list[Diagnostic]
) -> Service:
    headers = _read_headers(where, entry.get("headers") or {}, problems)
    verify, ca_file = _read_tls(entry.get("tls"), folder)
    return Service(
        base_url=entry.get("base_url") or "",
        headers=headers,
        timeout_s=entry.get("timeout_s"),
        follow_redirects=_read_hops(entry.get("follow_redirects")),
        verify_tls=verify,
        ca_file=ca_file,
        values={key: value for key, value in entry.items() if key not in _OWN_KEYS},
    )


def _read_hops(value: bool | int | None) -> int | None:
    if value is None:
        return None
    return _DEFAULT_HOPS if value is True else int(value)


def _read_tls(tls: Any, folder: Path | None) -> tuple[bool, str | None]:
    if tls is None or isinstance(tls, bool):
        return tls is not False, None
    if pem := tls.get(CA_PEM):
        return tls.get("verify", True), pem
    ca_file = tls.get("ca_file")
    return tls.get("verify", True), str((folder or Path()) / ca_file) if ca_file else None


def _read_headers(
    where: str, headers: Mapping[str, Json], problems: list[Diagnostic]
) -> Mapping[str, Value]:
    read: dict[str, Value] = {}
    for name, data in headers.items():
        if fault := find_header_fault(name):
            title = f"header `{name}` of service {where} {fault}"
            problems.append(Diagnostic(code="RF303", title=title))
        read[name], placed = parse_value(data)
        problems += [
            Diagnostic(
                code="RF303",
                title=f"header `{name}` of service {where}: {found.problem.message}",
                hint=found.problem.hint,
            )
            for found in placed
        ]
        problems += [
            _bad_root(where, name, expression.root)
            for _, expression in walk_expressions(read[name])
            if isinstance(expression, PathExpression) and expression.root not in _HEADER_ROOTS
        ]
    return read


def _bad_root(where: str, header: str, root: str) -> Diagnostic:
    title = f"header `{header}` of service {where} uses `{root}`, which is not known there"
    return Diagnostic(code="RF303", title=title, hint="use env, secrets, me or a function")


# --- what the environment knows ------------------------------------------------------------------


def find_service(environment: EnvironmentSnapshot, name: str | None) -> tuple[str, Service] | None:
    """Return the service *name* with its name; without a name the only one, else ``default``."""
    if name:
        service = environment.services.get(name)
        return (name, service) if service else None
    if len(environment.services) == 1:
        return next(iter(environment.services.items()))
    return find_service(environment, IMPLICIT_NAME)


def service_entries(service: Service) -> Mapping[str, Json]:
    """Return what variables may read of *service*: its own values, its base URL and its timeout."""
    entries: dict[str, Json] = dict(service.values)
    if service.base_url:
        entries["base_url"] = service.base_url
    if service.timeout_s is not None:
        entries["timeout_s"] = service.timeout_s
    return entries


def find_open_guards(environment: EnvironmentSnapshot) -> tuple[str, ...]:
    """Return a sentence for each protection that *environment* turns off."""
    unchecked = [name for name, each in environment.services.items() if not each.verify_tls]
    guards = [
        f"TLS certificates of service `{name}` are NOT checked in environment `{environment.name}`"
        for name in unchecked
    ]
    if environment.allows_any_origin:
        guards.append("requests may go to ANY origin (reqflo_allow_any_host)")
    return tuple(guards)


def find_origin(url: str) -> str | None:
    """Return scheme, host and port of *url*, None when it is no absolute HTTP URL."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    is_default = port is None or port == {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + ("" if is_default else f":{port}")


def service_origin(service: Service) -> str | None:
    """Return what `find_origin` does for the base URL of *service*."""
    return _SERVICE_ORIGINS.of(service)


def _find_origin_of(service: Service) -> str | None:
    return find_origin(service.base_url)


_SERVICE_ORIGINS = Noted(_find_origin_of)


def read_me_values(
    process_env: Mapping[str, str], files: Iterable[Mapping[str, Json]] = ()
) -> Mapping[str, str]:
    """Return the values of the person running: process variables first, then *files* in order.

    Shape: `REQFLO_ME_AUTH_TOKEN` is ``auth_token``; in a file numbers and booleans become text,
        anything else is left out.
    """
    values: dict[str, str] = {}
    for content in reversed(list(files)):
        values |= {str(name): _as_text(value) for name, value in content.items() if _is_flat(value)}
    for variable, text in process_env.items():
        if variable.startswith(ME_PREFIX) and len(variable) > len(ME_PREFIX):
            name = find_me_name(values, variable[len(ME_PREFIX) :])
            values[name or variable[len(ME_PREFIX) :].lower()] = text
    return values


def find_me_name(values: Iterable[str], name: str) -> str | None:
    """Return the spelling of *name* in *values*: case and ``-`` against ``_`` make no difference."""
    names = list(values)
    if name in names:
        return name
    return next((each for each in names if _folded(each) == _folded(name)), None)


def _folded(name: str) -> str:
    return name.replace("-", "_").upper()


def _is_flat(value: Json) -> bool:
    return isinstance(value, (str, bool, int, float))


def _as_text(value: Json) -> str:
    if isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)
