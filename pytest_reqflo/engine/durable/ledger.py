"""The hash chain of one run, and what a verification finds altered in its record. Pure.

    h(0) = SHA-256(canonical JSON of [execution format, artifact, run id, attempt, inputs digest])
    h(i) = SHA-256(h(i-1) + canonical JSON of step i)

Hashes are lower-case hex, also where they enter the next one. The last, the head, is stored with
the result and signed together with the outcome, the times and the digest of the whole result
document. The chain shows which record was altered; the MAC, whose key is in no database, shows
that all of it was written anew.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Literal, TypeAlias

from pytest_reqflo.frozen import dataclass
from pytest_reqflo.values import (
    Digest,
    Json,
    canonical_json,
    digest_of,
    is_array,
    printable_line,
)

MacVerdict = Literal["verified", "wrong", "unknown key"]

CheckMac: TypeAlias = Callable[[bytes, str], MacVerdict]
"""Says whether a MAC was made of these bytes: `Keyring.check_mac`."""

FaultKind = Literal[
    "step altered", "step missing", "step extra", "identity", "document", "head", "outcome",
    "mac", "unknown key",
]  # fmt: skip

_ENDED_FROM_OUTSIDE = ("cancelled", "lost")
_SHOWN_AS = ("interrupted", "error")
"""What the document says of a run that was ended from outside: it has no words for how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """What the store says of one finished run, without its steps and its document."""

    execution_format: str
    run_id: str
    attempt: int
    artifact: str
    inputs_digest: str
    outcome: str
    started_at: str
    finished_at: str
    head: str
    mac: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepEntry:
    """One step row: its number from 1, its columns, its document, and the chain up to it."""

    number: int
    step_id: str
    outcome: str
    document: Json
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing in a record that is not as it was written; *step* is the number of the step row."""

    kind: FaultKind
    run_id: str
    sentence: str
    step: int | None = None


def chain_start(
    execution_format: str, artifact: str, run_id: str, attempt: int, inputs_digest: str
) -> Digest:
    """Return h(0), which ties the chain to one attempt at one run."""
    return digest_of(canonical_json([execution_format, artifact, run_id, attempt, inputs_digest]))


def chain_next(previous: str, step_json: Json) -> Digest:
    """Return the hash that follows *previous* with this step."""
    return digest_of(previous.encode("utf-8") + canonical_json(step_json))


def chain_of(start: str, steps: Iterable[Json]) -> tuple[str, ...]:
    """Return h(0) to h(n): *start*, then one hash per step; the last is the head."""
    chain = [start]
    for step in steps:
        chain.append(chain_next(chain[-1], step))
    return tuple(chain)


def mac_input(
    head: str, outcome: str, started_at: str, finished_at: str, result_digest: str
) -> bytes:
    """Return the bytes that the results key signs.

    Shape: *result_digest* is that of the canonical JSON of the whole result document, so that
        nothing outside of the steps can be altered either.
    """
    return canonical_json(["result-1", head, outcome, started_at, finished_at, result_digest])


def find_faults(
    entry: LedgerEntry, steps: Sequence[StepEntry], result_document: Json, check_mac: CheckMac
) -> tuple[Fault, ...]:
    """Return what differs between the record of one run and what was written; empty when nothing.

    Shape: *steps* in any order; *result_document* with all its steps. When the document leads to
        the head, each row is compared with it; else each row is judged by the row before it.
    """
    return (
        *_chain_faults(entry, steps, _steps_of(result_document)),
        *_outcome_faults(entry, result_document),
        *_mac_faults(entry, result_document, check_mac),
    )


def _steps_of(result_document: Json) -> tuple[Json, ...]:
    steps: Json = result_document.get("steps") if isinstance(result_document, Mapping) else None
    return tuple(steps) if is_array(steps) else ()


def _chain_faults(
    entry: LedgerEntry, steps: Sequence[StepEntry], documents: tuple[Json, ...]
) -> Iterator[Fault]:
    start = chain_start(
        entry.execution_format, entry.artifact, entry.run_id, entry.attempt, entry.inputs_digest
    )
    rows = {row.number: row for row in reversed(steps)}  # of two with one number, the first
    chain = chain_of(start, documents)
    if chain[-1] == entry.head:
        last = len(documents)
        yield from _faults_by_document(entry, rows, chain)
    else:
        last = max(len(documents), len(rows))
        yield from _faults_by_rows(entry, rows, documents, start, last)
    for number in _extra_numbers(steps, last):
        yield _row_fault(entry, "step extra", number, "was added")


def _extra_numbers(steps: Sequence[StepEntry], last: int) -> Iterator[int]:
    free = set(range(1, last + 1))
    for row in steps:
        if row.number not in free:
            yield row.number
        free.discard(row.number)


def _faults_by_document(
    entry: LedgerEntry, rows: Mapping[int, StepEntry], chain: tuple[str, ...]
) -> Iterator[Fault]:
    """Compare each row with the chain of the document, which leads to the head."""
    for number, (previous, current) in enumerate(itertools.pairwise(chain), 1):
        row = rows.get(number)
        if row is None:
            yield _row_fault(entry, "step missing", number, "is missing")
        elif row.hash != current or not _follows(row, previous):
            yield _row_fault(entry, "step altered", number, "was altered")


def _faults_by_rows(
    entry: LedgerEntry,
    rows: Mapping[int, StepEntry],
    documents: tuple[Json, ...],
    start: str,
    last: int,
) -> Iterator[Fault]:
    """Judge each row by the one before it; what the sound ones do not explain is the rest."""
    previous: str | None = start
    for number in range(1, last + 1):
        row = rows.get(number)
        document = documents[number - 1] if number <= len(documents) else None
        if row is None:
            yield _row_fault(entry, "step missing", number, "is missing")
        elif previous is not None and not _follows(row, previous):
            yield _broken_link(entry, row, document)
        elif canonical_json(row.document) != canonical_json(document):
            yield _row_fault(entry, "document", number, "is not what the result document holds")
        previous = row.hash if row else None
    if previous is not None and previous != entry.head:
        what = f"the head of the chain of {_name(entry)} does not follow from its steps"
        yield Fault(kind="head", run_id=entry.run_id, sentence=what)


def _follows(row: StepEntry, previous: str) -> bool:
    document = row.document
    return (
        isinstance(document, Mapping)
        and (document.get("id"), document.get("outcome")) == (row.step_id, row.outcome)
        and chain_next(previous, document) == row.hash
    )


def _broken_link(entry: LedgerEntry, row: StepEntry, document: Json) -> Fault:
    # Row and document agree on the first step, so it is what stands before it that was altered.
    if row.number == 1 and canonical_json(row.document) == canonical_json(document):
        what = f"the chain of {_name(entry)} began with another artifact, id, attempt or inputs"
        return Fault(kind="identity", run_id=entry.run_id, sentence=what)
    return _row_fault(entry, "step altered", row.number, "was altered")


def _outcome_faults(entry: LedgerEntry, result_document: Json) -> Iterator[Fault]:
    is_object = isinstance(result_document, Mapping)
    outcome = result_document.get("outcome") if is_object else None
    if outcome == entry.outcome:
        return
    if entry.outcome in _ENDED_FROM_OUTSIDE and outcome in _SHOWN_AS:
        return
    row, document = printable_line(entry.outcome), printable_line(str(outcome))
    what = f"the outcome of {_name(entry)} is `{row}` in its row and `{document}` in its document"
    yield Fault(kind="outcome", run_id=entry.run_id, sentence=what)


def _mac_faults(entry: LedgerEntry, result_document: Json, check_mac: CheckMac) -> Iterator[Fault]:
    digest = digest_of(canonical_json(result_document))
    signed = mac_input(entry.head, entry.outcome, entry.started_at, entry.finished_at, digest)
    match check_mac(signed, entry.mac):
        case "verified":
            return
        case "wrong":
            what = f"the MAC of {_name(entry)} does not fit its head, outcome, times and document"
            yield Fault(kind="mac", run_id=entry.run_id, sentence=what)
        case "unknown key":
            key_id = printable_line(entry.mac.partition(".")[0])
            what = f"the MAC of {_name(entry)} was made with the key `{key_id}`, which is not here"
            yield Fault(kind="unknown key", run_id=entry.run_id, sentence=what)


def _row_fault(entry: LedgerEntry, kind: FaultKind, number: int, what: str) -> Fault:
    sentence = f"step row {number} of {_name(entry)} {what}"
    return Fault(kind=kind, run_id=entry.run_id, sentence=sentence, step=number)


def _name(entry: LedgerEntry) -> str:
    return f"run `{printable_line(entry.run_id)}`"
