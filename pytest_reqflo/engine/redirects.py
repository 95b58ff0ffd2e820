"""An answer that points elsewhere becomes the next request, without what must not go there. Pure."""

from __future__ import annotations

from dataclasses import field, replace
from urllib.parse import unquote, unquote_plus, urljoin

from pytest_reqflo.engine.transport import ParseTarget, Target, TargetProblem
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.run.effects import SendFailure, WireRequest, WireResponse
from pytest_reqflo.run.headers import CREDENTIAL_HEADERS

_STATUSES = frozenset({301, 302, 303, 307, 308})
_ABOUT_THE_BODY = frozenset(
    {"content-type", "content-encoding", "content-language", "content-location"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """The request at hand, and where it goes.

    Shape: *home* is the origin where the exchange began; *is_first_origin* while it never left it;
        *allowed* None for any origin.
    """

    request: WireRequest
    target: Target
    home: str
    is_first_origin: bool = True
    allowed: frozenset[str] | None = field(default=frozenset())


def find_location(response: WireResponse) -> str | None:
    """Return where a redirect points to, None for any other answer."""
    if response.status not in _STATUSES:
        return None
    found = next((value for name, value in response.headers if name.lower() == "location"), None)
    return None if found is None else _as_utf8(found)


def _as_utf8(value: str) -> str:
    """Headers are read as Latin-1; servers that do not escape a Location write UTF-8."""
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value


def next_course(
    course: Course, status: int, location: str, parse: ParseTarget
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
    if course.allowed is not None and target.origin not in course.allowed:
        return origin_refused(target, "the server redirects to")
    request = _change_method(course.request, status)
    is_same = target.origin == course.target.origin
    if not is_same and (leak := _find_leak(request, location)):
        return refused(
            "RF408",
            f"the server redirects to {target.origin}, another origin, and {leak}",
            hint="send it there in a step of its own when that origin may have it",
        )
    return Course(
        request=request if is_same else _without_credentials(request),
        target=target,
        home=course.home,
        is_first_origin=course.is_first_origin and is_same,
        allowed=course.allowed,
    )


def _find_leak(request: WireRequest, location: str) -> str:
    """Return what of *request* another origin must not get and dropping headers does not keep back."""
    if request.body is not None and request.is_body_hidden:
        return "the body of the request holds a secret or sensitive value"
    shown = {location, unquote(location), unquote_plus(location)}
    texts = [text for text in request.hidden_texts if len(text) >= _SHORTEST_FOUND]
    if any(text in place for text in texts for place in shown):
        return "the new URL holds a secret or sensitive value of the request"
    return ""


_SHORTEST_FOUND = 4
"""Characters below which a text turns up by chance."""


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
    return _without(request, CREDENTIAL_HEADERS | request.secret_headers)


def _without(request: WireRequest, names: frozenset[str]) -> WireRequest:
    kept = tuple(header for header in request.headers if header[0].lower() not in names)
    return replace(request, headers=kept)
