"""What an environment file says, as data that workers anywhere can use. Reads files of authorities.

What depends on the machine of whoever pushes stays there: dotenv files, providers of secrets,
process variables. Workers are told by their own configuration where secrets are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.engine.tls import PEM_BEGINS
from pytest_reqflo.errors import EngineError
from pytest_reqflo.evidence.positions import find_userinfo
from pytest_reqflo.plan.environments import CA_PEM, snapshot_environment
from pytest_reqflo.plan.model import EnvironmentSnapshot
from pytest_reqflo.values import Json

FORMAT = 1
"""Number of the form of a document; a reader accepts it and no other."""

_KEPT = ("name", "description", "values", "services", "allowed_origins", "redact", "queue")
_MAX_PEM_BYTES = 1024 * 1024
_CERTIFICATE = re.compile(
    r"-----BEGIN CERTIFICATE-----\s[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----"
)


def document_of(data: Mapping[str, Any], *, folder: Path, shown: str) -> Json:
    """Return the document of an environment.

    Shape: *data* are the keys of its file, *folder* is where that lies and *shown* its path.
    Raises: EngineError RF619 with everything that cannot be pushed; RunCheckError RF303 for what no
        run could use.
    """
    problems: list[Diagnostic] = [*_find_local(data, shown)]
    kept = {key: data[key] for key in _KEPT if data.get(key)}
    if "services" in kept:
        kept["services"] = {
            name: _service_of(name, entry, folder, problems)
            for name, entry in kept["services"].items()
        }
    if problems:
        raise EngineError(*problems)
    grants = (data.get("secrets") or {}).get("grants")
    document = {
        "format": FORMAT,
        "file": shown,
        **kept,
        **({} if grants is None else {"secrets": {"grants": grants}}),
    }
    snapshot_of(document)
    return document


def snapshot_of(document: Mapping[str, Any]) -> EnvironmentSnapshot:
    """Return the environment of a document, as a run sees it. Raises: EngineError RF619."""
    if document.get("format") != FORMAT:
        title = f"environment `{document.get('name')}` was pushed by another version"
        hint = "push it again, or use the version that pushed it"
        raise EngineError(_unpushable(title, hint))
    return snapshot_environment(document, process_env={}, file=str(document["file"]))


def _find_local(data: Mapping[str, Any], shown: str) -> Iterator[Diagnostic]:
    if data.get("values_from_env"):
        names = ", ".join(sorted(data["values_from_env"]))
        title = f"`values_from_env` of {shown} cannot be pushed: {names}"
        hint = "a worker has other variables; write them under `values`, or as secrets"
        yield _unpushable(title, hint)
    for place, text in _texts({key: data.get(key) for key in _KEPT}):
        if next(find_userinfo(text), None) is not None:
            title = f"`{place}` of {shown} holds a user or password in a URL"
            hint = "put it into a secret and use that in a header of the service"
            yield _unpushable(title, hint)


def _texts(data: Json, place: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(data, str):
        yield place, data
    elif isinstance(data, Mapping):
        for key, item in data.items():
            yield from _texts(item, f"{place}.{key}".lstrip("."))
    elif isinstance(data, (list, tuple)):
        for number, item in enumerate(data):
            yield from _texts(item, f"{place}[{number}]")


def _service_of(
    name: str, entry: Mapping[str, Any], folder: Path, problems: list[Diagnostic]
) -> Json:
    """Return a service with its authorities in place of their file."""
    tls = entry.get("tls")
    if not isinstance(tls, Mapping) or not tls.get("ca_file"):
        return dict(entry)
    pem = _read_pem(folder / tls["ca_file"])
    if not pem:
        title = f"`{tls['ca_file']}` of service `{name}` holds no certificate that can be read"
        problems.append(_unpushable(title, "name a PEM file of certificates"))
    return {**entry, "tls": {"verify": tls.get("verify", True), CA_PEM: pem}}


def _read_pem(path: Path) -> str:
    """Return the certificates of *path*, and nothing else that lies there, such as a key."""
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_PEM_BYTES).decode("ascii", errors="ignore")
    except OSError:
        return ""
    found = "\n".join(match.group() for match in _CERTIFICATE.finditer(text))
    return found if found.startswith(PEM_BEGINS) else ""


def _unpushable(title: str, hint: str) -> Diagnostic:
    return Diagnostic(code="RF619", title=title, hint=hint)
