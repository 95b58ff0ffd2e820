"""The body of a request and its values become bytes and a content type. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import assert_never
from urllib.parse import quote_plus

from pytest_reqflo.artifact.model import (
    BodySpec,
    BytesBody,
    FormBody,
    JsonBody,
    MultipartBody,
    MultipartPart,
    TextBody,
)
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.lang.expression import LiteralValue, Rendered, ValueMissing
from pytest_reqflo.lang.functions import call_function
from pytest_reqflo.lang.render import render_value, to_text
from pytest_reqflo.noted import Noted
from pytest_reqflo.run.json_text import json_bytes, render_json
from pytest_reqflo.run.problems import WireProblem
from pytest_reqflo.run.scope import RunScope
from pytest_reqflo.secret import Secret
from pytest_reqflo.values import Digest, is_array

_BAD_IN_PART = re.compile("[\x00-\x1f\x7f]")

# The registry of the machine would make requests differ from one machine to the next.
_TYPES = {
    "csv": "text/csv",
    "gif": "image/gif",
    "html": "text/html",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "json": "application/json",
    "pdf": "application/pdf",
    "png": "image/png",
    "svg": "image/svg+xml",
    "txt": "text/plain",
    "xml": "application/xml",
    "zip": "application/zip",
}


@dataclass(frozen=True, slots=True)
class BodyBytes:
    """A body ready to be sent; *boundary* is that of a multipart body."""

    content: bytes = field(repr=False)
    content_type: str
    boundary: str = ""


_CONTENT_TYPES = {
    type(None): "",
    JsonBody: "application/json",
    FormBody: "application/x-www-form-urlencoded",
    MultipartBody: "multipart/form-data",
    TextBody: "text/plain; charset=utf-8",
    BytesBody: "application/octet-stream",
}


def content_type_of(body: BodySpec | None) -> str:
    """Return the content type of *body*, of a multipart one without its boundary."""
    return _CONTENT_TYPES[type(body)]


def render_body(
    body: BodySpec | None,
    scope: RunScope,
    blobs: Mapping[Digest, bytes],
    *,
    site: str,
    seed: str,
) -> BodyBytes | None:
    """Return the bytes of *body*, None when there is none.

    Raises: WireProblem, ValueMissing.
    """
    match body:
        case None:
            return None
        case JsonBody(value=LiteralValue()):
            return _CONSTANT.of(body)
        case JsonBody():
            return BodyBytes(render_json(body, scope, f"{site}/json"), content_type_of(body))
        case FormBody():
            return _form(body, scope, f"{site}/form")
        case MultipartBody():
            return _multipart(body, scope, blobs, site, seed)
        case TextBody(text=text):
            rendered = render_value(text, scope, site=f"{site}/text")
            return BodyBytes(_bytes_of(rendered, "the body"), content_type_of(body))
        case BytesBody(blob=blob):
            return BodyBytes(_blob(blobs, blob), content_type_of(body))
        case _:
            assert_never(body)


def _render_constant(body: JsonBody) -> BodyBytes:
    literal = body.value.value if isinstance(body.value, LiteralValue) else None
    return BodyBytes(json_bytes(literal), content_type_of(body))


_CONSTANT = Noted(_render_constant)
"""Bodies without expressions: written in the journey, and the same in each of its runs."""


def _bytes_of(rendered: Rendered, what: str) -> bytes:
    if is_array(rendered) or isinstance(rendered, Mapping):
        return json_bytes(rendered)
    text = _text(rendered, what)
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise WireProblem(f"{what} holds half of a surrogate pair, which has no bytes") from None


def _text(rendered: Rendered, what: str) -> str:
    try:
        text = to_text(rendered)
    except ValueMissing as problem:
        raise WireProblem(f"{what}: {problem}") from None
    return text.reveal() if isinstance(text, Secret) else text


def _blob(blobs: Mapping[Digest, bytes], digest: Digest) -> bytes:
    if digest not in blobs:
        raise WireProblem(f"the file {digest[:12]} of the artifact is not in the store")
    return blobs[digest]


def _form(body: FormBody, scope: RunScope, site: str) -> BodyBytes:
    pairs = [
        f"{quote_plus(name)}={_quoted(item, name)}"
        for name, value in body.fields.items()
        for item in _items(render_value(value, scope, site=f"{site}/{name}"))
    ]
    return BodyBytes("&".join(pairs).encode(), content_type_of(body))


def _items(rendered: Rendered) -> list[Rendered]:
    items = rendered if is_array(rendered) else [rendered]
    return [item for item in items if item is not None]


def _quoted(item: Rendered, name: str) -> str:
    what = f"form field `{name}`"
    try:
        return quote_plus(_text(item, what))
    except UnicodeEncodeError:
        raise WireProblem(f"{what} holds half of a surrogate pair, which has no bytes") from None


# --- multipart -----------------------------------------------------------------------------------


def _multipart(
    body: MultipartBody, scope: RunScope, blobs: Mapping[Digest, bytes], site: str, seed: str
) -> BodyBytes:
    """Source: RFC 7578; names are escaped as browsers do (WHATWG HTML, 4.10.21.8)."""
    boundary = str(call_function("random_hex", (32,), seed=seed, site=f"{site}/multipart", now=""))
    pieces: list[bytes] = []
    for index, part in enumerate(body.parts):
        for content, content_type in _contents(part, scope, blobs, f"{site}/multipart/{index}"):
            head = _part_head(part, content_type)
            pieces += [f"--{boundary}\r\n{head}\r\n".encode(), content, b"\r\n"]
    pieces.append(f"--{boundary}--\r\n".encode())
    return BodyBytes(b"".join(pieces), f"multipart/form-data; boundary={boundary}", boundary)


def _contents(
    part: MultipartPart, scope: RunScope, blobs: Mapping[Digest, bytes], site: str
) -> Iterator[tuple[bytes, str]]:
    if part.blob is not None:
        yield _blob(blobs, part.blob), part.content_type or _type_of(part.filename)
    elif part.value is not None:
        rendered = render_value(part.value, scope, site=site)
        if rendered is None:
            return
        is_json = is_array(rendered) or isinstance(rendered, Mapping)
        content = _bytes_of(rendered, f"part `{part.name}`")
        yield content, part.content_type or ("application/json" if is_json else "")


def _type_of(filename: str | None) -> str:
    suffix = (filename or "").rpartition(".")[2].lower()
    return _TYPES.get(suffix, _CONTENT_TYPES[BytesBody])


def _part_head(part: MultipartPart, content_type: str) -> str:
    if _BAD_IN_PART.search(content_type):
        raise WireProblem(f"the content type of part `{part.name}` holds a control character")
    head = f'Content-Disposition: form-data; name="{_escaped(part.name)}"'
    if part.filename is not None:
        head += f'; filename="{_escaped(part.filename)}"'
    return head + "\r\n" + (f"Content-Type: {content_type}\r\n" if content_type else "")


def _escaped(name: str) -> str:
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
