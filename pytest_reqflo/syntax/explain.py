"""Check a document against its model, and explain what does not fit. Pure.

pydantic finds the mistakes; it names union members among the places, reports every member of an
undecided union, and speaks of Python types. Here each mistake becomes one message at its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from pytest_reqflo.diagnostic import (
    MAX_PROBLEMS,
    Diagnostic,
    label_at,
    name_hint,
    nearest_name,
)
from pytest_reqflo.errors import JourneyError
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.source import Span
from pytest_reqflo.syntax import misfit
from pytest_reqflo.syntax.compose import untold_problems
from pytest_reqflo.syntax.document import Document
from pytest_reqflo.syntax.exclusions import find_exclusions
from pytest_reqflo.syntax.keys import child_with_key, keys_of, model_at
from pytest_reqflo.syntax.model import RULE_BROKEN, StepModel
from pytest_reqflo.syntax.wording import Parts, name_part, value_at
from pytest_reqflo.values import Json, pointer_join

M = TypeVar("M", bound=BaseModel)

_MAX_COMPLAINTS = 4 * MAX_PROBLEMS
"""Several complaints of pydantic may be about one mistake."""

RESERVED_STEP_KEYS = frozenset({"for_each", "repeat", "journey"})
PLANNED_STEP_TYPES = (
    "checkpoint", "connector", "journey", "manual_checkpoint", "note", "script", "set_variable",
    "sub_journey",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Mistake:
    """A pydantic error at its place in the document; *key* is the missing or unknown key."""

    error: dict[str, Any]
    parts: Parts
    key: str = ""
    is_of_union: bool = False

    @property
    def type(self) -> str:
        return str(self.error["type"])


def validate(document: Document, model: type[M]) -> M:
    """Return *document* as *model*.

    Raises: JourneyError with every mistake in file order (RF104 to RF107, RF112, RF121, RF210).
    """
    if not isinstance(document.data, dict):
        raise JourneyError(_explain_root(document, model))
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        # pydantic keeps silent about the rules of a part that it refuses.
        found = find_exclusions(document, model)
        found += _explain_all(document, model, error)
    raise _all_in_order(found, document)


def _all_in_order(found: list[Diagnostic], document: Document) -> JourneyError:
    found.sort(key=lambda item: item.labels[0].span.start)
    untold = untold_problems(len(found[MAX_PROBLEMS:]), document.map.source.file)
    return JourneyError(*found[:MAX_PROBLEMS], *untold)


def _explain_all(
    document: Document, model: type[BaseModel], error: ValidationError
) -> list[Diagnostic]:
    told = error.errors(include_url=False)
    complaints = [item for item in told if item["type"] != RULE_BROKEN][:_MAX_COMPLAINTS]
    mistakes = [_place(item, document.data) for item in complaints]
    explainer = _Explainer(document, model)
    kept = _without_echoes(mistakes, model, document)
    return [explainer.explain(group) for group in _groups(kept)]


def _explain_root(document: Document, model: type[BaseModel]) -> Diagnostic:
    keys = ", ".join(f"`{key}:`" for key in keys_of(model, required_only=True))
    label = label_at(document.map.source, document.map.source.span(1, 1))
    if document.data is None:
        return Diagnostic(
            code="RF105", title="the file is empty", labels=(label,), hint=f"it needs {keys}"
        )
    title = f"the file must be a mapping with {keys}"
    return Diagnostic(code="RF106", title=title, labels=(label,))


# --- places --------------------------------------------------------------------------------------


def _place(error: Any, data: Json) -> _Mistake:
    loc = tuple(error["loc"])
    if error["type"] == "missing":
        parts, _ = _walk(data, loc[:-1], error["input"])
        return _Mistake(error, parts, str(loc[-1]))
    parts, skipped = _walk(data, loc, error["input"])
    if error["type"] == "extra_forbidden":
        return _Mistake(error, parts[:-1], str(loc[-1]))
    return _Mistake(error, parts, is_of_union=skipped)


def _walk(data: Json, loc: Parts, target: Json) -> tuple[Parts, bool]:
    """Return the place that *loc* means, and whether its last part is a member of a union.

    The names of union members look like keys; the value pydantic refused tells them apart.
    """
    paths = list(_paths(data, loc, ()))
    fitting = [path for path in paths if value_at(data, path) is target]
    parts = max(fitting or paths, key=len)
    return parts, bool(loc) and (not parts or parts[-1] != loc[-1])


def _paths(node: Json, loc: Parts, done: Parts) -> Iterator[Parts]:
    if not loc:
        yield done
        return
    head, rest = loc[0], loc[1:]
    if isinstance(node, dict) and head in node:
        yield from _paths(node[head], rest, (*done, head))
    elif isinstance(node, list) and isinstance(head, int) and head < len(node):
        yield from _paths(node[head], rest, (*done, head))
        return
    yield from _paths(node, rest, done)


def _without_echoes(
    mistakes: list[_Mistake], model: type[BaseModel], document: Document
) -> list[_Mistake]:
    """Drop what is only the consequence of another mistake."""
    misspelled = {
        (item.parts, nearest_name(item.key, keys_of(model_at(model, document.data, item.parts))))
        for item in mistakes
        if item.type == "extra_forbidden"
    }
    return [
        item
        for item in mistakes
        if not (item.type == "missing" and (item.parts, item.key) in misspelled)
        and not (item.is_of_union and any(_is_inside(other, item) for other in mistakes))
    ]


def _is_inside(inner: _Mistake, outer: _Mistake) -> bool:
    place = (*inner.parts, inner.key) if inner.key else inner.parts
    return len(place) > len(outer.parts) and place[: len(outer.parts)] == outer.parts


def _groups(mistakes: Sequence[_Mistake]) -> list[list[_Mistake]]:
    groups: dict[tuple[Parts, str], list[_Mistake]] = {}
    for item in mistakes:
        groups.setdefault((item.parts, item.key), []).append(item)
    return list(groups.values())


# --- sentences -----------------------------------------------------------------------------------


class _Explainer:
    """Turns the mistakes at one place into one diagnostic."""

    def __init__(self, document: Document, model: type[BaseModel]) -> None:
        self.document = document
        self.data = document.data
        self.model = model

    def explain(self, group: list[_Mistake]) -> Diagnostic:
        first = group[0]
        match first.type:
            case "missing":
                return self._missing(first)
            case "extra_forbidden":
                return self._unknown(first)
            case "union_tag_not_found":
                return self._untyped(first)
            case "union_tag_invalid" if "expected_tags" in first.error.get("ctx", {}):
                return self._wrong_member(first)
        return self._misfit(group)

    def _missing(self, item: _Mistake) -> Diagnostic:
        owner = name_part(self.data, item.parts)
        return self._at(item.parts, "RF105", f"{owner} lacks the required key `{item.key}`")

    def _unknown(self, item: _Mistake) -> Diagnostic:
        model = model_at(self.model, self.data, item.parts)
        owner = name_part(self.data, item.parts)
        if model is StepModel and item.key in RESERVED_STEP_KEYS:
            title = f"the key `{item.key}` of {owner} is reserved for a later version"
            return self._at_key(item, "RF121", title)
        child = child_with_key(model, item.key)
        hint = f"put it under `{child}:`" if child else name_hint(item.key, keys_of(model))
        return self._at_key(item, "RF104", f"unknown key `{item.key}` in {owner}", hint)

    def _untyped(self, item: _Mistake) -> Diagnostic:
        owner = name_part(self.data, item.parts)
        types = misfit.assertion_types()
        written = [key for key in value_at(self.data, item.parts) if key in types]
        hint = f"write `type: {written[0]}`" if written else f"Types: {', '.join(types)}"
        return self._at(item.parts, "RF105", f"{owner} lacks the required key `type`", hint)

    def _wrong_member(self, item: _Mistake) -> Diagnostic:
        value = value_at(self.data, item.parts)
        if "type" not in str(item.error["ctx"]["discriminator"]) or not isinstance(value, dict):
            return self._misfit([item])
        name, place = value["type"], (*item.parts, "type")
        if not isinstance(name, str):
            title = f"{name_part(self.data, place)} must be text"
            return self._at(place, "RF106", title)
        hint = name_hint(name, misfit.assertion_types(), what="Types")
        owner = name_part(self.data, item.parts)
        return self._at(place, "RF210", f"unknown type `{name}` in {owner}", hint)

    def _misfit(self, group: list[_Mistake]) -> Diagnostic:
        parts, value = group[0].parts, value_at(self.data, group[0].parts)
        subject = name_part(self.data, parts)
        owner = model_at(self.model, self.data, parts[:-1])
        if owner is StepModel and parts[-1:] == ("type",) and value in PLANNED_STEP_TYPES:
            title = f"{subject} is `{value}`, which is reserved for a later version"
            return self._at(parts, "RF121", title, "the type of a step is http_request")
        found = misfit.explain_value(subject, value, self._written(parts), [i.error for i in group])
        is_operator = found.code == "RF107" and parts[-1:] == ("operator",)
        code = "RF210" if is_operator else found.code
        return self._at(parts, code, found.title, found.hint, found.remark)

    def _written(self, parts: Parts) -> str:
        span = self._span(parts)
        line = self.document.map.source.line(span.start.line)
        is_one_line = span.start.line == span.end.line
        return line[span.start.column - 1 : span.end.column - 1] if is_one_line else ""

    def _span(self, parts: Parts) -> Span:
        return self.document.map.span_of(pointer_join("", *parts))

    def _at_key(self, item: _Mistake, code: str, title: str, hint: str = "") -> Diagnostic:
        span = self.document.map.key_span_of(pointer_join("", *item.parts, item.key))
        label = label_at(self.document.map.source, span)
        return Diagnostic(code=code, title=title, labels=(label,), hint=hint)

    def _at(
        self, parts: Parts, code: str, title: str, hint: str = "", remark: str = ""
    ) -> Diagnostic:
        label = label_at(self.document.map.source, self._span(parts), remark)
        return Diagnostic(code=code, title=title, labels=(label,), hint=hint)
