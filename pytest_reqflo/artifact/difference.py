"""Two artifacts to the lines in which they differ in meaning. Pure.

Lines name steps by id and show values as an author writes them, expressions in braces.
"""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, assert_never

from pytest_reqflo.artifact.model import (
    Artifact,
    AssertionSpec,
    InputDeclaration,
    OutputSpec,
    StepSpec,
    VariableDeclaration,
)
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
from pytest_reqflo.values import Json, is_array, shorten

MAX_SHOWN = 120
"""Longest value in a line."""

_VALUES = (LiteralValue, PathExpression, CallExpression, TextValue, ListValue, ObjectValue)
_DERIVED = ("secrets", "me_values", "environment_values", "services", "origins", "blobs")
_APART = ("assertions", "outputs", "poll")


def diff_artifacts(before: Artifact, after: Artifact) -> tuple[str, ...]:
    """Return what *after* does otherwise than *before*, one line each; empty when nothing.

    Shape: journey, declarations and settings, then the steps in their new order, then what is gone.
    """
    return (
        *_changes("journey", _facts(before), _facts(after)),
        *diff_declarations(before, after),
        *_steps("step", before.steps, after.steps),
        *_steps("finally step", before.finally_steps, after.finally_steps),
    )


def _facts(artifact: Artifact) -> dict[str, str]:
    facts = {"id": _quote(artifact.journey_id), "format": str(artifact.format)}
    return facts | dict(_flatten(artifact.settings, "settings"))


def _declarations(
    kind: str,
    before: Sequence[InputDeclaration | VariableDeclaration],
    after: Sequence[InputDeclaration | VariableDeclaration],
) -> Iterator[str]:
    old, new = ({item.name: item for item in items} for items in (before, after))
    for name, item in new.items():
        if name not in old:
            yield f"{kind} `{name}` added"
        else:
            yield from _changes(f"{kind} `{name}`", dict(_flatten(old[name])), dict(_flatten(item)))
    yield from (f"{kind} `{name}` removed" for name in old if name not in new)


# --- steps ---------------------------------------------------------------------------------------


def _steps(kind: str, before: Sequence[StepSpec], after: Sequence[StepSpec]) -> Iterator[str]:
    old = {step.id: step for step in before}
    kept = _longest_common([step.id for step in before], [step.id for step in after])
    previous = ""
    for step in after:
        where = f"after `{previous}`" if previous else "at the beginning"
        previous = step.id
        if step.id not in old:
            yield f"{kind} `{step.id}` added {where}: {_request_line(step)}"
            continue
        if step.id not in kept:
            yield f"{kind} `{step.id}` moved {where}"
        yield from _step(f"{kind} `{step.id}`", old[step.id], step)
    new = {step.id for step in after}
    yield from (f"{kind} `{step.id}` removed" for step in before if step.id not in new)


def _step(name: str, before: StepSpec, after: StepSpec) -> Iterator[str]:
    yield from _changes(
        name, dict(_flatten(before, without=_APART)), dict(_flatten(after, without=_APART))
    )
    yield from _gained_and_lost(
        f"{name}: assertion", before.assertions, after.assertions, _assertion
    )
    yield from _gained_and_lost(f"{name}: output", before.outputs, after.outputs, _output)
    yield from _polls(name, before, after)


def diff_declarations(before: Artifact, after: Artifact) -> tuple[str, ...]:
    """Return what *after* declares otherwise than *before*, one line each."""
    return (
        *_declarations("input", before.inputs, after.inputs),
        *_declarations("variable", before.variables, after.variables),
    )


def diff_requests(before: StepSpec, after: StepSpec) -> tuple[str, ...]:
    """Return what the request of *after* does otherwise than that of *before*, one line each."""
    if before.request == after.request:
        return ()
    return tuple(_changes("request", dict(_flatten(before.request)), dict(_flatten(after.request))))


def _polls(name: str, before: StepSpec, after: StepSpec) -> Iterator[str]:
    old, new = before.poll, after.poll
    if old is None or new is None:
        if old is not new:
            yield f"{name}: poll {'added' if old is None else 'removed'}"
        return
    lists = ("until", "stop_on")
    yield from _changes(
        name, dict(_flatten(old, "poll", lists)), dict(_flatten(new, "poll", lists))
    )
    yield from _gained_and_lost(f"{name}: poll.until", old.until, new.until, _assertion)
    yield from _gained_and_lost(f"{name}: poll.stop_on", old.stop_on, new.stop_on, _assertion)


def _request_line(step: StepSpec) -> str:
    return f"{step.request.method} {_plain(_as_written(step.request.url))}"


