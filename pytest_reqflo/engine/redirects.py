"""An answer that points elsewhere becomes the next request, without what must not go there. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from urllib.parse import urljoin

from pytest_reqflo.engine.transport import ParseTarget, ResponseHead, Target, TargetProblem
from pytest_reqflo.run.effects import SendFailure, WireRequest

_STATUSES = frozenset({301, 302, 303, 307, 308})
_CREDENTIALS = frozenset({"authorization", "cookie", "proxy-authorization"})
_ABOUT_THE_BODY = frozenset(
    {"content-type", "content-encoding", "content-language", "content-location"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """The request at hand, and where it goes. *is_first_origin*: it never left where it began."""

    request: WireRequest
    target: Target
    is_first_origin: bool = True
    allowed: frozenset[str] = field(default=frozenset())


def find_location(head: ResponseHead) -> str | None:
    """Return where a redirect points to, None for any other answer."""
    if head.status not in _STATUSES:
        return None
    found = next((value for name, value in head.headers if name.lower() == "location"), None)
    return None if found is None else _as_utf8(found)


def _as_utf8(value: str) -> str:
    """Headers are read as Latin-1; servers that do not escape a Location write UTF-8."""
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value


def next_course(
    course: Course, head: ResponseHead, location: str, parse: ParseTarget
) -> Course | SendFailure:
    """Return the request that follows a redirect, or why it is refused.

    Source: RFC 9110, 15.4; Fetch, 4.4 (which method becomes GET).
    """
    try:
        target = parse(urljoin(course.target.url, location))
    except (TargetProblem, ValueError) as error:
        return refused("RF408", f"the server redirects to a place that is refused: {error}")
    if course.target.scheme == "https" and target.scheme == "http":
        return refused("RF408", f"the server redirects from https to {target.origin}, without TLS")
    if target.origin not in course.allowed:
        return origin_refused(target, "the server redirects to")
    request = _change_method(course.request, head.status)
    is_same = target.origin == course.target.origin
    return Course(
        request=request if is_same else _without_credentials(request),
        target=target,
        is_first_origin=course.is_first_origin and is_same,
        allowed=course.allowed,
    )


def origin_refused(target: Target, how: str) -> SendFailure:
    """Return the failure of a request to an origin that is not on the list."""
    return refused(
        "RF407",
        f"{how} {target.origin}, which is not allowed in this environment",
        hint="name it under `allowed_origins` of the environment when requests may go there",
    )


def refused(code: str, message: str, hint: str = "") -> SendFailure:
    """Return the failure of a request that we do not send."""
    return SendFailure(code=code, category="refused", message=message, hint=hint)


def _change_method(request: WireRequest, status: int) -> WireRequest:
    is_see_other = status == 303 and request.method not in ("GET", "HEAD")
    if not is_see_other and not (status in (301, 302) and request.method == "POST"):
        return request
    return replace(_without(request, _ABOUT_THE_BODY), method="GET", body=None)


def _without_credentials(request: WireRequest) -> WireRequest:
    return _without(request, _CREDENTIALS | request.secret_headers)


def _without(request: WireRequest, names: frozenset[str]) -> WireRequest:
    kept = tuple(header for header in request.headers if header[0].lower() not in names)
    return replace(request, headers=kept)
