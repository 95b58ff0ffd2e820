"""Which way a request goes: to its server or by a proxy, and under which policy of TLS."""

from __future__ import annotations

import base64
import ssl
from typing import NamedTuple

from pytest_reqflo.engine.dialogue import Headers
from pytest_reqflo.engine.proxies import Proxy, find_proxy, read_proxy
from pytest_reqflo.engine.tls import context_for
from pytest_reqflo.engine.transport import DEFAULT_PORTS, Target, TransportFailed, TransportRequest


class Route(NamedTuple):
    """What two requests must have in common to share a connection.

    Shape: *proxy* is the URL of one, with its credentials, None without.
    """

    scheme: str
    host: str
    port: int
    verify_tls: bool
    ca_file: str | None
    proxy: str | None

    @property
    def tls(self) -> ssl.SSLContext | None:
        """The context for the server, None for http. Raises: TransportFailed."""
        return context_for(self.verify_tls, self.ca_file) if self.scheme == "https" else None

    @property
    def is_forwarded(self) -> bool:
        """Whether a proxy reads the requests, which then name the whole URL."""
        return self.proxy is not None and self.scheme == "http"


class Routes:
    """Finds the route of each request; what the variables say of an origin is read once."""

    def __init__(self) -> None:
        self._routes: dict[tuple[str, bool, str | None], Route] = {}
        self._proxies: dict[str, _ProxyFound] = {}

    def find(self, request: TransportRequest) -> Route:
        """Return the route of *request*."""
        key = (request.target.origin, request.verify_tls, request.ca_file)
        route = self._routes.get(key)
        if route is None:
            route = self._routes[key] = self._make(request)
        return route

    def shown_proxy(self, target: Target) -> str:
        """Return the proxy for *target* as it may be shown, empty for none."""
        found = self._proxies.get(target.origin) or self._find_proxy(target)
        return found.shown

    def _make(self, request: TransportRequest) -> Route:
        target = request.target
        return Route(
            target.scheme,
            target.host,
            target.port,
            request.verify_tls,
            request.ca_file,
            self._find_proxy(target).url,
        )

    def _find_proxy(self, target: Target) -> _ProxyFound:
        if target.origin not in self._proxies:
            proxy = find_proxy(target)
            self._proxies[target.origin] = _ProxyFound(proxy, _shown(proxy))
        return self._proxies[target.origin]


class _ProxyFound(NamedTuple):
    """The proxy that the environment variables name, None for none, and as it may be shown."""

    url: str | None
    shown: str


def _shown(proxy: str | None) -> str:
    try:
        return read_proxy(proxy).url if proxy else ""
    except TransportFailed:
        return "unusable"


class Place(NamedTuple):
    """Where a connection goes first.

    Shape: *tls* None for a server, or proxy, that is spoken to in plain text; *tunnel* holds target
        and headers of the CONNECT request, None without one.
    """

    host: str
    port: int
    tls: ssl.SSLContext | None
    tunnel: tuple[str, Headers] | None


def place_of(route: Route) -> Place:
    """Return where a connection for *route* goes. Raises: TransportFailed."""
    if route.proxy is None:
        return Place(route.host, route.port, route.tls, None)
    proxy = read_proxy(route.proxy)
    host, port, scheme = _address_of(proxy)
    tls = context_for(True, None) if scheme == "https" else None
    return Place(host, port, tls, None if route.is_forwarded else _tunnel(route, proxy))


def _address_of(proxy: Proxy) -> tuple[str, int, str]:
    scheme, _, rest = proxy.url.partition("://")
    host, colon, port = rest.rpartition(":")
    if not colon or rest.endswith("]"):
        host, port = rest, str(DEFAULT_PORTS[scheme])
    return host.strip("[]"), int(port), scheme


def _tunnel(route: Route, proxy: Proxy) -> tuple[str, Headers]:
    host = f"[{route.host}]" if ":" in route.host else route.host
    authority = f"{host}:{route.port}"
    return authority, (("Host", authority), ("Accept", "*/*"), *_credentials(proxy))


def wire_target(request: TransportRequest, route: Route) -> tuple[str, Headers]:
    """Return what stands in the first line of *request*, and its headers."""
    if not route.is_forwarded or route.proxy is None:
        return request.target.path, request.headers
    own = {name.lower() for name, _ in request.headers}
    added = [
        header for header in _credentials(read_proxy(route.proxy)) if header[0].lower() not in own
    ]
    return request.target.url, (*added, *request.headers)


def _credentials(proxy: Proxy) -> Headers:
    if not proxy.username and not proxy.password:
        return ()
    pair = f"{proxy.username}:{proxy.password}".encode()
    return (("Proxy-Authorization", f"Basic {base64.b64encode(pair).decode()}"),)
