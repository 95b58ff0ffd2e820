"""What is written as a URL: what is wrong with it, where it goes, and what it leaves open. Pure."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from pytest_reqflo.lang.expression import (
    CallExpression,
    LiteralValue,
    PathExpression,
    TextValue,
    Value,
)

_PATH = re.compile(r"/(?:[!-.0-~][!-~]*)?")
"""A path, as most are: it has neither scheme nor host."""


def find_url_fault(text: str) -> str | None:
    """Return what is wrong with the literal URL *text*, None when it can be used."""
    if _PATH.fullmatch(text):
        return None
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return "the URL cannot be read"
    if not parts.scheme or "://" not in text:
        return None
    if parts.scheme not in ("http", "https"):
        return f"URLs begin with http:// or https://, not {parts.scheme}://"
    return None if parts.hostname and port != 0 else "the URL has no host"


def url_texts(url: Value) -> list[str]:
    """Return the literal texts of *url*, in order."""
    match url:
        case LiteralValue(value=str() as text):
            return [text]
        case TextValue(parts=parts):
            return [part for part in parts if isinstance(part, str)]
        case _:
            return []


def may_be_whole(url: Value) -> bool:
    """Say whether *url* begins with an expression, which may give a whole URL."""
    first = url.parts[0] if isinstance(url, TextValue) else url
    return isinstance(first, PathExpression | CallExpression)


def is_path(url: Value) -> bool:
    """Say whether *url* begins with the slash of a path, as nearly all do: it has no origin."""
    first = url.parts[0] if isinstance(url, TextValue) else url
    text = first.value if isinstance(first, LiteralValue) else first
    return isinstance(text, str) and text.startswith("/")


def literal_origin(url: Value) -> str | None:
    """Return the origin that *url* writes out, such as ``https://api.example:8443``, or None.

    Shape: lower-case, without user and without the default port of its scheme.
    """
    texts = url_texts(url)
    if not texts or may_be_whole(url) or "://" not in texts[0]:
        return None
    # The host must be whole within the text: in `https://{{ x }}.example` it is not.
    rest = texts[0].partition("://")[2]
    if isinstance(url, TextValue) and not any(mark in rest for mark in "/?#"):
        return None
    try:
        parts = urlsplit(texts[0])
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host:
        return None
    shown = f"[{host}]" if ":" in host else host
    is_default = port is None or port == {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{shown}" + ("" if is_default else f":{port}")
