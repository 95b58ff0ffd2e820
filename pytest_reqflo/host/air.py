"""Where journeys in flight run: one loop, one transport, one engine per source of secrets."""

from __future__ import annotations

import contextlib

from pytest_reqflo.engine.in_flight import AsyncEngine
from pytest_reqflo.engine.loop import LoopThread
from pytest_reqflo.engine.secrets.chain import SecretSource
from pytest_reqflo.engine.transports import TransportKind, make_async_transport, new_event_loop

_CLOSING_S = 5.0


class Air:
    """The loop of one process."""

    def __init__(self, kind: TransportKind) -> None:
        self.loop = LoopThread(lambda: new_event_loop(kind))
        self._transport = make_async_transport(kind)
        self._engines: dict[int, AsyncEngine] = {}

    def engine_for(self, secrets: SecretSource) -> AsyncEngine:
        """Return the engine whose runs get their secrets from *secrets*."""
        engine = self._engines.get(id(secrets))
        if engine is None:
            engine = AsyncEngine(transport=self._transport, secrets=secrets)
            self._engines[id(secrets)] = engine
        return engine

    def close(self) -> None:
        """End the connections and the loop."""
        closing = self.loop.start(self._transport.close())
        with contextlib.suppress(TimeoutError):
            closing.future.result(_CLOSING_S)
        self.loop.close(_CLOSING_S)
