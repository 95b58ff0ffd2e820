"""Rows of a database to the values of a source. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from pytest_reqflo.artifact.codec import artifact_id
from pytest_reqflo.codec import CodecError
from pytest_reqflo.engine.durable.history import RunFilter, RunLine
from pytest_reqflo.engine.durable.tallies import JourneyTally, WorkerLine
from pytest_reqflo.result import result_from_json
from pytest_reqflo.values import Digest, Json, JsonProblem, parse_json
from pytest_reqflo.web.lines import ended_line, open_line
from pytest_reqflo.web.source import RunQuery, SeenJourney, SeenSchedule, SeenWorker

if TYPE_CHECKING:
    from pytest_reqflo.engine.durable.schedules import Schedule


def filter_of(query: RunQuery) -> RunFilter:
    """Return the filter of a list; one run more says whether it goes on."""
    return RunFilter(
        text=query.text,
        statuses=query.statuses,
        journey=query.journey,
        environment=query.environment,
        artifact=query.artifact,
        before=query.before,
        limit=query.limit + 1,
    )


def journey_of(tally: JourneyTally) -> SeenJourney:
    """Return a journey as it was counted."""
    return SeenJourney(
        id=tally.journey_id,
        last_at=tally.last_at,
        outcomes={name or "open": count for name, count in tally.outcomes.items()},
        environments=tally.environments,
        recent=tuple((at, run_id, outcome or "open") for at, run_id, outcome in tally.recent),
    )


def line_of(run: RunLine, document: str) -> Json:
    """Return the line of a run that is over; *document* is the text of its result."""
    try:
        result = result_from_json(parse_json(document)).to_json()
    except (JsonProblem, CodecError):
        return {**bare_line(run), "message": "its result is missing or was altered"}
    return ended_line(result, status=run.status, test=run.item_id, trigger=run.trigger)


def bare_line(run: RunLine) -> Json:
    """Return what the row of a run alone says."""
    return open_line(
        run_id=run.run_id,
        status=run.status,
        journey_id=run.journey_id,
        environment=run.environment,
        case=run.case,
        row_number=run.row_number,
        artifact=run.artifact,
        dispatched_at=run.dispatched_at,
        test=run.item_id,
        trigger=run.trigger,
    )


def schedule_of(each: Schedule, now: datetime) -> SeenSchedule:
    """Return a schedule with its first instant after *now*."""
    request = each.run.request
    following = each.timing.next_after(now)
    return SeenSchedule(
        name=each.name,
        cron=each.timing.cron,
        timezone=each.timing.timezone,
        is_paused=each.is_paused,
        last_at=each.last_at,
        next_at="" if each.is_paused else following.isoformat(timespec="seconds"),
        journey=request.identity.journey_id,
        artifact=artifact_id(Digest(request.artifact)),
        environment=request.environment,
        case=request.case,
    )


def worker_of(each: WorkerLine) -> SeenWorker:
    """Return a worker as its row says."""
    return SeenWorker(
        id=each.worker_id,
        host=each.host,
        pid=each.pid,
        version=each.version,
        state=each.state,
        expires_in_s=each.expires_in_s,
    )
