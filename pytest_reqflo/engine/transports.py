"""The transports there are, by name; what one needs is imported when it is chosen."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Literal

from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.engine.transport import AsyncTransport, Transport
from pytest_reqflo.errors import UsageProblem

if TYPE_CHECKING:
    import asyncio

TransportKind = Literal["default", "fast"]


def make_transport(kind: TransportKind) -> Transport:
    """Return a transport that keeps its caller waiting. Raises: UsageProblem RF610."""
    if kind == "fast":
        require_fast()
        from pytest_reqflo.engine.fast import FastTransport

        return FastTransport()
    from pytest_reqflo.engine.http import HttpTransport

    return HttpTransport()


def make_async_transport(kind: TransportKind) -> AsyncTransport:
    """Return a transport for the tasks of one loop. Raises: UsageProblem RF610."""
    if kind == "fast":
        require_fast()
        from pytest_reqflo.engine.fast_async import AsyncFastTransport

        return AsyncFastTransport()
    from pytest_reqflo.engine.http_async import AsyncHttpTransport

    return AsyncHttpTransport()


def new_event_loop(kind: TransportKind) -> asyncio.AbstractEventLoop:
    """Return a loop for the transport of *kind*: that of uvloop for the fast one, if installed."""
    if kind == "fast" and importlib.util.find_spec("uvloop"):
        import uvloop

        loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
        return loop
    import asyncio

    return asyncio.new_event_loop()


def require_fast() -> None:
    """Raise UsageProblem RF610 when what the fast transport needs is not installed."""
    if not importlib.util.find_spec("pyreqwest"):
        title = "the fast transport needs pyreqwest, which is not installed"
        hint = "pip install 'pytest-reqflo[fast]'"
        raise UsageProblem(Diagnostic(code="RF610", title=title, hint=hint))
