"""Whether the records of a store are as they were written: what is altered, missing or extra."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from pytest_reqflo.engine.durable.checkpoints import APPLICATION_VERSION
from pytest_reqflo.engine.durable.ledger import (
    CheckMac,
    Fault,
    LedgerEntry,
    StepEntry,
    find_faults,
)
from pytest_reqflo.engine.durable.operating import OPEN, SeenWorkflow
from pytest_reqflo.engine.durable.sealing import Keyring
from pytest_reqflo.engine.durable.stores import RunStore
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.values import Json, JsonProblem, digest_of, parse_json, printable_line

_CHUNK = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was looked at, and one sentence for each record that is not as it was written."""

    results: int
    faults: tuple[str, ...]


def verify_run(store: RunStore, run_id: str, keyring: Keyring | None) -> Verification:
    """Look at one run; without *keyring* its signature is passed over."""
    seen = store.engine_rows.of_runs([run_id])
    return _verify(store, [run_id], seen, keyring, of_all=False)


def verify_all(store: RunStore, keyring: Keyring | None) -> Verification:
    """Look at every record of the store; without *keyring* signatures are passed over."""
    # The engine's rows first: what it has ended by then has its result by now.
    seen = store.engine_rows.all()
    run = store.records.tables.run
    with store.database.reading() as connection:
        query = sa.select(run.c.run_id).order_by(run.c.dispatched_at, run.c.run_id)
        run_ids = list(connection.execute(query).scalars())
    return _verify(store, run_ids, seen, keyring, of_all=True)


def _verify(
    store: RunStore,
    run_ids: Sequence[str],
    seen: Iterable[SeenWorkflow],
    keyring: Keyring | None,
    *,
    of_all: bool,
) -> Verification:
    workflows: dict[str, list[SeenWorkflow]] = {}
    for each in seen:
        workflows.setdefault(each.run_id, []).append(each)
    faults: list[str] = []
    count = 0
    for start in range(0, len(run_ids), _CHUNK):
        for run, result, steps in _read(store, run_ids[start : start + _CHUNK]):
            count += result is not None
            if result is None:
                faults += _without_result(run["run_id"], steps, workflows.get(run["run_id"], []))
            else:
                faults += _result_faults(run, result, steps, keyring)
    faults += _artifact_faults(store, run_ids, of_all=of_all)
    if of_all:
        faults += _unregistered(store, set(run_ids), workflows)
    return Verification(results=count, faults=tuple(dict.fromkeys(faults)))


# --- one run -------------------------------------------------------------------------------------

_Row = Mapping[Any, Any]


def _read(
    store: RunStore, run_ids: Sequence[str]
) -> Iterator[tuple[_Row, _Row | None, list[_Row]]]:
    """Yield each run with its result and its step rows."""
    tables = store.records.tables

    def rows(table: sa.Table) -> list[_Row]:
        query = sa.select(table).where(table.c.run_id.in_(run_ids))
        return list(connection.execute(query).mappings())

    with store.database.reading() as connection:
        runs = {row["run_id"]: row for row in rows(tables.run)}
        steps: dict[str, list[_Row]] = {}
        for row in rows(tables.step):
            steps.setdefault(row["run_id"], []).append(row)
        results = {row["run_id"]: row for row in rows(tables.result)}
    for run_id in run_ids:
        if run_id in runs:
            yield runs[run_id], results.get(run_id), steps.get(run_id, [])


def _without_result(
    run_id: str, steps: Sequence[_Row], seen: Sequence[SeenWorkflow]
) -> Iterator[str]:
    is_over = bool(seen) and not any(each.status in OPEN for each in seen)
    last = max(seen, key=lambda each: each.order, default=None)
    if is_over and last is not None and last.status == "SUCCESS":
        yield f"the result of {_name(run_id)} is missing: the engine has carried it to its end"
    elif steps:
        yield f"the result of {_name(run_id)} is missing: it has {len(steps)} step rows"


