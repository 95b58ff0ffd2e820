"""What an assertion looks at: its name in a sentence, and whether its values are always hidden. Pure."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable
from typing import assert_never

from pytest_reqflo.artifact.model import AssertionSpec
from pytest_reqflo.evidence.redact import SensitiveNames, sensitive_mask
from pytest_reqflo.lang.expression import (
    CallExpression,
    ListValue,
    LiteralValue,
    ObjectValue,
    PathExpression,
    TextValue,
    Value,
)
from pytest_reqflo.lang.template import expression_text
from pytest_reqflo.values import Json, shorten

FLAGS = frozenset({"secure", "httponly"})
"""Attributes of a cookie that are there or not, and have no value."""

_LAST_NAME = re.compile(r"[.\['\"]([A-Za-z_][\w-]*)['\"]?\]?$")


def mask_under_key(
    path: str, value: Json, redact: Callable[[Json], Json], names: SensitiveNames
) -> Json:
    """Return *value* redacted, and masked whole when *path* ends with a telling key."""
    match = _LAST_NAME.search(path)
    if match and (names.is_key(match.group(1)) or names.is_header(match.group(1))):
        return mask_leaves(value, match.group(1))
    return redact(value)


def hidden_subject(spec: AssertionSpec, subject: str, names: SensitiveNames) -> str:
    """Return the name of a place whose values are always hidden, empty for any other."""
    match spec.type:
        case "header" if names.is_header(spec.target):
            return spec.target.lower()
        case "json_path":
            name = _last_name(subject)
            return name if name and names.is_key(name) else ""
        case _:
            return ""


@functools.lru_cache(maxsize=1_024)
def _last_name(path: str) -> str:
    """Return the name that the JSONPath of an assertion ends with, empty for an index."""
    found = _LAST_NAME.search(path)
    return found.group(1) if found else ""


def mask_leaves(value: Json, name: str) -> Json:
    """Return JSON of the same shape in which every text and number is masked."""
    if isinstance(value, dict):
        return {key: mask_leaves(item, name) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [mask_leaves(item, name) for item in value]
    return (
        value if value is None or isinstance(value, bool) or value == "" else sensitive_mask(name)
    )


def attribute_value(attribute: str, text: str) -> Json:
    """Return what an attribute of a cookie is compared as: flags are true, ages are integers."""
    if attribute in FLAGS:
        return True
    is_count = attribute == "max-age" and re.fullmatch(r"-?[0-9]{1,18}", text)
    return int(text) if is_count else text


def subject_of(spec: AssertionSpec) -> str:
    """Return what *spec* looks at, as it stands at the head of a sentence."""
    match spec.type:
        case "status_code":
            return "status"
        case "json_path":
            return spec.target
        case "header":
            return f"header {spec.target}"
        case "cookie":
            of = f" ({spec.attribute})" if spec.attribute not in ("", "value") else ""
            return f"cookie {spec.target}{of}"
        case "body_contains" | "body_equals" | "body_matches" | "json_schema":
            return "body"
        case "response_time":
            return "response time in ms"
        case "value":
            return f"value {_text_of(spec.value)}"
        case _:
            assert_never(spec.type)


def _text_of(value: Value | None) -> str:
    """Return *value* as an author would write it, in a line."""
    match value:
        case None:
            return "null"
        case LiteralValue(value=literal):
            return shorten(json.dumps(literal, ensure_ascii=False), 60)
        case PathExpression() | CallExpression():
            return "{{ " + expression_text(value) + " }}"
        case TextValue(parts=parts):
            pieces = (part if isinstance(part, str) else _text_of(part) for part in parts)
            return shorten("".join(pieces), 120)
        case ListValue() | ObjectValue():
            return "of several expressions"
        case _:
            assert_never(value)
