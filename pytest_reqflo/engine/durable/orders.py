"""A `RunRequest` becomes a row, and a row a `RunRequest` again. Pure but for the sealing."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from pytest_reqflo.artifact.model import Artifact
from pytest_reqflo.codec import from_json, to_json
from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.engine.durable.checkpoints import to_text
from pytest_reqflo.engine.durable.origin import origin_of
from pytest_reqflo.engine.durable.records import RunOrder, Trigger
from pytest_reqflo.engine.durable.sealing import BOX, Keyring, SealProblem
from pytest_reqflo.errors import EngineError
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.plan.model import GivenValue, RunRequest
from pytest_reqflo.values import canonical_json, digest_of, parse_json, printable_line

Seal = Callable[[bytes, str], str]
"""Bytes and the context they are tied to become text that only the executing side reads."""


@dataclass(frozen=True, slots=True)
class _Given:
    values: tuple[GivenValue, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """What the caller says of a run besides what it is."""

    batch_id: str
    trigger: Trigger
    item_id: str = ""
    origin: str = "{}"
    run_key: str = ""


def order_of(request: RunRequest, artifact: Artifact, dispatch: Dispatch, seal: Seal) -> RunOrder:
    """Return the row of a run: all its values sealed, and a digest of those that may be known."""
    run_id = request.identity.run_id
    bare = dataclasses.replace(request, given=())
    return RunOrder(
        run_id=run_id,
        artifact=request.artifact,
        journey_id=artifact.journey_id,
        environment=request.environment,
        request=to_text(to_json(bare)),
        given=seal_given(request, seal, f"{run_id}/given"),
        inputs_digest=inputs_digest_of(request, artifact),
        on_interrupt=artifact.settings.on_interrupt,
        # The name itself is in *request*, as ASCII; a column takes no NUL and no lone surrogate.
        case_name=printable_line(request.case),
        row_number=request.row_number,
        batch_id=dispatch.batch_id,
        trigger=dispatch.trigger,
        item_id=dispatch.item_id,
        origin=dispatch.origin,
        run_key=dispatch.run_key,
    )


def request_of(order: RunOrder, unseal: Callable[[str, str], bytes]) -> RunRequest:
    """Return the request that `order_of` was given."""
    bare = bare_request_of(order)
    # A run that repeats another has its values as they were sealed for that one.
    sealed_for = origin_of(order.origin).sealed_for or order.run_id
    given = open_given(order.given, unseal, f"{sealed_for}/given")
    return dataclasses.replace(bare, given=given)


def seal_given(request: RunRequest, seal: Seal, context: str) -> str:
    """Return the values of *request*, sealed for *context*."""
    return seal(canonical_json(to_json(_Given(request.given))), context)


def open_given(
    text: str, unseal: Callable[[str, str], bytes], context: str
) -> tuple[GivenValue, ...]:
    """Return the values that `seal_given` sealed. Raises: EngineError RF614 as *unseal* does."""
    return from_json(_Given, parse_json(unseal(text, context))).values


def opener(keyring: Keyring) -> Callable[[str, str], bytes]:
    """Return what opens the values of a run, sealed by a holder of the key or by a client.

    Raises: EngineError RF614, when it is called, for what cannot be read with these keys.
    """

    def unseal(text: str, context: str) -> bytes:
        try:
            if text.startswith(BOX):
                return keyring.unseal_box(text, context)
            return keyring.unseal(text, purpose="inputs", context=context)
        except SealProblem as problem:
            title = f"the values of the run cannot be read: {problem}"
            hint = "the worker needs the master key that they were sealed for"
            raise EngineError(Diagnostic(code="RF614", title=title, hint=hint)) from None

    return unseal


def bare_request_of(order: RunOrder) -> RunRequest:
    """Return the request without its values, which needs no key."""
    return from_json(RunRequest, parse_json(order.request))


def inputs_digest_of(request: RunRequest, artifact: Artifact) -> str:
    """Return a digest of what the run is given, of sensitive inputs only that they are given.

    A digest of a short number tells it to whoever can count.
    """
    hidden = {each.name for each in artifact.inputs if each.sensitive}
    values = [
        {"name": each.name} if each.name in hidden else to_json(each) for each in request.given
    ]
    known = {
        "values": values,
        "case": request.case,
        "row": [request.row_key, request.row_number],
        "environment": request.environment,
    }
    return digest_of(canonical_json(known))
