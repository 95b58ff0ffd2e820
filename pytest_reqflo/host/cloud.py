"""Runs that workers carry out: pytest is only a client, which dispatches them and waits.

No engine and no library of a database is loaded before the first question to it.
"""

from __future__ import annotations

import os
import time
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.engine.durable.extra import require_extra
from pytest_reqflo.engine.protocol import LocalRun
from pytest_reqflo.errors import EngineError, ReqfloError, RunCheckError, UsageProblem
from pytest_reqflo.host.durable import BATCH_KEY
from pytest_reqflo.host.environment import ENVIRONMENT_FIXTURE
from pytest_reqflo.host.options import Settings
from pytest_reqflo.host.request import item_id_of, make_identity, make_request
from pytest_reqflo.host.version import record_version

if TYPE_CHECKING:
    from pytest_reqflo.engine.durable.awaiting import ResultReader
    from pytest_reqflo.engine.durable.client import CloudClient, CloudRun
    from pytest_reqflo.host.session import JourneySession
    from pytest_reqflo.host.subject import Subject
    from pytest_reqflo.plan.items import ItemSpec
    from pytest_reqflo.result import RunIdentity
    from pytest_reqflo.syntax.library import Library

URL_VARIABLE = "REQFLO_DATABASE_URL"

_RUN_IDS = uuid.UUID("6c1f5bb7-0b8e-5b0c-9f59-1f1c6f0f6f3e")
"""Whatever process asks, the run of an item in a batch has one id."""

_LEAD_GETS_S = 5.0
"""How long the others wait for the worker that dispatches the whole batch."""

_LOOK_EVERY_S = 0.1


def begin_cloud(config: pytest.Config, settings: Settings) -> CloudRuns:
    """Return the cloud runs of this session; nothing is asked of the database yet.

    Raises: UsageProblem RF801 without a database, RF610 without the extra; EngineError RF615 for
        an address that is none.
    """
    require_extra()
    address = os.environ.get(URL_VARIABLE, "")
    if not address:
        title = f"--reqflo-cloud needs a database, and {URL_VARIABLE} is not set"
        hint = f"set {URL_VARIABLE} to postgresql://USER@HOST/NAME"
        raise UsageProblem(Diagnostic(code="RF801", title=title, hint=hint))
    from pytest_reqflo.engine.durable.client import CloudClient

    given: Mapping[str, Any] = getattr(config, "workerinput", {})
    return CloudRuns(
        settings,
        CloudClient(address, patience_s=settings.cloud_patience_s),
        given.get(BATCH_KEY) or f"batch_{uuid.uuid4().hex[:20]}",
        is_alone="workerid" not in given,
        is_lead=given.get("workerid", "gw0") == "gw0",
    )


