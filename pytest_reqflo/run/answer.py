"""A raw exchange becomes what checks and outputs look at: status, headers, cookies, body. Pure."""

from __future__ import annotations

import codecs
import functools
import re
from collections.abc import Iterable

from pytest_reqflo.run.cookies import SetCookie, parse_set_cookie
from pytest_reqflo.run.effects import Hop, PhaseTimes, WireRequest, WireResponse
from pytest_reqflo.values import Json, JsonProblem, parse_json, parse_json_noting

_CHARSET = re.compile(r"charset\s*=\s*\"?([A-Za-z0-9._:-]{1,40})", re.IGNORECASE)

WireHeaders = Iterable[tuple[str, str]]


class Answer:
    """The last response of an exchange, with the hops that led to it."""

    def __init__(self, hops: tuple[Hop, ...], response: WireResponse, *, as_text: bool) -> None:
        self.hops = hops
        self.response = response
        self._as_text = as_text
        self._read: tuple[Json, str, tuple[str, ...]] | None = None

    @property
    def status(self) -> int:
        """The status of the last response."""
        return self.response.status

    @property
    def size_bytes(self) -> int:
        """The size of the body, after content decoding."""
        return len(self.response.body)

    @property
    def url(self) -> str:
        """The URL that answered last."""
        return self.response.url or self.hops[-1].request.url

    @functools.cached_property
    def headers_all(self) -> dict[str, Json]:
        """Every header by lower-case name as the list of its values."""
        return gather_headers(self.response.headers)

    @functools.cached_property
    def headers(self) -> dict[str, Json]:
        """Every header by lower-case name as one text."""
        return join_headers(self.headers_all)

    @functools.cached_property
    def cookies(self) -> dict[str, SetCookie]:
        """Each cookie that the exchange set, on any hop; the last of one name wins."""
        responses = [hop.response for hop in self.hops if hop.response is not None]
        values = [
            value
            for response in responses
            for name, value in response.headers
            if name.lower() == "set-cookie"
        ]
        found = [cookie for cookie in map(parse_set_cookie, values) if cookie is not None]
        return {cookie.name: cookie for cookie in found}

    @functools.cached_property
    def _decoded(self) -> tuple[str, bool]:
        content_type = self.headers.get("content-type", "")
        return decode_body(self.response.body, str(content_type))

    @property
    def text(self) -> str:
        """The body as text; bytes that do not fit the charset are replaced."""
        return self._decoded[0]

    @property
    def parsed(self) -> tuple[Json, str, tuple[str, ...]]:
        """The JSON of the body, why it is none, and the names that stand twice in an object."""
        # By hand: the lock of a cached property costs as much as reading a small body.
        if self._read is None:
            self._read = self._parse()
        return self._read

    def let_go(self) -> None:
        """Forget what was read of the body until it is asked for again: it takes room."""
        self._read = None

    def _parse(self) -> tuple[Json, str, tuple[str, ...]]:
        if self._as_text:
            return None, "the step says `parse: text`", ()
        try:
            value, repeated = parse_json_noting(self.response.body)
        except JsonProblem as problem:
            first = str(problem)
        else:
            return value, "", repeated
        text, is_exact = self._decoded
        if not is_exact:
            # Replaced characters would pass for what the server sent.
            return None, first, ()
        try:
            value, repeated = parse_json_noting(text)
        except JsonProblem:
            return None, "it is empty" if not self.response.body else first, ()
        return value, "", repeated

    @property
    def json_problem(self) -> str:
        """Why the body is not JSON; empty when it is."""
        return self.parsed[1]

    @property
    def repeated_keys(self) -> tuple[str, ...]:
        """The names that stand twice in an object of the JSON body."""
        return self.parsed[2]

    @property
    def body(self) -> Json:
        """The parsed JSON, or else the text."""
        value, problem, _ = self.parsed
        return self.text if problem else value

    @functools.cached_property
    def view(self) -> dict[str, Json]:
        """What the root `response` holds."""
        return {
            "status": self.status,
            "headers": self.headers,
            "headers_all": self.headers_all,
            "cookies": {name: cookie.value for name, cookie in self.cookies.items()},
            "body": self.body,
            "text": self.text,
            "bytes": self.size_bytes,
            "url": self.url,
            "redirects": [_redirect(hop) for hop in self.hops[:-1]],
            "http_version": self.response.http_version,
        }

    @functools.cached_property
    def request_view(self) -> dict[str, Json]:
        """What ``steps.<id>.request`` holds: the request as the author made it, before redirects."""
        return _request_view(self.hops[0].request)

    @property
    def time_ms(self) -> float:
        """Milliseconds of all hops, without waiting for a connection of the pool."""
        return round(sum(_active_s(hop.times) for hop in self.hops) * 1000, 3)


def gather_headers(headers: WireHeaders) -> dict[str, Json]:
    """Return the values of each header in order, by lower-case name."""
    found: dict[str, Json] = {}
    for name, value in headers:
        found.setdefault(name.lower(), []).append(value)
    return found


def join_headers(gathered: dict[str, Json]) -> dict[str, Json]:
    """Return each header as one text."""
    return {name: ", ".join(values) for name, values in gathered.items()}


def charset_of(content_type: str) -> str:
    """Return the charset that *content_type* names, known or not; UTF-8 when it names none."""
    match = _CHARSET.search(content_type)
    return match.group(1) if match else "utf-8"


def decode_body(body: bytes, content_type: str) -> tuple[str, bool]:
    """Return *body* as text, and whether every byte of it fits the charset."""
    charset = charset_of(content_type).lower() if "=" in content_type else "utf-8"
    try:
        if charset == "utf-8":
            return body.removeprefix(codecs.BOM_UTF8).decode(), True
        return body.decode(charset), True
    except (UnicodeDecodeError, LookupError, ValueError):
        return body.decode("utf-8", errors="replace"), False


def _redirect(hop: Hop) -> Json:
    status = hop.response.status if hop.response else None
    return {"method": hop.request.method, "url": hop.request.url, "status": status}


def _request_view(request: WireRequest) -> dict[str, Json]:
    headers = join_headers(gather_headers(request.headers))
    view: dict[str, Json] = {"method": request.method, "url": request.url, "headers": headers}
    if request.body is not None:
        text, _ = decode_body(request.body, str(headers.get("content-type", "")))
        try:
            view["body"] = parse_json(text)
        except JsonProblem:
            view["body"] = text
    return view


def _active_s(times: PhaseTimes) -> float:
    return max(0.0, times.total_s - (times.pool_s or 0.0))
