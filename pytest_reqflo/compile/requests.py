"""The request of a step: template, step values and `request` mapping laid over one another.

Lowest first: defaults of the journey's settings, the template (or the ad-hoc request), the step's
values, the step's `request`. Null takes away what lies below.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pytest_reqflo.artifact.header_names import find_header_fault
from pytest_reqflo.artifact.model import (
    BasicAuth,
    BearerAuth,
    FormBody,
    RequestSpec,
)
from pytest_reqflo.compile.bodies import BODY_KEYS, BodyCompiler, with_field
from pytest_reqflo.compile.drafts import Draft
from pytest_reqflo.compile.files import Files
from pytest_reqflo.compile.findings import Findings, Place
from pytest_reqflo.compile.references import STEP_ROOTS, References
from pytest_reqflo.compile.templates import (
    AdhocRequest,
    Template,
    brace_placeholders,
    may_hold_colon,
    placeholders_in,
    placeholders_of,
    with_braces,
)
from pytest_reqflo.compile.urls import find_url_fault
from pytest_reqflo.diagnostic import name_hint
from pytest_reqflo.lang.expression import LiteralValue, Value
from pytest_reqflo.syntax import model as m
from pytest_reqflo.values import Json

DEFAULT_HOPS = 5
_QUERY_METHODS = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})
_HEADER_NAME = re.compile(r"(authorization|content-type|x-.+)", re.IGNORECASE)
_FORM = "application/x-www-form-urlencoded"
_MAPS = ("path_params", "query", "cookies")
_BODY_NAMES = tuple(("json_" if key == "json" else key, key) for key in BODY_KEYS)
_BODY_FIELDS = frozenset(name for name, _ in _BODY_NAMES)


@dataclass(slots=True)
class RequestCompiler:
    """Compiles the request of one step; *before* is the order of that step.

    Shape: *in_body* are the places of the step's values that went into the body; *content_type* is
        that of the template's body, which another kind of body does not inherit.
    """

    findings: Findings
    references: References
    files: Files
    before: int
    draft: Draft = field(default_factory=Draft)
    in_body: dict[str, Place] = field(default_factory=dict)
    content_type: str = ""

    def compile(
        self,
        step: m.StepModel,
        place: Place,
        base: Template | AdhocRequest | None,
        defaults: m.RequestDefaultsModel | None,
        journey: Place,
        *,
        is_base_missing: bool = False,
    ) -> RequestSpec:
        """Return the request of *step*, written at *place*, over its template *base*.

        Shape: *defaults* are those of the settings of the *journey*; *is_base_missing* when the
            template that it names was not found, which is noted.
        """
        if defaults is not None:
            self._lay_defaults(defaults, journey.at("settings", "request"))
        match base:
            case Template():
                self._lay_template(base)
                self._place_values(base, step, place)
            case AdhocRequest():
                self.draft.method = base.method
                self.draft.url = self._read_url(base.url, place, "template")
                self._place_freely(step, place, base.method, base.url)
            case None:
                request = step.request if isinstance(step.request, m.RequestModel) else None
                method, url = (request.method, request.url) if request else (None, None)
                self._place_freely(step, place, method or "GET", url or "")
        if isinstance(step.request, m.RequestModel):
            self._lay_request(step.request, place.at("request"))
        if not is_base_missing:
            self._check_whole(step, place, base)
        return self.draft.spec()

    def _read(self, data: Json, place: Place, *parts: str) -> Value:
        return self.references.read(data, place, STEP_ROOTS, before=self.before, parts=parts)

    # --- the layers ------------------------------------------------------------------------------

    def _lay_defaults(self, defaults: m.RequestDefaultsModel, place: Place) -> None:
        self._lay_headers(defaults.headers or {}, place.at("headers"))
        self.draft.timeout_s = defaults.timeout_s
        self.draft.follow_redirects = _hops(defaults.follow_redirects)

    def _lay_template(self, template: Template) -> None:
        model, place, draft = template.model, template.place, self.draft
        draft.method = model.method
        draft.url = self._read_url(model.url, place, "url")
        draft.service = model.service
        self._lay_headers(model.headers, place.at("headers"))
        self._lay_map(draft.query, model.query, place.at("query"))
        if model.auth is not None:
            draft.auth = self._auth(model.auth, place.at("auth"))
        if model.body is not None:
            self._lay_template_body(model.body, place.at("body"))
        draft.timeout_s = model.timeout_s or draft.timeout_s
        hops = _hops(model.follow_redirects)
        draft.follow_redirects = draft.follow_redirects if hops is None else hops

    def _lay_template_body(self, body: m.TemplateBodyModel, place: Place) -> None:
        for key, data in _bodies_of(body):
            if data is not None:
                self.draft.body = self._bodies().compile(key, data, place.at(key))
        self.content_type = body.content_type or ""
        if self.draft.body is None and self.content_type.startswith(_FORM):
            self.draft.body = FormBody(fields={})

    def _bodies(self) -> BodyCompiler:
        return BodyCompiler(self.findings, self.references, self.files, self.before)

    def _place_values(self, template: Template, step: m.StepModel, place: Place) -> None:
        """Put each value where its template declares it."""
        declared = {each.name: each for each in template.model.values}
        in_path = placeholders_of(brace_placeholders(template.model.url))
        for index, value in enumerate(template.model.values):
            if value.name not in step.values and "default" in value.model_fields_set:
                at = template.place.at("values", index, "default")
                self._put(value.in_, value.name, value.default, at)
        # In the order of the template: that of keys means nothing, and parts of a body have one.
        order = {name: index for index, name in enumerate(declared)}
        for name in sorted(step.values, key=lambda each: order.get(each, len(order))):
            data, at = step.values[name], place.at("values", name)
            if name in declared:
                self._put(declared[name].in_, name, data, at, is_own=True)
            elif name in in_path:
                self._put("path", name, data, at, is_own=True)
            else:
                title = f"template `{template.model.name}` declares no value `{name}`"
                hint = name_hint(name, [*declared, *in_path], what="Its values")
                self.findings.note("RF214", title, at.key_label(), hint=hint)

    def _place_freely(self, step: m.StepModel, place: Place, method: str, url: str) -> None:
        """Put each value where its name belongs in a request that no template describes."""
        if not step.values:
            return
        in_path = placeholders_of(brace_placeholders(url))
        for name, data in step.values.items():
            at = place.at("values", name)
            self._refuse_expression_key(name, at)
            self._put(_free_place(name, in_path, method), name, data, at, is_own=True)

    def _put(
        self, where: str, name: str, data: Json, place: Place, *, is_own: bool = False
    ) -> None:
        value, draft = self._read(data, place), self.draft
        match where:
            case "body":
                body = with_field(draft.body, name, value)
                if body is None:
                    title = f"`{name}` belongs into the body, and the template's body has no fields"
                    hint = "give the body a `json` mapping, a `form` or `multipart`"
                    self.findings.note("RF112", title, place.key_label(), hint=hint)
                    return
                draft.body = body
                self.in_body |= {name: place} if is_own else {}
            case "header" if data is None:
                draft.remove_header(name)
            case "header":
                draft.set_header(name, value)
                self._check_header(name, place)
            case "query":
                _set(draft.query, name, value)
            case _:
                _set(draft.path_params, name, value)

    def _lay_request(self, request: m.RequestModel, place: Place) -> None:
        draft, given = self.draft, request.model_fields_set
        draft.method = request.method or draft.method
        if request.url is not None:
            draft.url = self._read_url(request.url, place, "url")
        draft.service = request.service or draft.service
        if "headers" in given:
            if request.headers is None:
                draft.headers.clear()
            self._lay_headers(request.headers or {}, place.at("headers"))
        for key in _MAPS:
            if key in given:
                self._lay_given(getattr(draft, key), getattr(request, key), place.at(key))
        self._lay_request_body(request, place)
        if "auth" in given:
            draft.auth = self._auth(request.auth, place.at("auth")) if request.auth else None
        if "timeout_s" in given:
            draft.timeout_s = request.timeout_s
        if "follow_redirects" in given:
            draft.follow_redirects = _hops(request.follow_redirects)
        if request.jar is not None:
            draft.jar = None if request.jar is False else request.jar

    def _lay_given(
        self, target: dict[str, Value], data: Mapping[str, Json] | None, place: Place
    ) -> None:
        if data is None:
            target.clear()
        else:
            self._lay_map(target, data, place)

    def _lay_request_body(self, request: m.RequestModel, place: Place) -> None:
        given = _bodies_of(request)
        if not given:
            return
        before, self.draft.body = self.draft.body, None
        for key, data in given:
            if data is not None:
                if self.in_body:
                    self._refuse_both(place.at(key))
                self.draft.body = self._bodies().compile(key, data, place.at(key))
        if type(self.draft.body) is not type(before):
            self.content_type = ""

    def _refuse_both(self, place: Place) -> None:
        for name, at in self.in_body.items():
            title = f"the body is given as a whole, so value `{name}` would be lost"
            hint = "put it into the body, or leave the body to the values"
            label = at.key_label("would be lost")
            self.findings.note("RF112", title, place.key_label(), label, hint=hint)

    def _lay_headers(self, headers: Mapping[str, Json], place: Place) -> None:
        for name, data in headers.items():
            if data is None:
                self.draft.remove_header(name)
            else:
                self.draft.set_header(name, self._read(data, place, name))
                self._check_header(name, place, name)
            self._refuse_expression_key(name, place, name)

    def _check_header(self, name: str, place: Place, *parts: str) -> None:
        fault = find_header_fault(name)
        if fault and "{{" not in name:
            label = place.at(*parts).key_label()
            self.findings.note("RF107", f"header `{name}` {fault}", label)

    def _lay_map(self, target: dict[str, Value], data: Mapping[str, Json], place: Place) -> None:
        for name, item in data.items():
            _set(target, name, self._read(item, place, name))
            self._refuse_expression_key(name, place, name)

    def _refuse_expression_key(self, name: str, place: Place, *parts: str) -> None:
        if "{{" in name:
            title = "a key cannot hold an expression"
            hint = "put the expression in the value"
            self.findings.note("RF204", title, place.at(*parts).key_label(), hint=hint)

    def _read_url(self, url: str, place: Place, part: str) -> Value:
        value = self._read(url, place, part)
        if isinstance(value, LiteralValue) and (fault := find_url_fault(url)):
            self.findings.note("RF107", fault, place.at(part).label())
        return with_braces(value) if may_hold_colon(url) else value

    def _auth(self, auth: m.AuthModel, place: Place) -> BasicAuth | BearerAuth | None:
        if auth.basic is not None:
            at = place.at("basic")
            return BasicAuth(
                username=self._read(auth.basic.username, at.at("username")),
                password=self._read(auth.basic.password, at.at("password")),
            )
        return BearerAuth(token=self._read(auth.bearer, place.at("bearer")))

    # --- the whole -------------------------------------------------------------------------------

    def _check_whole(
        self, step: m.StepModel, place: Place, base: Template | AdhocRequest | None
    ) -> None:
        draft = self.draft
        if not draft.method or draft.url is None:
            if isinstance(step.request, m.RequestModel):
                lacking = "method" if not draft.method else "url"
                title, hint = f"the request has no `{lacking}`", "add it, or name a `template`"
                self.findings.note("RF216", title, place.at("request").label(), hint=hint)
            return
        if draft.method == "CONNECT":
            title = "a request cannot have the method CONNECT, which opens a tunnel"
            self.findings.note("RF107", title, place.label())
        if self.content_type and draft.body is not None:
            draft.headers.setdefault(
                "content-type", ("Content-Type", LiteralValue(self.content_type))
            )
        required: list[str] = []
        if isinstance(base, Template):
            required = [each.name for each in base.model.values if _is_missing(each, step)]
            self._note_missing(required, f"template `{base.model.name}`", place)
        names = placeholders_in(draft.url)
        if not names and not draft.path_params and not required:
            return
        open_ones = [each for each in dict.fromkeys(names) if each not in draft.path_params]
        self._note_missing([each for each in open_ones if each not in required], "the URL", place)
        for name in [each for each in draft.path_params if each not in names]:
            self._judge_unused(name, names, step, place)

    def _note_missing(self, missing: list[str], owner: str, place: Place) -> None:
        if not missing:
            return
        listed = ", ".join(f"`{name}`" for name in missing)
        title = f"{owner} needs {'a value' if len(missing) == 1 else 'values'} for {listed}"
        has_values = place.at("values").pointer in place.document.map.values
        label = place.at("values").label() if has_values else place.label()
        hint = f"add {', '.join(f'{name}: …' for name in missing)} to `values`"
        self.findings.note("RF206", title, label, hint=hint)

    def _judge_unused(
        self, name: str, names: Sequence[str], step: m.StepModel, place: Place
    ) -> None:
        """Drop a value that fills no placeholder; note it when the step itself gives it."""
        del self.draft.path_params[name]
        request = step.request if isinstance(step.request, m.RequestModel) else None
        if request is not None and name in (request.path_params or {}):
            at = place.at("request", "path_params", name)
        elif name in step.values:
            at = place.at("values", name)
        else:
            return
        title = f"`{name}` fills no placeholder of the URL"
        hint = name_hint(name, names, what="Placeholders") or f"write `{{{name}}}` into the URL"
        self.findings.note("RF214", title, at.key_label(), hint=hint)


def _bodies_of(model: m.RequestModel | m.TemplateBodyModel) -> list[tuple[str, Json]]:
    """Return the bodies that the author wrote, null for one that is taken away."""
    given = model.model_fields_set
    if _BODY_FIELDS.isdisjoint(given):
        return []
    return [(key, getattr(model, name)) for name, key in _BODY_NAMES if name in given]


def _is_missing(value: m.TemplateValueModel, step: m.StepModel) -> bool:
    """Say whether a required value is given neither by the step's values nor by its request."""
    if not value.required or value.name in step.values or "default" in value.model_fields_set:
        return False
    request = step.request if isinstance(step.request, m.RequestModel) else None
    if request is None:
        return True
    match value.in_:
        case "body":
            return all(data is None for _, data in _bodies_of(request))
        case "header":
            names = {name.lower() for name, data in (request.headers or {}).items() if data}
            return value.name.lower() not in names
        case "query":
            return (request.query or {}).get(value.name) is None
        case _:
            return (request.path_params or {}).get(value.name) is None


def _set(target: dict[str, Value], name: str, value: Value) -> None:
    if isinstance(value, LiteralValue) and value.value is None:
        target.pop(name, None)
    else:
        target[name] = value


def _free_place(name: str, in_path: tuple[str, ...], method: str) -> str:
    if name in in_path:
        return "path"
    if _HEADER_NAME.fullmatch(name):
        return "header"
    return "query" if method in _QUERY_METHODS else "body"


def _hops(follow: bool | int | None) -> int | None:
    if isinstance(follow, bool):
        return DEFAULT_HOPS if follow else 0
    return follow
