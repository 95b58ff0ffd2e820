"""A run is carried out in this process, outside of pytest: what it needs of the project."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_reqflo.cli.arguments import Options
from pytest_reqflo.cli.settings import ProjectSettings, load_settings
from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.errors import UsageProblem
from pytest_reqflo.frozen import dataclass

if TYPE_CHECKING:
    from pytest_reqflo.engine.durable.embedded import EmbeddedStore, Live
    from pytest_reqflo.engine.durable.history import RunLine
    from pytest_reqflo.engine.durable.records import StoredRun
    from pytest_reqflo.plan.model import RunRequest
    from pytest_reqflo.syntax.library import Library


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """The embedded store of a project, opened to carry out runs of it."""

    store: EmbeddedStore
    settings: ProjectSettings

    def load(self, run_id: str) -> StoredRun:
        """Return the run as it was registered."""
        with self.store.records.database.reading() as connection:
            stored = self.store.records.find_run(connection, run_id)
        assert stored is not None  # noqa: S101  # it was found by its id
        return stored


def load_project(options: Options) -> ProjectSettings:
    """Return the settings of the project here, with the store that *options* name."""
    return load_settings(Path.cwd(), store=options.store)


@contextlib.contextmanager
def open_carrier(settings: ProjectSettings, batch_id: str) -> Iterator[Carrier]:
    """Give the embedded store; *batch_id* is what this process works on, for as long as it lasts."""
    from pytest_reqflo.engine.durable.embedded import EmbeddedStore
    from pytest_reqflo.engine.durable.master_key import load_keyring
    from pytest_reqflo.engine.http import HttpTransport

    keyring = load_keyring(os.environ, create=False)
    with contextlib.closing(HttpTransport()) as transport:
        store = EmbeddedStore(settings.store, batch_id, keyring, transport)
        with contextlib.closing(store):
            yield Carrier(store=store, settings=settings)


@contextlib.contextmanager
def open_live(settings: ProjectSettings, request: RunRequest) -> Iterator[Live]:
    """Give environment and secrets of *request*, as the project has them now.

    Raises: JourneyError, RunCheckError RF303.
    """
    from pytest_reqflo.engine.durable.embedded import Live
    from pytest_reqflo.evidence.redact import Redactor
    from pytest_reqflo.host.environment import choose_environment, make_source

    chosen = choose_environment(
        _library_of(settings, request),
        _wanted(request.environment),
        settings.rootdir,
        command=settings.secret_command,
    )
    snapshot = replace(chosen.snapshot, allows_any_origin=settings.allows_any_host)
    with contextlib.closing(make_source(chosen.secrets)) as secrets:
        redactor = Redactor(snapshot.sensitive)
        yield Live(environment=snapshot, secrets=secrets, redactor=redactor)


def _wanted(environment: str) -> str | None:
    from pytest_reqflo.plan.environments import IMPLICIT_NAME

    # The implicit environment has no file that could be found by its name.
    return None if environment in ("", IMPLICIT_NAME) else environment


def _library_of(settings: ProjectSettings, request: RunRequest) -> Library:
    """Return what lies beside the journey, wherever in the project it was compiled from."""
    from pytest_reqflo.artifact.store import ArtifactStore
    from pytest_reqflo.syntax.library import load_library
    from pytest_reqflo.syntax.paths import find_root

    journey_id = request.identity.journey_id
    record = ArtifactStore(settings.store).find_version(journey_id, request.artifact)
    file = (record.file if record else "") or request.identity.file
    root = find_root(settings.rootdir / file, rootdir=settings.rootdir, configured=settings.root)
    return load_library(root, shown_from=settings.rootdir)


def refuse_alive(line: RunLine, *, by_workers: bool) -> None:
    """Raise UsageProblem RF611 when a process or a worker carries the run on."""
    if by_workers or line.status in ("running", "queued"):
        who = "workers carry it on by themselves" if by_workers else "it is carried on already"
        title = f"run {line.run_id} is {line.status}: {who}"
        hint = f"`reqflo status {line.run_id}` follows it"
        raise UsageProblem(Diagnostic(code="RF611", title=title, hint=hint))
