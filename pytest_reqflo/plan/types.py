"""Whether a JSON value is of the declared type of an input. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_reqflo.artifact.model import InputType
from pytest_reqflo.values import Json, json_type

_NOUNS: Mapping[str, str] = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "an array",
    "object": "an object",
}


_FITTING: Mapping[str, frozenset[type]] = {
    "string": frozenset({str, type(None)}),
    "integer": frozenset({int, type(None)}),
    "number": frozenset({int, float, type(None)}),
    "boolean": frozenset({bool, type(None)}),
    "array": frozenset({list, type(None)}),
    "object": frozenset({dict, type(None)}),
}


def find_fitting(declared: InputType) -> frozenset[type] | None:
    """Return the usual types of values that are of type *declared*, None where any value is."""
    return _FITTING.get(declared)


def find_misfit(value: Json, declared: InputType) -> str | None:
    """Return why *value* is not of type *declared*, in words that follow its name; None when it is.

    Null fits every type: it is how an author says that there is nothing. The value itself is not
    quoted: it may be sensitive.
    """
    found = json_type(value)
    if value is None or declared in ("any", found) or (declared == "number" and found == "integer"):
        return None
    return f"must be {_NOUNS[declared]}, not {_NOUNS[found]}"
