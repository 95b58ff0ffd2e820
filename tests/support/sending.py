"""Exchanges over real connections, in one line: ``send(server.url + "/a", method="POST")``."""

from __future__ import annotations

import asyncio
import threading
from typing import Any, Self
from urllib.parse import urlsplit

from pytest_reqflo.engine.clock import SystemClock
from pytest_reqflo.engine.perform import perform_send
from pytest_reqflo.engine.perform_async import perform_send_async
from pytest_reqflo.engine.transport import AsyncTransport, Transport
from pytest_reqflo.engine.transports import make_async_transport, make_transport, new_event_loop
from pytest_reqflo.run.cookies import CookieJars
from pytest_reqflo.run.effects import Send, Sent, WireRequest

KINDS = ("default", "default-async", "fast", "fast-async")
"""The transports that the same tests run over."""


def origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def make_send(url: str, *, method: str = "GET", **changes: Any) -> Send:
    """Return a Send to *url* whose origin is allowed; *changes* are fields of Send or of its request."""
    fields = {"headers", "body", "secret_headers"}
    request = {name: changes.pop(name) for name in fields & changes.keys()}
    if "allowed_origins" not in changes:
        changes["allowed_origins"] = (origin_of(url),)
    settings = {"jars": CookieJars(), "timeout_s": 10.0}
    return Send(request=WireRequest(method=method, url=url, **request), **{**settings, **changes})


class Sender:
    """A transport of its own, closed at the end."""

    def __init__(self, transport: Transport | None = None) -> None:
        self.transport = transport or make_transport("default")

    def __call__(self, url: str, **changes: Any) -> Sent:
        return perform_send(
            make_send(url, **changes), transport=self.transport, clock=SystemClock()
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self.transport.close()


class AsyncSender:
    """The same over an asynchronous transport, on a loop in a thread."""

    def __init__(self, transport: AsyncTransport, loop: asyncio.AbstractEventLoop) -> None:
        self.transport = transport
        self.loop = loop
        self._thread = threading.Thread(target=loop.run_forever, daemon=True)

    def start(self, url: str, **changes: Any) -> Any:
        """Begin an exchange and return its future, which can be cancelled."""
        coroutine = perform_send_async(
            make_send(url, **changes), transport=self.transport, clock=SystemClock()
        )
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop)

    def __call__(self, url: str, **changes: Any) -> Sent:
        return self.start(url, **changes).result(30)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *details: object) -> None:
        asyncio.run_coroutine_threadsafe(self.transport.close(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()


def make_sender(kind: str) -> Sender | AsyncSender:
    """Return a sender over a transport of *kind*, one of `KINDS`."""
    library, _, is_async = kind.partition("-")
    if is_async:
        return AsyncSender(make_async_transport(library), new_event_loop(library))
    return Sender(make_transport(library))
