"""What the store knows of its runs: found by filters, each with its state now. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from pytest_reqflo.artifact.codec import artifact_id, journey_short_id
from pytest_reqflo.codec import CodecError
from pytest_reqflo.diagnostic import Diagnostic, name_hint
from pytest_reqflo.engine.durable.records import altered_result
from pytest_reqflo.engine.durable.stores import OPEN_STATES, OpenState, RunStore
from pytest_reqflo.errors import UsageProblem
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.result import JourneyResult, result_from_json
from pytest_reqflo.values import Digest, Json, JsonProblem, parse_json, slugify

ENDS = ("passed", "failed", "error", "skipped", "interrupted", "cancelled", "lost")
"""What a run that is over is called."""

_SEARCHED = ("run_id", "journey_id", "environment", "case_name", "item_id", "artifact")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFilter:
    """Which runs are meant; what is empty or None chooses nothing out.

    Shape: *artifact* is an artifact id or its beginning; *since* in seconds since 1970; each word of
        *text* stands in one of the columns of a run; *before* is time and id of a run that is newer.
    """

    journey: str = ""
    environment: str = ""
    case: str = ""
    artifact: str = ""
    statuses: tuple[str, ...] = ()
    since: float | None = None
    text: str = ""
    before: tuple[float, str] | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """One run in short; *ended_at* is empty while it is not over."""

    run_id: str
    status: str
    journey_id: str
    environment: str
    case: str
    row_number: int | None
    artifact: str
    batch_id: str
    item_id: str
    trigger: str
    origin: str
    dispatched_at: float
    ended_at: str


def find_runs(store: RunStore, wanted: RunFilter) -> tuple[RunLine, ...]:
    """Return the runs that *wanted* means, the newest first."""
    asks_open = not wanted.statuses or bool(set(wanted.statuses) & set(OPEN_STATES))
    rows = _read_rows(store, wanted, with_open=asks_open)
    states = _states(store, rows)
    lines = [_line(row, states) for row in rows]
    if wanted.statuses:
        lines = [line for line in lines if line.status in wanted.statuses]
    return tuple(lines[: wanted.limit])


def find_run(store: RunStore, wanted: str) -> RunLine:
    """Return the run with the id *wanted*, or the only one that begins so.

    Raises: UsageProblem RF611 when there is none, or several.
    """
    run = store.records.tables.run
    begins = run.c.run_id.startswith(wanted, autoescape=True)
    query = _all_runs(store).where(begins).order_by(run.c.run_id).limit(3)
    with store.database.reading() as connection:
        rows = connection.execute(query).mappings().all()
    exact = [row for row in rows if row["run_id"] == wanted] or rows
    if len(exact) != 1 or not wanted:
        raise _not_one(wanted, [row["run_id"] for row in exact], store.shown)
    return _line(exact[0], _states(store, exact))


def load_kept_result(store: RunStore, run_id: str) -> JourneyResult:
    """Return the result of a run that is over. Raises: EngineError RF613 when it is unreadable."""
    with store.database.reading() as connection:
        kept = store.records.find_result(connection, run_id)
    try:
        return result_from_json(parse_json(kept.document if kept else ""))
    except (JsonProblem, CodecError):
        raise altered_result(run_id) from None


def find_journey_id(store: RunStore, wanted: str) -> str:
    """Return the id of the journey that is called *wanted*. Raises: UsageProblem RF611."""
    run = store.records.tables.run
    with store.database.reading() as connection:
        known = sorted(connection.execute(sa.select(run.c.journey_id).distinct()).scalars())
    for each in known:
        if wanted in (each, journey_short_id(each)):
            return str(each)
    if (by_name := slugify(wanted)) in known:
        return by_name
    title = f"no run of a journey `{wanted}` is in {store.shown}"
    raise UsageProblem(
        Diagnostic(code="RF611", title=title, hint=name_hint(wanted, known, what="Journeys"))
    )


def line_to_json(line: RunLine) -> Json:
    """Return *line* as the commands print it with ``--json``."""
    return {
        "run_id": line.run_id,
        "status": line.status,
        "journey": line.journey_id,
        "environment": line.environment,
        "case": line.case,
        "row_number": line.row_number,
        "artifact": line.artifact,
        "batch": line.batch_id,
        "item": line.item_id,
        "trigger": line.trigger,
        "origin": line.origin,
        "dispatched_at": line.dispatched_at,
        "ended_at": line.ended_at,
    }


def _all_runs(store: RunStore) -> sa.Select[Any]:
    run, result = store.records.tables.run, store.records.tables.result
    columns = (
        run.c.run_id, run.c.journey_id, run.c.environment, run.c.case_name, run.c.row_number,
        run.c.artifact, run.c.batch_id, run.c.item_id, run.c.trigger, run.c.origin,
        run.c.dispatched_at, result.c.outcome, result.c.ended_at,
    )  # fmt: skip
    return sa.select(*columns).outerjoin_from(run, result, result.c.run_id == run.c.run_id)


def _read_rows(store: RunStore, wanted: RunFilter, *, with_open: bool) -> list[Mapping[Any, Any]]:
    tables = store.records.tables
    query = _all_runs(store).where(*_conditions(store, wanted))
    if wanted.statuses:
        ended = tables.result.c.outcome.in_(wanted.statuses)
        query = query.where(ended | tables.result.c.outcome.is_(None) if with_open else ended)
    query = query.order_by(tables.run.c.dispatched_at.desc(), tables.run.c.run_id)
    # Which of the open ones are meant is not known to our tables.
    if wanted.limit is not None and not (wanted.statuses and with_open):
        query = query.limit(wanted.limit)
    with store.database.reading() as connection:
        return list(connection.execute(query).mappings())


def _conditions(store: RunStore, wanted: RunFilter) -> Iterable[sa.ColumnElement[bool]]:
    run = store.records.tables.run
    if wanted.journey:
        yield run.c.journey_id == wanted.journey
    if wanted.environment:
        yield run.c.environment == wanted.environment
    if wanted.case:
        yield run.c.case_name == wanted.case
    if wanted.artifact:
        digest = wanted.artifact.removeprefix("artifact_")
        yield run.c.artifact.startswith(digest, autoescape=True)
    if wanted.since is not None:
        yield run.c.dispatched_at >= wanted.since
    for word in wanted.text.split():
        yield sa.or_(*(run.c[name].icontains(word, autoescape=True) for name in _SEARCHED))
    if wanted.before is not None:
        at, run_id = wanted.before
        yield (run.c.dispatched_at < at) | ((run.c.dispatched_at == at) & (run.c.run_id > run_id))


def _states(store: RunStore, rows: Iterable[Mapping[Any, Any]]) -> Mapping[str, OpenState]:
    unfinished = {row["run_id"]: row["batch_id"] for row in rows if row["outcome"] is None}
    # The engine is asked only when someone wants to know.
    return store.states_of(unfinished) if unfinished else {}


def _line(row: Mapping[Any, Any], states: Mapping[str, OpenState]) -> RunLine:
    return RunLine(
        run_id=row["run_id"],
        status=row["outcome"] or states[row["run_id"]],
        journey_id=row["journey_id"],
        environment=row["environment"],
        case=row["case_name"],
        row_number=row["row_number"],
        artifact=artifact_id(Digest(row["artifact"])),
        batch_id=row["batch_id"],
        item_id=row["item_id"],
        trigger=row["trigger"],
        origin=row["origin"],
        dispatched_at=row["dispatched_at"],
        ended_at=row["ended_at"] or "",
    )


def _not_one(wanted: str, found: list[str], shown: str) -> UsageProblem:
    if len(found) > 1:
        title = f"several runs begin with `{wanted}`: {', '.join(found[:2])} and others"
        hint = "write more of the id"
    else:
        title, hint = f"no run `{wanted}` is in {shown}", "`reqflo history` lists those there are"
    return UsageProblem(Diagnostic(code="RF611", title=title, hint=hint))
