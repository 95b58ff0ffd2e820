"""A value becomes every spelling in which it may turn up again: escaped, encoded, quoted. Pure."""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

from pytest_reqflo.values import Json, printable

FULL_LENGTH = 8
"""From this length on a value is looked for in all encodings; a shorter one gives false hits."""

SHORTEST = 4
"""Below this length a value cannot be hidden: masking it would destroy the report and tell it."""

_TRIVIAL = frozenset({"true", "false", "null", "none", "undefined", "nan", "yes", "no"})


def is_hideable(value: str) -> bool:
    """Say whether *value* is long and rare enough to be masked wherever it stands."""
    plain = value.strip()
    return len(plain) >= SHORTEST and plain.lower() not in _TRIVIAL


def variants_of(value: str) -> frozenset[str]:
    """Return the spellings of *value*, none when it cannot be hidden.

    Shape: from 8 characters all encodings, the lines and the JSON leaves of 8 characters or more;
        from 4 to 7 raw, JSON and percent forms.
    """
    if not is_hideable(value):
        return frozenset()
    if _SIMPLE.fullmatch(value):
        return _simple_variants(value)
    found = set(_short_forms(value)) | set(_short_forms(value.strip()))
    if len(value.strip()) >= FULL_LENGTH:
        for part in {value, value.strip(), *_parts(value)}:
            found.update(_short_forms(part))
            found.update(_long_forms(part))
    return frozenset(form for form in found if len(form) >= SHORTEST)


_SIMPLE = re.compile(r"[A-Za-z0-9._-]+")
"""Texts that JSON, URLs, HTML and shells leave as they are: nearly every token and key."""


def _simple_variants(value: str) -> frozenset[str]:
    """Return the spellings of a text of which most forms are the text itself."""
    found = {value}
    if len(value) >= FULL_LENGTH:
        content = value.encode()
        found |= {value.lower(), value.upper(), content.hex(), content.hex().upper()}
        found.update(_base64_forms(content))
        for wide, shown in _simple_wide_forms(value):
            found |= {wide.decode("latin-1"), shown}
            found.update(_base64_forms(wide))
    return frozenset([form for form in found if len(form) >= SHORTEST])


_GAP = printable("\0")


def _simple_wide_forms(value: str) -> Iterator[tuple[bytes, str]]:
    """Yield UTF-16 of a text in ASCII, and how that is shown when it is read as bytes."""
    shown = _GAP.join(value)
    yield value.encode("utf-16-le"), shown + _GAP
    yield value.encode("utf-16-be"), _GAP + shown


def _parts(value: str) -> Iterator[str]:
    if "\n" in value or "\r" in value:
        yield from (line.strip() for line in value.splitlines() if _is_long(line))
    if value.lstrip()[:1] in "{[":
        try:
            yield from (leaf for leaf in _text_leaves(json.loads(value)) if _is_long(leaf))
        except (ValueError, RecursionError):
            return


def _is_long(text: str) -> bool:
    return len(text.strip()) >= FULL_LENGTH


def _text_leaves(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _text_leaves(item)


def _short_forms(value: str) -> Iterator[str]:
    yield value
    for is_ascii in (True, False):
        yield json.dumps(value, ensure_ascii=is_ascii)[1:-1]
    content = _bytes_of(value)
    for encoded in (quote(content, safe=""), quote(content), quote_plus(content)):
        yield encoded
        yield _lower_hex(encoded)


def _long_forms(value: str) -> Iterator[str]:
    content = _bytes_of(value)
    escaped = json.dumps(value)[1:-1]
    yield json.dumps(escaped)[1:-1]
    yield escaped.replace("/", "\\/")
    yield from _cautious_json(escaped)
    yield repr(value)[1:-1]
    yield repr(content)[2:-1]
    yield printable(value)
    yield content.decode("latin-1")
    # Names of headers and hosts lose their case on the way.
    yield value.lower()
    yield value.upper()
    yield from _html_forms(value)
    yield from _url_forms(value)
    yield from _wide_forms(value)
    yield quote(content, safe="!$&'()*+,;=:@/")
    yield quote(quote(content, safe=""), safe="")
    yield content.hex()
    yield content.hex().upper()
    yield from _base64_forms(content)


_KEPT_IN_PATH = "".join(each for each in map(chr, range(0x21, 0x7F)) if each not in '"#<>?`{}%')
_KEPT_IN_QUERY = "".join(each for each in map(chr, range(0x21, 0x7F)) if each not in "\"#<>'%")


def _url_forms(value: str) -> Iterator[str]:
    """Yield what becomes of a value that was put into a URL as it is, and read as one.

    Source: WHATWG URL, 1.3, which the HTTP client follows; what is escaped already stays.
    """
    text = value.partition("#")[0]
    path, mark, query = text.partition("?")
    yield _escaped(path, _KEPT_IN_PATH) + mark + _escaped(query, _KEPT_IN_QUERY)
    yield _escaped(text, _KEPT_IN_QUERY)
    yield _escaped(value, _KEPT_IN_QUERY)


def _escaped(text: str, kept: str) -> str:
    pieces = re.split("(%[0-9A-Fa-f]{2})", text)
    return "".join(
        piece if number % 2 else quote(_bytes_of(piece), safe=kept)
        for number, piece in enumerate(pieces)
    )


def _wide_forms(value: str) -> Iterator[str]:
    """Yield UTF-16 that was read as bytes, and as some shells put it into base64."""
    for encoding in ("utf-16-le", "utf-16-be"):
        content = value.encode(encoding, errors="surrogatepass")
        yield content.decode("latin-1")
        yield printable(content.decode("latin-1"))
        yield from _base64_forms(content)


def _cautious_json(escaped: str) -> Iterator[str]:
    """Yield what writers make that escape for HTML: Go and .NET below 128, others in capitals."""
    for marks in ("<>&", "<>&'", "<>&'+`/"):
        for form in ("\\u{:04x}", "\\u{:04X}"):
            yield "".join(form.format(ord(each)) if each in marks else each for each in escaped)
    yield re.sub(r"\\u[0-9a-f]{4}", lambda match: "\\u" + match.group()[2:].upper(), escaped)


def _html_forms(value: str) -> Iterator[str]:
    yield html.escape(value, quote=False)
    escaped = html.escape(value)
    yield escaped
    yield escaped.replace("&#x27;", "&#39;").replace("&quot;", "&#34;")
    yield escaped.replace("&#x27;", "&apos;")


def _base64_forms(content: bytes) -> list[str]:
    """Return base64 of the whole, and at three alignments without the characters that vary."""
    size = len(content)
    wholes = [
        binascii.b2a_base64(b"\0" * shift + content, newline=False).decode() for shift in range(3)
    ]
    forms = [wholes[0], wholes[0].rstrip("=")]
    for shift, text in enumerate(wholes):
        forms.append(text[-(-shift * 8 // 6) : (shift + size) * 8 // 6])
    forms += [
        form.replace("+", "-").replace("/", "_") for form in forms if "+" in form or "/" in form
    ]
    # Tools wrap it after 76 characters, in files and in mail.
    if size > _LINE_BYTES:
        forms += filter(_is_long, base64.encodebytes(content).decode().split())
    return forms


_LINE_BYTES = 57
"""Bytes that 76 characters of base64 hold."""


def _bytes_of(value: str) -> bytes:
    return value.encode("utf-8", errors="surrogatepass")


def _lower_hex(text: str) -> str:
    return re.sub("%[0-9A-F]{2}", lambda match: match.group().lower(), text)
