"""Frozen dataclasses that cost little to declare and to make. Pure.

The standard decorator writes and compiles five to seven functions for each class, whether they are
called or not: for our hundreds of classes that is most of what a session with one journey pays for
importing us. Here `dataclasses` still reads the fields and makes the slots; what it would compile
is shared by all classes, or compiled when it is called first.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from operator import ge, gt, le, lt
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

T = TypeVar("T")

_MISSING = dataclasses.MISSING

if TYPE_CHECKING:
    # The keywords, the fields and the types of what is made are those of the standard decorator.
    from dataclasses import dataclass as dataclass
else:

    def dataclass(
        *,
        frozen: bool = False,
        slots: bool = False,
        eq: bool = True,
        order: bool = False,
        **options: Any,
    ) -> Callable[[type], type]:
        """Decorate a class as `dataclasses.dataclass` does, cheaply where it is frozen with slots.

        Shape: such a class works with `fields`, `replace`, `is_dataclass`, `match` and pickle, and
            compares, hashes and prints as a standard one. Methods that it defines are kept. Until
            it is called first, a method looks to `inspect` as if it took any arguments.
        """
        if frozen and slots and eq:
            return lambda cls: _freeze(cls, order, options)
        return dataclasses.dataclass(frozen=frozen, slots=slots, eq=eq, order=order, **options)


def replace(value: T, /, **changes: Any) -> T:
    """Return what `dataclasses.replace` does, for a class whose fields are all given when it is made."""
    cls: Any = value.__class__
    for name in _names_of(cls):
        if name not in changes:
            changes[name] = getattr(value, name)
    made: T = cls(**changes)
    return made


@functools.cache
def _names_of(cls: Any) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(cls))


def _freeze(cls: type, order: bool, options: dict[str, Any]) -> type:
    own = vars(cls)
    kept = {name for name in (*_WRITTEN, *_SHARED, *_ORDERED) if own.get(name) is not None}
    # Otherwise one is made of the signature, which costs more than all the rest.
    cls.__doc__ = cls.__doc__ or cls.__name__
    made: type = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True, **options)(cls)
    for name, write in _WRITTEN.items():
        if name not in kept:
            setattr(made, name, _at_first_call(made, name, write))
    for name, method in (_SHARED | (_ORDERED if order else {})).items():
        if name not in kept:
            setattr(made, name, method)
    return made


def _at_first_call(cls: type, name: str, write: Callable[[type], Any]) -> Callable[..., Any]:
    """Return what makes method *name* of *cls* when it is called, and is replaced by it."""

    def method(*arguments: Any, **named: Any) -> Any:
        made = write(cls)
        made.__name__, made.__qualname__ = name, f"{cls.__qualname__}.{name}"
        setattr(cls, name, made)
        return made(*arguments, **named)

    return method


# --- compiled for each class ---------------------------------------------------------------------


def _write_init(cls: type) -> Any:
    """Return an `__init__` that is faster than one by `object.__setattr__`."""
    fields = dataclasses.fields(cls)
    names: dict[str, Any] = {"_missing": _MISSING}
    values = {field.name: _value(field, names) for field in fields if _is_set(field)}
    lines = _setting_lines(cls, values, names) if values else []
    lines += ["self.__post_init__()"] if hasattr(cls, "__post_init__") else []
    given = [_parameter(field, names) for field in fields if field.init and not field.kw_only]
    by_name = [_parameter(field, names) for field in fields if field.init and field.kw_only]
    parameters = ["self", *given, *(["*", *by_name] if by_name else [])]
    return _compile(", ".join(parameters), lines or ["pass"], names)


def _setting_lines(cls: type, values: dict[str, str], names: dict[str, Any]) -> list[str]:
    names.update((f"_set_{name}", getattr(cls, name).__set__) for name in values)
    by_slot = [f"_set_{name}(self, {value})" for name, value in values.items()]
    # Only objects that look alike in memory can change their class.
    if cls.__bases__ != (object,) or "__weakref__" in vars(cls)["__slots__"]:
        return by_slot
    names["_closed"], names["_open"] = cls, _open_class(cls)
    names["_become"] = vars(object)["__class__"].__set__
    plainly = [f"self.{name} = {value}" for name, value in values.items()]
    # Objects of a class below may look otherwise.
    return [
        f"if self.__class__ is not _closed: {'; '.join(by_slot)}",
        f"else: _become(self, _open); {'; '.join(plainly)}; self.__class__ = _closed",
    ]


def _open_class(cls: type) -> type:
    """Return a class whose objects are laid out as those of *cls*, and may be changed.

    While an object is made it is of this class: to set each slot from outside takes half as long again.
    """
    space = {"__slots__": vars(cls)["__slots__"], "__setattr__": object.__setattr__}
    return type(cls.__name__, (), space)


def _is_set(field: dataclasses.Field[Any]) -> bool:
    has_default = field.default is not _MISSING or field.default_factory is not _MISSING
    return field.init or has_default


def _value(field: dataclasses.Field[Any], names: dict[str, Any]) -> str:
    name = field.name
    if field.default_factory is not _MISSING:
        names[f"_make_{name}"] = field.default_factory
        return f"_make_{name}()" + (f" if {name} is _missing else {name}" if field.init else "")
    return name if field.init else _default(field, names)


def _parameter(field: dataclasses.Field[Any], names: dict[str, Any]) -> str:
    if field.default_factory is not _MISSING:
        return f"{field.name}=_missing"
    has_default = field.default is not _MISSING
    return f"{field.name}={_default(field, names)}" if has_default else field.name


def _default(field: dataclasses.Field[Any], names: dict[str, Any]) -> str:
    names[f"_default_{field.name}"] = field.default
    return f"_default_{field.name}"


def _write_eq(cls: type) -> Any:
    compared = [field.name for field in dataclasses.fields(cls) if field.compare]
    mine, theirs = (_tuple(owner, compared) for owner in ("self", "other"))
    lines = [
        "if other.__class__ is not self.__class__: return NotImplemented",
        f"return {mine} == {theirs}",
    ]
    return _compile("self, other", lines, {})


def _write_hash(cls: type) -> Any:
    hashed = [
        field.name
        for field in dataclasses.fields(cls)
        if (field.compare if field.hash is None else field.hash)
    ]
    return _compile("self", [f"return _hash({_tuple('self', hashed)})"], {"_hash": hash})


def _write_repr(cls: type) -> Any:
    shown = [field.name for field in dataclasses.fields(cls) if field.repr]
    parts = ", ".join(f"{name}={{self.{name}!r}}" for name in shown)
    lines = [f'return f"{{self.__class__.__qualname__}}({parts})"']
    # A value may hold a mapping that holds it.
    return recursive_repr()(_compile("self", lines, {}))


def _tuple(owner: str, names: list[str]) -> str:
    return "(" + "".join(f"{owner}.{name}, " for name in names) + ")"


def _compile(parameters: str, lines: list[str], names: dict[str, Any]) -> Any:
    """Return a function of these lines, in which *names* are known without a look-up."""
    body = "\n  ".join(lines)
    source = f"def make({', '.join(names)}):\n def method({parameters}):\n  {body}\n return method"
    space: dict[str, Any] = {}
    # Nothing but names of fields stands in it.
    exec(source, {"__builtins__": {}, "NotImplemented": NotImplemented}, space)  # noqa: S102
    return space["make"](**names)


_WRITTEN: dict[str, Callable[[type], Any]] = {
    "__init__": _write_init,
    "__eq__": _write_eq,
    "__hash__": _write_hash,
    "__repr__": _write_repr,
}


# --- shared by all classes -----------------------------------------------------------------------


def _refuse_set(self: Any, name: str, value: object) -> NoReturn:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_delete(self: Any, name: str) -> NoReturn:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _get_state(self: Any) -> list[Any]:
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _set_state(self: Any, state: list[Any]) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)


_SHARED: dict[str, Any] = {
    "__setattr__": _refuse_set,
    "__delattr__": _refuse_delete,
    "__getstate__": _get_state,
    "__setstate__": _set_state,
}


def _comparison(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], Any]:
    def method(self: Any, other: object) -> Any:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return compare(_compared(self), _compared(other))

    return method


def _compared(value: Any) -> tuple[Any, ...]:
    return tuple(getattr(value, field.name) for field in dataclasses.fields(value) if field.compare)


_ORDERED: dict[str, Any] = {
    f"__{compare.__name__}__": _comparison(compare) for compare in (lt, le, gt, ge)
}
