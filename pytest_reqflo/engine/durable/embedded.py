"""Durable runs without a worker: this process carries them out, a file keeps them.

A process holds a lock of its own for as long as it lives. A batch whose locks are all free was left
by processes that are gone, and its runs may be continued here.
"""

from __future__ import annotations

import os
import secrets as randomness
import socket
from collections.abc import Mapping
from pathlib import Path

from pytest_reqflo.artifact.model import Artifact
from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.engine.clock import Clock, SystemClock
from pytest_reqflo.engine.durable.checkpoints import Begin
from pytest_reqflo.engine.durable.database import open_sqlite, usable
from pytest_reqflo.engine.durable.guards import create_tables
from pytest_reqflo.engine.durable.locks import ProcessLock
from pytest_reqflo.engine.durable.orders import Dispatch, order_of, request_of
from pytest_reqflo.engine.durable.performing import RunPerformer, Workplace
from pytest_reqflo.engine.durable.queueing import Segment
from pytest_reqflo.engine.durable.records import Records, StoredRun
from pytest_reqflo.engine.durable.sealing import Keyring, SealProblem
from pytest_reqflo.engine.durable.stores import STORE_FILE
from pytest_reqflo.engine.durable.transact import TransactEngine
from pytest_reqflo.engine.protocol import LocalRun
from pytest_reqflo.engine.secrets.chain import SecretSource
from pytest_reqflo.engine.transport import Transport
from pytest_reqflo.errors import EngineError, UsageProblem
from pytest_reqflo.evidence.redact import Redactor
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.plan.model import EnvironmentSnapshot, RunRequest
from pytest_reqflo.result import JourneyResult, result_from_json
from pytest_reqflo.run.effects import RunStart
from pytest_reqflo.values import Digest, parse_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """What a run needs of this process and its record does not hold."""

    environment: EnvironmentSnapshot
    secrets: SecretSource
    redactor: Redactor


