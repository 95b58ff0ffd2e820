"""A recorded run is registered anew, by those who may hold no key. See docs/decisions/0016."""

from __future__ import annotations

import dataclasses
import uuid

from pytest_reqflo.artifact.codec import artifact_id
from pytest_reqflo.artifact.model import Artifact
from pytest_reqflo.codec import to_json
from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.engine.durable.checkpoints import to_text
from pytest_reqflo.engine.durable.ending import so_far
from pytest_reqflo.engine.durable.history import load_kept_result
from pytest_reqflo.engine.durable.names import new_batch_id
from pytest_reqflo.engine.durable.orders import (
    Dispatch,
    bare_request_of,
    opener,
    order_of,
    request_of,
)
from pytest_reqflo.engine.durable.origin import Origin, origin_of, origin_to_text
from pytest_reqflo.engine.durable.records import RunOrder, StoredRun
from pytest_reqflo.engine.durable.sealing import Keyring
from pytest_reqflo.engine.durable.stores import RunStore
from pytest_reqflo.engine.durable.taking import check_takeable, find_first
from pytest_reqflo.errors import UsageProblem
from pytest_reqflo.plan.model import RunRequest
from pytest_reqflo.result import JourneyResult
from pytest_reqflo.values import Digest


def renewed(request: RunRequest, environment: str) -> RunRequest:
    """Return *request* as that of a new run, against *environment*."""
    identity = dataclasses.replace(
        request.identity,
        run_id=f"run_{uuid.uuid4().hex}",
        artifact=artifact_id(Digest(request.artifact)),
        environment=environment,
    )
    # The trace in which the first run was asked for is over.
    return dataclasses.replace(request, identity=identity, environment=environment, trace=())


def check_from_step(store: RunStore, stored: StoredRun, from_step: str, environment: str) -> None:
    """Raise UsageProblem or EngineError RF628 unless a run may be repeated from a step on.

    What an environment answered says nothing of another one, so that must be the same.
    """
    order = stored.order
    with store.database.reading() as connection:
        artifact, _ = store.records.load_artifact(connection, Digest(order.artifact))
    first = find_first(artifact, from_step)
    if environment != order.environment:
        title = f"--from-step: the earlier steps were sent to `{order.environment}`, not `{environment}`"
        hint = "leave out --env, or --from-step"
        raise UsageProblem(Diagnostic(code="RF628", title=title, hint=hint))
    check_takeable(_result_of(store, stored), first)


def _result_of(store: RunStore, stored: StoredRun) -> JourneyResult:
    run_id = stored.order.run_id
    with store.database.reading() as connection:
        is_over = store.records.find_result(connection, run_id) is not None
    if is_over:
        return load_kept_result(store, run_id)
    return so_far(store.records, stored, store.engine_rows.recorded(run_id))


def order_again(
    stored: StoredRun, artifact: Artifact, environment: str, from_step: str, keyring: Keyring | None
) -> RunOrder:
    """Return the row of a new run like *stored*.

    Shape: the values stay as they were sealed; for another environment they are sealed anew, with
        *keyring*.
    Raises: UsageProblem RF629 without it; EngineError RF614.
    """
    old = stored.order
    batch_id = new_batch_id()
    if environment == old.environment:
        return _as_sealed(old, batch_id, from_step)
    if keyring is None:
        title = f"the values of run {old.run_id} are sealed for environment `{old.environment}`"
        hint = "to send them elsewhere, run this where the workers' master key is"
        raise UsageProblem(Diagnostic(code="RF629", title=title, hint=hint))
    origin = origin_to_text(Origin(run_id=old.run_id))
    dispatch = Dispatch(batch_id=batch_id, trigger="rerun", item_id=old.item_id, origin=origin)
    request = renewed(request_of(old, opener(keyring)), environment)
    return order_of(
        request,
        artifact,
        dispatch,
        lambda plain, context: keyring.seal(plain, purpose="inputs", context=context),
    )


def _as_sealed(old: RunOrder, batch_id: str, from_step: str) -> RunOrder:
    request = renewed(bare_request_of(old), old.environment)
    sealed_for = origin_of(old.origin).sealed_for or old.run_id
    origin = Origin(run_id=old.run_id, from_step=from_step, sealed_for=sealed_for)
    return dataclasses.replace(
        old,
        run_id=request.identity.run_id,
        request=to_text(to_json(request)),
        batch_id=batch_id,
        trigger="rerun",
        origin=origin_to_text(origin),
        run_key="",
    )
