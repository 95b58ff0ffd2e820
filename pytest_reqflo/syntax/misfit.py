"""Say why a single value does not fit, from the complaints of pydantic about it. Pure."""

from __future__ import annotations

import ast
import functools
import re
import typing
from collections.abc import Mapping, Sequence
from typing import Any

from pytest_reqflo.diagnostic import name_hint
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.syntax.keys import members_of
from pytest_reqflo.syntax.model import AssertionModel
from pytest_reqflo.syntax.wording import describe, expected_type, join_words
from pytest_reqflo.values import Json, slugify

_SWITCHES = {
    "yes": "true",
    "on": "true",
    "no": "false",
    "off": "false",
    "true": "true",
    "false": "false",
}
_RANGES = {
    "greater_than_equal": ("at least", "ge"),
    "greater_than": ("more than", "gt"),
    "less_than_equal": ("at most", "le"),
    "less_than": ("less than", "lt"),
}


@dataclass(frozen=True, slots=True)
class Misfit:
    """Why a value does not fit: code, sentence, hint, and a remark beside the marked text."""

    code: str
    title: str
    hint: str = ""
    remark: str = ""


@functools.cache
def assertion_types() -> tuple[str, ...]:
    """Return the names of all assertion types, in the order of the reference."""
    models = members_of(typing.get_args(AssertionModel)[0])
    return tuple(typing.get_args(model.model_fields["type"].annotation)[0] for model in models)


def explain_value(
    subject: str, value: Json, written: str, errors: Sequence[Mapping[str, Any]]
) -> Misfit:
    """Return the one reason why *value*, in the file *written*, is refused with all of *errors*.

    Shape: several errors are those of the members of a union; the member that the value was meant
        to be has something else to say than its type.
    """
    closest = [error for error in errors if not _is_about_type(error, value)]
    if closest:
        return _explain_content(subject, value, closest)
    wanted = [word for error in errors for word in _wanted(error)]
    title = f"{subject} must be {join_words(wanted)}, YAML read {describe(value)}"
    hint, remark = _type_hint(wanted, value, written)
    return Misfit("RF106", title, hint, remark)


def _is_about_type(error: Mapping[str, Any], value: Json) -> bool:
    if error["type"] == "literal_error":
        return not isinstance(value, str) or "'" not in error["ctx"]["expected"]
    return bool(expected_type(str(error["type"]))) or error["type"] == "union_tag_invalid"


def _wanted(error: Mapping[str, Any]) -> list[str]:
    if error["type"] == "literal_error":
        return [_spell(item) for item in _choices(error)]
    if error["type"] == "union_tag_invalid":
        words = {"scalar": "text", "mapping": "a mapping", "list": "a list"}
        tags = [tag.strip().strip("'") for tag in error["ctx"]["expected_tags"].split(",")]
        return [words.get(tag, tag) for tag in tags]
    return [expected_type(str(error["type"]))]


def _choices(error: Mapping[str, Any]) -> list[Json]:
    """Return the values that a literal error names; pydantic writes them as ``'a', 'b' or 'c'``."""
    found = re.findall(r"'(?:[^'\\]|\\.)*'|\w+", error["ctx"]["expected"].replace(" or ", ", "))
    return [ast.literal_eval(item) for item in found]


def _spell(value: Json) -> str:
    return str(value).lower() if isinstance(value, bool) else f"`{value}`"


# --- content -------------------------------------------------------------------------------------


def _explain_content(subject: str, value: Json, errors: Sequence[Mapping[str, Any]]) -> Misfit:
    error = errors[0]
    context = error.get("ctx", {})
    match error["type"]:
        case "literal_error":
            choices = [str(item) for each in errors for item in _choices(each)]
            return Misfit(
                "RF107", f"{subject} cannot be `{value}`", name_hint(value, choices, what="Allowed")
            )
        case "string_pattern_mismatch":
            return Misfit("RF107", f"{subject} cannot be `{value}`", _pattern_hint(value, context))
        case "string_too_short":
            return Misfit("RF107", f"{subject} is empty")
        case "string_too_long":
            return Misfit("RF107", f"{subject} is longer than {context['max_length']} characters")
        case "too_short":
            return Misfit("RF107", f"{subject} is an empty list, it needs an entry")
        case "greater_than_equal" | "greater_than" | "less_than_equal" | "less_than" as kind:
            words, key = _RANGES[kind]
            return Misfit("RF107", f"{subject} must be {words} {context[key]:g}, it is {value}")
        case _:
            return Misfit("RF107", f"{subject} is not usable: {error['msg']}")


def _pattern_hint(value: str, context: Mapping[str, Any]) -> str:
    if context["pattern"].startswith("^[A-Z]"):
        name = value.upper()
        return f"write {name}" if re.fullmatch(context["pattern"], name) else "write it like GET"
    near = slugify(value)
    rule = "letters, digits, `_` and `-` are allowed, a letter or `_` first"
    return f"write `{near}`; {rule}" if re.match(context["pattern"], near) else rule


# --- types ---------------------------------------------------------------------------------------


def _type_hint(wanted: list[str], value: Json, written: str) -> tuple[str, str]:
    if value is None:
        return "give it a value, or remove the key", ""
    if isinstance(value, (bool, int, float)):
        return _scalar_hint(wanted, value, written)
    if isinstance(value, str):
        return _text_hint(wanted, value), ""
    if isinstance(value, list) and "a mapping" in wanted and "a list" not in wanted:
        return "write `key: value` pairs without `-`", ""
    if isinstance(value, dict) and "a list" in wanted:
        return "begin each entry with `- `", ""
    return "", ""


def _scalar_hint(wanted: list[str], value: Json, written: str) -> tuple[str, str]:
    if wanted == ["text"] and written:
        is_shortened = isinstance(value, float) and written.endswith("0")
        return f'write "{written}"', f"unquoted{', so the last zero is lost' * is_shortened}"
    if "a list" in wanted:
        return f"write [{written}]", ""
    return "", ""


def _text_hint(wanted: Sequence[str], value: str) -> str:
    if "{{" in value:
        return "expressions are not possible here"
    if "true or false" in wanted and value.lower() in _SWITCHES:
        return f"write {_SWITCHES[value.lower()]} without quotes"
    if {"a number", "a whole number"} & {*wanted} and re.fullmatch(r"-?\d+(\.\d+)?", value):
        return f"write {value} without quotes"
    return f"write [{value}]" if "a list" in wanted and value.isprintable() else ""