class EmbeddedStore:
    """The durable runs of one folder, and the executor of this process.

    Shape: *batch_id* joins the runs of one session, of several processes perhaps.
    """

    def __init__(
        self, folder: Path, batch_id: str, keyring: Keyring, transport: Transport,
        clock: Clock | None = None,
    ) -> None:  # fmt: skip
        self.batch_id = batch_id
        self.records = Records(open_sqlite(folder / STORE_FILE))
        with usable(self.records.database):
            create_tables(self.records.database)
        self._keyring = keyring
        self._clock = clock or SystemClock()
        self._live: dict[str, Live] = {}
        self._known: set[Digest] = set()
        worker_id = f"{socket.gethostname()}-{os.getpid()}-{randomness.token_hex(4)}"
        self._lock = ProcessLock(folder, batch_id, worker_id)
        self._performer = RunPerformer(self.records, keyring, worker_id, self._workplace(transport))
        self._engine = TransactEngine(self.records, worker_id, self._performer)
        self._engine.launch()
        with self.records.database.begin() as connection:
            self.records.put_batch(connection, batch_id, "pytest", worker_id)

    def run(
        self,
        request: RunRequest,
        artifact: Artifact,
        blobs: Mapping[Digest, bytes],
        live: Live,
        dispatch: Dispatch,
    ) -> LocalRun:
        """Register the run, carry it out, and return its result as it is kept."""
        order = order_of(request, artifact, dispatch, self._seal)
        with self.records.database.begin() as connection:
            if request.artifact not in self._known:
                self.records.put_artifact(connection, artifact, blobs)
            run_id = self.records.register(connection, order)
        self._known.add(request.artifact)
        return self._perform(Segment(run_id, 1), live)

    def request_of(self, stored: StoredRun) -> RunRequest:
        """Return what a run was asked to do, with its values. Raises: EngineError RF614."""
        try:
            return request_of(stored.order, self._unseal)
        except SealProblem as problem:
            raise _unreadable(f"the values of run {stored.order.run_id}", problem) from None

    def find_left(
        self, batch_id: str, request: RunRequest, artifact: Artifact, dispatch: Dispatch
    ) -> str | None:
        """Return the run of *dispatch* in another batch, None when it asked for anything else."""
        like = order_of(request, artifact, dispatch, self._seal)
        with self.records.database.reading() as connection:
            return self.records.find_item(connection, batch_id, like)

    def resume(self, run_id: str, live: Live) -> LocalRun:
        """Return the result of a run that is over, or carry it on from its last checkpoint.

        Raises: EngineError RF614, and the run stays as it is, when its record cannot be read here;
            UsageProblem RF612 when *live* is of another environment, whose secrets are not for its hosts.
        """
        self._check_environment(run_id, live.environment.name)
        kept = self._find_result(run_id)
        if kept is not None:
            return LocalRun(kept)
        self._check_readable(run_id)
        left = self._engine.leave_to_here(run_id)
        return self._perform(left, live)

    def close(self) -> None:
        """Give up the lock; what is under way stays as it is recorded."""
        self._engine.close()
        self.records.database.close()
        self._lock.release()

    def _perform(self, at: Segment, live: Live) -> LocalRun:
        run_id = at.run_id
        self._live[run_id] = live
        try:
            self._engine.run_here(run_id, at.attempt, at.number)
        finally:
            del self._live[run_id]
        result = self._find_result(run_id)
        if result is None:
            raise _carried_on_elsewhere(run_id)
        return LocalRun(result, self._performer.pending.pop(run_id, None))

    def _check_environment(self, run_id: str, name: str) -> None:
        recorded = self._performer.load(run_id).order.environment
        if recorded != name:
            title = f"run {run_id} is one of environment `{recorded}`, not of `{name}`"
            hint = f"choose `{recorded}`, or run it anew: reqflo rerun {run_id}"
            raise UsageProblem(Diagnostic(code="RF612", title=title, hint=hint))

    def _check_readable(self, run_id: str) -> None:
        # With another key the run would end here instead of going on where the right one is.
        self.request_of(self._performer.load(run_id))
        try:
            self._performer.codec_for(run_id).check(self._engine.recorded_of(run_id))
        except SealProblem as problem:
            raise _unreadable(f"what run {run_id} recorded", problem) from None

    def _find_result(self, run_id: str) -> JourneyResult | None:
        with self.records.database.reading() as connection:
            kept = self.records.find_result(connection, run_id)
        return result_from_json(parse_json(kept.document)) if kept else None

    def _seal(self, plain: bytes, context: str) -> str:
        return self._keyring.seal(plain, purpose="inputs", context=context)

    def _unseal(self, text: str, context: str) -> bytes:
        return self._keyring.unseal(text, purpose="inputs", context=context)

    def _workplace(self, transport: Transport) -> Workplace:
        return Workplace(
            transport=transport,
            clock=self._clock,
            begin=self._begin,
            find_secrets=lambda stored, _: self._live[stored.order.run_id].secrets,
            make_redactor=lambda stored: self._live[stored.order.run_id].redactor,
        )

    def _begin(self, stored: StoredRun) -> Begin:
        start = RunStart(seed=randomness.token_hex(16), started_at=self._clock.now())
        return Begin(start=start, environment=self._live[stored.order.run_id].environment)


def _unreadable(what: str, problem: SealProblem) -> EngineError:
    hint = "REQFLO_MASTER_KEY must hold the key that it was sealed with"
    title = f"{what} cannot be read: {problem}"
    return EngineError(Diagnostic(code="RF614", title=title, hint=hint))


def _carried_on_elsewhere(run_id: str) -> EngineError:
    title = f"run {run_id} was taken from this process, which records nothing more of it"
    return EngineError(
        Diagnostic(code="RF617", title=title, hint=f"`reqflo status {run_id}` says who has it")
    )
