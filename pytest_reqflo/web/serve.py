"""A server on loopback that carries an app until it is told to end. A door to uvicorn."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.errors import UsageProblem
from pytest_reqflo.frozen import dataclass

HOST = "127.0.0.1"

_GRACE_S = 1
_MAX_AT_ONCE = 64
_MAX_HEAD_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class Listening:
    """A socket of loopback on which nobody is answered yet."""

    socket: socket.socket
    port: int


def listen(port: int) -> Listening:
    """Return a socket on *port* of loopback, 0 for one that is free.

    Raises: UsageProblem RF801 when the port cannot be had.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(_MAX_AT_ONCE)
    except OSError as error:
        listener.close()
        raise UsageProblem(_refused(port, error)) from None
    return Listening(listener, listener.getsockname()[1])


def serve(app: ASGIApp, listening: Listening, started: Callable[[], None]) -> None:
    """Answer requests until Ctrl-C or SIGTERM; *started* is called when the first may come."""
    server = _Server(_config(app), started)
    asyncio.run(server.serve(sockets=[listening.socket]))


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._tell_started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._tell_started()


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http="h11",
        ws="none",
        lifespan="off",
        # A line of a log would hold the token, and every program may ask for this server's name.
        access_log=False,
        log_level="error",
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_MAX_AT_ONCE,
        h11_max_incomplete_event_size=_MAX_HEAD_BYTES,
        timeout_graceful_shutdown=_GRACE_S,
    )


def _refused(port: int, error: OSError) -> Diagnostic:
    if error.errno == errno.EADDRINUSE:
        title = f"--port: {port} is in use on this machine"
        return Diagnostic(code="RF801", title=title, hint="leave --port out for a free one")
    reason = (error.strerror or str(error)).lower()
    return Diagnostic(code="RF801", title=f"--port: {port} cannot be listened on: {reason}")
