"""Find keys that exclude each other, and places that need one of several keys. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from pytest_reqflo.diagnostic import Diagnostic, label_at
from pytest_reqflo.syntax import model
from pytest_reqflo.syntax.document import Document
from pytest_reqflo.syntax.keys import keys_of, mappings_of
from pytest_reqflo.syntax.wording import Parts, join_words, name_part
from pytest_reqflo.values import Json, pointer_join

_RULES: dict[type[BaseModel], model.Rule] = {
    kind: kind.rule
    for kind in (
        model.StepModel, model.RequestModel, model.TemplateBodyModel, model.AuthModel,
        model.MultipartPartModel, model.JsonPathAssertion, model.BodyEqualsAssertion,
        model.JsonSchemaAssertion, model.VariableModel, model.DataModel,
    )
}  # fmt: skip
_KINDS = frozenset(_RULES)


def find_exclusions(document: Document, root: type[BaseModel]) -> list[Diagnostic]:
    """Return the problems of keys that exclude (RF112) or need (RF105) each other."""
    return [
        problem
        for kind, parts, mapping in mappings_of(root, document.data, _KINDS)
        for problem in (
            *_break_rule(document, kind, parts, mapping),
            *_name_template_twice(document, kind, parts, mapping),
        )
    ]


def _break_rule(
    document: Document, kind: type[BaseModel], parts: Parts, mapping: dict[str, Json]
) -> Iterator[Diagnostic]:
    rule = _RULES.get(kind)
    if rule is None:
        return
    # In the order of the file: the later one is the one too many.
    given = [
        key
        for key, value in mapping.items()
        if key in rule.keys and (value is not None or rule.null_counts)
    ]
    if len(given) > 1:
        yield _exclude(document, parts, given[0], given[1])
    elif not given and rule.is_needed and mapping.keys() <= {*keys_of(kind)}:
        # An unknown key is most likely one of these, and told of already.
        span = document.map.span_of(pointer_join("", *parts))
        keys = join_words(f"`{key}`" for key in rule.keys)
        title = f"{name_part(document.data, parts)} lacks {keys}"
        yield Diagnostic(code="RF105", title=title, labels=(label_at(document.map.source, span),))


def _name_template_twice(
    document: Document, kind: type[BaseModel], parts: Parts, mapping: dict[str, Json]
) -> Iterator[Diagnostic]:
    """A text under `request` is another spelling of `template`."""
    is_named = kind is model.StepModel and isinstance(mapping.get("request"), str)
    if is_named and mapping.get("template") is not None:
        given = [key for key in mapping if key in ("template", "request")]
        yield _exclude(document, parts, given[0], given[1])


def _exclude(document: Document, parts: Parts, first: str, second: str) -> Diagnostic:
    places = document.map
    labels = tuple(
        label_at(places.source, places.key_span_of(pointer_join("", *parts, key)), text)
        for key, text in ((second, ""), (first, "excludes it"))
    )
    owner = name_part(document.data, parts)
    title = f"`{first}` and `{second}` exclude each other in {owner}"
    return Diagnostic(code="RF112", title=title, labels=labels, hint="remove one of the two")
