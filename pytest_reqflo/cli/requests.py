"""The request of a step as text, as far as it is known before the run. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import assert_never

from pytest_reqflo.artifact.model import (
    BasicAuth,
    BearerAuth,
    BytesBody,
    FormBody,
    JsonBody,
    MultipartBody,
    MultipartPart,
    RequestSpec,
    StepSpec,
    TextBody,
)
from pytest_reqflo.cli.filled import fill_value
from pytest_reqflo.cli.output import json_block, json_line
from pytest_reqflo.evidence.redact import Redactor
from pytest_reqflo.lang.expression import Value
from pytest_reqflo.plan.environments import find_service
from pytest_reqflo.plan.model import Plan
from pytest_reqflo.values import Json, printable

_PLACEHOLDER = re.compile(r"\{(?P<name>[^{}\s]+)\}")
_WHOLE_URL = re.compile(r"(https?://|\{\{)")


def step_lines(step: StepSpec, plan: Plan) -> Iterator[str]:
    """Yield the request of *step*: its first line, headers, cookies, body."""
    request = step.request
    yield printable(f"{step.id}: {request.method} {_url(request, plan)}")
    if step.when is not None:
        yield f"    only when {json_line(fill_value(step.when.value, plan))}" + _condition(
            step, plan
        )
    for name, value in _headers(request, plan).items():
        yield printable(f"    {name}: {_text(value)}")
    if request.cookies:
        pairs = (f"{name}={_text(fill_value(v, plan))}" for name, v in request.cookies.items())
        yield printable(f"    cookie: {'; '.join(pairs)}")
    for line in _body_lines(request, plan):
        yield f"    {line}"


def _condition(step: StepSpec, plan: Plan) -> str:
    when = step.when
    if when is None or when.operator is None:
        return ""
    expected = f" {json_line(fill_value(when.expected, plan))}" if when.expected else ""
    return f" {when.operator}{expected}"


def _url(request: RequestSpec, plan: Plan) -> str:
    params = {name: _text(fill_value(v, plan)) for name, v in request.path_params.items()}
    path = _text(fill_value(request.url, plan))
    path = _PLACEHOLDER.sub(lambda found: params.get(found["name"], found[0]), path)
    query = "&".join(_pairs(request.query, plan))
    base = "" if _WHOLE_URL.match(path) else _base_url(request, plan)
    return f"{base}{path}" + (f"?{query}" if query else "")


def _base_url(request: RequestSpec, plan: Plan) -> str:
    found = find_service(plan.environment, request.service)
    return Redactor().url(found[1].base_url).rstrip("/") if found else ""


def _pairs(fields: Mapping[str, Value], plan: Plan) -> Iterator[str]:
    """Yield ``name=value``; a list repeats its name, null is left out."""
    for name, field in fields.items():
        value = fill_value(field, plan)
        for item in value if isinstance(value, (list, tuple)) else [value]:
            if item is not None:
                yield f"{name}={_text(item)}"


def _headers(request: RequestSpec, plan: Plan) -> dict[str, Json]:
    found = find_service(plan.environment, request.service)
    removed = {name.lower() for name in request.removed_headers}
    own = {name.lower() for name in request.headers}
    inherited = found[1].headers if found else {}
    kept = {name: v for name, v in inherited.items() if name.lower() not in removed | own}
    filled = {name: fill_value(v, plan) for name, v in (*kept.items(), *request.headers.items())}
    match request.auth:
        case BearerAuth(token=token):
            filled["authorization"] = f"Bearer {_text(fill_value(token, plan))}"
        case BasicAuth(username=username, password=password):
            pair = f"{_text(fill_value(username, plan))}:{_text(fill_value(password, plan))}"
            filled["authorization"] = f"Basic base64({pair})"
        case None:
            pass
        case _:
            assert_never(request.auth)
    return {name: value for name, value in filled.items() if value is not None}


def _body_lines(request: RequestSpec, plan: Plan) -> Iterator[str]:
    match request.body:
        case None:
            return
        case JsonBody(value=value):
            yield from json_block(fill_value(value, plan))
        case FormBody(fields=fields):
            yield printable("&".join(_pairs(fields, plan)))
        case TextBody(text=text):
            yield from printable(_text(fill_value(text, plan))).split("\n")
        case BytesBody(blob=blob, filename=filename):
            yield printable(f"({filename or 'bytes'}, sha256 {blob[:12]})")
        case MultipartBody(parts=parts):
            yield from (printable(f"part {part.name}: {_part(part, plan)}") for part in parts)
        case _:
            assert_never(request.body)


def _part(part: MultipartPart, plan: Plan) -> str:
    if part.value is not None:
        return _text(fill_value(part.value, plan))
    return f"({part.filename or 'file'}, sha256 {(part.blob or '')[:12]})"


def _text(value: Json) -> str:
    return value if isinstance(value, str) else json_line(value)
