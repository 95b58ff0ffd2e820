"""A registered run, carried out in this process as a worker would."""

from __future__ import annotations

import secrets as randomness
from collections.abc import Callable

from pytest_reqflo.engine.clock import SystemClock
from pytest_reqflo.engine.durable.checkpoints import Begin
from pytest_reqflo.engine.durable.database import Database
from pytest_reqflo.engine.durable.performing import RunPerformer, Workplace
from pytest_reqflo.engine.durable.records import Records
from pytest_reqflo.engine.durable.sealing import Keyring
from pytest_reqflo.engine.durable.worker_secrets import DatabaseEnvironments
from pytest_reqflo.engine.http import HttpTransport
from pytest_reqflo.evidence.redact import Redactor
from pytest_reqflo.result import JourneyResult, result_from_json
from pytest_reqflo.run.effects import RunStart
from pytest_reqflo.values import parse_json


class MemoryRecorder:
    """Keeps nothing: a run that is not continued."""

    execution = "once"

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def record(self, name: str, act: Callable[[], str]) -> str:
        self.kept[name] = act()
        return self.kept[name]

    def wait(self, name: str, duration_s: float) -> None:
        """Let no time pass."""

    def give_up(self, end):
        return end(self.kept)


def carry_out(
    database: Database, keyring: Keyring, run_id: str, variables: dict[str, str]
) -> tuple[JourneyResult, str]:
    """Return the result of a run as it is kept, and all that was recorded as one text."""
    environments = DatabaseEnvironments(database, keyring, variables)
    transport, clock = HttpTransport(), SystemClock()
    workplace = Workplace(
        transport=transport,
        clock=clock,
        begin=lambda stored: Begin(
            start=RunStart(seed=randomness.token_hex(16), started_at=clock.now()),
            environment=environments.snapshot(stored.order.environment),
        ),
        find_secrets=lambda stored, _: environments.secrets(stored.order.environment),
        make_redactor=lambda _: Redactor(),
    )
    records, recorder = Records(database), MemoryRecorder()
    RunPerformer(records, keyring, "worker-1", workplace).perform(run_id, 1, recorder)
    transport.close()
    with database.reading() as connection:
        kept = records.find_result(connection, run_id)
    assert kept is not None
    return result_from_json(parse_json(kept.document)), "\n".join(recorder.kept.values())
