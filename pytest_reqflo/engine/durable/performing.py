"""A registered run is loaded, driven to its end, and its result kept."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Mapping
from typing import Literal

from pytest_reqflo.artifact.model import Artifact
from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.engine.clock import Clock
from pytest_reqflo.engine.durable.checkpoints import Begin, CheckpointCodec, Refused
from pytest_reqflo.engine.durable.crashing import may_crash
from pytest_reqflo.engine.durable.database import Database
from pytest_reqflo.engine.durable.drive import Recorder, drive
from pytest_reqflo.engine.durable.ending import LOST, End, RunEnder
from pytest_reqflo.engine.durable.keeping import FromOutside, ResultKeeper
from pytest_reqflo.engine.durable.orders import inputs_digest_of, opener, request_of
from pytest_reqflo.engine.durable.origin import origin_of
from pytest_reqflo.engine.durable.patience import patiently
from pytest_reqflo.engine.durable.preparing import (
    DurableRun,
    Surroundings,
    problems_of,
)
from pytest_reqflo.engine.durable.records import Records, RunOrder, StoredRun
from pytest_reqflo.engine.durable.sealing import Keyring, SealProblem
from pytest_reqflo.engine.durable.taking import Taken, TakesOver, find_first, read_taken
from pytest_reqflo.engine.secrets.chain import SecretSource
from pytest_reqflo.engine.transport import Transport
from pytest_reqflo.errors import EngineError, ReqfloError
from pytest_reqflo.evidence.redact import Redactor
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.plan.model import EnvironmentSnapshot, RunRequest
from pytest_reqflo.result import JourneyResult, Outcome, Problem
from pytest_reqflo.values import Digest, printable_line

STARTS_AGAIN: Literal["starts again"] = "starts again"
"""Said instead of an outcome: this attempt is over, the run is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace:
    """What a process carries its runs out with; the functions answer for one run."""

    transport: Transport
    clock: Clock
    begin: Callable[[StoredRun], Begin | Refused]
    find_secrets: Callable[[StoredRun, EnvironmentSnapshot], SecretSource]
    make_redactor: Callable[[StoredRun], Redactor]


