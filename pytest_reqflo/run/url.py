"""The URL of a request and its values become the URL on the wire. Pure.

A value fills its place and nothing more: it is percent-encoded whole, `/` too, and cannot climb.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote, unquote, urljoin

from pytest_reqflo.artifact.model import RequestSpec
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.lang.expression import (
    CallExpression,
    LiteralValue,
    PathExpression,
    TextValue,
    Value,
)
from pytest_reqflo.plan.model import Plan
from pytest_reqflo.run.effects import CapturedValues
from pytest_reqflo.run.problems import WireProblem
from pytest_reqflo.run.scope import RunScope
from pytest_reqflo.run.texts import plain, text_of, texts_of
from pytest_reqflo.secret import Secret

_PLACEHOLDER = re.compile(r"\{([^{}/?#\s]+)\}")
_UNRESERVED = re.compile(r"[A-Za-z0-9_.~-]*")
_SCHEME = re.compile(r"^[a-z]+://")
_ABSOLUTE = re.compile(r"https?://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a URL; *is_value* marks what came from an expression or placeholder."""

    text: str | Secret
    is_value: bool = False


def render_url(
    spec: RequestSpec, scope: RunScope, site: str, base_url: str, page: str
) -> str | Secret:
    """Return the whole URL; *page* is where a lone expression's link came from, when it did.

    Raises: WireProblem, ValueMissing.
    """
    url = spec.url
    if isinstance(url, (PathExpression, CallExpression)):
        given = text_of(url, scope, f"{site}/url", "the URL")
        joined = _join_lone(given, base_url, page)
    else:
        joined = join_base(_render_text(url, spec, scope, site), base_url)
    return _with_query(joined, _render_query(spec, scope, site)) if spec.query else joined


def _render_text(url: Value, spec: RequestSpec, scope: RunScope, site: str) -> str | Secret:
    if type(url) is LiteralValue and type(url.value) is str and "{" not in url.value:
        return url.value
    pieces = _expand(url, spec, scope, site)
    if any(piece.is_value for piece in pieces):
        _check_segments(pieces)
    return Secret.join([piece.text for piece in pieces])


def _expand(url: Value, spec: RequestSpec, scope: RunScope, site: str) -> list[_Piece]:
    parts = url.parts if isinstance(url, TextValue) else (_literal_of(url),)
    pieces: list[_Piece] = []
    for number, part in enumerate(parts):
        if isinstance(part, str):
            pieces += _fill(part, spec, scope, site) if "{" in part else [_Piece(part)]
            continue
        value = text_of(part, scope, f"{site}/url#{number}", "the URL")
        is_base = number == 0 and _ABSOLUTE.match(plain(value)) is not None
        pieces.append(_Piece(value) if is_base else _encoded(value))
    return pieces


def _literal_of(url: Value) -> str:
    if isinstance(url, LiteralValue) and isinstance(url.value, str):
        return url.value
    raise WireProblem("the URL is not text")


def _fill(text: str, spec: RequestSpec, scope: RunScope, site: str) -> Iterator[_Piece]:
    position = 0
    for match in _PLACEHOLDER.finditer(text):
        name = match.group(1)
        yield _Piece(text[position : match.start()])
        if name not in spec.path_params:
            raise WireProblem(f"the placeholder `{{{name}}}` of the URL has no value")
        what = f"the value of placeholder `{{{name}}}`"
        yield _encoded(text_of(spec.path_params[name], scope, f"{site}/path/{name}", what))
        position = match.end()
    yield _Piece(text[position:])


def _encoded(value: str | Secret) -> _Piece:
    text = value.map(_percent) if isinstance(value, Secret) else _percent(value)
    return _Piece(text, is_value=True)


def _percent(text: str) -> str:
    if _UNRESERVED.fullmatch(text):
        return text
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        raise WireProblem("a value for the URL holds half of a surrogate pair") from None


def _check_segments(pieces: list[_Piece]) -> None:
    """Refuse a value that would climb the path, or vanish and name something else."""
    segment, has_value = "", False
    for piece in pieces:
        text = plain(piece.text)
        has_value = has_value or piece.is_value
        if piece.is_value:
            segment += text
            continue
        path, mark, _ = _SCHEME.sub("", text).partition("?")
        first, *others = re.split("[/#]", path)
        segment += first
        for other in others:
            _check_segment(segment, has_value)
            segment, has_value = other, False
        if mark:
            break
    _check_segment(segment, has_value)


def _check_segment(segment: str, has_value: bool) -> None:
    if not has_value:
        return
    # Servers that know path parameters read `..;x` as `..`.
    if unquote(segment).partition(";")[0] in (".", ".."):
        raise WireProblem(
            "a value makes `.` or `..` a segment of the path", hint="it would leave the path"
        )
    if not segment:
        raise WireProblem(
            "a value of the path is empty, so the URL would name something else",
            hint="write the shorter path in a step of its own when that is meant",
        )


def join_base(path: str | Secret, base_url: str) -> str | Secret:
    """Return *path* below *base_url*, a whole URL as it is. Raises: WireProblem."""
    bare = plain(path)
    if _ABSOLUTE.match(bare):
        return path
    if not base_url:
        raise WireProblem("the URL is relative, and no service gives it a base URL")
    slash = "" if not bare or bare[0] in "/?#" else "/"
    base = base_url.rstrip("/")
    return f"{base}{slash}{path}" if type(path) is str else Secret.join([base, slash, path])


def _join_lone(given: str | Secret, base_url: str, page: str) -> str | Secret:
    """Join a link that an answer gave to the URL it came from, any other to the base URL."""
    if page and not _ABSOLUTE.match(plain(given)):
        try:
            joined = urljoin(page, plain(given))
        except ValueError:
            raise WireProblem("the URL is malformed") from None
        return Secret(given.name, joined) if isinstance(given, Secret) else joined
    return join_base(given, base_url)


def find_page(plan: Plan, captured: CapturedValues, url: Value) -> str:
    """Return the URL of the answer that gave *url* as a link, empty for any other URL."""
    source = link_source(plan, url)
    page = captured.get(source, {}).get("url") if source else None
    return str(page.value) if page and not page.missing else ""


def link_source(plan: Plan, url: Value, depth: int = 0) -> str:
    """Return the step whose answer gives *url* as a lone expression, empty for any other URL."""
    if type(url) is not PathExpression or not url.path or depth > len(plan.names):
        return ""
    name = str(url.path[0])
    if url.root == "steps":
        return name
    is_name = url.root in ("inputs", "variables") and name in plan.names
    return link_source(plan, plan.names[name].value, depth + 1) if is_name else ""


def _render_query(spec: RequestSpec, scope: RunScope, site: str) -> Iterator[str | Secret]:
    for name, value in spec.query.items():
        what = f"query parameter `{name}`"
        for text in texts_of(value, scope, f"{site}/query/{name}", what):
            yield Secret.join([f"{_percent(name)}=", _encoded(text).text])


def _with_query(url: str | Secret, pairs: Iterator[str | Secret]) -> str | Secret:
    bare = plain(url)
    pieces: list[str | Secret] = [url]
    for pair in pairs:
        is_first = len(pieces) == 1 and "?" not in bare
        pieces += [
            "?" if is_first else "&" if not bare.endswith("?") or len(pieces) > 1 else "",
            pair,
        ]
    return Secret.join(pieces)
