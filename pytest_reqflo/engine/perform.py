"""Effects become outcomes: a `Send` is carried out over a transport, secrets and clock are read.

Only here, in the clock and in the transport does time pass. A `Send` never raises for what a server
or a network does; what else comes up (Ctrl-C) passes through, the connection closed behind it.
"""

from __future__ import annotations

from typing import assert_never

from pytest_reqflo.engine.clock import Clock
from pytest_reqflo.engine.exchange import (
    Close,
    Closed,
    ExchangeEffect,
    ExchangeOutcome,
    Failed,
    Open,
    Opened,
    Piece,
    Read,
    exchange,
)
from pytest_reqflo.engine.secrets.chain import SecretSource
from pytest_reqflo.engine.target import parse_target
from pytest_reqflo.engine.transport import Deadline, ResponseStream, Transport, TransportFailed
from pytest_reqflo.run.effects import (
    Draw,
    Drawn,
    PhaseTimes,
    ReadSecrets,
    SecretsRead,
    Send,
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
    started_s = clock.monotonic_s()
    deadline = Deadline(started_s + send.timeout_s, send.timeout_s, clock.monotonic_s)
    flow = exchange(send, parse=parse_target, now=clock.now(), find_proxy=transport.shown_proxy)
    wire = _Wire(transport, deadline)
    outcome: ExchangeOutcome = None
    try:
        while True:
            outcome = wire.perform(flow.send(outcome))
    except StopIteration as end:
        sent: Sent = end.value
        elapsed_s = clock.monotonic_s() - started_s
        return Sent(hops=sent.hops, jars=sent.jars, elapsed_s=elapsed_s, failure=sent.failure)
    finally:
        wire.close()


class _Wire:
    """The answer at hand of one exchange."""

    def __init__(self, transport: Transport, deadline: Deadline) -> None:
        self._transport = transport
        self._deadline = deadline
        self._stream: ResponseStream | None = None

    def perform(self, effect: ExchangeEffect) -> ExchangeOutcome:
        try:
            match effect:
                case Open():
                    self._stream = self._transport.open(effect.request, self._deadline)
                    return Opened(self._stream.head)
                case Read():
                    return Piece(self._stream.read() if self._stream else b"")
                case Close():
                    return Closed(self.close())
                case _:
                    assert_never(effect)
        except TransportFailed as failed:
            return Failed(failed.failure, failed.times)

    def close(self) -> PhaseTimes:
        stream, self._stream = self._stream, None
        if stream is None:
            return PhaseTimes()
        stream.close()
        return stream.times
