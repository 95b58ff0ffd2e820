"""Overlays laid over the journey and the templates it uses, as JSON merge patches in listed order.

A patched document keeps the places of both files: what the overlay changed is marked in the
overlay, the rest where it always stood.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pytest_reqflo.compile.findings import Findings, PatchedDocument, Place
from pytest_reqflo.compile.references import step_id_of
from pytest_reqflo.compile.templates import Template
from pytest_reqflo.diagnostic import Diagnostic, name_hint
from pytest_reqflo.errors import JourneyError
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.source import SourceMap, SourceText, Span
from pytest_reqflo.syntax.document import Document
from pytest_reqflo.syntax.explain import M, validate
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
                ids = [name for name, _ in _steps_of(model)]
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
        return _validate(patched, JourneyDocument).journey, patched
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
            return _template(_validate(document, TemplateDocument).template, document)
        return _template(_validate(document, TemplateModel), document)
    except JourneyError as error:
        findings.take(error)
        return template


def _find_step(model: JourneyModel, step_id: str) -> str | None:
    return next((place for name, place in _steps_of(model) if name == step_id), None)


def _steps_of(model: JourneyModel) -> Iterator[tuple[str, str]]:
    """Yield the id and the pointer of each step."""
    places = [f"/journey/steps/{number}" for number in range(len(model.steps))]
    places += [f"/journey/finally/{number}" for number in range(len(model.finally_))]
    steps = (*model.steps, *model.finally_)
    for order, (step, place) in enumerate(zip(steps, places, strict=True)):
        yield step_id_of(step, order), place


def patch_document(document: Document, pointer: str, patch: Json, at: Place) -> Document:
    """Return *document* with *patch*, written at *at*, merged in at *pointer*.

    Source: RFC 7396: null removes a key, mappings merge, anything else replaces.
    """
    values, keys = dict(document.map.values), dict(document.map.keys)
    known = document.grafts if isinstance(document, PatchedDocument) else {}
    patcher = _Patcher(values, keys, dict(known))
    data = patcher.patch_at(document.data, pointer.split("/")[1:], "", patch, at)
    places = SourceMap(document.map.source, values, keys)
    return PatchedDocument(data, places, patcher.grafts)


@dataclass(frozen=True, slots=True)
class _Patcher:
    """Merges a patch, and notes where each part that it brings is written."""

    values: dict[str, Span]
    keys: dict[str, Span]
    grafts: dict[str, Place]

    def patch_at(self, data: Json, parts: list[str], here: str, patch: Json, at: Place) -> Json:
        if not parts:
            return self.merge(data, patch, here, at)
        inner = f"{here}/{parts[0]}"
        if isinstance(data, list):
            number = int(parts[0])
            changed = self.patch_at(data[number], parts[1:], inner, patch, at)
            return [*data[:number], changed, *data[number + 1 :]]
        return {**data, parts[0]: self.patch_at(data[parts[0]], parts[1:], inner, patch, at)}

    def merge(self, target: Json, patch: Json, here: str, at: Place) -> Json:
        if not isinstance(patch, dict):
            self._graft(here, at)
            return patch
        if not isinstance(target, dict):
            self._graft(here, at)
            target = {}
        merged = dict(target)
        for key, item in patch.items():
            if item is None:
                merged.pop(key, None)
            else:
                inner = pointer_join(here, key)
                merged[key] = self.merge(merged.get(key), item, inner, at.at(key))
        return merged

    def _graft(self, here: str, at: Place) -> None:
        for stale in [pointer for pointer in self.grafts if pointer.startswith(f"{here}/")]:
            del self.grafts[stale]
        self.grafts[here] = at
        places = at.document.map
        for spans, added in ((self.values, places.values), (self.keys, places.keys)):
            for pointer, span in added.items():
                if pointer == at.pointer or pointer.startswith(f"{at.pointer}/"):
                    spans[here + pointer[len(at.pointer) :]] = span


def _validate(document: Document, model: type[M]) -> M:
    """Return the patched *document* as *model*.

    Raises: JourneyError that shows each part in the file that brought it.
    """
    try:
        return validate(document, model)
    except JourneyError as error:
        found = error.diagnostics
    grafts = document.grafts.values() if isinstance(document, PatchedDocument) else ()
    sources = [document.map.source, *(each.document.map.source for each in grafts)]
    texts = {source.file: source for source in sources}
    raise JourneyError(*(_with_lines(item, texts) for item in found))


def _with_lines(item: Diagnostic, texts: Mapping[str, SourceText]) -> Diagnostic:
    labels = (
        replace(label, line_text=texts[label.span.file].line(label.span.start.line))
        for label in item.labels
    )
    return replace(item, labels=tuple(labels))