class RunPerformer:
    """Carries out the runs of one store; *pending* keeps what interrupted this process, by run."""

    def __init__(
        self, records: Records, keyring: Keyring, worker_id: str, workplace: Workplace
    ) -> None:
        self.pending: dict[str, BaseException] = {}
        self.keeper = ResultKeeper(records=records, keyring=keyring, worker_id=worker_id)
        self.ender = RunEnder(keeper=self.keeper, now=workplace.clock.now)
        self._records = records
        self._keyring = keyring
        self._workplace = workplace

    def perform(
        self, run_id: str, attempt: int, recorder: Recorder
    ) -> Outcome | Literal["starts again"]:
        """Return the outcome of the run, when its result is kept."""
        stored = self.load(run_id)
        try:
            run = self.load_content(stored)
            around = self.surroundings(stored, attempt)
            driven = drive(run, recorder, self.codec_for(run_id), around)
        except ReqfloError as error:
            return self._give_up(stored, attempt, problems_of(error), recorder)
        except SealProblem as problem:
            return self._give_up(stored, attempt, (_unreadable(problem),), recorder)
        if driven.starts_again and attempt >= stored.order.max_attempts:
            return self._give_up(stored, attempt, LOST.problems, recorder, row="lost")
        if driven.pending is not None:
            self.pending[run_id] = driven.pending
        return STARTS_AGAIN if driven.starts_again else driven.result.outcome

    def break_off(self, run_id: str, attempt: int, defect: str, recorder: Recorder) -> Outcome:
        """End a run that met a defect of ours, which is told by the name of what was raised."""
        return self._give_up(self.load(run_id), attempt, (_defect(defect),), recorder)

    def load(self, run_id: str) -> StoredRun:
        """Return a run. Raises: LookupError when it is not registered."""
        stored = self._find(run_id)
        if stored is None:
            raise LookupError(f"run {run_id} is not registered")
        return stored

    def _find(self, run_id: str) -> StoredRun | None:
        def find() -> StoredRun | None:
            with self._records.database.reading() as connection:
                return self._records.find_run(connection, run_id)

        return patiently(find)

    def load_content(self, stored: StoredRun) -> DurableRun:
        """Return what a run is to carry out. Raises: ReqfloError when that is not as it was."""
        order = stored.order

        def load() -> DurableRun:
            with self._records.database.reading() as connection:
                artifact, blobs = self._records.load_artifact(connection, Digest(order.artifact))
            request = request_of(order, opener(self._keyring))
            if inputs_digest_of(request, artifact) != order.inputs_digest:
                title = "the values of the run are not those that its row tells of"
                raise EngineError(Diagnostic(code="RF629", title=title))
            takes = self._takes_over(order, request, artifact)
            return DurableRun(request=request, artifact=artifact, blobs=blobs, takes=takes)

        self._check_values(order)
        return patiently(load)

    def _check_values(self, order: RunOrder) -> None:
        """Refuse values that were sealed for a run that is not like this one.

        Whoever may register runs could otherwise have a journey of their own show them.
        """
        sealed_for = origin_of(order.origin).sealed_for
        if sealed_for and not _is_like(self._find(sealed_for), order):
            title = (
                f"the values of the run were sealed for another one, {printable_line(sealed_for)}"
            )
            raise EngineError(Diagnostic(code="RF629", title=title))

    def _takes_over(
        self, order: RunOrder, request: RunRequest, artifact: Artifact
    ) -> TakesOver | None:
        origin = origin_of(order.origin)
        if not origin.from_step:
            return None
        first = find_first(artifact, origin.from_step)

        def read() -> Taken:
            if not self._did_the_same(self._find(origin.run_id), order, request):
                title = "the run that earlier steps are to be taken from is gone, or another one"
                raise EngineError(Diagnostic(code="RF628", title=title))
            recorded = recorded_of(self._records.database, origin.run_id)
            try:
                return read_taken(recorded, self.codec_for(origin.run_id), first)
            except SealProblem as problem:
                title = f"what run {origin.run_id} recorded cannot be read: {problem}"
                raise EngineError(Diagnostic(code="RF614", title=title)) from None

        return TakesOver(run_id=origin.run_id, first=first, read=read)

    def _did_the_same(self, other: StoredRun | None, order: RunOrder, request: RunRequest) -> bool:
        """Say whether *other* is there and was given what *request* gives, sensitive values too.

        What it captured would otherwise be sent together with the values of somebody else.
        """
        if other is None or not _is_like(other, order, with_values=False):
            return False
        return request_of(other.order, opener(self._keyring)).given == request.given

    def codec_for(self, run_id: str) -> CheckpointCodec:
        """Return what reads and writes the checkpoints of a run."""
        return CheckpointCodec(_RunSealer(self._keyring), run_id)

    def surroundings(self, stored: StoredRun, attempt: int) -> Surroundings:
        """Return what this process gives to a run."""
        place = self._workplace
        return Surroundings(
            transport=place.transport,
            clock=place.clock,
            redactor=place.make_redactor(stored),
            begin=lambda: place.begin(stored),
            find_secrets=lambda environment: place.find_secrets(stored, environment),
            find_interruption=lambda: self._find_interruption(stored.order.run_id),
            keep_result=lambda result: self._keep(stored, attempt, result),
        )

    def _keep(self, stored: StoredRun, attempt: int, result: JourneyResult) -> str:
        ended = dataclasses.replace(result, finished_at=self._workplace.clock.now())
        kept = self.keeper.keep(stored, attempt, ended)
        may_crash("result kept")
        return kept.ended_at

    def _find_interruption(self, run_id: str) -> str:
        def ask() -> bool:
            with self._records.database.reading() as connection:
                return self._records.is_cancelled(connection, run_id)

        return "cancelled" if patiently(ask) else ""

    def _give_up(
        self,
        stored: StoredRun,
        attempt: int,
        problems: tuple[Problem, ...],
        recorder: Recorder,
        *,
        row: FromOutside = "",
    ) -> Outcome:
        """End a run that cannot be carried on here: nothing more of it is executed."""
        end = End(problems=problems, row=row)
        recorder.give_up(lambda recorded: self.ender.end(stored, attempt, recorded, end))
        return end.outcome


def _is_like(other: StoredRun | None, order: RunOrder, *, with_values: bool = True) -> bool:
    """Say whether a run is there, and did what *order* is to do with the same values."""
    if other is None:
        return False
    names = ("artifact", "environment", "inputs_digest", *(["given"] if with_values else []))
    return all(getattr(other.order, name) == getattr(order, name) for name in names)


def recorded_of(database: Database, run_id: str) -> Mapping[str, str]:
    """Return what the newest attempt at any run of the database recorded, by name."""
    from pytest_reqflo.engine.durable.operating import EngineRows

    with contextlib.closing(EngineRows(database)) as rows:
        return rows.recorded(run_id)


def _defect(name: str) -> Problem:
    message = f"the run met a defect of pytest-reqflo ({name}) and cannot be carried on"
    return Problem(code="RF613", category="interrupted", message=message)


def _unreadable(problem: SealProblem) -> Problem:
    return Problem(
        code="RF614",
        category="interrupted",
        message=f"what the run recorded cannot be read: {problem}",
        hint="workers need all the master keys that runs were sealed with, in REQFLO_MASTER_KEY",
    )


class _RunSealer:
    """Seals checkpoints."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def seal(self, plain: bytes, context: str) -> str:
        return self._keyring.seal(plain, purpose="checkpoints", context=context)

    def unseal(self, text: str, context: str) -> bytes:
        return self._keyring.unseal(text, purpose="checkpoints", context=context)
