"""Read text as a declared input type, and check JSON against one. Pure."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from pytest_reqflo.syntax.scalars import MAX_NUMBER_LENGTH
from pytest_reqflo.syntax.wording import describe
from pytest_reqflo.values import Json, JsonProblem, json_type, parse_json

InputType: TypeAlias = Literal["any", "string", "integer", "number", "boolean", "array", "object"]

_INTEGER = re.compile(r"[-+]?[0-9]+")
_NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
_NOUNS: dict[str, str] = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a JSON array",
    "object": "a JSON object",
}


def read_typed(text: str, type: InputType) -> Json:
    """Return *text*, a data cell or the value of an option, as *type*; ``any`` stays text.

    Raises: ValueError with a sentence that follows the name: ``must be a whole number``.
    """
    match type:
        case "any" | "string":
            return text
        case "integer" | "number":
            return _read_number(text.strip(), type)
        case "boolean":
            return _read_boolean(text.strip())
        case "array" | "object":
            return _read_json(text, type)


def check_type(value: Json, type: InputType) -> str | None:
    """Return why *value* is not of *type*, in words that follow its name; None when it is."""
    found = json_type(value)
    if type in ("any", found) or (type == "number" and found == "integer"):
        return None
    return f"must be {_NOUNS[type]}, not {describe(value)}"


def _read_number(text: str, type: InputType) -> Json:
    pattern = _INTEGER if type == "integer" else _NUMBER
    if len(text) > MAX_NUMBER_LENGTH or not pattern.fullmatch(text):
        raise ValueError(f"must be {_NOUNS[type]}, not {describe(text)}")
    if _INTEGER.fullmatch(text):
        return int(text)
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError("is too large for a number")
    return number


def _read_boolean(text: str) -> bool:
    # Spreadsheets write TRUE and FALSE.
    if text in ("true", "True", "TRUE"):
        return True
    if text in ("false", "False", "FALSE"):
        return False
    raise ValueError(f"must be {_NOUNS['boolean']}, not {describe(text)}")


def _read_json(text: str, type: InputType) -> Json:
    try:
        value = parse_json(text)
    except JsonProblem as problem:
        raise ValueError(f"must be {_NOUNS[type]}: {problem}") from None
    if json_type(value) != type:
        raise ValueError(f"must be {_NOUNS[type]}, not {describe(value)}")
    return value
