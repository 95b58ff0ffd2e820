"""Expected statuses: 201, "201", "2xx", "200-204", and lists of these. Pure."""

from __future__ import annotations

import re

from pytest_reqflo.values import Json, is_array, json_type

_NUMBER = re.compile(r"[1-9][0-9]{2}")
_CLASS = re.compile(r"([1-9])[xX]{2}")
_RANGE = re.compile(r"([1-9][0-9]{2})-([1-9][0-9]{2})")


def status_matches(expected: Json, status: int) -> bool:
    """Say whether *status* is one of *expected*; nothing matches an expectation that is malformed."""
    return any(low <= status <= high for low, high in _bounds(expected))


def parse_status(expected: Json) -> str | None:
    """Return one sentence on what is wrong with *expected*, None when it is usable."""
    if is_array(expected) and not expected:
        return "a list of statuses must not be empty"
    for item in expected if is_array(expected) else [expected]:
        if not _bounds(item) or is_array(item):
            return f'{_describe(item)} is no status; write 201, "2xx", "200-204" or a list of these'
    return None


def status_text(expected: Json) -> str:
    """Return *expected* as it reads in a sentence: ``200``, ``2xx``, ``200 or 204``."""
    items = expected if is_array(expected) else [expected]
    return " or ".join(str(item) for item in items)


def _describe(item: Json) -> str:
    match item:
        case str():
            return f'"{item}"'
        case int() if not isinstance(item, bool):
            is_short = abs(item) < 10_000
            return str(item) if is_short else "an integer of more than four digits"
        case _:
            return json_type(item)


def _bounds(expected: Json) -> list[tuple[int, int]]:
    if type(expected) is int and 100 <= expected <= 999:
        return [(expected, expected)]
    if is_array(expected):
        return [bounds for item in expected if not is_array(item) for bounds in _bounds(item)]
    if isinstance(expected, bool) or not isinstance(expected, (int, str)):
        return []
    text = str(expected) if isinstance(expected, str) or 100 <= expected <= 999 else ""
    if _NUMBER.fullmatch(text):
        return [(int(text), int(text))]
    if match := _CLASS.fullmatch(text):
        return [(int(match[1]) * 100, int(match[1]) * 100 + 99)]
    if (match := _RANGE.fullmatch(text)) and match[1] <= match[2]:
        return [(int(match[1]), int(match[2]))]
    return []
