"""Any value to plain data that crosses process boundaries and every report format. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping

from pytest_reqflo.values import Json, is_array, is_printable_line, printable, shorten

MAX_TEXT = 64 * 1024
"""Longest text of a report in characters."""

_MAX_DEPTH = 60
_MAX_SAFE_INTEGER = 2**63 - 1


def to_report(value: object, *, max_text: int = MAX_TEXT) -> Json:
    """Return *value* as None, bool, int, float, str, list and dict, all of it encodable.

    Shape: other objects become their text; NaN, infinities and integers beyond 64 bits become
        text as well; control characters and lone surrogates show as escapes; a text longer than
        *max_text* ends with its full size.
    Source: one lone surrogate or path object in a report ends every xdist worker.
    """
    return _plain(value, max_text, _MAX_DEPTH)


def texts_to_report(texts: dict[str, Json]) -> dict[str, Json]:
    """Return *texts* as `to_report` does; quickly, where all are texts that need no change, or None."""
    if _OF_TEXTS.issuperset(map(type, texts.values())):
        joined = "".join(filter(None, texts.values()))
        # No single one is longer.
        if len(joined) <= MAX_TEXT and is_printable_line(joined):
            return texts
    return {name: to_report(text) for name, text in texts.items()}


_OF_TEXTS = frozenset({str, type(None)})


def to_line(text: str, *, limit: int = 500) -> str:
    """Return *text* as one printable line of at most about *limit* characters."""
    # Most are ids: one word that is shown as it is.
    if " " not in text and len(text) <= limit and is_printable_line(text):
        return text
    return shorten(printable(" ".join(text.split())), limit)


def _plain(value: object, max_text: int, depth: int) -> Json:
    if depth == 0:
        return "…"
    if type(value) is str:
        return _text(value, max_text)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value) if abs(value) <= _MAX_SAFE_INTEGER else _integer_text(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {
            _text(key, max_text): _plain(item, max_text, depth - 1) for key, item in value.items()
        }
    if is_array(value):
        return [_plain(item, max_text, depth - 1) for item in value]  # type: ignore[attr-defined]
    return _text(value, max_text)


def _text(value: object, max_text: int) -> str:
    text = value if type(value) is str else str(value)
    if len(text) <= max_text and is_printable_line(text):
        return text
    return shorten(printable(text), max_text)


def _integer_text(value: int) -> str:
    # `str` refuses integers of more than 4300 digits.
    return hex(value)
