"""Effects become outcomes: a `Send` is carried out over a transport, secrets and clock are read.

Only here, in the clock and in the transport does time pass. A `Send` never raises for what a server
or a network does; what else comes up (Ctrl-C) passes through, the connection closed behind it.
"""

from __future__ import annotations

from typing import assert_never

from pytest_reqflo.engine.body import BodyReader
from pytest_reqflo.engine.clock import Clock
from pytest_reqflo.engine.exchange import Carried, Carry
from pytest_reqflo.engine.perform_async import begin_exchange, carry_async
from pytest_reqflo.engine.secrets.chain import SecretSource
from pytest_reqflo.engine.transport import Deadline, DrivenTransport, Transport, TransportFailed
from pytest_reqflo.run.effects import (
    Draw,
    Drawn,
    ReadSecrets,
    SecretsRead,
    Send,
    SendFailure,
    Sent,
    TryEffect,
    TryOutcome,
)


def perform(
    effect: TryEffect, *, transport: Transport, secrets: SecretSource, clock: Clock
) -> TryOutcome:
    """Return what came of one effect of a try."""
    match effect:
        case Send():
            return perform_send(effect, transport=transport, clock=clock)
        case ReadSecrets():
            return SecretsRead(secrets=secrets.get_many(effect.names))
        case Draw():
            return Drawn(now=clock.now())
        case _:
            assert_never(effect)


def perform_send(send: Send, *, transport: Transport, clock: Clock) -> Sent:
    """Return what came of *send*: every hop, the cookies, and the failure if there is one."""
    flow, deadline = begin_exchange(send, transport.shown_proxy, clock)
    carried: Carried | None = None
    try:
        while True:
            carried = _carry(flow.send(carried), transport, deadline)
    except StopIteration as end:
        sent: Sent = end.value
        return sent


def _carry(effect: Carry, transport: Transport, deadline: Deadline) -> Carried:
    if isinstance(transport, DrivenTransport):
        return transport.drive(carry_async(effect, transport.awaited, deadline))
    try:
        stream = transport.open(effect.request, deadline)
    except TransportFailed as failed:
        return Carried(None, failed.times, failed.failure)
    body = BodyReader(stream.head, effect.max_bytes, earlier_bytes=effect.earlier_bytes)
    failure: SendFailure | None = None
    try:
        while failure is None and not body.is_complete:
            failure = body.take(stream.read())
    except TransportFailed as failed:
        failure = failed.failure
    finally:
        stream.close()
    response = body.response(effect.request.target.url, is_cut=failure is not None)
    return Carried(response, stream.times, failure)
