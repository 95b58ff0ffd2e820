"""Exchanges over real connections, in one line: ``send(server.url + "/a", method="POST")``."""

from __future__ import annotations

from typing import Any, Self
from urllib.parse import urlsplit

from pytest_reqflo.engine.clock import SystemClock
from pytest_reqflo.engine.http import HttpTransport
from pytest_reqflo.engine.perform import perform_send
from pytest_reqflo.run.cookies import CookieJars
from pytest_reqflo.run.effects import Send, Sent, WireRequest


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

    def __init__(self) -> None:
        self.transport = HttpTransport()

    def __call__(self, url: str, **changes: Any) -> Sent:
        return perform_send(
            make_send(url, **changes), transport=self.transport, clock=SystemClock()
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self.transport.close()
