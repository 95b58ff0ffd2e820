"""The environment of an item: the file that was chosen, and what a fixture changes of it."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_reqflo.diagnostic import Diagnostic, label_at, name_hint
from pytest_reqflo.engine.secrets.chain import SecretChain, make_secret_source
from pytest_reqflo.engine.secrets.provider import SecretsChoice
from pytest_reqflo.errors import JourneyError, UsageProblem
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.plan.environments import (
    IMPLICIT_NAME,
    ME_PREFIX,
    find_environment_name,
    implicit_environment,
    read_me_values,
    snapshot_environment,
)
from pytest_reqflo.plan.model import EnvironmentSnapshot, Service
from pytest_reqflo.values import Json

if TYPE_CHECKING:
    from pytest_reqflo.syntax.library import EnvironmentFile, Library

ENVIRONMENT_FIXTURE = "reqflo_environment"
INPUTS_FIXTURE = "reqflo_inputs"

_FOLDER_VARIABLES = ("HOME", "XDG_CONFIG_HOME")
"""Variables that say where the values of the person running lie."""

_KEYS = ("base_url", "services", "values", "allowed_origins")

_TELLING_NOTHING = frozenset({"RF102", "RF106", "RF113", "RF114"})
"""Codes whose sentences quote nothing of the file they are about."""


def override_environment(snapshot: EnvironmentSnapshot, given: Any) -> EnvironmentSnapshot:
    """Return *snapshot* with what fixture ``reqflo_environment`` returned laid over it.

    Shape: ``base_url`` is that of the only service, else of ``default``; a text is a base URL.
    Raises: UsageProblem RF801.
    """
    if not given:
        return snapshot
    if isinstance(given, str):
        given = {"base_url": given}
    changes = _read_mapping(ENVIRONMENT_FIXTURE, given)
    for key in changes.keys() - set(_KEYS):
        raise unusable_fixture(
            ENVIRONMENT_FIXTURE, f"has the unknown key `{key}`", name_hint(key, _KEYS)
        )
    values = read_fixture_mapping(ENVIRONMENT_FIXTURE, changes.get("values", {}), "values")
    return replace(
        snapshot,
        values={**snapshot.values, **values},
        services=_override_services(snapshot.services, changes),
        allowed_origins=(*snapshot.allowed_origins, *_texts(changes.get("allowed_origins", []))),
    )


def _override_services(
    services: Mapping[str, Service], changes: Mapping[str, Any]
) -> dict[str, Service]:
    changed = dict(services)
    given = dict(_read_mapping(ENVIRONMENT_FIXTURE, changes.get("services", {}), "services"))
    if "base_url" in changes:
        only = next(iter(services)) if len(services) == 1 else IMPLICIT_NAME
        given.setdefault(only, {"base_url": changes["base_url"]})
    for name, service in given.items():
        entry = {"base_url": service} if isinstance(service, str) else service
        changed[name] = _override_service(name, changed.get(name), entry)
    return changed


def _override_service(name: str, service: Service | None, given: Any) -> Service:
    entry = dict(read_fixture_mapping(ENVIRONMENT_FIXTURE, given, f"services.{name}"))
    base_url = entry.pop("base_url", service.base_url if service else None)
    if not isinstance(base_url, str):
        raise unusable_fixture(ENVIRONMENT_FIXTURE, f"has no text as base_url of `{name}`")
    if service is None:
        return Service(base_url=base_url, values=entry)
    return replace(service, base_url=base_url, values={**service.values, **entry})


def read_fixture_mapping(fixture: str, given: Any, part: str = "") -> Mapping[str, Json]:
    """Return *given* when it is a mapping of texts to JSON values.

    Raises: UsageProblem RF801.
    """
    for name, value in _read_mapping(fixture, given, part).items():
        if not _is_json(value):
            what = f"gives `{name}` a {type(value).__name__}, which is not JSON"
            raise unusable_fixture(fixture, f"{_in(part)}{what}")
    return given  # type: ignore[no-any-return]


def _read_mapping(fixture: str, given: Any, part: str = "") -> Mapping[str, Any]:
    if not isinstance(given, Mapping) or not all(isinstance(key, str) for key in given):
        raise unusable_fixture(fixture, f"{_in(part)}is no mapping of names to values")
    return given


def _in(part: str) -> str:
    return f"`{part}` " if part else ""


def unusable_fixture(fixture: str, why: str, hint: str = "") -> UsageProblem:
    """Return the problem of a fixture of ours that returned something unusable."""
    return UsageProblem(Diagnostic(code="RF801", title=f"fixture `{fixture}` {why}", hint=hint))


def _texts(given: Any) -> tuple[str, ...]:
    if not isinstance(given, (list, tuple)) or not all(isinstance(each, str) for each in given):
        raise unusable_fixture(ENVIRONMENT_FIXTURE, "`allowed_origins` is no list of texts")
    return tuple(given)


def _is_json(value: Any, depth: int = 60) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if value is None or isinstance(value, (bool, int, str)):
        return True
    if depth == 0:
        return False
    if isinstance(value, Mapping):
        return all(isinstance(key, str) for key in value) and all(
            _is_json(item, depth - 1) for item in value.values()
        )
    return isinstance(value, (list, tuple)) and all(_is_json(item, depth - 1) for item in value)


# --- choosing ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ChosenEnvironment:
    """The environment of a run as it is now, and where its secrets come from.

    Shape: *variables* are the names of the process variables that it was read from.
    """

    snapshot: EnvironmentSnapshot
    secrets: SecretsChoice
    variables: tuple[str, ...] = ()


def choose_environment(
    library: Library, name: str | None, rootdir: Path, *, command: tuple[str, ...] = ()
) -> ChosenEnvironment:
    """Return the environment *name* of *library*, else the only one, else the implicit one.

    Shape: *command* is the setting of the secret provider of this name.
    Raises: JourneyError for a broken file; RunCheckError RF303 when it cannot be used or found.
    """
    me = read_me_values(os.environ, load_me_files(rootdir))
    found = find_environment_name(library.environment_names(), name)
    if found is None:
        # Nobody who answers for secrets has said where they may go: there are none.
        choice = SecretsChoice(providers=(), environment=IMPLICIT_NAME, rootdir=rootdir)
        return ChosenEnvironment(implicit_environment(me), choice, _variables_of({}))
    file = library.environment_file(found)
    snapshot = snapshot_environment(
        file.data,
        process_env=os.environ,
        me=me,
        folder=file.path.parent,
        file=file.shown,
    )
    choice = _secrets(file, (library.root, rootdir))
    variables = _variables_of(file.data["values_from_env"])
    return ChosenEnvironment(snapshot, replace(choice, command=command), variables)


def _variables_of(values_from_env: Mapping[str, str]) -> tuple[str, ...]:
    of_me = (name for name in os.environ if name.startswith(ME_PREFIX))
    return (*_FOLDER_VARIABLES, *of_me, *values_from_env.values())


def make_source(choice: SecretsChoice) -> SecretChain:
    """Return the providers of *choice*."""
    return make_secret_source(choice, os.environ)


def _secrets(file: EnvironmentFile, folders: tuple[Path, ...]) -> SecretsChoice:
    """Return the providers; the dotenv file is the first there is, near the journeys before far."""
    settings, name = file.data["secrets"], file.name
    # Environments are code of the suite: what they name may lie anywhere.
    folder = file.path.parent
    choice = SecretsChoice(environment=name, folder=folder, rootdir=folders[-1])
    if settings is not None:
        choice = replace(
            choice,
            providers=tuple(settings["providers"]),
            dotenv=folder / settings["dotenv"] if settings["dotenv"] else None,
            dir=folder / settings["dir"] if settings["dir"] else None,
            keyring=settings["keyring"],
            options=settings["options"],
        )
    candidates = [folder / file for folder in folders for file in (f".env.{name}", ".env")]
    # Where there is none, the message about a missing secret names the file that would be read.
    found = next(filter(_is_own_file, candidates), candidates[0])
    return replace(choice, dotenv=choice.dotenv or found)


def _is_own_file(path: Path) -> bool:
    """Say whether *path* is a file of its folder: a link could lead to the secrets of others."""
    return path.is_file() and path.resolve().parent == path.parent.resolve()


def load_me_files(rootdir: Path) -> list[Mapping[str, Json]]:
    """Return the values of the person running: the project's file, then that of the account.

    Raises: JourneyError when one is not readable YAML or holds no mapping, or when that of the
        project is reached by a symbolic link that leaves it.
    """
    config = Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser()
    paths = (rootdir / ".reqflo" / "me.yaml", config / "reqflo" / "me.yaml")
    bounds = (rootdir.resolve(), None)
    files = zip(paths, bounds, strict=True)
    return [_load_me(path, below) for path, below in files if path.is_file()]


def _load_me(path: Path, below: Path | None) -> Mapping[str, Json]:
    # A link in a change of a stranger must not make any YAML of this machine the values of a person.
    if below and not path.resolve().is_relative_to(below):
        title = f"`{path}` is reached by a symbolic link that leaves `{below}`"
        raise JourneyError(Diagnostic(code="RF114", title=title))
    from pytest_reqflo.syntax.load import load_document

    try:
        document, _ = load_document(path, str(path))
    except JourneyError as error:
        raise JourneyError(*map(_without_text, error.diagnostics)) from None
    data = document.data
    if not isinstance(data, Mapping):
        label = label_at(document.map.source, document.map.span_of(""))
        title = "a file of me values is a mapping of names to values"
        raise JourneyError(_without_text(Diagnostic(code="RF106", title=title, labels=(label,))))
    return data


def _without_text(diagnostic: Diagnostic) -> Diagnostic:
    """Return what may be said of a file of me values: they are sensitive, and so is every line."""
    labels = tuple(replace(label, line_text="") for label in diagnostic.labels)
    title = diagnostic.title if diagnostic.code in _TELLING_NOTHING else "the file cannot be used"
    hint = "its lines are not shown, they may hold what is sensitive" if labels else ""
    return replace(diagnostic, title=title, labels=labels, hint=hint)
