"""What each pipe makes of a value. Pure.

Text pipes map a `Secret` to a `Secret`; a pipe that would show part of one refuses. No message
quotes a value: it may be sensitive.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import quote

from pytest_reqflo.lang.expression import Pipe, Rendered, ValueMissing
from pytest_reqflo.secret import Secret
from pytest_reqflo.values import Json, is_array, is_number, json_type

_INTEGER = re.compile(r"\s*([+-]?[0-9]{1,400})\s*")
_NUMBER = re.compile(r"\s*[+-]?[0-9]{1,400}(\.[0-9]{1,400})?([eE][+-]?[0-9]{1,9})?\s*")


class RenderProblem(ValueMissing):
    """A value exists but cannot be used as it is; `default` does not replace it."""


def to_text(rendered: Rendered) -> str | Secret:
    """Return *rendered* as text: texts as they are, numbers, booleans and null as JSON.

    Raises: RenderProblem for lists and objects.
    """
    if isinstance(rendered, (str, Secret)):
        return rendered
    if is_array(rendered) or isinstance(rendered, Mapping):
        kind = json_type(rendered)
        raise RenderProblem(f"an {kind} cannot become text by itself; write `| json`")
    return json.dumps(rendered)


def apply_pipe(value: Rendered, pipe: Pipe) -> Rendered:
    """Return what *pipe* makes of *value*; `default` is applied by the caller.

    Raises: RenderProblem; ValueMissing when an empty list has no first or last item.
    """
    if pipe.name in _TEXT_PIPES:
        return _map_text(value, pipe.name)
    match pipe.name:
        case "string":
            return to_text(value)
        case "json":
            return Secret.join(_json_pieces(value))
        case "join":
            return _join(value, *pipe.args)
        case "first" | "last":
            return _pick(value, pipe.name)
        case _:
            return _OTHER_PIPES[pipe.name](value)


def _encode(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise RenderProblem("a text holds half of a surrogate pair, which has no bytes") from None


_TEXT_PIPES: Mapping[str, Callable[[str], str]] = {
    "base64": lambda text: base64.b64encode(_encode(text)).decode(),
    "base64url": lambda text: base64.urlsafe_b64encode(_encode(text)).decode().rstrip("="),
    "urlencode": lambda text: quote(_encode(text), safe=""),
    "sha256": lambda text: hashlib.sha256(_encode(text)).hexdigest(),
    "upper": str.upper,
    "lower": str.lower,
    "trim": str.strip,
}


def _map_text(value: Rendered, name: str) -> str | Secret:
    if value is None or is_array(value) or isinstance(value, Mapping):
        raise RenderProblem(f"`{name}` takes text, not {_kind(value)}")
    text = to_text(value)
    change = _TEXT_PIPES[name]
    return text.map(change) if isinstance(text, Secret) else change(text)


def _json_pieces(value: Rendered) -> Iterator[str | Secret]:
    if isinstance(value, Secret):
        yield value.map(_quote)
    elif isinstance(value, Mapping):
        for index, (key, item) in enumerate(value.items()):
            yield f"{',' if index else '{'}{_quote(key)}:"
            yield from _json_pieces(item)
        yield "}" if value else "{}"
    elif is_array(value):
        for index, item in enumerate(value):
            yield "," if index else "["
            yield from _json_pieces(item)
        yield "]" if value else "[]"
    else:
        yield _quote(value)


def _quote(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)


def _join(value: Rendered, separator: str = ",") -> str | Secret:
    if not is_array(value):
        raise RenderProblem(f"`join` takes a list, not {_kind(value)}")
    pieces: list[str | Secret] = []
    for item in value:
        pieces += [separator, to_text(item)] if pieces else [to_text(item)]
    return Secret.join(pieces)


def _pick(value: Rendered, name: str) -> Rendered:
    if not is_array(value):
        raise RenderProblem(f"`{name}` takes a list, not {_kind(value)}")
    if not value:
        raise ValueMissing(f"the list is empty, so it has no {name} item")
    return value[0 if name == "first" else -1]


def _read_integer(value: Rendered) -> int:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    match = _INTEGER.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise RenderProblem(f"`int` cannot read {_kind(value)} as an integer")
    return int(match.group(1))


def _read_number(value: Rendered) -> int | float:
    if is_number(value):
        return value  # type: ignore[no-any-return]
    match = _NUMBER.fullmatch(value) if isinstance(value, str) else None
    if match is None or math.isinf(float(value)):
        raise RenderProblem(f"`number` cannot read {_kind(value)} as a number")
    return float(value) if match.group(1) or match.group(2) else int(value)


def _read_boolean(value: Rendered) -> bool:
    if isinstance(value, bool):
        return value
    words = {"true": True, "false": False}
    word = value.strip().lower() if isinstance(value, str) else ""
    if word not in words:
        raise RenderProblem(f"`boolean` cannot read {_kind(value)} as true or false")
    return words[word]


def _measure(value: Rendered) -> int:
    if isinstance(value, str) or is_array(value) or isinstance(value, Mapping):
        return len(value)
    raise RenderProblem(f"`length` cannot measure {_kind(value)}")


_OTHER_PIPES: Mapping[str, Callable[[Rendered], Rendered]] = {
    "int": _read_integer,
    "number": _read_number,
    "boolean": _read_boolean,
    "length": _measure,
}


def _kind(value: Rendered) -> str:
    if isinstance(value, Secret):
        return "a secret"
    name = json_type(value)
    words = {"string": "this text", "null": "null"}
    return words.get(name, f"an {name}" if name[0] in "aio" else f"a {name}")
