"""Durable runs of this process: opened at the first item, named in the header, closed at the end."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_reqflo.artifact.model import Artifact
from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.engine.durable.extra import require_extra
from pytest_reqflo.engine.durable.names import new_batch_id
from pytest_reqflo.engine.protocol import LocalRun
from pytest_reqflo.engine.secrets.chain import SecretSource
from pytest_reqflo.engine.transport import Transport
from pytest_reqflo.errors import EngineError, UsageProblem
from pytest_reqflo.evidence.redact import Redactor
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.host.options import Settings
from pytest_reqflo.plan.model import EnvironmentSnapshot, RunRequest
from pytest_reqflo.report.safe import to_line
from pytest_reqflo.values import Digest

if TYPE_CHECKING:
    from pytest_reqflo.engine.durable.embedded import EmbeddedStore

BATCH_KEY = "reqflo_batch"
"""Key of what a controller hands to its workers: the batch they work on together."""

RESUMES_KEY = "reqflo_resumes"
"""Key of the batch whose runs they carry on together, None for none."""

NEWEST = "newest"


@dataclass(frozen=True, slots=True, kw_only=True)
class DurableMeans:
    """What an item's run is carried out with."""

    environment: EnvironmentSnapshot
    secrets: SecretSource
    redactor: Redactor
    transport: Transport


def begin_durable(config: pytest.Config, settings: Settings) -> DurableRuns:
    """Return the durable runs of this session.

    Raises: UsageProblem RF610 without the extra, RF611 when there is nothing to resume; EngineError
        RF615 for a store that cannot be read.
    """
    require_extra()
    given: Mapping[str, Any] = getattr(config, "workerinput", {})
    if BATCH_KEY in given:
        return DurableRuns(settings.store, given[BATCH_KEY], given[RESUMES_KEY])
    resumes = choose_batch(settings.store, settings.resume) if settings.resume else None
    return DurableRuns(settings.store, new_batch_id(), resumes)


def header_lines(config: pytest.Config) -> list[str]:
    """Return what the header says of durable runs: the batch, and those that were left.

    Raises: pytest.UsageError for a store that cannot be read: no item could keep its record.
    """
    from pytest_reqflo.host.session import begin_session

    try:
        session = begin_session(config)
    except pytest.UsageError:  # pytest shows it by itself
        return []
    durable, folder = session.durable, session.settings.store
    if durable is None:
        return []
    lines = [f"reqflo: durable runs, {durable.batch_id} in {to_line(str(folder))}"]
    if durable.resumes:
        return [*lines, f"reqflo: carries on {durable.resumes}"]
    try:
        left = find_left_batches(folder)
    except EngineError as error:
        raise pytest.UsageError(str(error)) from None
    if left:
        name, count = left[0]
        what = "run is" if count == 1 else "runs are"
        lines.append(f"reqflo: {count} {what} unfinished in {name}; --reqflo-resume carries on")
    return lines


class DurableRuns:
    """The durable runs of one session.

    Shape: *resumes* is the batch whose runs are continued, None for none.
    """

    def __init__(self, folder: Path, batch_id: str, resumes: str | None) -> None:
        self.batch_id = batch_id
        self.resumes = resumes
        self._folder = folder
        self._store: EmbeddedStore | None = None
        self._taken: set[str] = set()
        self._pid = os.getpid()

    def run(
        self,
        request: RunRequest,
        artifact: Artifact,
        blobs: Mapping[Digest, bytes],
        *,
        means: DurableMeans,
        item_id: str,
    ) -> LocalRun:
        """Return the result of an item: that of the batch that is resumed, or of a new run."""
        from pytest_reqflo.engine.durable.embedded import Live
        from pytest_reqflo.engine.durable.orders import Dispatch

        store = self._open(means.transport)
        live = Live(environment=means.environment, secrets=means.secrets, redactor=means.redactor)
        dispatch = Dispatch(batch_id=self.batch_id, trigger="pytest", item_id=item_id)
        if self.resumes is not None:
            left = store.find_left(self.resumes, request, artifact, dispatch)
            if left is not None and left not in self._taken:
                done = store.resume(left, live)
                # An item that is tried again is run anew.
                self._taken.add(left)
                return done
        return store.run(request, artifact, blobs, live, dispatch)

    def close(self) -> None:
        """Give the store back; runs that are under way can be resumed."""
        if self._store is not None and self._pid == os.getpid():
            self._store.close()
        self._store = None

    def _open(self, transport: Transport) -> EmbeddedStore:
        if self._store is None:
            from pytest_reqflo.engine.durable.embedded import EmbeddedStore
            from pytest_reqflo.engine.durable.master_key import load_keyring

            keyring = load_keyring(os.environ, create=True)
            self._store = EmbeddedStore(self._folder, self.batch_id, keyring, transport)
        return self._store


def find_left_batches(folder: Path) -> tuple[tuple[str, int], ...]:
    """Return the batches of the store that dead processes left, newest first, with their runs.

    Raises: EngineError RF615 for a store that cannot be read.
    """
    from pytest_reqflo.engine.durable.database import open_sqlite, usable
    from pytest_reqflo.engine.durable.guards import find_version
    from pytest_reqflo.engine.durable.locks import find_alive
    from pytest_reqflo.engine.durable.records import Records
    from pytest_reqflo.engine.durable.stores import STORE_FILE

    if not (folder / STORE_FILE).is_file():
        return ()
    with contextlib.closing(open_sqlite(folder / STORE_FILE)) as database, usable(database):
        if find_version(database) is None:
            return ()
        alive = find_alive(folder).batches
        with database.reading() as connection:
            batches = Records(database).unfinished_batches(connection)
    return tuple((name, count) for name, count in batches if name not in alive)


def choose_batch(folder: Path, wanted: str) -> str:
    """Return the batch that *wanted* means.

    Raises: UsageProblem RF611 when there is none; EngineError RF615 for a store that cannot be read.
    """
    left = find_left_batches(folder)
    if wanted == NEWEST and left:
        return left[0][0]
    if wanted in dict(left):
        return wanted
    title = (
        "--reqflo-resume: no run of this store is unfinished"
        if not left
        else f"--reqflo-resume: no batch `{wanted}` is unfinished"
    )
    names = ", ".join(f"{name} ({count} runs)" for name, count in left[:5])
    hint = f"unfinished: {names}" if names else "leave the option out to run everything anew"
    raise UsageProblem(Diagnostic(code="RF611", title=title, hint=hint))
