"""Serve the `httpbin` application on a free loopback port for the journeys of this folder."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server


class _QuietHandler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"  # connections stay open, as with real servers

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing of requests that went well."""


@pytest.fixture(scope="session")
def httpbin_url() -> Iterator[str]:
    """Give the base URL of a running httpbin; each worker has its own."""
    import httpbin

    server = make_server("127.0.0.1", 0, httpbin.app, threaded=True, request_handler=_QuietHandler)
    # The socket listens since it was made: a request that comes early only waits.
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def reqflo_environment(httpbin_url: str) -> dict[str, Any]:
    """Point the environment at the running server."""
    return {"services": {"httpbin": {"base_url": httpbin_url}}}
