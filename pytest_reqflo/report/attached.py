"""An exchange as texts to attach to a report: request, response, its JSON, the curl command. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Literal

from pytest_reqflo.evidence.model import Body, Exchange
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.report.exchange import render_request, render_response
from pytest_reqflo.report.safe import to_line
from pytest_reqflo.values import JsonProblem, parse_json, printable

MAX_BODY = 16 * 1024
"""Characters of a body in an attached text."""


@dataclass(frozen=True, slots=True)
class Attached:
    """A named text; all of it can be encoded, and a reader of *kind* finds nothing to run in it."""

    name: str
    kind: Literal["text", "json"]
    body: str


def attach_exchange(exchange: Exchange, label: str = "") -> Iterator[Attached]:
    """Yield what is attached of *exchange*; *label* tells it from others of the same try."""
    request = render_request(exchange.request, max_body=MAX_BODY)
    yield Attached(f"request{label}", "text", _text(request))
    if exchange.response is None:
        yield Attached(
            f"no response{label}", "text", to_line(exchange.error or "none was received")
        )
    else:
        response = render_response(exchange.response, max_body=MAX_BODY)
        yield Attached(f"response{label}", "text", _text(response))
        yield from _json_of(exchange.response.body, f"response body{label}")
    if exchange.curl:
        yield Attached(f"curl{label}", "text", printable(exchange.curl))


def _text(lines: list[str]) -> str:
    # They are indented to stand below a heading, which an attachment has as its name.
    return "\n".join(line.removeprefix("  ") for line in lines)


def _json_of(body: Body | None, name: str) -> Iterator[Attached]:
    is_whole = body is not None and body.encoding == "utf-8" and not body.is_shortened
    if body is None or not is_whole or body.text.lstrip()[:1] not in ("{", "["):
        return
    try:
        value = parse_json(body.text)
    except JsonProblem:
        return
    # Escapes keep what no UTF-8 text can hold.
    yield Attached(name, "json", json.dumps(value, indent=2))
