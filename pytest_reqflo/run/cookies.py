"""Cookie jars as values: what a server set, and what goes back to it (RFC 6265). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookie:
    """One stored cookie; *expires_at* is RFC 3339 in UTC, None for a session cookie."""

    name: str
    value: str = field(repr=False)
    domain: str
    path: str = "/"
    is_host_only: bool = True
    is_secure: bool = False
    is_http_only: bool = False
    same_site: str = ""
    expires_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CookieJars:
    """All jars of a run by name; a jar that does not exist is empty."""

    jars: Mapping[str, tuple[Cookie, ...]] = field(default_factory=dict)
