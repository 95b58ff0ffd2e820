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


def find_misfit(value: Json, declared: InputType) -> str | None:
    """Return why *value* is not of type *declared*, in words that follow its name; None when it is.

    Null fits every type: it is how an author says that there is nothing. The value itself is not
    quoted: it may be sensitive.
    """
    found = json_type(value)
    if value is None or declared in ("any", found) or (declared == "number" and found == "integer"):
        return None
    return f"must be {_NOUNS[declared]}, not {_NOUNS[found]}"
