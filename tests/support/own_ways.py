"""Journeys in which our own side is tempted to show a secret: by expecting, building, failing.

Each way gives the keys of one step; `ask` is its request when it needs no other. *value* is the
expression that holds the secret.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Step = dict[str, Any]


def ask(value: str, *checks: Step, url: str = "/quiet", **more: Any) -> Step:
    """Return a step that posts *value* and fails by *checks*."""
    request = {"method": "POST", "url": url, "json": {"value": value}}
    return {"request": request, "assertions": list(checks), **more}


def _check(type: str, **keys: Any) -> Step:
    return {"type": type, **keys}


def _path(operator: str, expected: Any, path: str = "$.value") -> Step:
    return _check("json_path", path=path, operator=operator, expected=expected)


def _get(url: str, **request: Any) -> Step:
    return {
        "request": {"method": "GET", "url": url, **request},
        "assertions": [_check("status_code", expected=299)],
    }


def _post(**request: Any) -> Step:
    return {
        "request": {"method": "POST", "url": "/echo/raw?from=body", **request},
        "assertions": [_check("status_code", expected=299), _check("body_equals", expected="x")],
    }


def _bare(value: str) -> str:
    """Return the expression in *value* without its braces."""
    return value.removeprefix("{{").removesuffix("}}").strip()


def _piped(value: str, pipe: str) -> str:
    return "{{ " + f"{_bare(value)} | {pipe}" + " }}"


_PIPES = ("json", "base64", "base64url", "urlencode", "upper", "lower", "trim", "string")

OWN_WAYS: dict[str, Callable[[str], Step]] = {
    "expected_body": lambda v: ask(v, _check("body_equals", expected=v)),
    "expected_contains": lambda v: ask(v, _check("body_contains", expected=f"key {v}")),
    "expected_pattern": lambda v: ask(v, _path("matches", v)),
    "expected_status": lambda v: ask(v, _check("status_code", expected=v)),
    "expected_header": lambda v: ask(v, _check("header", name="content-type", expected=v)),
    "expected_json": lambda v: ask(v, _path("equals", {"a": [v, {v: 1} if "{" not in v else v]})),
    "expected_in": lambda v: ask(v, _path("in", ["x", v])),
    "expected_greater": lambda v: ask(v, _path("greater_than", v)),
    "expected_length": lambda v: ask(v, _path("has_length", v)),
    "expected_type": lambda v: ask(v, _path("has_type", v)),
    "expected_start": lambda v: ask(v, _path("starts_with", v), _path("ends_with", v)),
    "expected_not": lambda v: ask(v, _path("not_contains", v), url="/echo/json_value"),
    "actual_against_pattern": lambda v: ask(v, _path("matches", "^[0-9]$"), url="/echo/json_value"),
    "actual_against_number": lambda v: ask(v, _path("less_than", 5), url="/echo/json_value"),
    "actual_of_many": lambda v: ask(v, _path("equals", [1], "$..*"), url="/echo/json_array"),
    "schema_of_value": lambda v: ask(
        v,
        _check("json_schema", schema={"properties": {"value": {"enum": ["a"], "maxLength": 3, "pattern": "^x$", "const": 7}}}),
        url="/echo/json_value",
    ),
    "schema_of_key": lambda v: ask(
        v,
        _check("json_schema", schema={"additionalProperties": False, "required": ["x"], "propertyNames": {"maxLength": 2}}),
        url="/echo/json_key",
    ),
    **{
        f"expected_{pipe}": (lambda v, pipe=pipe: ask(v, _check("body_equals", expected=_piped(v, pipe))))
        for pipe in _PIPES
    },
    "sent_base64": lambda v: _post(json={"value": _piped(v, "base64"), "also": _piped(v, "upper")}),
    "value_check": lambda v: ask(v, _check("value", value=f"<{v}>", operator="equals", expected="x")),
    "value_int": lambda v: ask(v, _check("value", value=_piped(v, "int"), operator="equals", expected=1)),
    "sent_int": lambda v: _post(json={"value": _piped(v, "int")}),
    "sent_number": lambda v: _post(json={"value": _piped(v, "number")}),
    "sent_boolean": lambda v: _post(json={"value": _piped(v, "boolean")}),
    "sent_first": lambda v: _post(json={"value": _piped(v, "first")}),
    "sent_form": lambda v: _post(form={"value": v, "token": f"x{v}"}),
    "sent_multipart": lambda v: _post(multipart=[{"name": "value", "value": v}]),
    "sent_text": lambda v: _post(text=f"key: {v}"),
    "sent_key": lambda v: _post(json={"outer": {"key": f"a {v} b {v}"}}),
    "sent_header": lambda v: _get("/quiet", headers={"X-Key": v, "X-Mixed": f"a {v}"}),
    "sent_bearer": lambda v: _get("/echo/raw?from=authorization", auth={"bearer": v}),
    "sent_password": lambda v: _get("/echo/raw?from=authorization", auth={"basic": {"username": "ada", "password": v}}),
    "sent_username": lambda v: _get("/echo/raw?from=authorization", auth={"basic": {"username": v, "password": "x"}}),
    "sent_cookie": lambda v: _get("/quiet", cookies={"sid": v}),
    "sent_query": lambda v: _get("/nowhere", query={"k": v, "list": ["a", v]}),
    "sent_path": lambda v: _get(f"/nowhere/{v}/x"),
    "sent_path_param": lambda v: _get("/nowhere/{id}", path_params={"id": v}),
    "url_is_it": lambda v: _get(v),
    "url_begins_with_it": lambda v: _get(f"{v}/orders"),
    "url_host": lambda v: _get(f"http://{v}.invalid/"),
    "url_port": lambda v: _get(f"http://127.0.0.1:{v}/"),
    "url_userinfo": lambda v: _get(f"http://ada:{v}@127.0.0.1/"),
    "foreign_origin": lambda v: _get(f"http://elsewhere.invalid/{v}"),
    "connection_refused": lambda v: {**_get(f"/x/{v}"), "service": "closed"},
    "name_not_found": lambda v: {**_get(f"/x/{v}"), "service": "nowhere"},
    "tls_failure": lambda v: {**_get(f"/x/{v}", headers={"X-Key": "k"}), "service": "tls"},
    "captured_part": lambda v: ask(
        v,
        _check("status_code", expected=299),
        url="/echo/json_value",
        outputs=[
            {"name": "part", "path": "body.value", "pattern": "^(.{14})"},
            {"name": "groups", "path": "body.value", "pattern": "(?P<head>.{12})(?P<tail>.{12})"},
        ],
    ),
    "captured_missing": lambda v: ask(
        v,
        url="/echo/json_key",
        outputs=[{"name": "a", "path": "body.nothing"}, {"name": "b", "path": "headers.nothing"}],
    ),
    "captured_cookie_missing": lambda v: ask(
        v, url="/echo/set_cookie", outputs=[{"name": "a", "path": "cookies.nothing"}]
    ),
    "captured_no_json": lambda v: ask(
        v, url="/echo/json_broken", outputs=[{"name": "a", "path": "body.value.x"}]
    ),
    "captured_through_text": lambda v: ask(
        v, url="/echo/json_value", outputs=[{"name": "a", "path": "body.value.deeper.still"}]
    ),
    "captured_pattern_missing": lambda v: ask(
        v, url="/echo/json_value", outputs=[{"name": "a", "path": "body", "pattern": "^nothing$"}]
    ),
    "captured_request": lambda v: ask(
        v, _check("status_code", expected=299), outputs=[{"name": "a", "path": "request.body.value"}]
    ),
    "polled": lambda v: {
        "request": {"method": "POST", "url": "/echo/json_value", "json": {"value": v}},
        "poll": {"until": [_path("equals", "never")], "every_s": 0.01, "timeout_s": 0.05},
    },
    "poll_stopped": lambda v: {
        "request": {"method": "POST", "url": "/echo/json_value", "json": {"value": v}},
        "poll": {
            "until": [_path("equals", "never")],
            "stop_on": [_path("equals", v)],
            "every_s": 0.01,
            "timeout_s": 0.05,
        },
    },
    "retried": lambda v: ask(
        v, _path("equals", "x"), url="/echo/error_500", retry={"count": 2, "delay_s": 0.01}
    ),
    "soft": lambda v: ask(v, _check("body_contains", expected=v, soft=True), url="/quiet"),
    "soft_actual": lambda v: ask(
        v, _check("json_path", path="$.value", expected="x", soft=True), url="/echo/json_value"
    ),
    "no_check": lambda v: ask(v, url="/echo/error_500"),
    "passed": lambda v: ask(v, _path("equals", v), url="/echo/json_value"),
}  # fmt: skip
