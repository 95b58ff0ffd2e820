"""A raw hop becomes an exchange that may be kept: redacted, bodies shortened, with curl. Pure."""

from __future__ import annotations

import base64
import functools
from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from typing import Any, Literal, TypeAlias

from pytest_reqflo.evidence.model import (
    Body,
    Exchange,
    RequestRecord,
    ResponseRecord,
    Timing,
)
from pytest_reqflo.evidence.redact import Redactor, is_hideable, is_mask, sensitive_mask
from pytest_reqflo.lang.expression import Rendered
from pytest_reqflo.noted import Late
from pytest_reqflo.result import ValueUse
from pytest_reqflo.run.answer import decode_body
from pytest_reqflo.run.curl import render_curl
from pytest_reqflo.run.effects import Hop, PhaseTimes, SendFailure, WireRequest, WireResponse
from pytest_reqflo.run.uses import Use
from pytest_reqflo.secret import Secret
from pytest_reqflo.values import Json, canonical_json, digest_of, shorten

MAX_BODY = 64 * 1024
"""Characters of a body that a result keeps."""

MAX_VALUE = 4_096
"""Characters of the JSON of a single value that a result keeps."""

_MARGIN = 8 * 1024
"""Characters beyond MAX_BODY that are redacted too, so that no known value is cut before."""

_MAX_BINARY = 4_096

_MAX_REPEATED = 5
"""Most names that stand twice in a body that a result keeps."""


SeenBody: TypeAlias = "tuple[str, Literal['utf-8', 'base64'], bool, bool]"
"""The text of a body as it is shown, its encoding, whether it is cut, and whether it is all there."""


SeenHop: TypeAlias = "tuple[Hop, SeenBody | None, SeenBody | None, SendFailure | None]"
"""A hop, what is shown of the bodies that were sent and received, and why there is no usable answer."""


def size_of_seen(seen: SeenHop) -> int:
    """Return how many characters the bodies of *seen* have."""
    _, sent, received, _ = seen
    return (len(sent[0]) if sent else 0) + (len(received[0]) if received else 0)


def see_hop(hop: Hop, redactor: Redactor, failure: SendFailure | None = None) -> SeenHop:
    """Return *hop* with the texts of its bodies; *failure* says why it has no usable answer."""
    request, response = hop.request, hop.response
    sent = received = None
    if request.body is not None:
        sent = _see_body(request.body, _content_type(request.headers), redactor)
    if response is not None:
        received = _see_body(
            response.body, _content_type(response.headers), redactor, is_cut=response.is_cut
        )
    return hop, sent, received, failure


def record_seen(
    seen: SeenHop, redactor: Redactor, *, repeated_keys: Iterable[str] = ()
) -> Exchange:
    """Return what may be kept of *seen*; *redactor* knows what it did when the hop was seen."""
    hop, sent, received, failure = seen
    request = _record_request(hop.request, sent, redactor)
    # The redacted record is all that it holds until the command is asked for.
    curl: Any = Late(
        functools.partial(render_curl, request, user=_basic_user(hop.request, redactor))
    )
    return Exchange(
        request=request,
        response=_record_response(hop.response, received, redactor, repeated_keys)
        if hop.response
        else None,
        timing=_record_times(hop.times),
        error=redactor.text(failure.message) if failure else "",
        curl=curl,
        proxy=redactor.text(hop.proxy),
    )


def _basic_user(request: WireRequest, redactor: Redactor) -> str:
    """Return name and masked password of basic authentication, empty when nothing hides them.

    A header that was given whole is no credential that is known by its parts: it is left as it is.
    """
    values = [value for name, value in request.headers if name.lower() == "authorization"]
    scheme, _, encoded = values[0].partition(" ") if len(values) == 1 else ("", "", "")
    if scheme.lower() != "basic":
        return ""
    try:
        name, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return ""
    user, word = redactor.text(name), redactor.text(password)
    is_key = not password and is_mask(user)
    if not is_key and not is_mask(word):
        return ""
    # A short name may be hidden too, without being known by its text.
    return f"{user if is_hideable(name) else sensitive_mask('username')}:{word}"


def _record_request(
    request: WireRequest, seen: SeenBody | None, redactor: Redactor
) -> RequestRecord:
    return RequestRecord(
        method=request.method,
        url=redactor.url(request.url),
        headers=_record_headers(request, redactor),
        body=_body_of(request.body or b"", seen) if seen else None,
    )


def _record_headers(request: WireRequest, redactor: Redactor) -> tuple[tuple[str, str], ...]:
    """Mask what is known; a header that came from a short secret value is masked by its place."""
    shown = redactor.headers(request.headers)
    if not request.secret_headers:
        return shown
    hidden = request.secret_headers
    return tuple(
        [
            (name, sensitive_mask(name.lower()))
            if raw and value == raw and name.lower() in hidden
            else (name, value)
            for (name, value), (_, raw) in zip(shown, request.headers, strict=True)
        ]
    )


