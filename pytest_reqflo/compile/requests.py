"""The request of a step: template, step values and `request` mapping laid over one another.

Lowest first: defaults of the journey's settings, the template (or the ad-hoc request), the step's
values, the step's `request`. Null removes an inherited header, query parameter or cookie.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from pytest_reqflo.artifact.model import (
    BasicAuth,
    BearerAuth,
    BodySpec,
    BytesBody,
    FormBody,
    JsonBody,
    MultipartBody,
    MultipartPart,
    RequestSpec,
    TextBody,
)
from pytest_reqflo.compile.files import Files
from pytest_reqflo.compile.findings import Findings, Place
from pytest_reqflo.compile.references import STEP_ROOTS, References
from pytest_reqflo.compile.templates import (
    AdhocRequest,
    Template,
    brace_placeholders,
    placeholders_of,
)
from pytest_reqflo.diagnostic import name_hint
from pytest_reqflo.lang.expression import (
    CallExpression,
    LiteralValue,
    ObjectValue,
    PathExpression,
    TextValue,
    Value,
)
from pytest_reqflo.syntax import model as m
from pytest_reqflo.values import Json

DEFAULT_HOPS = 5
_QUERY_METHODS = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})
_HEADER_NAME = re.compile(r"(authorization|content-type|x-.+)", re.IGNORECASE)
_FORM = "application/x-www-form-urlencoded"


@dataclass(slots=True)
class _Draft:
    """A request in the making; headers by lower-case name, with the spelling that came last."""

    method: str = ""
    url: Value | None = None
    service: str | None = None
    path_params: dict[str, Value] = field(default_factory=dict)
    query: dict[str, Value] = field(default_factory=dict)
    headers: dict[str, tuple[str, Value]] = field(default_factory=dict)
    cookies: dict[str, Value] = field(default_factory=dict)
    body: BodySpec | None = None
    auth: BasicAuth | BearerAuth | None = None
    timeout_s: float | None = None
    follow_redirects: int | None = None
    jar: str | None = "default"
    removed_headers: set[str] = field(default_factory=set)

    def set_header(self, name: str, value: Value) -> None:
        self.headers[name.lower()] = (name, value)
        self.removed_headers.discard(name.lower())

    def remove_header(self, name: str) -> None:
        self.headers.pop(name.lower(), None)
        self.removed_headers.add(name.lower())

    def spec(self) -> RequestSpec:
        return RequestSpec(
            method=self.method,
            url=self.url if self.url is not None else LiteralValue("/"),
            service=self.service,
            path_params=self.path_params,
            query=self.query,
            headers=dict(self.headers.values()),
            cookies=self.cookies,
            body=self.body,
            auth=self.auth,
            timeout_s=self.timeout_s,
            follow_redirects=self.follow_redirects,
            jar=self.jar,
            removed_headers=tuple(sorted(self.removed_headers)),
        )


@dataclass(slots=True)
class RequestCompiler:
    """Compiles the request of one step; *before* is the order of that step."""

    findings: Findings
    references: References
    files: Files
    before: int
    draft: _Draft = field(default_factory=_Draft)

    def compile(
        self,
        step: m.StepModel,
        place: Place,
        base: Template | AdhocRequest | None,
        defaults: m.RequestDefaultsModel | None,
        defaults_place: Place,
    ) -> RequestSpec:
        """Return the request of *step*, written at *place*, over its template *base*."""
        if defaults is not None:
            self._lay_defaults(defaults, defaults_place)
        match base:
            case Template():
                self._lay_template(base)
                self._place_values(base, step, place)
            case AdhocRequest():
                self._lay_adhoc(base, step, place)
            case None:
                if isinstance(step.request, m.RequestModel):
                    self._lay_bare_values(step, place)
        if isinstance(step.request, m.RequestModel):
            self._lay_request(step.request, place.at("request"))
        self._check_placeholders(step, place)
        return self.draft.spec()

    def _read(self, data: Json, place: Place) -> Value:
        return self.references.read(data, place, STEP_ROOTS, before=self.before)

    # --- the layers ------------------------------------------------------------------------------

    def _lay_defaults(self, defaults: m.RequestDefaultsModel, place: Place) -> None:
        self._lay_headers(defaults.headers or {}, place.at("headers"))
        self.draft.timeout_s = defaults.timeout_s
        self.draft.follow_redirects = _hops(defaults.follow_redirects)

    def _lay_template(self, template: Template) -> None:
        model, place, draft = template.model, template.place, self.draft
        draft.method = model.method
        draft.url = self._read_url(model.url, place.at("url"))
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
        fields = {
            "json_": body.json_, "form": body.form, "multipart": body.multipart,
            "text": body.text, "body_file": body.body_file,
        }  # fmt: skip
        given = {name: value for name, value in fields.items() if value is not None}
        self.draft.body = self._body(given, place)
        if self.draft.body is None and (body.content_type or "").startswith(_FORM):
            self.draft.body = FormBody(fields={})
        if body.content_type is not None and not isinstance(
            self.draft.body, FormBody | MultipartBody
        ):
            self.draft.set_header("content-type", LiteralValue(body.content_type))

    def _place_values(self, template: Template, step: m.StepModel, place: Place) -> None:
        """Put each value where its template declares it, and check that none is missing."""
        declared = {each.name: each for each in template.model.values}
        in_path = placeholders_of(brace_placeholders(template.model.url))
        for index, value in enumerate(template.model.values):
            if value.name not in step.values and "default" in value.model_fields_set:
                default = self._read(value.default, template.place.at("values", index, "default"))
                self._put(value.in_, value.name, default)
        for name, data in step.values.items():
            where = place.at("values", name)
            if name in declared:
                self._put(declared[name].in_, name, self._read(data, where))
            elif name in in_path:
                self._put("path", name, self._read(data, where))
            else:
                title = f"template `{template.model.name}` declares no value `{name}`"
                hint = name_hint(name, [*declared, *in_path], what="Its values")
                self.findings.note("RF214", title, where.key_label(), hint=hint)
        missing = [
            each.name
            for each in declared.values()
            if each.required
            and each.name not in step.values
            and "default" not in each.model_fields_set
        ]
        if missing:
            self._note_missing(missing, f"template `{template.model.name}`", place)

    def _put(self, where: str, name: str, value: Value) -> None:
        match where:
            case "path":
                self.draft.path_params[name] = value
            case "query":
                self.draft.query[name] = value
            case "header":
                self.draft.set_header(name, value)
            case _:
                self._put_in_body(name, value)

    def _put_in_body(self, name: str, value: Value) -> None:
        match self.draft.body:
            case FormBody(fields=fields):
                self.draft.body = FormBody(fields={**fields, name: value})
            case MultipartBody(parts=parts):
                kept = tuple(part for part in parts if part.name != name)
                self.draft.body = MultipartBody(
                    parts=(*kept, MultipartPart(name=name, value=value))
                )
            case JsonBody(value=body):
                self.draft.body = JsonBody(value=_with_field(body, name, value))
            case _:
                self.draft.body = JsonBody(value=_with_field(LiteralValue({}), name, value))

    def _lay_adhoc(self, request: AdhocRequest, step: m.StepModel, place: Place) -> None:
        at = place.at("template") if step.template else place
        self.draft.method = request.method
        self.draft.url = self._read_url(request.url, at)
        in_path = placeholders_of(request.url)
        for name, data in step.values.items():
            value = self._read(data, place.at("values", name))
            self._put(_adhoc_place(name, in_path, request.method), name, value)

    def _lay_bare_values(self, step: m.StepModel, place: Place) -> None:
        """Place the values of a step that has only a `request` mapping, as for an ad-hoc request."""
        request = step.request
        if isinstance(request, m.RequestModel) and step.values:
            in_path = placeholders_of(brace_placeholders(request.url or ""))
            for name, data in step.values.items():
                value = self._read(data, place.at("values", name))
                self._put(_adhoc_place(name, in_path, request.method or "GET"), name, value)

    def _lay_request(self, request: m.RequestModel, place: Place) -> None:
        draft = self.draft
        draft.method = request.method or draft.method
        if request.url is not None:
            draft.url = self._read_url(request.url, place.at("url"))
        draft.service = request.service or draft.service
        self._lay_map(draft.path_params, request.path_params or {}, place.at("path_params"))
        self._lay_map(draft.query, request.query or {}, place.at("query"))
        self._lay_headers(request.headers or {}, place.at("headers"))
        self._lay_map(draft.cookies, request.cookies or {}, place.at("cookies"))
        given: dict[str, Json] = {
            name: getattr(request, name)
            for name in (
                "json_",
                "json_file",
                "form",
                "multipart",
                "text",
                "body_file",
                "body_base64",
            )
            if name in request.model_fields_set
        }
        if given:
            draft.body = self._body(given, place)
        if request.auth is not None:
            draft.auth = self._auth(request.auth, place.at("auth"))
        draft.timeout_s = request.timeout_s or draft.timeout_s
        hops = _hops(request.follow_redirects)
        draft.follow_redirects = draft.follow_redirects if hops is None else hops
        if request.jar is not None:
            draft.jar = None if request.jar is False else request.jar

    def _lay_headers(self, headers: Mapping[str, Json], place: Place) -> None:
        for name, data in headers.items():
            if data is None:
                self.draft.remove_header(name)
            else:
                self.draft.set_header(name, self._read(data, place.at(name)))
            self._refuse_expression_key(name, place.at(name))

    def _lay_map(self, target: dict[str, Value], data: Mapping[str, Json], place: Place) -> None:
        for name, item in data.items():
            if item is None:
                target.pop(name, None)
            else:
                target[name] = self._read(item, place.at(name))
            self._refuse_expression_key(name, place.at(name))

    def _refuse_expression_key(self, name: str, place: Place) -> None:
        if "{{" in name:
            hint = "put the expression in the value"
            self.findings.note(
                "RF204", "a key cannot hold an expression", place.key_label(), hint=hint
            )

    # --- url, body, auth -------------------------------------------------------------------------

    def _read_url(self, url: str, place: Place) -> Value:
        value = self._read(url, place)
        if isinstance(value, LiteralValue):
            self._check_literal(url, place)
            return LiteralValue(brace_placeholders(str(value.value)))
        if isinstance(value, TextValue):
            return TextValue(
                tuple(
                    brace_placeholders(part) if isinstance(part, str) else part
                    for part in value.parts
                )
            )
        return value

    def _check_literal(self, text: str, place: Place) -> None:
        try:
            scheme = urlsplit(text).scheme
        except ValueError:
            self.findings.note("RF107", "the URL cannot be read", place.label())
            return
        if scheme and "://" in text and scheme not in ("http", "https"):
            title = f"URLs begin with http:// or https://, not {scheme}://"
            self.findings.note("RF107", title, place.label())

    def _body(self, given: Mapping[str, Json], place: Place) -> BodySpec | None:
        for name, data in given.items():
            at = place.at(name.removesuffix("_"))
            if data is None and name != "json_":
                return None
            match name:
                case "json_":
                    return JsonBody(value=self._read(data, at))
                case "json_file":
                    return JsonBody(value=LiteralValue(self.files.read_json(data, at)))
                case "form":
                    return FormBody(
                        fields={key: self._read(item, at.at(key)) for key, item in data.items()}
                    )
                case "multipart":
                    return self._multipart(data, at)
                case "text":
                    return TextBody(text=self._read(data, at))
                case "body_file":
                    digest = self.files.keep(self.files.read(data, at))
                    return (
                        BytesBody(blob=digest, filename=data.rpartition("/")[2]) if digest else None
                    )
                case _:
                    digest = self.files.keep(self.files.decode_base64(data, at))
                    return BytesBody(blob=digest) if digest else None
        return None

    def _multipart(self, parts: list[m.MultipartPartModel], place: Place) -> MultipartBody:
        return MultipartBody(
            parts=tuple(self._part(part, place.at(index)) for index, part in enumerate(parts))
        )

    def _part(self, part: m.MultipartPartModel, place: Place) -> MultipartPart:
        filename, content_type = part.filename, part.content_type
        if part.file is None:
            if "value" not in part.model_fields_set:
                title = f"part `{part.name}` needs `value` or `file`"
                self.findings.note("RF105", title, place.label())
            value = self._read(part.value, place.at("value"))
            return MultipartPart(
                name=part.name, value=value, filename=filename, content_type=content_type
            )
        digest = self.files.keep(self.files.read(part.file, place.at("file")))
        filename = filename or part.file.rpartition("/")[2]
        return MultipartPart(
            name=part.name, blob=digest, filename=filename, content_type=content_type
        )

    def _auth(self, auth: m.AuthModel, place: Place) -> BasicAuth | BearerAuth | None:
        if auth.basic is not None:
            at = place.at("basic")
            return BasicAuth(
                username=self._read(auth.basic.username, at.at("username")),
                password=self._read(auth.basic.password, at.at("password")),
            )
        if auth.bearer is None:
            return None
        return BearerAuth(token=self._read(auth.bearer, place.at("bearer")))

    # --- the whole -------------------------------------------------------------------------------

    def _check_placeholders(self, step: m.StepModel, place: Place) -> None:
        draft = self.draft
        if not draft.method or draft.url is None:
            lacking = "method" if not draft.method else "url"
            if isinstance(step.request, m.RequestModel):
                title = f"the request has no `{lacking}`"
                hint = "add it, or name a `template`"
                self.findings.note("RF216", title, place.at("request").label(), hint=hint)
            return
        texts = [draft.url.value] if isinstance(draft.url, LiteralValue) else _texts(draft.url)
        names = [name for text in texts for name in placeholders_of(str(text))]
        missing = [name for name in dict.fromkeys(names) if name not in draft.path_params]
        if missing:
            self._note_missing(missing, "the URL", place)

    def _note_missing(self, names: list[str], owner: str, place: Place) -> None:
        listed = ", ".join(f"`{name}`" for name in names)
        title = f"{owner} needs {'a value' if len(names) == 1 else 'values'} for {listed}"
        has_values = place.at("values").pointer in place.document.map.values
        label = place.at("values").label() if has_values else place.label()
        hint = f"add {', '.join(f'{name}: …' for name in names)} to `values`"
        self.findings.note("RF206", title, label, hint=hint)


def _adhoc_place(name: str, in_path: tuple[str, ...], method: str) -> str:
    if name in in_path:
        return "path"
    if _HEADER_NAME.fullmatch(name):
        return "header"
    return "query" if method in _QUERY_METHODS else "body"


def _with_field(body: Value, name: str, value: Value) -> Value:
    fields: dict[str, Value] = {}
    if isinstance(body, ObjectValue):
        fields = dict(body.fields)
    elif isinstance(body, LiteralValue) and isinstance(body.value, dict):
        fields = {key: LiteralValue(item) for key, item in body.value.items()}
    fields[name] = value
    literals = {key: item.value for key, item in fields.items() if isinstance(item, LiteralValue)}
    return LiteralValue(literals) if len(literals) == len(fields) else ObjectValue(fields)


def _texts(url: Value) -> list[str]:
    return (
        [part for part in url.parts if isinstance(part, str)] if isinstance(url, TextValue) else []
    )


def _hops(follow: bool | int | None) -> int | None:
    if isinstance(follow, bool):
        return DEFAULT_HOPS if follow else 0
    return follow


def is_lone_expression(url: Value) -> bool:
    """Say whether *url* is one expression, which gives a whole URL."""
    return isinstance(url, PathExpression | CallExpression)


def literal_origin(url: Value) -> str | None:
    """Return the origin that *url* writes out, such as ``https://api.example:8443``, or None."""
    text = url.value if isinstance(url, LiteralValue) else (_texts(url) or [""])[0]
    starts_literal = isinstance(url, LiteralValue) or (
        isinstance(url, TextValue) and url.parts[0] == text
    )
    if not starts_literal or not isinstance(text, str) or "://" not in text:
        return None
    try:
        parts = urlsplit(text)
    except ValueError:  # reported where the URL is read, or by the request when it is half a text
        return None
    # The host must be whole within the text: in `https://{{ x }}.example` it is not.
    is_whole = isinstance(url, LiteralValue) or "/" in text.partition("://")[2]
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc and is_whole else None