class CloudRuns:
    """The runs of one session.

    Shape: *is_lead* when this process dispatches for all; *is_alone* when there are no others;
        *withdrawn* are the runs of a dispatch that was refused half-way, None when nobody can say.
    """

    def __init__(
        self, settings: Settings, client: CloudClient, batch_id: str, *, is_alone: bool,
        is_lead: bool,
    ) -> None:  # fmt: skip
        self.batch_id = batch_id
        self.client = client
        self.is_alone = is_alone
        self.withdrawn: tuple[str, ...] | None = ()
        self._settings = settings
        self._is_lead = is_lead
        self._lead_gets_s = _LEAD_GETS_S
        self._expected: set[str] = set()
        self._problem: ReqfloError | None = None
        self._registered: dict[str, str] = {}
        self._times: Counter[str] = Counter()
        self._asked: set[str] = set()
        self._environments: dict[Path, str] = {}
        self._kept_reader: ResultReader | None = None

    @property
    def dispatched(self) -> Mapping[str, str]:
        """The runs that this process has registered: item to run id, in order."""
        return self._registered

    def run_id_of(self, item_id: str) -> str:
        """Return the id of the next run of an item, the same in every process of a session."""
        key = self._key_of(item_id)
        return self._registered.get(key) or _run_id(self.batch_id, key)

    def dispatch(self, session: JourneySession, items: Sequence[tuple[Subject, ItemSpec]]) -> None:
        """Register the runs of *items*, when this process is the one that does.

        Raises: ReqfloError: RF618, RF615, RF614, RF612.
        """
        for subject, _ in items:
            self._environment_of(subject.library)
        runs = [self._first_run(session, subject, spec) for subject, spec in items]
        unique = {run.item_id: run for run in runs}
        self._expected = set(unique)
        if not self._is_lead or not unique:
            return
        try:
            self._register(list(unique.values()))
        except ReqfloError as error:
            self.withdrawn = self._withdraw()
            if self.is_alone:
                raise
            # Each of its items tells it: a worker has no other voice.
            self._problem = error
            return
        if self.is_alone:
            self._reader.expect(list(self._registered.values()))

    def run(
        self,
        session: JourneySession,
        subject: Subject,
        spec: ItemSpec,
        identity: RunIdentity,
        fixtures: Mapping[str, Any],
    ) -> LocalRun:
        """Return the result of an item, dispatched before or now.

        Raises: RunCheckError RF622 for what cannot go along; EngineError RF623 when the database
            does not answer for too long, and what `dispatch` raises.
        """
        if fixtures.get(ENVIRONMENT_FIXTURE):
            raise _not_in_the_cloud()
        key = self._key_of(item_id_of(subject, spec))
        if not self._is_known(key, identity.run_id):
            environment = self._environment_of(subject.library)
            request = make_request(
                subject, spec, identity, environment, fixtures, is_tracing=self._settings.is_tracing
            )
            self._register([self._cloud_run(subject, request, key)])
        run_id = self._registered.get(key, identity.run_id)
        self._asked.add(run_id)
        try:
            result = self._reader.wait(run_id)
        except EngineError as error:
            is_away = error.diagnostics[0].code == "RF615"
            raise (_unknown_end(run_id, error) if is_away else error) from None
        # Only now: whoever tries again after no answer asks for the end of this very run.
        self._times[item_id_of(subject, spec)] += 1
        return LocalRun(result)

    def find_unneeded(self) -> tuple[str, ...]:
        """Return the runs of this process that no item has asked for; none that it attached to."""
        return tuple(
            run_id
            for key, run_id in self._registered.items()
            if run_id not in self._asked and run_id == _run_id(self.batch_id, key)
        )

    def leave_all(self) -> None:
        """Let every run go on, though nobody here asks for its end."""
        self._asked |= set(self._registered.values())

    def close(self) -> None:
        """End the connections; runs go on."""
        self.client.close()

    # --- dispatching -----------------------------------------------------------------------------

    def _first_run(self, session: JourneySession, subject: Subject, spec: ItemSpec) -> CloudRun:
        item_id = item_id_of(subject, spec)
        warning = record_version(session.store, subject)
        if warning is not None:
            session.note_store_warning(subject, warning)
        identity = make_identity(session, subject, spec, self.run_id_of(item_id))
        environment = self._environment_of(subject.library)
        request = make_request(
            subject, spec, identity, environment, {}, is_tracing=self._settings.is_tracing
        )
        return self._cloud_run(subject, request, item_id)

    def _cloud_run(self, subject: Subject, request: Any, key: str) -> CloudRun:
        from pytest_reqflo.engine.durable.client import CloudRun

        run_key = self._settings.run_key
        return CloudRun(
            request=request,
            artifact=subject.artifact,
            blobs=subject.blobs,
            item_id=key,
            run_key=f"{run_key}/{key}" if run_key else "",
        )

    def _register(self, runs: Sequence[CloudRun]) -> None:
        ids = self.client.dispatch(runs, self.batch_id, "pytest")
        self._registered |= {run.item_id: run_id for run, run_id in zip(runs, ids, strict=True)}

    def _withdraw(self) -> tuple[str, ...] | None:
        """Ask for the end of what was registered before the refusal, and return which runs it is."""
        try:
            left = self.client.find_unfinished(self.batch_id)
            if left:
                self.client.cancel(left)
        except EngineError:
            return None
        return left

    def _is_known(self, key: str, run_id: str) -> bool:
        """Say whether the run is registered, giving the one who does it some time."""
        if key in self._registered:
            return True
        if self._problem is not None:
            raise self._problem
        # The id of a run that is attached to is learned by dispatching it.
        if self._is_lead or self._settings.run_key or key not in self._expected:
            return False
        end = time.monotonic() + self._lead_gets_s
        while not self.client.is_registered(run_id):
            if time.monotonic() > end:
                # Whoever should have done it is gone: nothing is waited for again.
                self._lead_gets_s = 0.0
                return False
            time.sleep(_LOOK_EVERY_S)
        return True

    def _environment_of(self, library: Library) -> str:
        """Return the environment of journeys: the one chosen, else the only one of the project."""
        if library.root not in self._environments:
            names = library.environment_names()
            wanted = self._settings.environment or (names[0] if len(names) == 1 else None)
            self._environments[library.root] = self.client.choose_environment(wanted)
        return self._environments[library.root]

    def _key_of(self, item_id: str) -> str:
        """Return the name of the next run of an item; one that runs again is another run."""
        times = self._times[item_id]
        return f"{item_id}#{times + 1}" if times else item_id

    @property
    def _reader(self) -> ResultReader:
        if self._kept_reader is None:
            from pytest_reqflo.engine.durable.awaiting import ResultReader

            self._kept_reader = ResultReader(self.client)
        return self._kept_reader


def _run_id(batch_id: str, key: str) -> str:
    return f"run_{uuid.uuid5(_RUN_IDS, f'{batch_id}/{key}').hex}"


def _not_in_the_cloud() -> RunCheckError:
    title = f"fixture `{ENVIRONMENT_FIXTURE}` cannot change an environment of workers"
    hint = "write it into environments/ and have it pushed, or run without --reqflo-cloud"
    return RunCheckError(Diagnostic(code="RF622", title=title, hint=hint))


def _unknown_end(run_id: str, error: EngineError) -> EngineError:
    title = f"the end of run {run_id} is not known here: {error.diagnostics[0].title}"
    hint = f"the run goes on without pytest; `reqflo status {run_id}` says how it ended"
    return EngineError(Diagnostic(code="RF623", title=title, hint=hint))
