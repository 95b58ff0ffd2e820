"""Text becomes a `Target`: what it means to httpx, and nothing else, is checked and sent."""

from __future__ import annotations

import functools
import ipaddress
import re
from urllib.parse import urlsplit

from pytest_reqflo.engine.transport import DEFAULT_PORTS, Target, TargetProblem


def parse_target(url: str) -> Target:
    """Return what *url* means to httpx: that, and nothing else, is checked and sent.

    Raises: TargetProblem for anything but an absolute http or https URL without user name.
    """
    plain = _PLAIN.fullmatch(url)
    if plain is None or "/." in url:
        return _plain_origin(url) or _parse(url)
    return _below(_base(plain["base"]), plain["path"])


_PLAIN = re.compile(
    r"(?P<base>https?://[A-Za-z0-9.:_-]{1,255})"
    r"(?P<path>/[A-Za-z0-9._~!$&()*+,;=:@/-]{0,2000}(\?[A-Za-z0-9._~!$&()*+,;=:@/?-]{1,2000})?)"
)
"""A URL whose path and query no parser changes; `/.` aside, which may be a dot segment.

Most URLs are, and differ behind their origin only: taking one apart costs more than sending it.
"""


@functools.lru_cache(maxsize=64)
def _base(text: str) -> Target:
    return _plain_origin(text) or _parse(text)


_PLAIN_ORIGIN = re.compile(
    r"(?P<scheme>https?)://"
    r"(?P<host>[a-z][a-z0-9-]*(?:\.[a-z][a-z0-9-]*)*|[0-9]{1,3}(?:\.[0-9]{1,3}){3})"
    r"(?::(?P<port>[1-9][0-9]{0,4}))?"
)
"""An origin that no parser changes, `xn--` and odd numbers aside."""


def _plain_origin(text: str) -> Target | None:
    """Return the root of the origin *text*, None where httpx, slow to load, has to be asked."""
    plain = _PLAIN_ORIGIN.fullmatch(text)
    if plain is None or len(text) > 255 or "xn--" in text or not _is_plain_host(plain["host"]):
        return None
    scheme, host = plain["scheme"], plain["host"]
    port = int(plain["port"] or DEFAULT_PORTS[scheme])
    if port > 65535:
        return None
    shown = "" if port == DEFAULT_PORTS[scheme] else f":{port}"
    return Target(scheme=scheme, host=host, port=port, path="/", url=f"{scheme}://{host}{shown}")


def _below(base: Target, path: str) -> Target:
    return Target(
        scheme=base.scheme,
        host=base.host,
        port=base.port,
        path=path,
        url=base.url + path,
    )


def _is_plain_host(host: str) -> bool:
    if not host[0].isdigit():
        return True
    try:
        return str(ipaddress.IPv4Address(host)) == host
    except ValueError:
        return False


def _parse(url: str) -> Target:
    # A twentieth of a short session is spent on loading it.
    import httpx

    try:
        parsed = httpx.URL(url)
        host = parsed.raw_host.decode("ascii")
        netloc = urlsplit(url).netloc
        has_user = bool(parsed.userinfo) or "@" in netloc
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        raise TargetProblem(f"it is no URL: {error}") from None
    if parsed.scheme not in DEFAULT_PORTS:
        raise TargetProblem("it is no http or https URL")
    if not host:
        raise TargetProblem("it names no host")
    if has_user:
        raise TargetProblem("it holds a user name, which is refused in URLs")
    if not _is_host(host) or not _PORT.fullmatch(netloc):
        raise TargetProblem(
            "its host or port is written in a way that is read differently elsewhere"
        )
    port = DEFAULT_PORTS[parsed.scheme] if parsed.port is None else parsed.port
    if not 0 < port < 65536:
        raise TargetProblem("its port is out of range")
    return Target(
        scheme=parsed.scheme,
        host=host,
        port=port,
        path=parsed.raw_path.decode("ascii"),
        url=str(parsed).partition("#")[0],
    )


_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?")
_PORT = re.compile(r"[^:]*(:[0-9]*)?|\[[^\]]*\](:[0-9]*)?")


def _is_host(host: str) -> bool:
    """Say whether *host* is a name or address about which no resolver, proxy or server can err."""
    if ":" not in host:
        return _HOST.fullmatch(host) is not None
    try:
        # A zone (`fe80::1%eth0`) means something on one machine only.
        return ipaddress.IPv6Address(host).scope_id is None
    except ValueError:
        return False
