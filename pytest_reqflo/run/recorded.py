"""A recorded try becomes an answer that checks and outputs can look at, and says what is not in it. Pure."""

from __future__ import annotations

import base64
import binascii
import functools
from collections.abc import Mapping

from pytest_reqflo.evidence.masks import (
    find_mask,
    find_masked_key,
    is_mask,
    quote_masks,
    without_begun_mask,
)
from pytest_reqflo.evidence.model import Body, Exchange, Header, ResponseRecord, Timing
from pytest_reqflo.result import StepResult
from pytest_reqflo.run.answer import Answer, charset_of, decode_body
from pytest_reqflo.run.effects import Hop, PhaseTimes, WireRequest, WireResponse
from pytest_reqflo.values import Json, JsonProblem, is_array, parse_json

_REST = "[sensitive:rest of the body]"
"""Stands behind the head of a shortened body: what follows is as unknown as what is masked."""


class RecordedAnswer(Answer):
    """The answer that the last try of a step got, as far as it is in the record."""

    def __init__(
        self, exchanges: tuple[Exchange, ...], response: ResponseRecord, *, as_text: bool
    ) -> None:
        hops = tuple(map(_hop_of, exchanges))
        last = hops[-1].response
        assert last is not None  # noqa: S101  # *response* is that of the last exchange
        super().__init__(hops, last, as_text=as_text)
        self._recorded = response.body
        self._timings = tuple(each.timing for each in exchanges)
        self._is_text = as_text

    @property
    def size_bytes(self) -> int:
        """The size of the body as it was received."""
        return self._recorded.size_bytes if self._recorded else 0

    @property
    def text(self) -> str:
        """The recorded text; behind a head stands a mask for what was cut off."""
        body = self._recorded
        if body is None or body.encoding == "base64":
            return super().text
        return without_begun_mask(body.text) + _REST if body.is_shortened else body.text

    @functools.cached_property
    def text_gap(self) -> str:
        """Why the text of the body is not in the record, empty when it is, perhaps with masks."""
        body = self._recorded
        if body is None:
            return "no body was recorded"
        if body.encoding == "base64" and body.is_shortened:
            return _shortened(body)
        is_whole = body.encoding == "utf-8" or _find_binary(body) is not None
        return "" if is_whole else "the recorded body is masked"

    @functools.cached_property
    def json_gap(self) -> str:
        """Why the JSON of the body is not in the record, empty when it is, or there is none."""
        body = self._recorded
        if self.text_gap or body is None or self._is_text:
            return self.text_gap
        if body.is_shortened:
            return _shortened(body)
        mask = find_mask(body.text)
        is_opaque = bool(mask) and (bool(self.json_problem) or is_mask(body.text.strip()))
        return (
            f"the recorded body can no longer be read as JSON: {mask} hides a part of it"
            if is_opaque
            else ""
        )

    @functools.cached_property
    def timing_gap(self) -> str:
        """Why the time of the exchange is not in the record, empty when it is."""
        return "" if all(self._timings) else "no times were recorded"

    @functools.cached_property
    def mask(self) -> str:
        """The first mask in the JSON of the body, empty when nothing in it is hidden."""
        return find_mask(self.body)

    @functools.cached_property
    def masked_key(self) -> str:
        """The first mask in a key of the JSON of the body."""
        return _find_masked_key(self.body) if self.mask else ""

    @functools.cached_property
    def hides_numbers(self) -> bool:
        """Whether a mask in the JSON of the body may stand for anything but text."""
        body = self._recorded
        return body is not None and bool(self.mask) and not _is_json(body.text)


def answer_of(step: StepResult | None, *, as_text: bool) -> RecordedAnswer | None:
    """Return the last answer of the last try of *step*, None when the record has none."""
    last = step.last_try if step else None
    exchanges = last.exchanges if last else ()
    response = exchanges[-1].response if exchanges else None
    if response is None or exchanges[-1].error:
        return None
    return RecordedAnswer(exchanges, response, as_text=as_text)


def _shortened(body: Body) -> str:
    return f"only the head of the body was recorded, of {body.size_bytes} bytes"


def _find_masked_key(value: Json) -> str:
    if isinstance(value, Mapping):
        own = find_masked_key(value)
        return own or next(filter(None, map(_find_masked_key, value.values())), "")
    return next(filter(None, map(_find_masked_key, value)), "") if is_array(value) else ""


# --- back to the wire ----------------------------------------------------------------------------


def _hop_of(exchange: Exchange) -> Hop:
    request, response = exchange.request, exchange.response
    return Hop(
        request=WireRequest(
            method=request.method,
            url=request.url,
            headers=request.headers,
            body=_bytes_of(request.body, request.headers) if request.body else None,
        ),
        response=_response_of(response) if response else None,
        times=_times_of(exchange.timing),
        proxy=exchange.proxy,
    )


def _response_of(response: ResponseRecord) -> WireResponse:
    return WireResponse(
        status=response.status,
        reason=response.reason,
        http_version=response.http_version,
        headers=response.headers,
        body=_bytes_of(response.body, response.headers) if response.body else b"",
    )


def _times_of(timing: Timing | None) -> PhaseTimes:
    return PhaseTimes(total_s=timing.total_s, pool_s=timing.pool_s) if timing else PhaseTimes()


def _bytes_of(body: Body, headers: tuple[Header, ...]) -> bytes:
    """Return the bytes that *body* was made from; where a number is masked, JSON with a text."""
    if body.encoding == "base64":
        return _find_binary(body) or b""
    content_type = next((value for name, value in headers if name.lower() == "content-type"), "")
    text = body.text
    if find_mask(text) and not _is_json(text) and _is_json(quoted := quote_masks(text)):
        text = quoted
    return _encode(text, content_type)


def _encode(text: str, content_type: str) -> bytes:
    try:
        content = text.encode(charset_of(content_type))
    except (UnicodeEncodeError, LookupError, ValueError):
        return text.encode("utf-8", "surrogatepass")
    is_same = decode_body(content, content_type) == (text, True)
    return content if is_same else text.encode("utf-8", "surrogatepass")


def _find_binary(body: Body) -> bytes | None:
    """Return the bytes of a body that is no text, None when they are masked or cut."""
    try:
        return None if body.is_shortened else base64.b64decode(body.text, validate=True)
    except binascii.Error:
        return None


def _is_json(text: str) -> bool:
    try:
        parse_json(text)
    except JsonProblem:
        return False
    return True