def _assertion(spec: AssertionSpec) -> str:
    """Describe *spec* in one line; its number in the file is no part of its meaning."""
    flags = [word for word in ("soft", "all") if getattr(spec, word)]
    parts = [
        spec.type,
        spec.target,
        spec.attribute,
        _shown(spec.value) if spec.value is not None else "",
        spec.operator,
        _shown(spec.expected) if spec.expected is not None else "",
        _quote(spec.schema) if spec.schema is not None else "",
        f"({', '.join(flags)})" if flags else "",
        _quote(spec.message) if spec.message else "",
    ]
    return " ".join(filter(None, parts))


def _output(spec: OutputSpec) -> str:
    # Implicit outputs follow from expressions, which are shown where they stand.
    if not spec.is_declared:
        return ""
    return ", ".join(f"{key} {text}" for key, text in _flatten(spec))


def _gained_and_lost(
    name: str, before: Iterable[Any], after: Iterable[Any], describe: Callable[[Any], str]
) -> Iterator[str]:
    old, new = Counter(map(describe, before)), Counter(map(describe, after))
    yield from (f"{name} added: {shorten(text, MAX_SHOWN)}" for text in new - old if text)
    yield from (f"{name} removed: {shorten(text, MAX_SHOWN)}" for text in old - new if text)


def _longest_common(before: Sequence[str], after: Sequence[str]) -> frozenset[str]:
    """Return the most ids that stand in the same order in both: all others were moved."""
    lengths = [[0] * (len(after) + 1) for _ in range(len(before) + 1)]
    for i in range(len(before) - 1, -1, -1):
        for j in range(len(after) - 1, -1, -1):
            lengths[i][j] = (
                lengths[i + 1][j + 1] + 1
                if before[i] == after[j]
                else max(lengths[i + 1][j], lengths[i][j + 1])
            )
    kept: set[str] = set()
    i = j = 0
    while i < len(before) and j < len(after):
        if before[i] == after[j]:
            kept.add(before[i])
            i, j = i + 1, j + 1
        elif lengths[i + 1][j] >= lengths[i][j + 1]:
            i += 1
        else:
            j += 1
    return frozenset(kept)


# --- values --------------------------------------------------------------------------------------


def _changes(name: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    for key in dict.fromkeys((*before, *after)):
        old, new = before.get(key), after.get(key)
        if old is None and new is not None:
            yield f"{name}: {key} added: {shorten(new, MAX_SHOWN)}"
        elif new is None and old is not None:
            yield f"{name}: {key} removed, it was {shorten(old, MAX_SHOWN)}"
        elif old != new and old is not None and new is not None:
            yield f"{name}: {key} changed from {shorten(old, MAX_SHOWN)} to {shorten(new, MAX_SHOWN)}"


def _flatten(part: Any, path: str = "", without: Sequence[str] = ()) -> Iterator[tuple[str, str]]:
    """Yield each leaf of *part* with its path; what holds its default is left out."""
    if isinstance(part, _VALUES):
        yield from _flatten_json(_as_written(part), path)
    elif dataclasses.is_dataclass(part) and not isinstance(part, type):
        for field in dataclasses.fields(part):
            item = getattr(part, field.name)
            if field.name not in without and not _is_default(field, item):
                yield from _flatten(item, _join(path, field.name))
    elif isinstance(part, Mapping):
        for key in sorted(part):
            yield from _flatten(part[key], _join(path, key))
    elif isinstance(part, tuple) and any(map(dataclasses.is_dataclass, part)):
        for index, item in enumerate(part):
            yield from _flatten(item, f"{path}[{index}]")
    else:
        yield path, _quote(part)


def _is_default(field: dataclasses.Field[Any], item: Any) -> bool:
    if field.name in ("id", "kind"):
        return True
    return item == field.default or item in ({}, ())


def _flatten_json(data: Json, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(data, Mapping) and data:
        for key in sorted(data):
            yield from _flatten_json(data[key], _join(path, key))
    else:
        yield path, _quote(data)


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _as_written(value: Value) -> Json:
    match value:
        case LiteralValue(value=literal):
            return literal
        case PathExpression() | CallExpression():
            return "{{ " + expression_text(value) + " }}"
        case TextValue(parts=parts):
            texts = (part if isinstance(part, str) else _as_written(part) for part in parts)
            return "".join(map(str, texts))
        case ListValue(items=items):
            return [_as_written(item) for item in items]
        case ObjectValue(fields=fields):
            return {key: _as_written(item) for key, item in fields.items()}
        case _:
            assert_never(value)


def _shown(value: Value) -> str:
    return _quote(_as_written(value))


def _quote(data: Json) -> str:
    return json.dumps(_listed(data), ensure_ascii=False, sort_keys=True)


def _listed(data: Json) -> Json:
    return list(data) if is_array(data) and isinstance(data, tuple) else data


def _plain(data: Json) -> str:
    return data if isinstance(data, str) else _quote(data)
