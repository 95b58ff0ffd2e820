"""What a schema must not hold, found before it is used. Pure.

Only references within the document are followed, so a schema needs no identity: `$id` and `$schema`
are taken out, and with them the ways to leave the document or to change the draft half-way.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from urllib.parse import unquote

from pytest_reqflo.diagnostic import name_hint
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.lang.patterns import PatternProblem, compile_pattern
from pytest_reqflo.values import Json, is_array, pointer_join

_DATA = frozenset({"const", "enum", "default", "examples"})
_MAPS = frozenset(
    {"properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies"}
)
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaProblem:
    """Why a schema is unusable: JSON pointer in the schema, one sentence, a hint."""

    pointer: str
    message: str
    hint: str = ""


def find_shape_problems(schema: Json, formats: Mapping[str, object]) -> Iterator[SchemaProblem]:
    """Yield each reference, format and pattern of *schema* that cannot be used."""
    keywords: set[str] = set()
    for pointer, part in _walk(schema, ""):
        keywords.update(part)
        yield from _find_reference_problems(pointer, part, schema)
        yield from _find_format_problems(pointer, part, formats)
        yield from _find_pattern_problems(pointer, part)
    yield from _find_combined_problems(keywords)


def _walk(schema: Json, pointer: str) -> Iterator[tuple[str, Mapping[str, Json]]]:
    """Yield each part of *schema* that is itself a schema, or might be one."""
    if not isinstance(schema, Mapping):
        return
    yield pointer, schema
    for key, value in schema.items():
        if key not in _DATA:
            for place, part in _parts(key, value, pointer_join(pointer, key)):
                yield from _walk(part, place)


def _parts(key: str, value: Json, pointer: str) -> Iterator[tuple[str, Json]]:
    if key in _MAPS and isinstance(value, Mapping):
        yield from ((pointer_join(pointer, name), item) for name, item in value.items())
    elif is_array(value):
        yield from ((pointer_join(pointer, index), item) for index, item in enumerate(value))
    else:
        yield pointer, value


def _find_reference_problems(
    pointer: str, part: Mapping[str, Json], schema: Json
) -> Iterator[SchemaProblem]:
    for keyword in _REFERENCES:
        target = part.get(keyword)
        if not isinstance(target, str):
            continue
        place = pointer_join(pointer, keyword)
        if target != "#" and not target.startswith("#/"):
            yield SchemaProblem(
                pointer=place,
                message=f"`{target}` leaves the document",
                hint="put the schema under `$defs` and write `#/$defs/NAME`; nothing is fetched",
            )
        elif not _is_schema_at(schema, target):
            yield SchemaProblem(pointer=place, message=f"`{target}` leads to no schema")


def _is_schema_at(schema: Json, target: str) -> bool:
    found = schema
    previous = ""
    for part in target.split("/")[1:]:
        key = unquote(part).replace("~1", "/").replace("~0", "~")
        if key in _DATA and previous not in _MAPS:
            return False
        if isinstance(found, Mapping) and key in found:
            found = found[key]
        elif is_array(found) and key.isdigit() and len(key) < 9 and int(key) < len(found):
            found = found[int(key)]
        else:
            return False
        previous = key
    return isinstance(found, (Mapping, bool))


def _find_format_problems(
    pointer: str, part: Mapping[str, Json], formats: Mapping[str, object]
) -> Iterator[SchemaProblem]:
    name = part.get("format")
    if isinstance(name, str) and name not in formats:
        message = f"nothing tests the format `{name}`"
        hint = name_hint(name, formats, what="Formats")
        yield SchemaProblem(pointer=pointer_join(pointer, "format"), message=message, hint=hint)


def _find_pattern_problems(pointer: str, part: Mapping[str, Json]) -> Iterator[SchemaProblem]:
    places: list[tuple[str, str]] = []
    if isinstance(part.get("pattern"), str):
        places.append((part["pattern"], pointer_join(pointer, "pattern")))
    if isinstance(by_pattern := part.get("patternProperties"), Mapping):
        base = pointer_join(pointer, "patternProperties")
        places += [(text, pointer_join(base, text)) for text in by_pattern]
    for text, place in places:
        try:
            compile_pattern(text)
        except PatternProblem as problem:
            message = f"a pattern is malformed: {problem.message}"
            yield SchemaProblem(pointer=place, message=message)


def _find_combined_problems(keywords: Container[str]) -> Iterator[SchemaProblem]:
    # jsonschema searches the patterns for this keyword by itself, without any limit.
    if "unevaluatedProperties" in keywords and "patternProperties" in keywords:
        yield SchemaProblem(
            pointer="",
            message="`unevaluatedProperties` beside `patternProperties` is not supported",
            hint="use `additionalProperties`",
        )


def strip_identity(schema: Json, *, with_id: bool) -> Json:
    """Return *schema* without `$schema` and `$id`, and without `id` too when *with_id* says so."""
    if not isinstance(schema, Mapping):
        return schema
    gone = {"$schema", "$id", *(["id"] if with_id else [])}
    return {
        key: _strip_part(key, value, with_id=with_id)
        for key, value in schema.items()
        if not (key in gone and isinstance(value, str))
    }


def _strip_part(key: str, value: Json, *, with_id: bool) -> Json:
    if key in _DATA:
        return value
    if key in _MAPS and isinstance(value, Mapping):
        return {name: strip_identity(item, with_id=with_id) for name, item in value.items()}
    if is_array(value):
        return [strip_identity(item, with_id=with_id) for item in value]
    return strip_identity(value, with_id=with_id)
