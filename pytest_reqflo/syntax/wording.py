"""Words for the parts of a journey file and for the values in it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from pytest_reqflo.values import Json, json_type

Parts: TypeAlias = tuple[str | int, ...]
"""A JSON pointer taken apart."""

_ITEMS = {
    "steps": "step", "finally": "finally step", "assertions": "an assertion", "until": "an assertion",
    "stop_on": "an assertion", "outputs": "output", "inputs": "input", "variables": "variable",
    "cases": "case", "values": "value", "multipart": "part", "rows": "row",
}  # fmt: skip

_TYPES = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "none_required": "empty",
}


def name_part(data: Json, parts: Parts) -> str:
    """Return how people call the part of *data* at *parts*: ``an assertion of step `pay` ``."""
    numbers = [place for place, part in enumerate(parts) if isinstance(part, int)]
    if not parts:
        return "the file"
    if not numbers:
        return "the journey" if parts == ("journey",) else f"`{'.'.join(map(str, parts))}`"
    last = numbers[-1]
    item = _name_item(data, parts[: last + 1])
    rest = ".".join(map(str, parts[last + 1 :]))
    return f"`{rest}` of {item}" if rest else item


def _name_item(data: Json, parts: Parts) -> str:
    kind, number = str(parts[-2]), int(parts[-1]) + 1
    if len(parts) > 2 and parts[-3] == "add_assertions":
        return f"an assertion of step `{kind}`"
    noun = _ITEMS.get(kind)
    if noun is None:
        return f"entry {number} of {name_part(data, parts[:-1])}"
    if noun.startswith("an "):
        return f"{noun}{_of_owner(data, parts)}"
    label = label_of(value_at(data, parts)) or str(number)
    name = f"{noun} `{label}`" if label != str(number) else f"{noun} {number}"
    return name if noun.endswith("step") else f"{name}{_of_owner(data, parts)}"


def _of_owner(data: Json, parts: Parts) -> str:
    numbers = [place for place, part in enumerate(parts[:-1]) if isinstance(part, int)]
    return f" of {_name_item(data, parts[: numbers[-1] + 1])}" if numbers else ""


def label_of(item: Json) -> str:
    """Return the id or name that an author gave to *item*, empty when there is none."""
    if isinstance(item, dict):
        for key in ("id", "name"):
            if isinstance(item.get(key), str):
                return str(item[key])
    return ""


def value_at(data: Json, parts: Sequence[str | int]) -> Json:
    """Return the part of *data* at *parts*, None when there is none."""
    for part in parts:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def expected_type(error_type: str) -> str:
    """Return what a pydantic error of this type asks for, empty when it is not about types."""
    return _TYPES.get(error_type, "")


def join_words(words: Iterable[str]) -> str:
    """Return ``a, b or c``."""
    names = list(dict.fromkeys(words))
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def describe(value: Json) -> str:
    """Return what YAML read: ``the number 1.1``, ``a list``, ``nothing``."""
    match json_type(value):
        case "null":
            return "nothing"
        case "boolean":
            return "true" if value else "false"
        case "integer" | "number":
            return f"the number {value}"
        case "string":
            return f"the text `{value if len(value) <= 40 else value[:39] + '…'}`"
        case kind:
            return "a list" if kind == "array" else "a mapping"
