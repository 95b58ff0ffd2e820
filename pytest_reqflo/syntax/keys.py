"""Which keys a place of a document may have, read from the models. Pure."""

from __future__ import annotations

import functools
import typing
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel

from pytest_reqflo.frozen import dataclass
from pytest_reqflo.syntax.wording import Parts
from pytest_reqflo.values import Json

Place: TypeAlias = tuple[type[BaseModel], Parts, dict[str, Json]]
"""A mapping of a document: its model, where it stands, and itself."""


def keys_of(model: type[BaseModel] | None, *, required_only: bool = False) -> list[str]:
    """Return the keys of *model* as authors write them, its own before inherited ones."""
    if model is None:
        return []
    own = model.__annotations__
    fields = sorted(model.model_fields.items(), key=lambda item: item[0] not in own)
    return [
        field.alias or name for name, field in fields if field.is_required() or not required_only
    ]


def model_at(model: type[BaseModel], data: Json, parts: Parts) -> type[BaseModel] | None:
    """Return the model of the mapping at *parts* of *data*, None for a free mapping."""
    hint: Any = model
    for part in parts:
        hint = _step(_choose(hint, data), part)
        data = _child(data, part)
    found = _choose(hint, data)
    return found if _is_model(found) else None


def mappings_of(
    model: type[BaseModel], data: Json, kinds: frozenset[type[BaseModel]]
) -> list[Place]:
    """Return each mapping of *data* whose model is one of *kinds*, with its place, in file order."""
    found: list[Place] = []
    _gather(model, data, (), kinds, found)
    return found


def _gather(
    hint: Any, data: Json, parts: Parts, kinds: frozenset[type[BaseModel]], found: list[Place]
) -> None:
    hint = _choose(hint, data)
    if isinstance(data, list):
        inner = _step(hint, 0)
        for number, item in enumerate(data):
            if isinstance(item, (dict, list)) and inner is not None:
                _gather(inner, item, (*parts, number), kinds, found)
        return
    if _is_model(hint):
        if hint in kinds:
            found.append((hint, parts, data))
        # Most of a file leads nowhere: values, bodies, headers.
        ways = _ways_of(hint, kinds)
    else:
        ways = dict.fromkeys(data, _step(hint, ""))
    for key, item in data.items():
        if isinstance(item, (dict, list)) and ways.get(key) is not None:
            _gather(ways[key], item, (*parts, key), kinds, found)


@functools.cache
def _ways_of(model: type[BaseModel], kinds: frozenset[type[BaseModel]]) -> Mapping[str, Any]:
    """Return the types of those keys of *model* below which a mapping of *kinds* may stand."""
    return {key: hint for key, hint in _fields_of(model).items() if _leads_to(hint, kinds)}


def _leads_to(hint: Any, kinds: frozenset[type[BaseModel]]) -> bool:
    for member in members_of(hint):
        if _is_model(member):
            if member in kinds or _ways_of(member, kinds):
                return True
        elif typing.get_args(member) and _leads_to(typing.get_args(member)[-1], kinds):
            return True
    return False


def child_with_key(model: type[BaseModel] | None, key: str) -> str | None:
    """Return the key of *model* whose own mapping knows *key*, if there is exactly one."""
    found = [
        field.alias or name
        for name, field in (model.model_fields if model else {}).items()
        for member in members_of(field.annotation)
        if _is_model(member) and key in keys_of(member)
    ]
    return found[0] if len(found) == 1 else None


def members_of(hint: Any) -> list[Any]:
    """Return the types that *hint* allows, unions and annotations taken apart."""
    if typing.get_origin(hint) is Annotated:
        return members_of(typing.get_args(hint)[0])
    if _is_union(hint):
        return [member for part in typing.get_args(hint) for member in members_of(part)]
    return [hint]


def _is_union(hint: Any) -> bool:
    return typing.get_origin(hint) is typing.Union or type(hint).__name__ == "UnionType"


def _is_model(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, BaseModel)


@dataclass(frozen=True, slots=True)
class _Choice:
    """What a hint allows; *mapping* is what a mapping without a known `type` was meant to be."""

    hint: Any
    first: Any
    tagged: Mapping[Any, Any]
    mapping: Any
    sequence: Any


_CHOICES: dict[int, _Choice] = {}
"""By the identity of the hint, which is kept: not all hints have a hash, and all stay as they are."""


def _choice_of(hint: Any) -> _Choice:
    found = _CHOICES.get(id(hint))
    if found is None:
        found = _CHOICES[id(hint)] = _make_choice(hint)
    return found


def _make_choice(hint: Any) -> _Choice:
    members = members_of(hint)
    models = [member for member in members if _is_model(member)]
    free = [member for member in members if typing.get_origin(member) is dict]
    lists = [member for member in members if typing.get_origin(member) is list]
    return _Choice(
        hint=hint,
        first=members[0],
        tagged={tag: member for member in reversed(models) if (tag := _tag_of(member)) is not None},
        mapping=next(iter((*models, *free)), None),
        sequence=next(iter(lists), None),
    )


def _choose(hint: Any, data: Json) -> Any:
    """Return the member of a union that *data* was meant to be."""
    choice = _choice_of(hint)
    if isinstance(data, dict):
        tag = data.get("type", "")
        return choice.tagged.get(tag if isinstance(tag, str) else "", choice.mapping)
    return choice.sequence if isinstance(data, list) else choice.first


def _tag_of(model: type[BaseModel]) -> str | None:
    field = model.model_fields.get("type")
    is_tag = field is not None and typing.get_origin(field.annotation) is Literal
    return str(typing.get_args(field.annotation)[0]) if is_tag and field else None


def _step(hint: Any, part: str | int) -> Any:
    if _is_model(hint):
        return _fields_of(hint).get(str(part))
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is list:
        return args[0]
    return args[1] if origin is dict else None


@functools.cache
def _fields_of(model: type[BaseModel]) -> Mapping[str, Any]:
    """Return the types of the keys of *model*."""
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _child(data: Json, part: str | int) -> Json:
    try:
        return data[part]
    except (KeyError, IndexError, TypeError):
        return None
