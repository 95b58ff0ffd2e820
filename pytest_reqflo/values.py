"""JSON values, their canonical bytes, digests and names. Pure."""

from __future__ import annotations

import hashlib
import json
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NewType, TypeAlias

Json: TypeAlias = Any
"""A JSON value: None, bool, int, float, str, list (or tuple) of Json, dict of str to Json.

An alias for documentation: a recursive type costs every reader a cast and finds no bugs here.
"""

Digest = NewType("Digest", str)
"""SHA-256 as 64 lower-case hex digits."""

MAX_JSON_DEPTH = 200
"""Deepest nesting that `parse_json` accepts; deeper trees exhaust the stack of later readers."""


MAX_JSON_VALUES = 500_000
"""Most values that `parse_json` accepts: ten megabytes of ``{},`` would take three hundred."""


class JsonProblem(ValueError):
    """Text that is not usable JSON; the message says why, without quoting the text."""


def canonical_json(value: Json) -> bytes:
    """Return the one byte form of *value*: sorted keys, no spaces, UTF-8, no NaN.

    Raises: ValueError for NaN and infinities; TypeError for anything that is not JSON.
    """
    return _CANONICAL.encode(value).encode("utf-8", errors="surrogatepass")


_CANONICAL = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
)


def digest_of(content: bytes) -> Digest:
    """Return the SHA-256 of *content* as hex."""
    return Digest(hashlib.sha256(content).hexdigest())


def parse_json(text: str | bytes) -> Json:
    """Return the value of a JSON document, stricter than the standard library.

    Refused: NaN and infinities (also ``1e400``), integers that Python will not convert,
    nesting beyond MAX_JSON_DEPTH, more than MAX_JSON_VALUES values, bytes that are not UTF-8.
    Raises: JsonProblem.
    Source: RFC 8259.
    """
    return _parse_json(text, _DECODER)


def parse_json_noting(text: str | bytes) -> tuple[Json, tuple[str, ...]]:
    """Return what `parse_json` does, and the names that stand twice in an object, each once.

    Of equal names the last counts, as it does for most readers; RFC 8259 leaves it open.
    Raises: JsonProblem.
    """
    try:
        return _parse_json(text, _UNREPEATED), ()
    except _Repeated:
        # Seldom: only then is it worth to keep account of names.
        return _parse_noting(text)


class _Repeated(Exception):
    """A name stands twice in an object."""


def _make_unrepeated(pairs: list[tuple[str, Json]]) -> Json:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise _Repeated
    return value


def _parse_noting(text: str | bytes) -> tuple[Json, tuple[str, ...]]:
    repeated: dict[str, None] = {}

    def note_repeated(pairs: list[tuple[str, Json]]) -> Json:
        value = dict(pairs)
        if len(value) < len(pairs):
            counts = Counter(name for name, _ in pairs)
            repeated.update((name, None) for name, count in counts.items() if count > 1)
        return value

    return _parse_json(text, _decoder(note_repeated)), tuple(repeated)


def _parse_json(text: str | bytes, decoder: json.JSONDecoder) -> Json:
    _check_count(text)
    # Values lie no deeper than brackets were opened, in texts or outside.
    may_be_deep = len(text) > MAX_JSON_DEPTH and _count(text, "[{") > MAX_JSON_DEPTH
    try:
        value = _decode(_text_of(text), decoder)
    except JsonProblem:
        raise
    except UnicodeDecodeError as error:
        raise JsonProblem(f"not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise JsonProblem(
            f"{error.msg[:1].lower()}{error.msg[1:]} at line {error.lineno}, column {error.colno}"
        ) from None
    except RecursionError:
        raise JsonProblem(f"nested deeper than {MAX_JSON_DEPTH} levels") from None
    except ValueError:
        raise JsonProblem("holds an integer with more digits than can be read") from None
    if may_be_deep and _is_deeper_than(value, MAX_JSON_DEPTH):
        raise JsonProblem(f"nested deeper than {MAX_JSON_DEPTH} levels")
    return value


def _decode(text: str, decoder: json.JSONDecoder) -> Json:
    # What the decoder itself looks for around a document is seldom there.
    if text[:1] in ("{", "["):
        value, end = decoder.raw_decode(text)
        if end == len(text) or not text[end:].strip(" \t\n\r"):
            return value
    return decoder.decode(text)