def _record_response(
    response: WireResponse,
    seen: SeenBody | None,
    redactor: Redactor,
    repeated_keys: Iterable[str],
) -> ResponseRecord:
    body = _body_of(response.body, seen) if seen else None
    listed = tuple(
        [shorten(redactor.text(key), 60) for key in islice(repeated_keys, _MAX_REPEATED)]
    )
    return ResponseRecord(
        status=response.status,
        reason=redactor.text(response.reason),
        http_version=response.http_version,
        headers=redactor.headers(response.headers),
        body=replace(body, repeated_keys=listed) if body and listed else body,
    )


def _content_type(headers: Iterable[tuple[str, str]]) -> str:
    for name, value in headers:
        if name.lower() == "content-type":
            return value
    return ""


def _see_body(
    content: bytes, content_type: str, redactor: Redactor, *, is_cut: bool = False
) -> SeenBody:
    text, is_text = decode_body(content, content_type)
    if not is_text:
        return _see_binary(content, redactor, is_cut=is_cut)
    if not is_cut and len(text) <= MAX_BODY:
        shown = redactor.body(text)
        return shown, "utf-8", False, shown == text
    shown, is_shortened = _redacted_head(text, redactor, is_cut=is_cut)
    return shown, "utf-8", is_shortened or is_cut, shown == text


def _body_of(content: bytes, seen: SeenBody) -> Body:
    text, encoding, is_shortened, is_whole = seen
    # A digest of what was hidden would let short values be guessed.
    return Body(
        text=text,
        size_bytes=len(content),
        encoding=encoding,
        is_shortened=is_shortened,
        sha256=digest_of(content) if is_whole and content else None,
    )


def _redacted_head(text: str, redactor: Redactor, *, is_cut: bool) -> tuple[str, bool]:
    if len(text) <= MAX_BODY:
        return redactor.body(text, is_cut=is_cut), False
    # A secret may be longer than the margin.
    head = redactor.body(text[: MAX_BODY + _MARGIN], is_cut=True)
    return head[: max(0, min(MAX_BODY, len(head) - _MARGIN))], True


def _see_binary(content: bytes, redactor: Redactor, *, is_cut: bool) -> SeenBody:
    if is_cut:
        content = _without_begun(content, redactor)
    window = base64.b64encode(content[: _MAX_BINARY + _MARGIN]).decode()
    head = redactor.text(window)
    is_shortened = len(content) > _MAX_BINARY + _MARGIN
    if is_shortened:
        head = head[: max(0, min(_MAX_BINARY, len(head) - _MARGIN))]
    return head, "base64", is_shortened or is_cut, False


def _without_begun(content: bytes, redactor: Redactor) -> bytes:
    """Return *content* without an end that begins a known value: in base64 it would not be found."""
    text = content.decode("latin-1")
    begun = [place.start for place in redactor.find_begun(text, len(text))]
    return content[: min(begun, default=len(content))]


def _record_times(times: PhaseTimes) -> Timing:
    return Timing(
        total_s=times.total_s,
        pool_s=times.pool_s,
        connect_s=times.connect_s,
        tls_s=times.tls_s,
        send_s=times.send_s,
        wait_s=times.wait_s,
        receive_s=times.receive_s,
    )


def record_value(value: Rendered, redactor: Redactor) -> Json:
    """Return *value* redacted, as the head of its JSON when it is long."""
    return shorten_value(redactor.json(value))


def shorten_value(shown: Json) -> Json:
    """Return the redacted value *shown*, as the head of its JSON when it is long."""
    if not isinstance(shown, (str, list, dict)):
        return shown
    text = shown if isinstance(shown, str) else _json_text(shown)
    return shorten(text, MAX_VALUE) if len(text) > MAX_VALUE else shown


def _json_text(value: Json) -> str:
    return canonical_json(value).decode("utf-8", "replace")


def record_uses(uses: Iterable[Use], redactor: Redactor) -> tuple[ValueUse, ...]:
    """Return each value that was used, once, in the order of first use."""
    found: dict[object, ValueUse] = {}
    met: set[tuple[str, int]] = set()
    for use in uses:
        # Most values that are used again are the very same.
        if (use.expression, id(use.value)) in met:
            continue
        met.add((use.expression, id(use.value)))
        is_masked = bool(use.hidden_as) and not isinstance(use.value, Secret)
        value = sensitive_mask(use.hidden_as) if is_masked else record_value(use.value, redactor)
        key = (use.expression, _key_of(value))
        if key not in found:
            found[key] = ValueUse(expression=use.expression, value=value, origin=use.origin)
    return tuple(found.values())


def _key_of(value: Json) -> object:
    """Return what is equal for equal JSON: Python takes 1, 1.0 and true for the same."""
    if isinstance(value, str):
        return value
    is_structure = isinstance(value, (dict, list))
    return canonical_json(value) if is_structure else (type(value), repr(value))
