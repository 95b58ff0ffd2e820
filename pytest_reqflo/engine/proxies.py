"""Which proxy the environment variables name for a target, as every tool reads them."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import field
from urllib.parse import unquote, urlsplit

from pytest_reqflo.engine.transport import DEFAULT_PORTS, Target, TransportFailed
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.run.effects import SendFailure


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """A proxy; *url* is without user name and may be shown."""

    url: str
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


def find_proxy(target: Target) -> str | None:
    """Return the proxy for *target* as the variables have it, None for none.

    Shape: ``http_proxy``, ``https_proxy``, ``all_proxy`` and ``no_proxy``, in either case.
    """
    proxies = _proxies()
    proxy = proxies.get(target.scheme) or proxies.get("all")
    if not proxy or _is_bypassed(target):
        return None
    return with_scheme(proxy)


def _proxies() -> Mapping[str, str]:
    is_of_variables = sys.platform not in ("darwin", "win32")
    if is_of_variables and not any(name.lower().endswith("_proxy") for name in os.environ):
        return {}
    # With it come the HTTP client and the mail package of the standard library.
    import urllib.request

    return urllib.request.getproxies()


def _is_bypassed(target: Target) -> bool:
    import urllib.request

    return bool(urllib.request.proxy_bypass(f"{target.host}:{target.port}"))


def shown_proxies() -> list[str]:
    """Return the proxies that the variables name, as they may be shown, with their variables."""
    proxies = _proxies()
    names = [name for name in ("http", "https", "all") if proxies.get(name)]
    return [f"{_shown(proxies[name])} ({name}_proxy)" for name in names]


def _shown(proxy: str) -> str:
    try:
        return read_proxy(with_scheme(proxy)).url
    except TransportFailed:
        return "that cannot be used"


def with_scheme(proxy: str) -> str:
    """Return *proxy* as a URL: variables often hold host and port only."""
    return proxy if "://" in proxy else f"http://{proxy}"


def read_proxy(text: str) -> Proxy:
    """Return the proxy that *text* means. Raises: TransportFailed when it is not usable."""
    try:
        parts = urlsplit(text)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        # The reason would quote a part of the text, which may be of the password.
        raise _unusable("it is no URL") from None
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        raise _unusable("it is no http or https URL")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return Proxy(
        url=f"{parts.scheme}://{host}{port}",
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


def _unusable(reason: str) -> TransportFailed:
    message = f"the proxy that the environment variables name cannot be used: {reason}"
    return TransportFailed(SendFailure(code="RF401", category="connection", message=message))