_MARKS = re.compile(r'[,\[{]|"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)


def _check_count(text: str | bytes) -> None:
    """Raise JsonProblem for too many values, before any of them takes memory."""
    # Each value follows a comma or a bracket. Those inside of texts are only told apart when it matters.
    if len(text) < MAX_JSON_VALUES or _count(text, ",[{") < MAX_JSON_VALUES:
        return
    plain = text if isinstance(text, str) else text.decode("latin-1")
    count = sum(not found.group().startswith('"') for found in _MARKS.finditer(plain))
    if count >= MAX_JSON_VALUES:
        raise JsonProblem(f"holds more than {MAX_JSON_VALUES:,} values and brackets")


def _text_of(text: str | bytes) -> str:
    """Return the text of a document as `json.loads` reads it."""
    if isinstance(text, bytes):
        # Only in UTF-8 does a bracket stand first and no zero behind it.
        is_plain = text[:1] in _BRACKETS and text[1:2] > b"\0"
        encoding = "utf-8" if is_plain else json.detect_encoding(text)
        return text.decode(encoding, "surrogatepass")
    if text.startswith("\ufeff"):
        raise json.JSONDecodeError("Unexpected UTF-8 BOM (decode using utf-8-sig)", text, 0)
    return text


_BRACKETS = frozenset({b"{", b"["})


def _count(text: str | bytes, marks: str) -> int:
    """Return how often any of *marks* stands in *text*."""
    if isinstance(text, str):
        return sum(map(text.count, marks))
    return sum(map(text.count, (bytes([each]) for each in marks.encode())))


def _refuse_constant(name: str) -> Json:
    raise JsonProblem(f"{name} is not JSON")


def _parse_float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise JsonProblem("holds a number that is too large")
    return number


def _decoder(
    make_object: Callable[[list[tuple[str, Json]]], Json] | None = None,
) -> json.JSONDecoder:
    return json.JSONDecoder(
        parse_constant=_refuse_constant, parse_float=_parse_float, object_pairs_hook=make_object
    )


_DECODER = _decoder()
_UNREPEATED = _decoder(_make_unrepeated)
"""Made once: making one costs as much as reading a small document."""


def _is_deeper_than(value: Json, limit: int) -> bool:
    level: list[Json] = [value]
    for _ in range(limit + 1):
        level = [
            child
            for node in level
            if isinstance(node, (dict, list))
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        if not level:
            return False
    return True


def json_equal(left: Json, right: Json) -> bool:
    """Say whether two values are the same JSON: booleans are not numbers, 1 equals 1.0."""
    kind = type(left)
    if kind is type(right) and kind in _SCALARS:
        return bool(left == right)
    if isinstance(left, bool) or isinstance(right, bool):
        return isinstance(left, bool) and isinstance(right, bool) and left == right
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(json_equal(left[k], right[k]) for k in left)
    if is_array(left) and is_array(right):
        return len(left) == len(right) and all(map(json_equal, left, right))
    if is_number(left) and is_number(right):
        return bool(left == right)
    return type(left) is type(right) and bool(left == right)


_SCALARS = frozenset({str, int, float, bool})


def is_array(value: object) -> bool:
    """Say whether *value* is a JSON array (list or tuple)."""
    # Asking an abstract class costs ten times as much, and nearly every value is one of these.
    kind = type(value)
    if kind is list or kind is tuple:
        return True
    if kind in _NO_ARRAYS:
        return False
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


_NO_ARRAYS = frozenset({str, bytes, int, float, bool, dict, type(None)})


def is_number(value: object) -> bool:
    """Say whether *value* is a JSON number; booleans are not."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def json_type(value: Json) -> str:
    """Return the JSON name of the type of *value*: ``integer`` for 1 and 1.0 alike is ``number``.

    One of: null, boolean, integer, number, string, array, object.
    """
    name = _EXACT_NAMES.get(type(value))
    if name is not None:
        return name
    for kind, name in _TYPE_NAMES:
        if isinstance(value, kind):
            return name
    return "array"


_EXACT_NAMES: dict[type, str] = {
    type(None): "null", bool: "boolean", int: "integer", float: "number", str: "string",
    dict: "object", list: "array",
}  # fmt: skip

_TYPE_NAMES: tuple[tuple[type, str], ...] = (
    (bool, "boolean"),  # before int, which it is too
    (int, "integer"),
    (float, "number"),
    (str, "string"),
    (Mapping, "object"),
)


def pointer_join(pointer: str, *parts: str | int) -> str:
    """Append *parts* to a JSON pointer (RFC 6901): ``pointer_join("/steps", 0, "id")``."""
    for part in parts:
        text = str(part)
        if "~" in text or "/" in text:
            text = text.replace("~", "~0").replace("/", "~1")
        pointer = f"{pointer}/{text}"
    return pointer


_NOT_IN_SLUGS = re.compile(r"[^a-z0-9._]+")


def slugify(text: str, *, limit: int = 60) -> str:
    """Return a lower-case ``[a-z0-9._-]`` name made from *text*; empty when nothing is usable."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return _NOT_IN_SLUGS.sub("-", plain).strip("-.")[:limit].rstrip("-.")


_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff"
    "\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)


def printable(text: str) -> str:
    """Return *text* with control, bidi, invisible and surrogate characters shown as escapes.

    Newline and tab stay. The result can be encoded as UTF-8, stand in XML, and cannot steer a
    terminal.
    """
    return text if is_printable_line(text) else _UNPRINTABLE.sub(_escape_character, text)


def is_printable_line(text: str) -> bool:
    """Say whether *text* is one line of ASCII without anything to escape: quickly yes for most."""
    return text.isascii() and text.isprintable()


def printable_line(text: str) -> str:
    """Return *text* as `printable` does, with line ends shown as escapes too."""
    shown = printable(text)
    return shown.replace("\n", "\\n") if "\n" in shown else shown


def _escape_character(match: re.Match[str]) -> str:
    number = ord(match.group())
    if number > 0xFFFF:
        return f"\\U{number:08x}"
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"


def shorten(text: str, limit: int) -> str:
    """Return *text*, or its head and the full size when it is longer than *limit* characters."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]}… ({len(text)} characters in all)"
