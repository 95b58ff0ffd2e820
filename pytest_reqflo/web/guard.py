"""Who may read what over loopback: every decision about a request before it is looked at. No I/O.

A page of any site can send requests to this machine, and a name of its own can be made to lead here.
So a request must name the server as it is, ask with GET, come from no other page, and prove that its
sender was told the token. Source: threat T25 in docs/explanation/security.md.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping, Sequence
from http.cookies import CookieError, SimpleCookie
from typing import Literal
from urllib.parse import parse_qsl

from pytest_reqflo.frozen import dataclass

Headers = Sequence[tuple[bytes, bytes]]
"""Names in lower case."""

Decision = Literal["pass", "exchange", "wrong host", "wrong method", "other page", "no token"]

STATUS: Mapping[Decision, int] = {
    "wrong host": 400,
    "wrong method": 405,
    "other page": 403,
    "no token": 403,
}

SENTENCES: Mapping[Decision, str] = {
    "wrong host": "This server answers under the address that `reqflo ui` printed.",
    "wrong method": "This server is only read: GET and HEAD.",
    "other page": "This server answers no other page.",
    "no token": "Open the address that `reqflo ui` printed: it holds the token.",
}

_METHODS = ("GET", "HEAD")
_MAX_TOKEN = 200


@dataclass(frozen=True, slots=True)
class Keys:
    """The secrets of one server: *token* stands in its address, *cookie* is given in exchange.

    Shape: *ticket* is another token, for the browser that the command opens: an address in the
        arguments of a program is seen by other users of the machine, so it works once.
    """

    token: str
    ticket: str
    cookie: str


def make_keys() -> Keys:
    """Return keys that nobody can guess."""
    return Keys(*(secrets.token_urlsafe(32) for _ in range(3)))


@dataclass(frozen=True, slots=True)
class Request:
    """The parts of a request that are decided on."""

    method: str
    path: str
    query: bytes
    headers: Headers


class Guard:
    """Decides on each request to the server on *port*."""

    def __init__(self, keys: Keys, port: int) -> None:
        self._keys = keys
        self._hosts = allowed_hosts(port)
        self._is_ticket_used = False
        # A cookie goes to every port of a host: several servers must not take each other's.
        self.cookie_name = f"reqflo_ui_{port}"

    @property
    def cookie(self) -> str:
        """The header that gives the cookie to a browser."""
        return f"{self.cookie_name}={self._keys.cookie}; HttpOnly; SameSite=Strict; Path=/"

    def decide(self, request: Request) -> Decision:
        """Return what becomes of *request*; ``exchange`` gives the cookie for the token."""
        if _values(request.headers, b"host") not in self._hosts:
            return "wrong host"
        if request.method not in _METHODS:
            return "wrong method"
        if given := _token_in(request):
            return "exchange" if self._is_told(given) else "no token"
        if not _is_own_page(request.headers):
            return "other page"
        return "pass" if self._has_cookie(request.headers) else "no token"

    def _is_told(self, given: str) -> bool:
        if _is_same(given, self._keys.token):
            return True
        is_ticket = _is_same(given, self._keys.ticket) and not self._is_ticket_used
        self._is_ticket_used = self._is_ticket_used or is_ticket
        return is_ticket

    def _has_cookie(self, headers: Headers) -> bool:
        given = (_cookie_in(value, self.cookie_name) for value in _values(headers, b"cookie"))
        return any(_is_same(each, self._keys.cookie) for each in given)


def allowed_hosts(port: int) -> frozenset[tuple[bytes, ...]]:
    """Return the headers ``Host`` under which the server answers, each as the only one."""
    names = ("127.0.0.1", "localhost", "[::1]")
    # Of its own port HTTP says nothing.
    suffixes = (f":{port}", "") if port == 80 else (f":{port}",)
    return frozenset((f"{name}{suffix}".encode(),) for name in names for suffix in suffixes)


def _is_own_page(headers: Headers) -> bool:
    """Say whether a browser sends this for the page itself or for a person; others do not say."""
    return _values(headers, b"sec-fetch-site") in ((), (b"same-origin",), (b"none",))


def _token_in(request: Request) -> str:
    if request.path != "/" or len(request.query) > _MAX_TOKEN:
        return ""
    given = parse_qsl(request.query.decode("latin-1"), max_num_fields=4)
    return dict(given).get("token", "")


def _cookie_in(header: bytes, name: str) -> str:
    try:
        morsel = SimpleCookie(header.decode("latin-1")).get(name)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def _is_same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())


def _values(headers: Headers, name: bytes) -> tuple[bytes, ...]:
    return tuple(value for key, value in headers if key == name)


def common_headers(policy: str) -> tuple[tuple[bytes, bytes], ...]:
    """Return what every answer says: nothing is kept, framed, guessed, or read by another page."""
    return (
        (b"content-security-policy", policy.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"x-frame-options", b"DENY"),
        (b"referrer-policy", b"no-referrer"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"cross-origin-embedder-policy", b"require-corp"),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"cache-control", b"no-store"),
    )
