"""Keywords of JSON Schema, bounded in time. Pure but for the monotonic clock of the bound."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from jsonschema.exceptions import ValidationError

from pytest_reqflo.lang.patterns import compile_pattern, search
from pytest_reqflo.values import Json, canonical_json, is_array

VALIDATE_LIMIT_S = 2.0

Keyword = Callable[[Any, Any, Any, Any], Any]
"""A keyword as jsonschema has it: validator, its value, the instance, the schema around it."""

_deadline: ContextVar[float] = ContextVar("_deadline", default=float("inf"))


class TimeIsUp(Exception):
    """A check took longer than its limit."""


@contextmanager
def deadline(limit_s: float) -> Iterator[None]:
    """Bound every keyword that is evaluated within the block."""
    token = _deadline.set(time.monotonic() + limit_s)
    try:
        yield
    finally:
        _deadline.reset(token)


def limit_keywords(keywords: Mapping[str, Keyword]) -> dict[str, Keyword]:
    """Return *keywords* with our own for those that cannot be bounded, and all of them bounded."""
    return {name: _bounded(_OURS.get(name, keyword)) for name, keyword in keywords.items()}


def _bounded(keyword: Keyword) -> Keyword:
    def check(validator: Any, value: Any, instance: Any, schema: Any) -> Any:
        if time.monotonic() >= _deadline.get():
            raise TimeIsUp("the check against the schema took too long")
        return keyword(validator, value, instance, schema)

    return check


def _pattern(_validator: Any, value: str, instance: Json, _schema: Json) -> Any:
    if isinstance(instance, str) and search(compile_pattern(value), instance) is None:
        yield ValidationError("the pattern does not match")


def _pattern_properties(
    validator: Any, patterns: Mapping[str, Json], instance: Json, _schema: Json
) -> Any:
    if not isinstance(instance, Mapping):
        return
    for pattern, subschema in patterns.items():
        for key, item in instance.items():
            if search(compile_pattern(pattern), key) is not None:
                yield from validator.descend(item, subschema, path=key, schema_path=pattern)


def _additional_properties(validator: Any, value: Json, instance: Json, schema: Json) -> Any:
    if not isinstance(instance, Mapping):
        return
    extras = [key for key in instance if not _is_declared(key, schema)]
    if isinstance(value, Mapping):
        for key in extras:
            yield from validator.descend(instance[key], value, path=key)
    elif value is False and extras:
        shown = ", ".join(f"`{key}`" for key in extras[:10])
        yield ValidationError(f"unexpected {'keys' if len(extras) > 1 else 'key'} {shown}")


def _is_declared(key: str, schema: Mapping[str, Json]) -> bool:
    patterns = schema.get("patternProperties", {})
    return key in schema.get("properties", {}) or any(
        search(compile_pattern(pattern), key) is not None for pattern in patterns
    )


def _required(_validator: Any, value: Json, instance: Json, _schema: Json) -> Any:
    if isinstance(instance, Mapping) and is_array(value):
        for key in value:
            if key not in instance:
                yield ValidationError(f"`{key}` is required")


def _unique_items(_validator: Any, value: Json, instance: Json, _schema: Json) -> Any:
    # jsonschema compares each with each when items are objects: minutes for a large answer.
    if value is not True or not is_array(instance):
        return
    seen: dict[bytes, int] = {}
    for index, item in enumerate(instance):
        first = seen.setdefault(canonical_json(_plain(item)), index)
        if first != index:
            yield ValidationError(f"item {index} repeats item {first}")
            return


def _plain(value: Json) -> Json:
    """Write 1.0 as 1, so that equal values have equal bytes."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if is_array(value) else value


_OURS: Mapping[str, Keyword] = {
    "pattern": _pattern,
    "required": _required,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional_properties,
    "uniqueItems": _unique_items,
}
