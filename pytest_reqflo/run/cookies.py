"""Cookie jars as values: what a server set, and what goes back to it (RFC 6265). Pure.

Stricter than the RFC in one place: a cookie without `Domain` goes back to the origin that set it,
not to other ports of the same host. There is no list of public suffixes: a `Domain` of one label is refused, one like `co.uk` is
not. Requests only reach allowed origins, so a cookie cannot travel further than those.
"""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from pytest_reqflo.frozen import dataclass
from pytest_reqflo.plan.environments import find_origin

_MAX_COOKIES = 300
"""Cookies kept in one jar; a server cannot grow it without end. The oldest go first."""

_MAX_COOKIE_CHARACTERS = 4096
_MAX_AGE = timedelta(days=400)

_TIME = re.compile(r"(\d{1,2}):(\d{1,2}):(\d{1,2})\b")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookie:
    """One stored cookie.

    Shape: *origin* is where it came from, and the only place that a host-only cookie goes back to;
        *expires_at* is RFC 3339 in UTC, None for a session cookie.
    """

    name: str
    value: str = field(repr=False)
    domain: str
    path: str = "/"
    is_host_only: bool = True
    is_secure: bool = False
    is_http_only: bool = False
    same_site: str = ""
    expires_at: str | None = None
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CookieJars:
    """All jars of a run by name; a jar that does not exist is empty."""

    jars: Mapping[str, tuple[Cookie, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetCookie:
    """A `Set-Cookie` value taken apart.

    Shape: *attributes* by lower-case name, the last of two wins; a flag such as `secure` is "".
    """

    name: str
    value: str = field(repr=False)
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a request goes, as far as cookies care."""

    host: str
    path: str
    is_secure: bool
    origin: str


def parse_set_cookie(text: str) -> SetCookie | None:
    """Return the cookie that a `Set-Cookie` value sets, None when it sets none.

    Source: RFC 6265, 5.2.
    """
    pair, _, rest = text.partition(";")
    name, equals, value = pair.partition("=")
    name, value = name.strip(), value.strip()
    if not equals or not name or _CONTROL.search(text):
        return None
    attributes = {}
    for attribute in rest.split(";"):
        key, _, content = attribute.partition("=")
        if key.strip():
            attributes[key.strip().lower()] = content.strip()
    return SetCookie(name=name, value=value, attributes=attributes)


def cookies_for(jars: CookieJars, jar: str, url: str, now: str) -> tuple[tuple[str, str], ...]:
    """Return the names and values that *jar* sends to *url*, longer paths first.

    Source: RFC 6265, 5.4.
    """
    stored = jars.jars.get(jar, ())
    place = _place_of(url) if stored else None
    if place is None:
        return ()
    moment = _read_time(now)
    sent = [
        cookie
        for cookie in stored
        if _is_sent_to(cookie, place) and not _is_expired(cookie, moment)
    ]
    sent.sort(key=lambda cookie: -len(cookie.path))
    return tuple((cookie.name, cookie.value) for cookie in sent)


def store_cookies(
    jars: CookieJars, jar: str, url: str, set_cookie_values: Iterable[str], now: str
) -> CookieJars:
    """Return the jars after an answer from *url*; *set_cookie_values* are its headers in order.

    Source: RFC 6265, 5.3.
    """
    values = tuple(set_cookie_values)
    place = _place_of(url) if values else None
    if place is None:
        return jars
    moment = _read_time(now)
    kept = {_key(cookie): cookie for cookie in jars.jars.get(jar, ())}
    for text in values:
        cookie = _accept(text, place, moment)
        if cookie is None:
            continue
        if _is_expired(cookie, moment):
            kept.pop(_key(cookie), None)
        else:
            kept[_key(cookie)] = cookie
    return _with_jar(jars, jar, tuple(kept.values())[-_MAX_COOKIES:])


def clear_jar(jars: CookieJars, name: str) -> CookieJars:
    """Return the jars with the one called *name* empty."""
    return CookieJars(jars={key: value for key, value in jars.jars.items() if key != name})


def _with_jar(jars: CookieJars, jar: str, cookies: tuple[Cookie, ...]) -> CookieJars:
    rest = clear_jar(jars, jar)
    return CookieJars(jars={**rest.jars, jar: cookies}) if cookies else rest


def _key(cookie: Cookie) -> tuple[str, str, str, str]:
    return cookie.name, cookie.domain, cookie.path, cookie.origin if cookie.is_host_only else ""


def _place_of(url: str) -> _Place | None:
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    host, is_secure, origin = _read_origin(parts.scheme, parts.netloc)
    return _Place(host, parts.path or "/", is_secure, origin) if host else None


@functools.lru_cache(maxsize=64)
def _read_origin(scheme: str, netloc: str) -> tuple[str, bool, str]:
    """Return host, whether the way there is secure, and origin; the host is empty for none."""
    # The same few servers at every request.
    url = f"{scheme}://{netloc}"
    host = (urlsplit(url).hostname or "").rstrip(".")
    return host, scheme == "https" or _is_loopback(host), find_origin(url) or ""


def _is_loopback(host: str) -> bool:
    """Browsers and curl trust this machine: a local server seldom speaks TLS."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = _address_of(host)
    return address is not None and address.is_loopback


def _address_of(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _accept(text: str, place: _Place, now: datetime) -> Cookie | None:
    """Return the cookie that *text* sets from *place*, None when it may not."""
    parsed = parse_set_cookie(text)
    if parsed is None or len(parsed.name) + len(parsed.value) > _MAX_COOKIE_CHARACTERS:
        return None
    attributes = parsed.attributes
    domain = attributes.get("domain", "").lower().removeprefix(".")
    is_secure = "secure" in attributes
    if domain and not _may_set(domain, place.host):
        return None
    if is_secure and not place.is_secure:
        return None
    path = attributes.get("path", "")
    return Cookie(
        name=parsed.name,
        value=parsed.value,
        domain=domain or place.host,
        path=path if path.startswith("/") else _default_path(place.path),
        is_host_only=not domain,
        is_secure=is_secure,
        is_http_only="httponly" in attributes,
        same_site=attributes.get("samesite", ""),
        expires_at=_expiry(attributes, now),
        origin=place.origin,
    )


def _may_set(domain: str, host: str) -> bool:
    return domain == host or ("." in domain and _is_subdomain(host, domain))


def _is_subdomain(host: str, domain: str) -> bool:
    return host.endswith("." + domain) and _address_of(host) is None


def _default_path(path: str) -> str:
    return path[: path.rfind("/")] or "/"


def _is_sent_to(cookie: Cookie, place: _Place) -> bool:
    if cookie.is_secure and not place.is_secure:
        return False
    if not _path_matches(cookie.path, place.path):
        return False
    if cookie.is_host_only:
        return cookie.origin == place.origin
    return cookie.domain == place.host or _is_subdomain(place.host, cookie.domain)


def _path_matches(path: str, requested: str) -> bool:
    if requested == path:
        return True
    return requested.startswith(path if path.endswith("/") else path + "/")


def _is_expired(cookie: Cookie, now: datetime) -> bool:
    return cookie.expires_at is not None and _read_time(cookie.expires_at) <= now


def _expiry(attributes: Mapping[str, str], now: datetime) -> str | None:
    """Return the moment a cookie ends; `Max-Age` wins over `Expires`."""
    max_age = attributes.get("max-age", "")
    if re.fullmatch(r"-?[0-9]+", max_age):
        age = min(float(max_age), _MAX_AGE.total_seconds())
        return _write_time(now + timedelta(seconds=age) if age > 0 else _LONG_AGO)
    expires = _parse_cookie_date(attributes.get("expires", ""))
    return None if expires is None else _write_time(min(expires, now + _MAX_AGE))


_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def _parse_cookie_date(text: str) -> datetime | None:
    """Return the moment that *text* names in any of the forms servers write.

    Source: RFC 6265, 5.1.1.
    """
    time = _TIME.search(text)
    if time is None:
        return None
    words = re.findall(r"[0-9]+|[A-Za-z]+", text[: time.start()] + " " + text[time.end() :])
    months = [_MONTHS.index(word[:3].lower()) + 1 for word in words if word[:3].lower() in _MONTHS]
    numbers = [word for word in words if word.isdigit()]
    day = next((word for word in numbers if len(word) <= 2), None)
    year = next((word for word in numbers if 2 <= len(word) <= 4 and word is not day), None)
    if not months or day is None or year is None:
        return None
    hour, minute, second = map(int, time.groups())
    try:
        return datetime(
            _full_year(int(year)), months[0], int(day), hour, minute, second, tzinfo=UTC
        )
    except ValueError:
        return None


def _full_year(year: int) -> int:
    if year >= 100:
        return year
    return year + (1900 if year >= 70 else 2000)


def _read_time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _write_time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
