"""Overlays laid over the journey and the templates it uses, as JSON merge patches in listed order.

A patched document keeps the places of both files: what the overlay changed is marked in the
overlay, the rest where it always stood.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pytest_reqflo.compile.findings import Findings, Place, merge_patch
from pytest_reqflo.compile.templates import Template
from pytest_reqflo.diagnostic import name_hint
from pytest_reqflo.errors import JourneyError
from pytest_reqflo.source import SourceMap, Span
from pytest_reqflo.syntax.document import Document
from pytest_reqflo.syntax.explain import validate
from pytest_reqflo.syntax.library import Library, Loaded
from pytest_reqflo.syntax.model import (
    AssertionModel,
    JourneyDocument,
    JourneyModel,
    OverlayModel,
    TemplateDocument,
    TemplateModel,
)
from pytest_reqflo.values import Json, pointer_join, slugify


@dataclass(frozen=True, slots=True)
class AddedAssertions:
    """Assertions that an overlay adds to a step."""

    step: str
    models: Sequence[AssertionModel]
    place: Place


def find_overlays(
    model: JourneyModel, place: Place, library: Library, findings: Findings
) -> tuple[Loaded[OverlayModel], ...]:
    """Return the overlays that the journey names, in order; unknown ones are noted (RF212)."""
    found: list[Loaded[OverlayModel]] = []
    for index, name in enumerate(model.overlays):
        overlay = library.find_overlay(name)
        if overlay is None:
            hint = name_hint(name, library.overlays, what="Overlays")
            label = place.at("overlays", index).label()
            findings.note("RF212", f"there is no overlay `{name}`", label, hint=hint)
        else:
            found.append(overlay)
    return tuple(found)


def overlay_journey(
    document: Document,
    model: JourneyModel,
    overlays: Sequence[Loaded[OverlayModel]],
    findings: Findings,
) -> tuple[JourneyModel, Document]:
    """Return the journey with the step patches of *overlays*, and its document."""
    patched = document
    for overlay in overlays:
        for step_id, patch in overlay.model.steps.items():
            at = Place(overlay.document, pointer_join(overlay.pointer, "steps", step_id))
            pointer = _find_step(model, step_id)
            if pointer is None:
                ids = [_id_of(step.id, step.name) for step in (*model.steps, *model.finally_)]
                title = (
                    f"overlay `{overlay.model.name}` changes step `{step_id}`, which does not exist"
                )
                hint = name_hint(step_id, ids, what="Steps")
                findings.note("RF202", title, at.key_label(), hint=hint)
            else:
                patched = patch_document(patched, pointer, patch, at)
    if patched is document:
        return model, document
    try:
        return validate(patched, JourneyDocument).journey, patched
    except JourneyError as error:
        findings.take(error)
        return model, document


def overlay_templates(
    templates: Sequence[Loaded[TemplateModel]],
    overlays: Sequence[Loaded[OverlayModel]],
    findings: Findings,
) -> tuple[Template, ...]:
    """Return all templates with the patches of *overlays*."""
    result = {each.model.name: _template(each.model, each.document) for each in templates}
    for overlay in overlays:
        for name, patch in overlay.model.templates.items():
            at = Place(overlay.document, pointer_join(overlay.pointer, "templates", name))
            key = _find_template(name, result)
            if key is None:
                title = f"overlay `{overlay.model.name}` changes template `{name}`, which does not exist"
                hint = name_hint(name, result, what="Templates")
                findings.note("RF205", title, at.key_label(), hint=hint)
                continue
            result[key] = _patched_template(result[key], patch, at, findings)
    return tuple(result.values())


def added_assertions(
    overlays: Sequence[Loaded[OverlayModel]], step_ids: Sequence[str], findings: Findings
) -> tuple[AddedAssertions, ...]:
    """Return the assertions that *overlays* add; an unknown step is noted (RF202)."""
    added: list[AddedAssertions] = []
    for overlay in overlays:
        for step_id, models in overlay.model.add_assertions.items():
            pointer = pointer_join(overlay.pointer, "add_assertions", step_id)
            place = Place(overlay.document, pointer)
            if step_id not in step_ids:
                title = (
                    f"overlay `{overlay.model.name}` adds to step `{step_id}`, which does not exist"
                )
                hint = name_hint(step_id, step_ids, what="Steps")
                findings.note("RF202", title, place.key_label(), hint=hint)
            added.append(AddedAssertions(step_id, models, place))
    return tuple(added)


def _template(model: TemplateModel, document: Document) -> Template:
    has_root = isinstance(document.data, dict) and "template" in document.data
    return Template(model, Place(document, "/template" if has_root else ""))


def _find_template(name: str, templates: Mapping[str, Template]) -> str | None:
    if name in templates:
        return name
    slug = slugify(name)
    return next((key for key in templates if slug and slugify(key) == slug), None)


def _patched_template(template: Template, patch: Json, at: Place, findings: Findings) -> Template:
    document = patch_document(template.place.document, template.place.pointer, patch, at)
    try:
        if template.place.pointer:
            return _template(validate(document, TemplateDocument).template, document)
        return _template(validate(document, TemplateModel), document)
    except JourneyError as error:
        findings.take(error)
        return template


def _find_step(model: JourneyModel, step_id: str) -> str | None:
    for key, steps in (("steps", model.steps), ("finally", model.finally_)):
        for index, step in enumerate(steps):
            if _id_of(step.id, step.name) == step_id:
                return f"/journey/{key}/{index}"
    return None


def _id_of(step_id: str | None, name: str | None) -> str:
    return step_id or slugify(name or "")


def patch_document(document: Document, pointer: str, patch: Json, at: Place) -> Document:
    """Return *document* with *patch* merged in at *pointer*; changed parts have the places of *at*."""
    data = _replaced(document.data, pointer.split("/")[1:], patch)
    values, keys = dict(document.map.values), dict(document.map.keys)
    _move_places(patch, pointer, at, values, keys)
    return Document(data, SourceMap(document.map.source, values, keys))


def _replaced(data: Json, parts: list[str], patch: Json) -> Json:
    if not parts:
        return merge_patch(data, patch)
    head, rest = parts[0], parts[1:]
    if isinstance(data, list):
        index = int(head)
        return [_replaced(item, rest, patch) if i == index else item for i, item in enumerate(data)]
    return {
        key: _replaced(item, rest, patch) if key == head else item for key, item in data.items()
    }


def _move_places(
    patch: Json, pointer: str, at: Place, values: dict[str, Span], keys: dict[str, Span]
) -> None:
    places = at.document.map
    if isinstance(patch, dict):
        for key, item in patch.items():
            inner = pointer_join(pointer, key)
            source = at.at(key)
            keys[inner] = places.key_span_of(source.pointer)
            _move_places(item, inner, source, values, keys)
        return
    values[pointer] = places.span_of(at.pointer)
    for number, item in enumerate(patch if isinstance(patch, list) else ()):
        _move_places(item, pointer_join(pointer, number), at.at(number), values, keys)
