"""JSON Schema over JSON. The only door to jsonschema. No I/O: nothing is ever fetched.

Schemas come from authors and values from responses, so patterns and the whole check are bounded.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

import jsonschema
import referencing
from jsonschema.exceptions import ValidationError, best_match

from pytest_reqflo.diagnostic import name_hint
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.lang.differences import jsonpath_step
from pytest_reqflo.lang.formats import FORMATS
from pytest_reqflo.lang.patterns import PatternTimeout
from pytest_reqflo.lang.schema_keywords import (
    VALIDATE_LIMIT_S,
    TimeIsUp,
    deadline,
    limit_keywords,
)
from pytest_reqflo.lang.schema_shape import SchemaProblem, find_shape_problems, strip_identity
from pytest_reqflo.values import Json, canonical_json, is_array, json_type, shorten

__all__ = ["SchemaFailure", "SchemaProblem", "check_schema", "validate_schema"]

MAX_FAILURES = 5

MAX_PARTS = 10_000
"""Most mappings within a schema: to check it against its draft takes about a millisecond each."""

_MAX_COLLECTED = 200
_MAX_SHOWN = 120

Redact = Callable[[Json], Json]

_DRAFTS: Mapping[str, Any] = {
    "https://json-schema.org/draft/2020-12/schema": jsonschema.Draft202012Validator,
    "https://json-schema.org/draft/2019-09/schema": jsonschema.Draft201909Validator,
    "http://json-schema.org/draft-07/schema": jsonschema.Draft7Validator,
    "http://json-schema.org/draft-06/schema": jsonschema.Draft6Validator,
    "http://json-schema.org/draft-04/schema": jsonschema.Draft4Validator,
    "http://json-schema.org/draft-03/schema": jsonschema.Draft3Validator,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaFailure:
    """Why a value does not fit: JSONPath of the place, the keyword, one sentence."""

    path: str
    keyword: str
    sentence: str


def check_schema(schema: Json) -> tuple[SchemaProblem, ...]:
    """Return everything that makes *schema* unusable; empty when it can be used.

    Shape: unknown draft, malformed keyword, pattern or format without a test, reference that leaves
        the document or leads nowhere. Pointers are those of *schema*.
    """
    return _check(canonical_json(schema))


@functools.lru_cache(maxsize=128)
def _check(content: bytes) -> tuple[SchemaProblem, ...]:
    schema = json.loads(content)
    draft = _find_draft(schema)
    if content.count(b"{") > MAX_PARTS:
        message = f"the schema is too large: {MAX_PARTS:,} parts are allowed"
        return (SchemaProblem(pointer="", message=message),)
    if draft is None:
        hint = name_hint(str(schema["$schema"]), _DRAFTS, what="Drafts")
        return (SchemaProblem(pointer="/$schema", message="unknown draft", hint=hint),)
    try:
        return (*_find_malformed(draft, schema), *find_shape_problems(schema, FORMATS))
    except RecursionError:
        return (SchemaProblem(pointer="", message="the schema is nested too deeply"),)


def validate_schema(
    schema: Json,
    instance: Json,
    *,
    redact: Redact = lambda value: value,
    limit_s: float = VALIDATE_LIMIT_S,
) -> tuple[SchemaFailure, ...]:
    """Return at most 5 reasons why *instance* does not fit *schema*, the outermost first.

    Shape: *schema* has passed `check_schema`. *redact* is applied to each value before it is
        shortened and shown. *limit_s* is a bound, not a clock.
    """
    validator = _compile(canonical_json(schema))
    try:
        with deadline(limit_s):
            errors = list(islice(validator.iter_errors(instance), _MAX_COLLECTED))
    except RecursionError:
        return (_refusal("$ref", "the value is nested too deeply to be checked"),)
    except PatternTimeout as timeout:
        return (_refusal("pattern", str(timeout)),)
    except TimeIsUp as reason:
        return (_refusal("", str(reason)),)
    except referencing.exceptions.Unresolvable:
        return (_refusal("$ref", "a reference of the schema leads nowhere"),)
    errors.sort(key=lambda error: len(error.absolute_path))
    return tuple(_explain(error, redact) for error in errors[:MAX_FAILURES])


def _refusal(keyword: str, sentence: str) -> SchemaFailure:
    return SchemaFailure(path="$", keyword=keyword, sentence=sentence)


def _find_draft(schema: Json) -> Any:
    named = schema.get("$schema") if isinstance(schema, Mapping) else None
    if named is None:
        return jsonschema.Draft202012Validator
    return _DRAFTS.get(str(named).rstrip("#"))


def _find_malformed(draft: Any, schema: Json) -> Iterator[SchemaProblem]:
    try:
        draft.check_schema(schema, format_checker=jsonschema.FormatChecker(formats=()))
    except jsonschema.SchemaError as error:
        pointer = "".join(f"/{_escape(part)}" for part in error.absolute_path)
        name = str(error.absolute_path[-1]) if error.absolute_path else "the schema"
        message = f"`{name}` is malformed: {shorten(error.message, _MAX_SHOWN)}"
        yield SchemaProblem(pointer=pointer, message=message)


def _escape(part: str | int) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


@functools.lru_cache(maxsize=128)
def _compile(content: bytes) -> Any:
    schema = json.loads(content)
    draft = _find_draft(schema) or jsonschema.Draft202012Validator
    return _limited(draft)(
        strip_identity(schema, with_id=_uses_plain_id(draft)),
        registry=referencing.Registry(),
        format_checker=_format_checker(),
    )


def _uses_plain_id(draft: Any) -> bool:
    return draft in (jsonschema.Draft3Validator, jsonschema.Draft4Validator)


@functools.cache
def _limited(draft: Any) -> Any:
    extend: Any = jsonschema.validators.extend
    return extend(draft, validators=limit_keywords(draft.VALIDATORS))


@functools.cache
def _format_checker() -> jsonschema.FormatChecker:
    checker = jsonschema.FormatChecker(formats=())
    for name, test in FORMATS.items():
        checker.checks(name)(_texts_only(test))
    return checker


def _texts_only(test: Callable[[str], bool]) -> Callable[[object], bool]:
    return lambda value: not isinstance(value, str) or test(value)


# --- sentences -----------------------------------------------------------------------------------

_MORE_OR_LESS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "more than",
    "exclusiveMaximum": "less than",
    "multipleOf": "a multiple of",
    "minLength": "at least",
    "maxLength": "at most",
    "minItems": "at least",
    "maxItems": "at most",
    "minProperties": "at least",
    "maxProperties": "at most",
}
_COUNTED = {"Length": "characters", "Items": "items", "Properties": "keys"}


def _explain(error: ValidationError, redact: Redact) -> SchemaFailure:
    keyword = str(error.validator or "false")
    return SchemaFailure(
        path=_path(error), keyword=keyword, sentence=_sentence(keyword, error, redact)
    )


def _path(error: ValidationError) -> str:
    steps = (f"[{s}]" if isinstance(s, int) else jsonpath_step(s) for s in error.absolute_path)
    return "$" + "".join(steps)


def _sentence(keyword: str, error: ValidationError, redact: Redact) -> str:
    value: Json = error.validator_value
    got = _show(redact(error.instance))
    if keyword in _MORE_OR_LESS and not isinstance(value, bool):
        return _count_sentence(keyword, value, error.instance, got)
    match keyword:
        case "type":
            names = " or ".join(map(str, value)) if is_array(value) else str(value)
            return f"expected {names}, got {got} ({json_type(error.instance)})"
        case "enum":
            return f"expected one of {_show(value)}, got {got}"
        case "const":
            return f"expected {_show(value)}, got {got}"
        case "pattern":
            return f"expected text matching {_show(value)}, got {got}"
        case "format":
            return f"expected format {value}, got {got}"
        case "required" | "additionalProperties" | "uniqueItems" | "dependentRequired":
            return shorten(error.message, _MAX_SHOWN * 2)
        case "false":
            return f"expected nothing here, got {got}"
        case "anyOf" | "oneOf" if error.context:
            return _alternatives_sentence(error, redact)
        case "oneOf":
            return f"expected exactly one alternative to fit, got {got}, which fits several"
        case _:
            return f"`{keyword}` does not hold for {got}"


def _count_sentence(keyword: str, value: Json, instance: Json, got: str) -> str:
    counted = next((word for end, word in _COUNTED.items() if keyword.endswith(end)), "")
    if counted:
        return f"expected {_MORE_OR_LESS[keyword]} {value} {counted}, got {len(instance)}"
    return f"expected {_MORE_OR_LESS[keyword]} {value}, got {got}"


def _alternatives_sentence(error: ValidationError, redact: Redact) -> str:
    nearest: Any = best_match([error])
    inner = _explain(nearest, redact) if nearest is not error else None
    alternatives: Json = error.validator_value
    count = len(alternatives)
    about = f"; nearest: {inner.path} {inner.sentence}" if inner else ""
    return f"fits none of {count} alternatives{about}"


def _show(value: Json) -> str:
    return shorten(json.dumps(value, ensure_ascii=False, default=str), _MAX_SHOWN)
