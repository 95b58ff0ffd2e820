"""Unquoted YAML scalars to JSON by the core schema of YAML 1.2. Pure.

``no``, ``on``, ``1:20``, ``1_000`` and ``2024-01-02`` are text; ``1e3`` is a number.
Source: https://yaml.org/spec/1.2.2/#103-core-schema.
"""

from __future__ import annotations

import math
import re

from pytest_reqflo.values import Json

MAX_NUMBER_LENGTH = 400
"""Longest number, in characters: Python neither reads nor writes integers of 4,301 digits."""

WORDS: dict[str, Json] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
"""The unquoted words that are no text."""

_INTEGER = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_JSON = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_CODE_LIKE = re.compile(r"-?0[0-9]+(\.[0-9]*)?|\+[0-9.]+")


class ScalarProblem(ValueError):
    """An unquoted scalar that has no JSON value; *code* names the reason, the text is a sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def resolve_plain(text: str) -> Json:
    """Return the JSON value of the unquoted scalar *text*.

    Raises: ScalarProblem for ``.inf`` and ``.nan`` (RF108) and numbers beyond the limits (RF102).
    """
    if text in WORDS:
        return WORDS[text]
    # Most scalars are words; their first character says that they are no number.
    if text[0] not in "+-.0123456789":
        return text
    if _NOT_JSON.fullmatch(text):
        raise ScalarProblem("RF108", f"`{text}` is not a JSON number")
    if _INTEGER.fullmatch(text):
        return int(_checked(text))
    if _BASED.fullmatch(text):
        return int(_checked(text), 0)
    return _read_float(text) if _FLOAT.fullmatch(text) else text


def loses_its_form(text: str) -> bool:
    """Say whether *text* is a number that looks like a code: ``0123`` or ``+49301234``."""
    return _CODE_LIKE.fullmatch(text) is not None and text != "+."


def _read_float(text: str) -> float:
    number = float(_checked(text))
    if math.isinf(number):
        raise ScalarProblem("RF102", "the number is too large")
    return number


def _checked(text: str) -> str:
    if len(text) > MAX_NUMBER_LENGTH:
        raise ScalarProblem("RF102", f"the number has more than {MAX_NUMBER_LENGTH} characters")
    return text
