"""What is known of a request before its values are: it never changes what is sent, or refused."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import journeys as make
import pytest

from pytest_reqflo.artifact.model import (
    BasicAuth,
    BearerAuth,
    JsonBody,
    MultipartBody,
    MultipartPart,
    TextBody,
)
from pytest_reqflo.lang.expression import ListValue, ObjectValue
from pytest_reqflo.plan.model import EnvironmentSnapshot, Service
from pytest_reqflo.run import wire
from pytest_reqflo.run.request_kit import find_kit

NAMES = {"id": "a b", "none": None, "two": ["x", "y"], "pin": "4711", "bad": "a\nb"}
SERVICE = {
    "Authorization": "Bearer {{ secrets.KEY }}",
    "X-Shop": "1",
    "User-Agent": "{{ inputs.id }}",
    "Cookie": "a=b",
}


def attempt(request: Any, headers: Any, base_url: str, **fields: Any) -> Any:
    service = Service(base_url=base_url, headers=make.values(headers))
    spec = make.step("a", request=request, **fields)
    names = {name: make.resolved(name, value) for name, value in NAMES.items()}
    names["card"] = make.resolved("card", "4111-1111", sensitive=True)
    environment = EnvironmentSnapshot(name="local", services={"shop": service})
    plan = make.plan(spec, names=names, environment=environment)
    tried = make.attempt(spec, plan_=plan, secrets={"KEY": "s3cr3t-value"})
    problems = [problem.message for problem in tried.result.problems]
    return tried.send, problems, tried.result.values_used


def bare(step: Any, environment: Any) -> Any:
    """Return a kit that knows nothing but the service."""
    kit = find_kit(step, environment)
    return replace(
        kit, url="", is_at_home=False, own=None, has_own_authority=False, slots=None, closed=None
    )


@pytest.mark.parametrize(
    "base_url", ["http://shop.test", "http://shop.test/v1/", "shop.test", "", "/"]
)
@pytest.mark.parametrize("headers", [{}, SERVICE, {"X-Two": "{{ inputs.two }}"}])
@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"url": "orders"},
        {"url": "/orders/{id}", "path_params": {"id": "{{ inputs.id }}"}},
        {"url": "/orders/{{ inputs.id }}", "query": {"q": "{{ inputs.two }}"}},
        {"url": "http://other.test/x"},
        {"url": "{{ inputs.id }}"},
        {"headers": {"x-a": "1", "X-B": "b {{ inputs.card }}", "x-c": "{{ inputs.two }}"}},
        {"headers": {"x-a": " {{ inputs.id }} ", "accept": "a/b", "cookie": "c=d"}},
        {"headers": {"x-none": "{{ inputs.none }}"}},
        {"headers": {"x-a": "{{ inputs.bad }}!"}},
        {"headers": {"x-a": "a\nb"}},
        {"headers": {"x-n": 1, "host": "x"}},
        {"headers": {"x-a": "\u20ac"}},
        {"headers": {"authorization": "mine"}, "auth": BearerAuth(token=make.value("t"))},
        {"auth": BearerAuth(token=make.value("{{ secrets.KEY }}"))},
        {"auth": BasicAuth(username=make.value("me"), password=make.value("{{ inputs.card }}"))},
        {"removed_headers": ("accept", "X-Shop", "content-type")},
        {"body": TextBody(text=make.value("x"))},
        {"body": JsonBody(value=make.value({"a": "{{ inputs.id }}"})), "method": "POST"},
        {"body": MultipartBody(parts=(MultipartPart(name="a", value=make.value("b")),))},
    ],
)  # fmt: skip
@pytest.mark.parametrize("in_flight", [None, "repeat_with_key"])
def test_a_kit_changes_nothing_of_what_is_sent(monkeypatch, base_url, headers, fields, in_flight):
    request = make.request(**fields)
    seen = attempt(request, headers, base_url, in_flight=in_flight)
    monkeypatch.setattr(wire, "find_kit", bare)
    assert seen == attempt(request, headers, base_url, in_flight=in_flight)


# --- the text of a JSON body ---------------------------------------------------------------------


def test_a_body_of_empty_parts_is_json_too() -> None:
    """Compiling makes literals of them; an artifact may come from elsewhere."""
    parts = ObjectValue(
        {"a": ObjectValue({}), "l": ListValue(()), "m": ListValue((ListValue(()),))}
    )
    request = make.request(method="POST", body=JsonBody(value=parts))
    send, problems, _ = attempt(request, {}, "http://shop.test")
    assert not problems
    assert send.request.body == b'{"a":{},"l":[],"m":[[]]}'


@pytest.mark.parametrize(
    "data",
    [
        {"a": "{{ inputs.id }}", "b": [1, "{{ inputs.two }}", {"c": "x{{ inputs.id }}", "d": {}}]},
        ["{{ inputs.none }}", True, None, 1.5, "€ \" \\ / \x7f", "{{ inputs.pin }}"],
        {"\"k\n€": "{{ inputs.id | json }}", "n": {"/~": "{{ random_hex(8) }}"}},
        "{{ inputs.two }}",
        {"half": "\ud83d {{ inputs.id }}", "whole": "😀 \x7f", "v": "{{ inputs.id }}"},
    ],
)  # fmt: skip
def test_a_json_body_is_the_json_of_its_rendered_value(data: Any) -> None:
    body = JsonBody(value=make.value(data))
    wrapped = JsonBody(value=make.value([data]))
    request = make.request(method="POST", body=body)
    send, problems, uses = attempt(request, {}, "http://shop.test")
    assert not problems
    written = json.loads(send.request.body)
    again, _, _ = attempt(replace(request, body=wrapped), {}, "http://shop.test")
    listed = json.loads(again.request.body)
    if "random_hex" not in str(data):
        assert listed == [written]
    is_half = "\ud83d" in json.dumps(data, ensure_ascii=False)
    compact = json.dumps(written, ensure_ascii=is_half, separators=(",", ":"))
    assert send.request.body == compact.encode()
    assert len(uses) == len({use.expression for use in uses})
