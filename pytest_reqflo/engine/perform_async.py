"""Effects become outcomes on an event loop: the same exchange as `engine.perform`, awaited."""

from __future__ import annotations

from typing import assert_never

from pytest_reqflo.engine.body import BodyReader
from pytest_reqflo.engine.clock import Clock
from pytest_reqflo.engine.exchange import Carried, Carry, ExchangeFlow, exchange
from pytest_reqflo.engine.secrets.chain import SecretSource
from pytest_reqflo.engine.target import parse_target
from pytest_reqflo.engine.transport import AsyncTransport, Deadline, FindProxy, TransportFailed
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


async def perform_async(
    effect: TryEffect, *, transport: AsyncTransport, secrets: SecretSource, clock: Clock
) -> TryOutcome:
    """Return what came of one effect of a try."""
    match effect:
        case Send():
            return await perform_send_async(effect, transport=transport, clock=clock)
        case ReadSecrets():
            return SecretsRead(secrets=secrets.get_many(effect.names))
        case Draw():
            return Drawn(now=clock.now())
        case _:
            assert_never(effect)


async def perform_send_async(send: Send, *, transport: AsyncTransport, clock: Clock) -> Sent:
    """Return what came of *send*: every hop, the cookies, and the failure if there is one."""
    flow, deadline = begin_exchange(send, transport.shown_proxy, clock)
    carried: Carried | None = None
    try:
        while True:
            carried = await carry_async(flow.send(carried), transport, deadline)
    except StopIteration as end:
        sent: Sent = end.value
        return sent


def begin_exchange(
    send: Send, find_proxy: FindProxy, clock: Clock
) -> tuple[ExchangeFlow, Deadline]:
    """Return the exchange of *send*, from now on, and the deadline of all its hops."""
    deadline = Deadline(clock.monotonic_s(), send.timeout_s, clock.monotonic_s)
    flow = exchange(
        send,
        parse=parse_target,
        now=clock.now(),
        find_proxy=find_proxy,
        read_elapsed_s=deadline.elapsed_s,
    )
    return flow, deadline


async def carry_async(effect: Carry, transport: AsyncTransport, deadline: Deadline) -> Carried:
    """Return what came of one request and its answer."""
    try:
        stream = await transport.open(effect.request, deadline)
    except TransportFailed as failed:
        return Carried(None, failed.times, failed.failure)
    body = BodyReader(stream.head, effect.max_bytes, earlier_bytes=effect.earlier_bytes)
    failure: SendFailure | None = None
    try:
        while failure is None and not body.is_complete:
            failure = body.take(await stream.read())
    except TransportFailed as failed:
        failure = failed.failure
    finally:
        await stream.close()
    response = body.response(effect.request.target.url, is_cut=failure is not None)
    return Carried(response, stream.times, failure)
