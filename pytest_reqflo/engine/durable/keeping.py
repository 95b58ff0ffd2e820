"""The one result of a run, signed and written. Whoever is first writes it; it never changes."""

from __future__ import annotations

from typing import Literal

from pytest_reqflo.engine.durable.checkpoints import APPLICATION_VERSION, to_text
from pytest_reqflo.engine.durable.ledger import chain_of, chain_start, mac_input
from pytest_reqflo.engine.durable.patience import patiently
from pytest_reqflo.engine.durable.records import Records, RunOrder, StoredResult, StoredRun
from pytest_reqflo.engine.durable.sealing import Keyring
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.result import JourneyResult
from pytest_reqflo.values import Json, canonical_json, digest_of

FromOutside = Literal["", "cancelled", "lost"]
"""Ends that a result document has no words for; its row has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultKeeper:
    """Writes results in the name of one worker."""

    records: Records
    keyring: Keyring
    worker_id: str

    def keep(
        self, stored: StoredRun, attempt: int, result: JourneyResult, *, ended: FromOutside = ""
    ) -> StoredResult:
        """Write *result* unless the run has one, and return the one that stands."""
        return patiently(lambda: self._keep(stored, attempt, result, ended))

    def _keep(
        self, stored: StoredRun, attempt: int, result: JourneyResult, ended: FromOutside
    ) -> StoredResult:
        records = self.records
        with records.database.begin() as connection:
            if result.outcome == "interrupted" and not ended:
                is_asked_for = records.is_cancelled(connection, stored.order.run_id)
                ended = "cancelled" if is_asked_for else ""
            document = result.to_json()
            hashes = _hashes_of(stored.order, attempt, document)
            row = self._row(stored.order.run_id, attempt, result, document, hashes[-1], ended)
            steps = [
                (step.id, step.outcome, each)
                for step, each in zip(result.steps, hashes[1:], strict=True)
            ]
            return records.keep_result(connection, row, steps)

    def _row(
        self,
        run_id: str,
        attempt: int,
        result: JourneyResult,
        document: Json,
        head: str,
        ended: FromOutside,
    ) -> StoredResult:
        outcome = ended or result.outcome
        digest = digest_of(canonical_json(document))
        signed = mac_input(head, outcome, result.started_at, result.finished_at, digest)
        return StoredResult(
            run_id=run_id,
            attempt=attempt,
            outcome=outcome,
            document=to_text(document),
            head=head,
            mac=self.keyring.result_mac(signed),
            worker_id=self.worker_id,
            ended_at=result.finished_at,
        )


def _hashes_of(order: RunOrder, attempt: int, document: Json) -> tuple[str, ...]:
    start = chain_start(
        APPLICATION_VERSION, order.artifact, order.run_id, attempt, order.inputs_digest
    )
    return chain_of(start, document.get("steps", ()))
