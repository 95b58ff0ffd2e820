"""What a schedule dispatches, as the engine keeps it, and the run that each instant is. Pure."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable, Mapping

from pytest_reqflo.artifact.model import Artifact
from pytest_reqflo.codec import CodecError, from_json, to_json
from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.engine.durable.checkpoints import to_text
from pytest_reqflo.engine.durable.orders import Dispatch, Seal, open_given, order_of, seal_given
from pytest_reqflo.engine.durable.records import RunOrder
from pytest_reqflo.errors import EngineError
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.plan.model import RunRequest
from pytest_reqflo.values import Json

SCHEDULED_WORKFLOW = "reqflo.schedule.v1"
"""Name under which workers know how to dispatch; changes with the form of what they are given."""

_NAMESPACE = uuid.UUID("6d2c7a3e-0f0b-5d0c-9a57-3b7d9c1f4e21")


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedRun:
    """What one schedule dispatches: a request without its values, and these sealed to workers."""

    schedule: str
    request: RunRequest
    given: str


def timed_run(schedule: str, request: RunRequest, seal: Seal) -> TimedRun:
    """Return *request* as the schedule keeps it."""
    bare = dataclasses.replace(request, given=())
    given = seal_given(request, seal, _context(schedule, request.artifact))
    return TimedRun(schedule=schedule, request=bare, given=given)


def timed_to_json(timed: TimedRun) -> Json:
    """Return what `timed_from_json` reads."""
    return to_json(timed)


def timed_from_json(document: Mapping[str, Json]) -> TimedRun:
    """Return what a schedule dispatches. Raises: EngineError RF625 when it is none of ours."""
    try:
        return from_json(TimedRun, document)
    except CodecError:
        title = "what a schedule of the database dispatches cannot be read"
        hint = "remove the schedule and add it again"
        raise EngineError(Diagnostic(code="RF625", title=title, hint=hint)) from None


def run_id_at(schedule: str, at: str) -> str:
    """Return the id of the run of one instant, the same wherever it is dispatched from."""
    return f"run_{uuid.uuid5(_NAMESPACE, f'{schedule}/{at}').hex}"


def order_at(
    timed: TimedRun,
    at: str,
    artifact: Artifact,
    unseal: Callable[[str, str], bytes],
    seal: Seal,
) -> RunOrder:
    """Return the row of the run at the instant *at*, its values sealed anew for itself."""
    run_id = run_id_at(timed.schedule, at)
    identity = dataclasses.replace(timed.request.identity, run_id=run_id)
    request = dataclasses.replace(timed.request, identity=identity)
    dispatch = Dispatch(
        batch_id=batch_of(timed.schedule),
        trigger="schedule",
        origin=to_text({"schedule": timed.schedule, "at": at}),
    )
    try:
        given = open_given(timed.given, unseal, _context(timed.schedule, timed.request.artifact))
    except EngineError:
        # The run is registered with what nobody can read: its result says why it could not begin.
        order = order_of(request, artifact, dispatch, seal)
        return dataclasses.replace(order, given=timed.given)
    return order_of(dataclasses.replace(request, given=given), artifact, dispatch, seal)


def batch_of(schedule: str) -> str:
    """Return the batch that all runs of a schedule belong to."""
    return f"schedule_{schedule}"


def _context(schedule: str, artifact: str) -> str:
    # Of this artifact too: another journey could show what is sealed.
    return f"schedule:{schedule}/{artifact}/given"