def _result_faults(
    run: _Row, result: _Row, steps: Sequence[_Row], keyring: Keyring | None
) -> Iterator[str]:
    try:
        document = parse_json(result["document"])
    except JsonProblem:
        document = None
    if not isinstance(document, Mapping):
        yield f"the result document of {_name(run['run_id'])} was altered: it is no JSON object"
        return
    entry = _entry(run, result, document)
    check_mac: CheckMac = keyring.check_mac if keyring else lambda _, __: "verified"
    faults = find_faults(entry, _entries(steps, document), document, check_mac)
    yield from _sentences(faults, is_signed=keyring is not None and not _has_bad_mac(faults))
    yield from _disagreements(run, document)


def _has_bad_mac(faults: Iterable[Fault]) -> bool:
    return any(each.kind in ("mac", "unknown key") for each in faults)


def _sentences(faults: Iterable[Fault], *, is_signed: bool) -> Iterator[str]:
    for each in faults:
        if each.kind == "identity" and not is_signed:
            # Only a signed document is known to be the one that the chain was made of.
            what = "or the artifact, attempt or inputs that its chain began with, was altered"
            yield f"step row 1 of {_name(each.run_id)}, {what}"
        else:
            yield each.sentence


def _entry(run: _Row, result: _Row, document: Mapping[str, Json]) -> LedgerEntry:
    return LedgerEntry(
        execution_format=APPLICATION_VERSION,
        run_id=run["run_id"],
        attempt=result["attempt"],
        artifact=run["artifact"],
        inputs_digest=run["inputs_digest"],
        outcome=result["outcome"],
        started_at=str(document.get("started_at", "")),
        finished_at=result["ended_at"],
        head=result["head"],
        mac=result["mac"],
    )


def _entries(steps: Sequence[_Row], document: Mapping[str, Json]) -> tuple[StepEntry, ...]:
    listed = document.get("steps")
    documents = listed if isinstance(listed, list) else []
    return tuple(
        StepEntry(
            number=row["number"],
            step_id=row["step_id"],
            outcome=row["outcome"],
            document=documents[row["number"] - 1] if 0 < row["number"] <= len(documents) else None,
            hash=row["hash"],
        )
        for row in steps
    )


def _disagreements(run: _Row, document: Mapping[str, Json]) -> Iterator[str]:
    """Compare the columns that no chain covers with the document, which is signed."""
    identity = document.get("identity")
    told = identity if isinstance(identity, Mapping) else {}
    columns = {"run_id": "run_id", "journey_id": "journey_id", "case_name": "case"}
    for column, key in columns.items():
        if run[column] != told.get(key, ""):
            yield f"column `{column}` of {_name(run['run_id'])} is not what its result says"


# --- the store -----------------------------------------------------------------------------------


def _artifact_faults(store: RunStore, run_ids: Sequence[str], *, of_all: bool) -> Iterator[str]:
    tables = store.records.tables
    named = sa.select(tables.run.c.artifact).distinct()
    if not of_all:
        named = named.where(tables.run.c.run_id.in_(run_ids))
    with store.database.reading() as connection:
        digests = sorted(connection.execute(named).scalars())
        for digest in digests:
            query = sa.select(tables.artifact.c.content).where(tables.artifact.c.digest == digest)
            yield from _content_fault("artifact", digest, connection.execute(query).scalar())
        if of_all:
            for row in connection.execute(sa.select(tables.blob)):
                yield from _content_fault("file", row.digest, row.content)


def _content_fault(kind: str, digest: str, content: bytes | None) -> Iterator[str]:
    if content is None:
        yield f"{kind} {digest[:12]} is missing"
    elif digest_of(bytes(content)) != digest:
        yield f"{kind} {digest[:12]} was altered"


def _unregistered(
    store: RunStore, known: set[str], workflows: Mapping[str, Sequence[SeenWorkflow]]
) -> Iterator[str]:
    """Yield the runs of which something is left, but not the run itself."""
    tables = store.records.tables
    for run_id in workflows.keys() - known:
        yield f"{_name(run_id)} is missing: the engine has carried it out"
    with store.database.reading() as connection:
        for table, what in ((tables.result, "result"), (tables.step, "steps")):
            query = sa.select(table.c.run_id).distinct()
            for run_id in sorted(set(connection.execute(query).scalars()) - known):
                yield f"{_name(run_id)} is missing: its {what} {'are' if what == 'steps' else 'is'} there"


def _name(run_id: str) -> str:
    return f"run `{printable_line(run_id)}`"
