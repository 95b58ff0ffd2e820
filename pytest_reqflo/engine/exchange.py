"""A `Send` becomes a `Sent`: origins, redirects, cookies and limits. A generator, no I/O.

It yields `Carry`, once for each hop, and is told what came of it, so that a blocking and an
asynchronous driver over any transport behave alike. Time passes only in the driver, which holds the
one deadline of all hops and collects the body of each with an `engine.body.BodyReader`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator, Mapping
from typing import TypeAlias

from pytest_reqflo.engine.redirects import (
    Course,
    find_location,
    next_course,
    origin_refused,
    refused,
)
from pytest_reqflo.engine.transport import (
    FindProxy,
    ParseTarget,
    Target,
    TargetProblem,
    TransportRequest,
)
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.run.cookies import CookieJars, cookies_for, store_cookies
from pytest_reqflo.run.effects import (
    Hop,
    OriginTls,
    PhaseTimes,
    Send,
    SendFailure,
    Sent,
    WireRequest,
    WireResponse,
)


@dataclass(frozen=True, slots=True)
class Carry:
    """Send a request and read its answer, up to a limit.

    Shape: *earlier_bytes* are those of the answers before it; all count.
    """

    request: TransportRequest
    max_bytes: int
    earlier_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Carried:
    """What came of it; *response* is None when there is no answer at all.

    Shape: *failure* is set when the answer is not there, or not whole.
    """

    response: WireResponse | None
    times: PhaseTimes
    failure: SendFailure | None = None


ExchangeFlow: TypeAlias = Generator[Carry, "Carried | None", Sent]


def _find_no_proxy(_: Target) -> str:
    return ""


def _no_time() -> float:
    return 0.0


def exchange(
    send: Send,
    *,
    parse: ParseTarget,
    now: str,
    find_proxy: FindProxy = _find_no_proxy,
    read_elapsed_s: Callable[[], float] = _no_time,
) -> ExchangeFlow:
    """Yield what must be done for *send*, and return what came of it.

    Shape: *now* is the wall clock, for the expiry of cookies. *find_proxy* says which proxy stands
        before a target, for the record only. *read_elapsed_s* gives the seconds since the start.
    """
    hops: tuple[Hop, ...] = ()
    jars = send.jars
    following: Course | SendFailure | None = _first_course(send, parse)
    while isinstance(following, Course):
        course = following
        request = _complete(course, send, jars, now)
        carried = yield _carry_for(request, course, send, parse, hops)
        if not isinstance(carried, Carried):
            raise TypeError(f"the driver answered with {carried!r} instead of Carried")
        hop = Hop(
            request=request,
            response=carried.response,
            times=carried.times,
            proxy=find_proxy(course.target),
        )
        hops = (*hops, hop)
        if hop.response is not None:
            jars = _store(jars, send, course, hop.response, now)
        following = carried.failure or _follow(course, hop, send, parse, hop_count=len(hops))
    return Sent(hops=hops, jars=jars, elapsed_s=read_elapsed_s(), failure=following)


def _first_course(send: Send, parse: ParseTarget) -> Course | SendFailure:
    allowed = _allowed_of(send, parse)
    try:
        target = parse(send.request.url)
    except TargetProblem as error:
        return refused("RF407", f"the URL of the request is refused: {error}")
    if allowed is not None and target.origin not in allowed:
        return origin_refused(target, "the request goes to")
    return Course(request=send.request, target=target, home=target.origin, allowed=allowed)


def _allowed_of(send: Send, parse: ParseTarget) -> frozenset[str] | None:
    """Return the origins that may be met, None for any."""
    if send.allows_any_origin:
        return None
    return _origins_of(send.allowed_origins, parse)


@functools.lru_cache(maxsize=64)
def _origins_of(texts: tuple[str, ...], parse: ParseTarget) -> frozenset[str]:
    return frozenset(filter(None, (_origin_of(text, parse) for text in texts)))


@functools.lru_cache(maxsize=64)
def _tls_by_origin(tls: tuple[OriginTls, ...], parse: ParseTarget) -> Mapping[str, OriginTls]:
    return {origin: each for each in tls if (origin := _origin_of(each.url, parse))}


@functools.lru_cache(maxsize=256)
def _origin_of(text: str, parse: ParseTarget) -> str | None:
    try:
        return parse(text).origin
    except TargetProblem:
        return None


def _follow(
    course: Course, hop: Hop, send: Send, parse: ParseTarget, *, hop_count: int
) -> Course | SendFailure | None:
    """Return where the exchange goes on, None when it is over."""
    response = hop.response
    if response is None or send.follow_redirects <= 0:
        return None
    location = find_location(response)
    if location is None:
        return None
    if hop_count > send.follow_redirects:
        limit = f"{send.follow_redirects} redirect{'s' * (send.follow_redirects != 1)}"
        return refused("RF408", f"the server redirects more often than allowed ({limit})")
    return next_course(course, response.status, location, parse)


# --- the request ----------------------------------------------------------------------------------


def _complete(course: Course, send: Send, jars: CookieJars, now: str) -> WireRequest:
    """Return the request with every header it is sent with."""
    request = course.request
    has_cookie, defaults = _left_open(tuple([name for name, _ in request.headers]))
    headers = [("Host", course.target.authority), *request.headers]
    if has_cookie:
        headers = [header for header in headers if header[0].lower() != "cookie"]
    if has_cookie or send.cookies or send.jar in jars.jars:
        cookie = _cookie_header(course, send, jars, now)
        if cookie:
            headers.append(("Cookie", cookie))
    headers += defaults
    length = _content_length(request)
    if length is not None:
        headers.append(("Content-Length", str(length)))
    return WireRequest(
        method=request.method,
        url=course.target.url,
        headers=tuple(headers),
        body=request.body,
        secret_headers=request.secret_headers,
        hidden_texts=request.hidden_texts,
        is_body_hidden=request.is_body_hidden,
    )


_DEFAULTS = (
    ("accept", ("Accept", "*/*")),
    ("accept-encoding", ("Accept-Encoding", "gzip, deflate")),
    ("user-agent", ("User-Agent", "pytest-reqflo")),
)


@functools.lru_cache(maxsize=256)
def _left_open(names: tuple[str, ...]) -> tuple[bool, tuple[tuple[str, str], ...]]:
    """Return whether a request with headers of these *names* has a cookie, and what it leaves open."""
    # Journeys name the same headers in all of their runs.
    given = {name.lower() for name in names}
    return "cookie" in given, tuple([each for name, each in _DEFAULTS if name not in given])


def _content_length(request: WireRequest) -> int | None:
    if request.body is not None:
        return len(request.body)
    return 0 if request.method in ("POST", "PUT", "PATCH") else None


def _cookie_header(course: Course, send: Send, jars: CookieJars, now: str) -> str:
    """Join the author's own header, this request's cookies and those of the jar, in that order."""
    own = [value for name, value in course.request.headers if name.lower() == "cookie"]
    pairs = dict(send.cookies) if course.is_first_origin else {}
    if send.jar is not None:
        for name, value in cookies_for(jars, send.jar, course.target.url, now):
            pairs.setdefault(name, value)
    return "; ".join([*own, *(f"{name}={value}" for name, value in pairs.items())])


def _store(
    jars: CookieJars, send: Send, course: Course, response: WireResponse, now: str
) -> CookieJars:
    if send.jar is None:
        return jars
    values = [value for name, value in response.headers if name.lower() == "set-cookie"]
    return store_cookies(jars, send.jar, course.target.url, values, now) if values else jars


# --- one hop --------------------------------------------------------------------------------------


def _carry_for(
    request: WireRequest, course: Course, send: Send, parse: ParseTarget, earlier: tuple[Hop, ...]
) -> Carry:
    verify_tls, ca_file = send.verify_tls, send.ca_file
    if course.target.origin != course.home:
        # Certificates that one service does not check are checked at every other.
        tls = _tls_by_origin(send.tls, parse).get(course.target.origin) or OriginTls(url="")
        verify_tls, ca_file = tls.verify, tls.ca_file
    sent = TransportRequest(
        method=request.method,
        target=course.target,
        headers=request.headers,
        body=request.body,
        verify_tls=verify_tls,
        ca_file=ca_file,
    )
    earlier_bytes = (
        sum([len(hop.response.body) for hop in earlier if hop.response]) if earlier else 0
    )
    return Carry(sent, send.max_body_bytes, earlier_bytes)
