"""Frozen dataclasses to JSON and back, driven by their type hints. Pure.

A dataclass becomes an object. Fields that hold their default are left out, so that adding an
optional field changes no stored document. A member of a union carries its tag in a field
``kind: Literal["..."]``, which is always written.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from pytest_reqflo.values import Json

T = TypeVar("T")


class CodecError(ValueError):
    """A document that does not have the shape its class asks for."""


def to_json(value: Any) -> Json:
    """Return *value* as JSON: dataclasses as objects, tuples as lists, enums by value."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: to_json(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if field.name == "kind" or not _is_default(field, getattr(value, field.name))
        }
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    if isinstance(value, (frozenset, set)):
        return sorted(to_json(item) for item in value)
    return value


def from_json(cls: type[T], document: Json) -> T:
    """Return the *cls* that *document* describes.

    Raises: CodecError naming the place when a field is missing, unknown or of the wrong type.
    """
    return typing.cast("T", _read(cls, document, "$"))


def _is_default(field: dataclasses.Field[Any], value: object) -> bool:
    if field.default is not dataclasses.MISSING:
        return type(field.default) is type(value) and field.default == value
    if field.default_factory is not dataclasses.MISSING:
        return bool(field.default_factory() == value)
    return False


def _read(hint: Any, value: Json, place: str) -> Any:
    hint = _plain(hint)
    if hint is Any:
        return value
    if dataclasses.is_dataclass(hint):
        return _read_dataclass(typing.cast("type", hint), value, place)
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        return _read_union(hint, value, place)
    if origin in (tuple, list, frozenset):
        return _read_items(origin, hint, value, place)
    if origin is not None and issubclass(_class_of(origin), Mapping):
        _expect(isinstance(value, dict), place, "an object")
        item = typing.get_args(hint)[1]
        return {key: _read(item, entry, f"{place}.{key}") for key, entry in value.items()}
    if origin is typing.Literal:
        _expect(value in typing.get_args(hint), place, f"one of {typing.get_args(hint)}")
        return value
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return hint(value)
    return _read_scalar(hint, value, place)


def _class_of(origin: Any) -> type:
    return origin if isinstance(origin, type) else object


def _plain(hint: Any) -> Any:
    """See through NewType and PEP 695 style aliases."""
    while hasattr(hint, "__supertype__") or hasattr(hint, "__value__"):
        hint = getattr(hint, "__supertype__", None) or hint.__value__
    return hint


def _read_scalar(hint: Any, value: Json, place: str) -> Any:
    if hint is None or hint is type(None):
        _expect(value is None, place, "null")
    elif hint is float:
        _expect(isinstance(value, (int, float)) and not isinstance(value, bool), place, "a number")
        return float(value)
    elif hint is int:
        _expect(isinstance(value, int) and not isinstance(value, bool), place, "an integer")
    else:
        _expect(isinstance(value, hint), place, hint.__name__)
    return value


def _read_items(origin: Any, hint: Any, value: Json, place: str) -> Any:
    _expect(isinstance(value, list), place, "a list")
    args = typing.get_args(hint)
    if origin is tuple and not (len(args) == 2 and args[1] is Ellipsis):
        _expect(len(value) == len(args), place, f"{len(args)} items")
        pairs = zip(args, value, strict=True)
        return tuple(_read(arg, item, f"{place}[{i}]") for i, (arg, item) in enumerate(pairs))
    return origin(_read(args[0], item, f"{place}[{i}]") for i, item in enumerate(value))


def _read_union(hint: Any, value: Json, place: str) -> Any:
    members = [_plain(member) for member in typing.get_args(hint)]
    if value is None and type(None) in members:
        return None
    if isinstance(value, dict):
        tagged = {
            _tag_of(typing.cast("type", m)): m for m in members if dataclasses.is_dataclass(m)
        }
        kind = value.get("kind")
        chosen = tagged.get(kind if isinstance(kind, str) else None) or tagged.get(None)
        if chosen is not None:
            return _read_dataclass(typing.cast("type", chosen), value, place)
    for member in members:
        if dataclasses.is_dataclass(member) or member is type(None):
            continue
        try:
            return _read(member, value, place)
        except CodecError:
            continue
    raise CodecError(f"{place}: no form of {hint} fits")


@functools.cache
def _tag_of(cls: type) -> str | None:
    hint = _hints(cls).get("kind")
    return typing.get_args(hint)[0] if typing.get_origin(hint) is typing.Literal else None


@functools.cache
def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def _read_dataclass(cls: type, value: Json, place: str) -> Any:
    _expect(isinstance(value, dict), place, "an object")
    hints = _hints(cls)
    names = {field.name for field in dataclasses.fields(cls)}
    unknown = value.keys() - names
    _expect(not unknown, place, f"no keys {sorted(unknown)}")
    arguments = {name: _read(hints[name], item, f"{place}.{name}") for name, item in value.items()}
    try:
        return cls(**arguments)
    except TypeError as error:
        raise CodecError(f"{place}: {error}") from None


def _expect(holds: bool, place: str, what: str) -> None:
    if not holds:
        raise CodecError(f"{place}: expected {what}")
