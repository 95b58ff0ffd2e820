"""Run the example application: `accounts` and `shop` on two free loopback ports.

Prints one line of JSON with both base URLs as soon as they answer, and ends when its standard
input is closed: a test session that is killed leaves no server behind.

    python examples/shop/app.py
"""

from __future__ import annotations

import json
import socket
import sys
import tempfile
import threading
from pathlib import Path

import uvicorn
from server import accounts, catalogue, diagnostics, files, orders
from server.answers import Refused, answer_refused
from server.store import Store
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

SERVICES: dict[str, list[Route]] = {
    "accounts": accounts.ROUTES + diagnostics.ROUTES,
    "shop": catalogue.ROUTES + orders.ROUTES + files.ROUTES + diagnostics.ROUTES,
}


def make_app(routes: list[Route], store: Store) -> Starlette:
    app = Starlette(routes=routes, exception_handlers={Refused: answer_refused})
    app.state.store = store
    return app


def by_port(apps: dict[int, Starlette]) -> ASGIApp:
    """Return an application that hands each request to the service of the port it came to."""

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        await apps[scope["server"][1]](scope, receive, send)

    return dispatch


def serve(folder: Path) -> None:
    """Serve until standard input is closed."""
    store = Store(folder / "shop.sqlite")
    # The sockets listen before the line is printed: whoever reads it can connect at once.
    sockets = {name: socket.create_server(("127.0.0.1", 0), backlog=128) for name in SERVICES}
    for listening in sockets.values():
        # asyncio does this only for sockets it made; without it each body waits 40 ms for an ACK.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    ports = {name: listening.getsockname()[1] for name, listening in sockets.items()}
    apps = {ports[name]: make_app(routes, store) for name, routes in SERVICES.items()}
    config = uvicorn.Config(by_port(apps), lifespan="off", log_level="warning")
    server = uvicorn.Server(config)
    threading.Thread(target=_stop_with_stdin, args=(server,), daemon=True).start()
    print(
        json.dumps({name: f"http://127.0.0.1:{port}" for name, port in ports.items()}), flush=True
    )
    server.run(sockets=list(sockets.values()))


def _stop_with_stdin(server: uvicorn.Server) -> None:
    sys.stdin.read()
    server.should_exit = True


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="shop-") as name:
        serve(Path(name))
