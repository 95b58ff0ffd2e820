"""Find the request template that a step names, or read the name as an ad-hoc request."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Literal

from pytest_reqflo.compile.findings import Findings, Place
from pytest_reqflo.compile.urls import url_texts
from pytest_reqflo.diagnostic import name_hint
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.lang.expression import LiteralValue, TextValue, Value
from pytest_reqflo.syntax.model import TemplateModel
from pytest_reqflo.values import slugify

AdhocPolicy = Literal["allow", "warn", "error"]

_METHOD_AND_PATH = re.compile(r"([A-Z][A-Z-]*)\s+(\S+)")
_COLON = re.compile(r"(?<=/):([A-Za-z_][A-Za-z0-9_-]*)")
_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_-]*)\}")
_ALIKE = 0.8
"""How similar two path segments must be to be taken for a slip of the pen."""


@dataclass(frozen=True, slots=True)
class Template:
    """A library entry and the place of its mapping."""

    model: TemplateModel
    place: Place


@dataclass(frozen=True, slots=True)
class AdhocRequest:
    """A request that the library does not hold."""

    method: str
    url: str


def brace_placeholders(url: str) -> str:
    """Return *url* with ``:id`` written as ``{id}``."""
    return _COLON.sub(r"{\1}", url) if may_hold_colon(url) else url


def may_hold_colon(url: str) -> bool:
    """Say whether *url* may hold a placeholder that is written ``:id``."""
    return "/:" in url


def with_braces(url: Value) -> Value:
    """Return *url* with what stands outside of its expressions as `brace_placeholders` has it."""
    if isinstance(url, LiteralValue):
        return LiteralValue(brace_placeholders(str(url.value)))
    if isinstance(url, TextValue):
        parts = (brace_placeholders(part) if isinstance(part, str) else part for part in url.parts)
        return TextValue(tuple(parts))
    return url


def placeholders_of(url: str) -> tuple[str, ...]:
    """Return the names of the ``{name}`` placeholders of *url*, in order."""
    return tuple(_PLACEHOLDER.findall(url)) if "{" in url else ()


def placeholders_in(url: Value) -> tuple[str, ...]:
    """Return the names of the placeholders outside of the expressions of *url*, in order."""
    if isinstance(url, LiteralValue):
        return placeholders_of(url.value)
    return tuple([name for text in url_texts(url) for name in placeholders_of(text)])


@dataclass(frozen=True, slots=True)
class TemplateFinder:
    """Looks templates up by name, slug, or method and path.

    Shape: *is_broken* when the library could not be read, which is noted: then nothing is found, and
        nothing more is said.
    """

    findings: Findings
    templates: tuple[Template, ...]
    adhoc: AdhocPolicy
    is_broken: bool = False

    def find(self, name: str, service: str | None, place: Place) -> Template | AdhocRequest | None:
        """Return what *name*, written at *place*, means; None with a problem noted."""
        if "{{" in name:
            title = "the name of a template cannot hold an expression"
            hint = "write a placeholder such as `{id}`, and give it a value under `values`"
            label = place.part_label(name.index("{{"), 2)
            self.findings.note("RF204", title, label, hint=hint)
            return None
        if self.is_broken:
            return None
        found = self._by_name(name) or self._by_path(name, service)
        if len(found) == 1:
            return found[0]
        if found:
            self._note_several(name, found, place)
            return None
        match = _METHOD_AND_PATH.fullmatch(name.strip())
        if match is None:
            names = [template.model.name for template in self.templates]
            hint = name_hint(name, names, what="Templates")
            hint = hint or 'write "METHOD /path" for a request that the library does not hold'
            self.findings.note("RF205", f"there is no template `{name}`", place.label(), hint=hint)
            return None
        request = AdhocRequest(match[1], brace_placeholders(match[2]))
        self._judge_adhoc(request, place)
        return request

    def _by_name(self, name: str) -> list[Template]:
        exact = [each for each in self.templates if each.model.name == name]
        # `GET /orders` has the slug of a template called "Get orders", wherever that leads.
        slug = "" if _METHOD_AND_PATH.fullmatch(name.strip()) else slugify(name)
        return exact or [
            each for each in self.templates if slug and slugify(each.model.name) == slug
        ]

    def _by_path(self, name: str, service: str | None) -> list[Template]:
        match = _METHOD_AND_PATH.fullmatch(name.strip())
        if match is None:
            return []
        wanted = (match[1], _shape(match[2]))
        found = [t for t in self.templates if (t.model.method, _shape(t.model.url)) == wanted]
        # A service only narrows: the journey's own does not hide the one template there is.
        near = [each for each in found if each.model.service in (None, service)] if service else []
        exact = [each for each in near if each.model.service == service]
        return exact or near or found

    def _note_several(self, name: str, found: Iterable[Template], place: Place) -> None:
        names = ", ".join(f"`{each.model.name}`" for each in found)
        title = f"several templates match `{name}`: {names}"
        hint = "name one of them, or add its `service`"
        self.findings.note("RF205", title, place.label(), hint=hint)

    def _judge_adhoc(self, request: AdhocRequest, place: Place) -> None:
        shown = f"{request.method} {request.url}"
        near = next((each for each in self.templates if _is_nearly(request, each.model)), None)
        if self.adhoc == "allow" and near is None:
            return
        severity: Literal["error", "warning"] = "error" if self.adhoc == "error" else "warning"
        title = f"`{shown}` is not in the template library"
        if near is None:
            hint = "add a template, or set ini `reqflo_adhoc = allow`"
        else:
            hint = f"did you mean `{near.model.method} {near.model.url}` ({near.model.name})?"
        self.findings.note("RF213", title, place.label(), hint=hint, severity=severity)


def _shape(url: str) -> str:
    """Return *url* with all placeholders alike: their names are the template's own matter."""
    return _PLACEHOLDER.sub("{}", brace_placeholders(url)).rstrip("/") or "/"


def _is_nearly(request: AdhocRequest, template: TemplateModel) -> bool:
    ours, theirs = _shape(request.url).split("/"), _shape(template.url).split("/")
    return (
        request.method == template.method
        and len(ours) == len(theirs)
        and all(map(_alike, ours, theirs))
    )


def _alike(left: str, right: str) -> bool:
    if left == right:
        return True
    if "{}" in (left, right):
        return False
    return difflib.SequenceMatcher(None, left, right).ratio() >= _ALIKE
