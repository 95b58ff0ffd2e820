"""An exchange to what the page shows of it: request, response, phases, curl. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pytest_reqflo.frozen import dataclass
from pytest_reqflo.report.html.words import filled, plain, seconds
from pytest_reqflo.values import Json

MAX_BODY = 16 * 1024
"""Characters of a body that stand in the file."""

_MAX_HEADERS = 60
_MAX_CURL = 8_000
_PHASES = ("pool_s", "connect_s", "tls_s", "send_s", "wait_s", "receive_s")


@dataclass(frozen=True, slots=True)
class Extent:
    """How much of an exchange is shown: *body_characters* of each body, 0 without headers too."""

    body_characters: int


FULL = Extent(MAX_BODY)
SHORT = Extent(2 * 1024)
BRIEF = Extent(0)

Document = Mapping[str, Any]


def exchange_detail(exchange: Document, extent: Extent) -> dict[str, Json]:
    """Return what is shown of *exchange*.

    Shape: *phases* are the seconds in the pool, connecting, of TLS, sending, waiting, receiving.
    """
    request, response = exchange["request"], exchange.get("response")
    timing = exchange.get("timing") or {}
    curl = exchange.get("curl", "")
    return filled({
        "method": plain(request["method"]),
        "url": plain(request["url"]),
        "request": _message(request, extent),
        "status": response["status"] if response else None,
        "reason": plain(response.get("reason", "")) if response else "",
        "version": plain(response.get("http_version", "HTTP/1.1")) if response else "",
        "response": _message(response, extent) if response else None,
        "error": plain(exchange.get("error", "")),
        "proxy": plain(exchange.get("proxy", "")),
        "total_s": seconds(timing.get("total_s", 0.0)),
        "phases": [seconds(timing.get(name) or 0.0) for name in _PHASES] if timing else [],
        # A command that is cut does something else.
        "curl": plain(curl, _MAX_CURL) if extent is not BRIEF and len(curl) <= _MAX_CURL else "",
    })  # fmt: skip


def _message(message: Document, extent: Extent) -> dict[str, Json]:
    if extent is BRIEF:
        return {}
    headers: Sequence[Sequence[str]] = message.get("headers", ())
    return filled({
        "headers": [[plain(name), plain(value)] for name, value in headers[:_MAX_HEADERS]],
        "all_headers": len(headers) if len(headers) > _MAX_HEADERS else 0,
        "body": _body(message.get("body"), extent),
    })  # fmt: skip


def _body(body: Document | None, extent: Extent) -> dict[str, Json] | None:
    if body is None or not body["size_bytes"]:
        return None
    is_text = body.get("encoding", "utf-8") == "utf-8"
    text = body["text"] if is_text else ""
    limit = extent.body_characters
    return filled({
        "text": plain(text[:limit], limit * 10),
        "size": body["size_bytes"],
        "is_binary": not is_text,
        "is_cut": body.get("is_shortened", False) or len(text) > limit,
        "repeated": [plain(name) for name in body.get("repeated_keys", ())],
    })  # fmt: skip
