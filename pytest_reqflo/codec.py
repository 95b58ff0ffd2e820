"""Frozen dataclasses to JSON and back, driven by their type hints. Pure.

A dataclass becomes an object. Fields that hold their default are left out, so that adding an
optional field changes no stored document. A member of a union carries its tag in a field
``kind: Literal["..."]``, which is always written.

How a class is written and read is found out once: a durable run does both for each of its tries.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias, TypeVar

from pytest_reqflo.values import Json

T = TypeVar("T")


Place: TypeAlias = "tuple[Place, str | int] | tuple[()]"
"""Where in the document something is, from the inside out; only an error asks for its text."""

Reader: TypeAlias = Callable[[Json, Place], Any]


class CodecError(ValueError):
    """A document that does not have the shape its class asks for."""


def to_json(value: Any) -> Json:
    """Return *value* as JSON: dataclasses as objects, tuples as lists, enums by value."""
    kind: Any = type(value)
    return _writer_of(kind)(value)


def from_json(cls: type[T], document: Json) -> T:
    """Return the *cls* that *document* describes.

    Raises: CodecError naming the place when a field is missing, unknown or of the wrong type.
    """
    kind: Any = cls
    return typing.cast("T", _dataclass_reader(kind)(document, ()))


# --- writing -------------------------------------------------------------------------------------


@functools.cache
def _writer_of(cls: type) -> Callable[[Any], Json]:
    if dataclasses.is_dataclass(cls):
        return _dataclass_writer(cls)
    if issubclass(cls, enum.Enum):
        return lambda value: value.value
    if issubclass(cls, Mapping):
        return _write_mapping
    if issubclass(cls, (list, tuple)):
        return _write_items
    if issubclass(cls, (frozenset, set)):
        return lambda value: sorted(to_json(item) for item in value)
    return lambda value: value


def _dataclass_writer(cls: type) -> Callable[[Any], Json]:
    fields = [(field.name, *_default_of(field)) for field in dataclasses.fields(cls)]

    def write(value: Any) -> Json:
        document = {}
        for name, default, default_kind in fields:
            item = getattr(value, name)
            if item is default:
                continue
            kind: Any = type(item)
            if kind is default_kind and item == default:
                continue
            document[name] = item if kind in _PLAIN else _writer_of(kind)(item)
        return document

    return write


def _write_mapping(value: Mapping[Any, Any]) -> Json:
    document = {}
    for key, item in value.items():
        kind: Any = type(item)
        document[str(key)] = item if kind in _PLAIN else _writer_of(kind)(item)
    return document


def _write_items(value: Iterable[Any]) -> Json:
    document = []
    for item in value:
        kind: Any = type(item)
        document.append(item if kind in _PLAIN else _writer_of(kind)(item))
    return document


_PLAIN = frozenset({str, int, bool, float, type(None)})


def _default_of(field: dataclasses.Field[Any]) -> tuple[Any, type | None]:
    """Return the default of *field* and the type that is compared with it."""
    if field.name != "kind" and field.default is not dataclasses.MISSING:
        return field.default, type(field.default)
    if field.name != "kind" and field.default_factory is not dataclasses.MISSING:
        made = field.default_factory()
        return made, type(made)
    return dataclasses.MISSING, None


# --- reading -------------------------------------------------------------------------------------


def _reader_of(hint: Any) -> Reader:
    """Return what reads values of *hint*; dataclasses are looked into when one is met.

    Not cached: unions of the same members are equal in any order, and are tried in theirs.
    """
    hint = _plain(hint)
    if hint is Any:
        return lambda value, _: value
    if dataclasses.is_dataclass(hint):
        return _dataclass_reader(typing.cast("type", hint))
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        return _union_reader(hint)
    if origin is tuple and not _is_homogeneous(hint):
        return _fixed_reader([_reader_of(arg) for arg in typing.get_args(hint)])
    if origin in (tuple, list, frozenset):
        return _items_reader(typing.cast("type", origin), _reader_of(typing.get_args(hint)[0]))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping_reader(_reader_of(typing.get_args(hint)[1]))
    if origin is typing.Literal:
        return _literal_reader(typing.get_args(hint))
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return lambda value, _: hint(value)
    return _scalar_reader(hint)


def _plain(hint: Any) -> Any:
    """See through NewType and PEP 695 style aliases."""
    while hasattr(hint, "__supertype__") or hasattr(hint, "__value__"):
        hint = getattr(hint, "__supertype__", None) or hint.__value__
    return hint


def _is_homogeneous(hint: Any) -> bool:
    args = typing.get_args(hint)
    return len(args) == 2 and args[1] is Ellipsis


def _scalar_reader(hint: Any) -> Reader:
    allowed: Any = hint
    what = "null" if hint is None or hint is type(None) else hint.__name__
    if hint is None:
        allowed = type(None)
    elif hint is float:
        allowed, what = (int, float), "a number"
    elif hint is int:
        what = "an integer"

    def read(value: Json, place: Place) -> Any:
        if value.__class__ is hint:
            return value
        # To Python, true is a number.
        if not isinstance(value, allowed) or (isinstance(value, bool) and hint in (int, float)):
            raise _misfit(place, what)
        return float(value) if hint is float else value

    return read


def _literal_reader(choices: tuple[Any, ...]) -> Reader:
    def read(value: Json, place: Place) -> Any:
        if value not in choices:
            raise _misfit(place, f"one of {choices}")
        return value

    return read


def _mapping_reader(read_item: Reader) -> Reader:
    def read(value: Json, place: Place) -> Any:
        if not isinstance(value, dict):
            raise _misfit(place, "an object")
        return {key: read_item(item, (place, key)) for key, item in value.items()}

    return read


def _items_reader(make: type, read_item: Reader) -> Reader:
    def read(value: Json, place: Place) -> Any:
        if not isinstance(value, list):
            raise _misfit(place, "a list")
        return make([read_item(item, (place, number)) for number, item in enumerate(value)])

    return read


def _fixed_reader(readers: list[Reader]) -> Reader:
    def read(value: Json, place: Place) -> Any:
        if not isinstance(value, list):
            raise _misfit(place, "a list")
        if len(value) != len(readers):
            raise _misfit(place, f"{len(readers)} items")
        pairs = zip(readers, value, strict=True)
        return tuple(read(item, (place, number)) for number, (read, item) in enumerate(pairs))

    return read


def _union_reader(hint: Any) -> Reader:
    members = [_plain(member) for member in typing.get_args(hint)]
    has_null = type(None) in members
    classes = [typing.cast("type", each) for each in members if dataclasses.is_dataclass(each)]
    others = [
        _reader_of(member)
        for member in members
        if member not in classes and member is not type(None)
    ]

    tagged: dict[str | None, Reader] = {}

    def read(value: Json, place: Place) -> Any:
        if value is None and has_null:
            return None
        if classes and isinstance(value, dict):
            # Hints of classes are looked at when one is met: they may name each other.
            if not tagged:
                tagged.update({_tag_of(each): _dataclass_reader(each) for each in classes})
            kind = value.get("kind")
            chosen = tagged.get(kind if isinstance(kind, str) else None) or tagged.get(None)
            if chosen is not None:
                return chosen(value, place)
        for read_member in others:
            try:
                return read_member(value, place)
            except CodecError:
                continue
        raise CodecError(f"{_text_of(place)}: no form of {hint} fits")

    return read


@functools.cache
def _tag_of(cls: type) -> str | None:
    hint = typing.get_type_hints(cls).get("kind")
    return typing.get_args(hint)[0] if typing.get_origin(hint) is typing.Literal else None


@functools.cache
def _field_readers(cls: type) -> dict[str, Reader]:
    hints = typing.get_type_hints(cls)
    return {field.name: _reader_of(hints[field.name]) for field in dataclasses.fields(cls)}


@functools.cache
def _dataclass_reader(cls: type) -> Reader:
    readers: dict[str, Reader] = {}

    def read(value: Json, place: Place) -> Any:
        if not isinstance(value, dict):
            raise _misfit(place, "an object")
        if not readers:
            readers.update(_field_readers(cls))
        try:
            arguments = {name: readers[name](item, (place, name)) for name, item in value.items()}
        except KeyError:
            raise _misfit(place, f"no keys {sorted(value.keys() - readers.keys())}") from None
        try:
            return cls(**arguments)
        except TypeError as error:
            raise CodecError(f"{_text_of(place)}: {error}") from None

    return read


def _misfit(place: Place, what: str) -> CodecError:
    return CodecError(f"{_text_of(place)}: expected {what}")


def _text_of(place: Place) -> str:
    parts: list[str] = []
    while place:
        place, part = place
        parts.append(f".{part}" if isinstance(part, str) else f"[{part}]")
    return "$" + "".join(reversed(parts))
