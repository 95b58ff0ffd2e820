"""JSON of a result to the texts of a page: printable, bounded, numbers as they were written. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pytest_reqflo.values import Json, canonical_json, printable, shorten

MAX_VALUE = 2_000
"""Characters of a value of a check, a capture or a difference."""


def value_text(value: Json, limit: int = MAX_VALUE) -> str:
    """Return *value* as JSON text.

    A browser would make 25 of 25.0 and round large integers: it is shown texts, not numbers.
    """
    return plain(canonical_json(value).decode("utf-8", "replace"), limit)


def plain(text: object, limit: int = MAX_VALUE) -> str:
    """Return the printable *text* of at most about *limit* characters, line ends as line feeds."""
    given = text if type(text) is str else str(text)
    if len(given) <= limit and given.isascii() and given.isprintable():
        return given  # nearly all texts, and nothing to look for in them
    return shorten(printable(given.replace("\r\n", "\n")), limit)


def filled(document: Mapping[str, Json]) -> dict[str, Json]:
    """Return *document* without the entries that say nothing."""
    return {key: value for key, value in document.items() if value not in ("", None, [], {}, False)}


def seconds(value: float) -> float:
    """Return *value* in whole microseconds."""
    return round(value, 6)


def seconds_between(earlier: str, later: str) -> float:
    """Return the seconds from one ISO time to another, 0 when either is unknown."""
    try:
        span = datetime.fromisoformat(later) - datetime.fromisoformat(earlier)
    except (TypeError, ValueError):
        return 0.0
    return seconds(max(0.0, span.total_seconds()))
