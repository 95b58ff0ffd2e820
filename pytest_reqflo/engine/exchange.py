"""A `Send` becomes a `Sent`: origins, redirects, cookies, limits and decoding. A generator, no I/O.

It yields `Open`, `Read` and `Close` and is told what came of them, so that a blocking and an
asynchronous driver over any transport behave alike. Time passes only in the driver, which holds the
one deadline of all hops.
"""

from __future__ import annotations

import functools
from collections.abc import Generator, Mapping
from dataclasses import field
from typing import TypeAlias, TypeVar, Union

from pytest_reqflo.engine.body import BodyReader
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
    ResponseHead,
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
class Open:
    """Send a request, up to the headers of its answer."""

    request: TransportRequest


@dataclass(frozen=True, slots=True)
class Read:
    """Read the next piece of the body."""


@dataclass(frozen=True, slots=True)
class Close:
    """Be done with the answer at hand."""


@dataclass(frozen=True, slots=True)
class Opened:
    head: ResponseHead


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of the body as they came, empty at its end."""

    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Closed:
    times: PhaseTimes


@dataclass(frozen=True, slots=True)
class Failed:
    """The transport has no answer, or no more of it."""

    failure: SendFailure
    times: PhaseTimes


ExchangeEffect: TypeAlias = Union[Open, Read, Close]
ExchangeOutcome: TypeAlias = Union[Opened, Piece, Closed, Failed, None]

ExchangeFlow: TypeAlias = Generator[ExchangeEffect, ExchangeOutcome, Sent]


def _find_no_proxy(_: Target) -> str:
    return ""


def exchange(
    send: Send, *, parse: ParseTarget, now: str, find_proxy: FindProxy = _find_no_proxy
) -> ExchangeFlow:
    """Yield what must be done for *send*, and return what came of it.

    Shape: *now* is the wall clock, for the expiry of cookies. *find_proxy* says which proxy stands
        before a target, for the record only. `Sent.elapsed_s` is left to the driver.
    """
    hops: tuple[Hop, ...] = ()
    jars = send.jars
    course = _first_course(send, parse)
    while isinstance(course, Course):
        request = _complete(course, send, jars, now)
        hop, failure = yield from _perform_hop(request, course, send, hops, find_proxy)
        hops = (*hops, hop)
        if hop.response is not None:
            jars = _store(jars, send, hop.response, now)
        if failure is not None:
            return Sent(hops=hops, jars=jars, failure=failure)
        following = _follow(course, hop, send, parse, hop_count=len(hops))
        if following is None:
            return Sent(hops=hops, jars=jars)
        course = following
    return Sent(hops=hops, jars=jars, failure=course)


def _first_course(send: Send, parse: ParseTarget) -> Course | SendFailure:
    allowed = _allowed_of(send, parse)
    try:
        target = parse(send.request.url)
    except TargetProblem as error:
        return refused("RF407", f"the URL of the request is refused: {error}")
    if allowed is not None and target.origin not in allowed:
        return origin_refused(target, "the request goes to")
    elsewhere = _tls_by_origin(send.tls, parse)
    own = OriginTls(url=target.url, verify=send.verify_tls, ca_file=send.ca_file)
    return Course(
        request=send.request,
        target=target,
        allowed=allowed,
        tls={**elsewhere, target.origin: own},
    )


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
    head = ResponseHead(
        status=response.status, reason="", http_version="", headers=response.headers
    )
    location = find_location(head)
    if location is None:
        return None
    if hop_count > send.follow_redirects:
        limit = f"{send.follow_redirects} redirect{'s' * (send.follow_redirects != 1)}"
        return refused("RF408", f"the server redirects more often than allowed ({limit})")
    return next_course(course, head, location, parse)


# --- the request ----------------------------------------------------------------------------------


def _complete(course: Course, send: Send, jars: CookieJars, now: str) -> WireRequest:
    """Return the request with every header it is sent with."""
    request = course.request
    given = {name.lower() for name, _ in request.headers}
    headers = [("Host", course.target.authority)]
    headers += [header for header in request.headers if header[0].lower() != "cookie"]
    cookie = _cookie_header(course, send, jars, now)
    if cookie:
        headers.append(("Cookie", cookie))
    defaults = (("Accept", "*/*"), ("Accept-Encoding", "gzip, deflate"), _USER_AGENT)
    headers += [header for header in defaults if header[0].lower() not in given]
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


_USER_AGENT = ("User-Agent", "pytest-reqflo")


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


def _store(jars: CookieJars, send: Send, response: WireResponse, now: str) -> CookieJars:
    if send.jar is None:
        return jars
    values = [value for name, value in response.headers if name.lower() == "set-cookie"]
    return store_cookies(jars, send.jar, response.url, values, now)


# --- one hop --------------------------------------------------------------------------------------


def _perform_hop(
    request: WireRequest,
    course: Course,
    send: Send,
    earlier: tuple[Hop, ...],
    find_proxy: FindProxy,
) -> Generator[ExchangeEffect, ExchangeOutcome, tuple[Hop, SendFailure | None]]:
    opened = yield Open(_transport_request(request, course))
    proxy = find_proxy(course.target)
    if isinstance(opened, Failed):
        hop = Hop(request=request, response=None, times=opened.times, proxy=proxy)
        return hop, opened.failure
    head = _expect(Opened, opened).head
    earlier_bytes = sum(len(hop.response.body) for hop in earlier if hop.response)
    body = BodyReader(head, send.max_body_bytes, earlier_bytes=earlier_bytes)
    failure: SendFailure | None = None
    while failure is None and not body.is_complete:
        piece = yield Read()
        if isinstance(piece, Failed):
            failure = piece.failure
        else:
            failure = body.take(_expect(Piece, piece).data)
    closed = _expect(Closed, (yield Close()))
    response = body.response(course.target.url, is_cut=failure is not None)
    return Hop(request=request, response=response, times=closed.times, proxy=proxy), failure


def _transport_request(request: WireRequest, course: Course) -> TransportRequest:
    # Certificates that one service does not check are checked at every other.
    tls = course.tls.get(course.target.origin) or OriginTls(url=course.target.url)
    return TransportRequest(
        method=request.method,
        target=course.target,
        headers=request.headers,
        body=request.body,
        verify_tls=tls.verify,
        ca_file=tls.ca_file,
    )


T = TypeVar("T")


def _expect(kind: type[T], outcome: object) -> T:
    if not isinstance(outcome, kind):
        raise TypeError(f"the driver answered with {outcome!r} instead of {kind.__name__}")
    return outcome
