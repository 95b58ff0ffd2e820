"""An exchange as readable lines: the request as sent, the response as received, curl. Pure.

Every line is indented and printable, so that nothing a server sends can look like a line of ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pytest_reqflo.evidence.model import Body, Exchange, Header, RequestRecord, ResponseRecord
from pytest_reqflo.report.safe import to_line
from pytest_reqflo.values import printable

MAX_BODY = 2_000
"""Characters of a body that the failure page shows."""

_MAX_HEADERS = 40
_MAX_CURL = 8_000


def render_request(request: RequestRecord, *, max_body: int = MAX_BODY) -> list[str]:
    """Return the lines of *request*, each indented by two blanks."""
    first = f"  {to_line(request.method)} {to_line(request.url, limit=2_000)}"
    return [first, *_render_parts(request.headers, request.body, max_body)]


def render_response(response: ResponseRecord, *, max_body: int = MAX_BODY) -> list[str]:
    """Return the lines of *response*, each indented by two blanks."""
    status = f"{response.http_version} {response.status} {response.reason}".rstrip()
    return [f"  {to_line(status)}", *_render_parts(response.headers, response.body, max_body)]


def render_exchange(exchange: Exchange, *, max_body: int = MAX_BODY) -> list[str]:
    """Return both sides of *exchange* with their headings."""
    by = f", by proxy {to_line(exchange.proxy)}" if exchange.proxy else ""
    lines = [f"request as sent{by}", *render_request(exchange.request, max_body=max_body), ""]
    if exchange.response is None:
        return [*lines, "no response", f"  {to_line(exchange.error or 'none was received')}"]
    took = f" ({_milliseconds(exchange.timing.total_s)})" if exchange.timing else ""
    lines += [f"response as received{took}"]
    lines += render_response(exchange.response, max_body=max_body)
    return [*lines, f"  {to_line(exchange.error)}"] if exchange.error else lines


def render_curl(exchange: Exchange) -> list[str]:
    """Return the command that sends the request again, on lines of its own; empty without one."""
    if not exchange.curl or len(exchange.curl) > _MAX_CURL:
        return []
    return ["curl", *indent(exchange.curl)]


def indent(text: str, by: str = "  ") -> list[str]:
    """Return the printable lines of *text*, each behind *by*."""
    return [f"{by}{printable(line)}".rstrip() for line in text.split("\n")]


def _render_parts(headers: Iterable[Header], body: Body | None, max_body: int) -> Iterator[str]:
    listed = list(headers)
    for name, value in listed[:_MAX_HEADERS]:
        yield f"    {to_line(name)}: {to_line(value)}"
    if len(listed) > _MAX_HEADERS:
        yield f"    … ({len(listed)} headers in all)"
    if body is not None and body.size_bytes:
        yield ""
        yield from _render_body(body, max_body)


def _render_body(body: Body, max_body: int) -> list[str]:
    if body.encoding == "base64":
        return [f"    ({body.size_bytes} bytes that are not text)"]
    lines = indent(body.text[:max_body].replace("\r\n", "\n"), "    ")
    if body.is_shortened or len(body.text) > max_body:
        lines.append(f"    … (shortened, {body.size_bytes} bytes in all)")
    if body.repeated_keys:
        names = ", ".join(f"`{to_line(name)}`" for name in body.repeated_keys)
        lines.append(f"    (twice in one object, of which the last was taken: {names})")
    return lines


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
