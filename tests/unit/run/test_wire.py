"""What a step sends: URL, headers, bodies, cookies, and what it refuses to send."""

from __future__ import annotations

import base64

import journeys as make
import pytest

from pytest_reqflo.artifact.model import (
    BasicAuth,
    BearerAuth,
    BytesBody,
    FormBody,
    JsonBody,
    MultipartBody,
    MultipartPart,
    TextBody,
)
from pytest_reqflo.plan.model import EnvironmentSnapshot, Service
from pytest_reqflo.result import Problem
from pytest_reqflo.run.cookies import CookieJars
from pytest_reqflo.run.effects import Captured, OriginTls, Send, WireRequest
from pytest_reqflo.run.headers import user_agent
from pytest_reqflo.values import Digest

DEFAULTS = (("User-Agent", user_agent()), ("Accept", "*/*"))


def sent(url: str = "/orders", names=None, *, captured=None, secrets=None, environment=None,
         blobs=None, **fields) -> Send:  # fmt: skip
    spec = make.step("a", request=make.request(url, **fields))
    named = {name: make.resolved(name, data) for name, data in (names or {}).items()}
    plan = make.plan(spec, names=named, environment=environment)
    tried = make.attempt(spec, plan_=plan, captured=captured or {}, secrets=secrets, blobs=blobs)
    assert tried.send is not None, tried.result.problems
    return tried.send


def refused(url: str = "/orders", names=None, **fields) -> str:
    spec = make.step("a", request=make.request(url, **fields))
    named = {name: make.resolved(name, data) for name, data in (names or {}).items()}
    tried = make.attempt(spec, plan_=make.plan(spec, names=named))
    assert tried.send is None
    assert not tried.done.is_retryable
    [problem] = tried.result.problems
    assert (problem.code, problem.pointer) == ("RF405", "/steps/0")
    return problem.message


def test_the_whole_send_of_a_plain_step() -> None:
    assert sent() == Send(
        request=WireRequest(method="GET", url="http://shop.test/orders", headers=DEFAULTS),
        jars=CookieJars(),
        timeout_s=30.0,
        allowed_origins=("http://shop.test",),
        tls=(OriginTls(url="http://shop.test"),),
    )


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/orders", "http://shop.test/orders"),
        ("orders", "http://shop.test/orders"),
        ("", "http://shop.test"),
        ("?page=2", "http://shop.test?page=2"),
        ("//elsewhere.test/x", "http://shop.test//elsewhere.test/x"),
        ("https://other.test/x", "https://other.test/x"),
        ("/orders/{{ inputs.id }}", "http://shop.test/orders/a%2Fb%20%3F%23%25"),
        ("/orders/{{ inputs.id }}/lines", "http://shop.test/orders/a%2Fb%20%3F%23%25/lines"),
        ("/orders?id={{ inputs.id }}", "http://shop.test/orders?id=a%2Fb%20%3F%23%25"),
        ("{{ inputs.link }}", "https://other.test/a?b=c"),
        ("{{ inputs.base }}/x/{{ inputs.id }}", "https://other.test/x/a%2Fb%20%3F%23%25"),
        ("{{ inputs.path }}", "http://shop.test/orders/1?x=2"),
    ],
)
def test_a_url_is_joined_to_the_base_and_values_are_encoded_whole(url: str, expected: str) -> None:
    names = {
        "id": "a/b ?#%",
        "link": "https://other.test/a?b=c",
        "base": "https://other.test",
        "path": "/orders/1?x=2",
    }
    assert sent(url, names).request.url == expected


def test_placeholders_are_filled_in_literal_parts_only() -> None:
    names = {"id": "{other}"}
    params = {"id": "{{ inputs.id }}", "other": "never"}
    url = sent("/orders/{id}/x-{id}", names, path_params=params).request.url
    assert url == "http://shop.test/orders/%7Bother%7D/x-%7Bother%7D"


@pytest.mark.parametrize("bad", [".", ".."])
def test_a_value_cannot_climb_the_path(bad: str) -> None:
    message = "a value makes `.` or `..` a segment of the path"
    assert refused("/o/{id}", {"id": bad}, path_params={"id": "{{ inputs.id }}"}) == message
    assert refused("/o/{{ inputs.id }}/x", {"id": bad}) == message
    assert refused("/o/{{ inputs.id }}?x=1", {"id": bad}) == message
    assert refused("/o/.{{ inputs.id }}", {"id": "."}) == message


def test_an_escaped_dot_in_a_value_is_text() -> None:
    assert sent("/o/{{ inputs.id }}", {"id": "%2e%2e"}).request.url.endswith("/o/%252e%252e")


def test_an_empty_value_cannot_name_another_resource() -> None:
    message = "a value of the path is empty, so the URL would name something else"
    assert refused("/orders/{{ inputs.id }}", {"id": ""}) == message
    assert sent("/orders?id={{ inputs.id }}", {"id": ""}).request.url.endswith("/orders?id=")


def test_a_placeholder_without_a_value_is_refused() -> None:
    assert refused("/orders/{id}") == "the placeholder `{id}` of the URL has no value"


def test_query_lists_repeat_and_null_is_left_out() -> None:
    query = {"tag": "{{ inputs.tags }}", "none": None, "page": 1, "deep": True, "a b": "ü&="}
    url = sent("/orders", {"tags": ["new", "2nd"]}, query=query).request.url
    assert url == "http://shop.test/orders?tag=new&tag=2nd&page=1&deep=true&a%20b=%C3%BC%26%3D"
    assert sent("/orders?x=1", query={"y": 2}).request.url == "http://shop.test/orders?x=1&y=2"


def test_an_object_in_a_query_is_refused_with_its_place() -> None:
    assert refused("/orders", {"f": {"a": 1}}, query={"f": "{{ inputs.f }}"}) == (
        "query parameter `f`: an object cannot become text by itself; write `| json`"
    )


def test_a_link_of_an_answer_is_joined_to_the_url_that_it_came_from() -> None:
    captured = {
        "list": {
            "body.next": Captured(value="/v2/orders?page=2"),
            "url": Captured(value="http://shop.test/v2/orders"),
        }
    }
    environment = EnvironmentSnapshot(
        name="local", services={"shop": Service(base_url="http://shop.test/v2")}
    )
    send = sent("{{ steps.list.body.next }}", captured=captured, environment=environment)
    assert send.request.url == "http://shop.test/v2/orders?page=2"


def test_a_step_keeps_its_url_when_a_later_url_is_its_link() -> None:
    first = make.step("list", outputs=(make.implicit("body.next"),))
    second = make.step("next", "{{ steps.list.body.next }}")
    answer = make.response('{"next":"?page=2"}', url="http://shop.test/orders")
    tried = make.attempt(first, answer, plan_=make.plan(first, second))
    assert tried.done.captured == {
        "body.next": Captured(value="?page=2"),
        "url": Captured(value="http://shop.test/orders"),
    }


# --- headers -------------------------------------------------------------------------------------


def test_headers_of_the_service_lie_below_those_of_the_step() -> None:
    service = Service(
        base_url="http://shop.test",
        headers=make.values({"X-Team": "env", "x-region": "eu", "X-Gone": "env", "X-Null": "env"}),
    )
    environment = EnvironmentSnapshot(name="local", services={"shop": service})
    send = sent(
        headers={"x-team": "step", "X-Colour": ["red", "green"], "X-Null": None, "accept": "a/b"},
        removed_headers=("x-gone",),
        environment=environment,
    )
    assert send.request.headers == (
        ("x-team", "step"),
        ("X-Colour", "red"),
        ("X-Colour", "green"),
        ("accept", "a/b"),
        ("x-region", "eu"),
        ("User-Agent", user_agent()),
    )


def test_headers_of_a_service_go_to_its_origin_only() -> None:
    service = Service(
        base_url="http://shop.test", headers=make.values({"x-key": "{{ secrets.KEY }}"})
    )
    environment = EnvironmentSnapshot(name="local", services={"shop": service})
    secrets = {"KEY": "s3cr3t-value"}
    home = sent("/x", environment=environment, secrets=secrets)
    away = sent("http://cdn.test/x", environment=environment, secrets=secrets)
    assert ("x-key", "s3cr3t-value") in home.request.headers
    assert home.request.secret_headers == {"x-key"}
    assert away.request.headers == DEFAULTS


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("a\r\nx-admin: yes", "a line break"),
        ("a\nb", "a line break"),
        ("a\x00b", "a control character"),
        ("a\x7fb", "a control character"),
        ("snow ☃", "a character that headers cannot carry"),
        ("\ud800", "a character that headers cannot carry"),
    ],
)
def test_a_header_value_cannot_end_its_line(value: str, fault: str) -> None:
    message = refused("/x", {"v": value}, headers={"x-v": "{{ inputs.v }}"})
    assert message == f"the value of header `x-v` holds {fault}"


@pytest.mark.parametrize("name", ["Host", "content-length", "Transfer-Encoding", "Proxy-X", "TE"])
def test_headers_that_follow_from_the_request_cannot_be_set(name: str) -> None:
    why = "cannot be set: it follows from the request or belongs to the connection"
    assert refused(headers={name: "x"}) == f"header `{name}` {why}"


@pytest.mark.parametrize("name", ["a b", "a:b", "", "ä"])
def test_a_header_name_is_a_token(name: str) -> None:
    assert refused(headers={name: "x"}) == f"header `{name}` cannot be the name of a header"


def test_authentication_is_a_header_whose_value_is_hidden() -> None:
    basic = BasicAuth(username=make.value("ada"), password=make.value("{{ secrets.PASSWORD }}"))
    send = sent(auth=basic, secrets={"PASSWORD": "pass-word:ü"})
    encoded = base64.b64encode("ada:pass-word:ü".encode()).decode()
    assert send.request.headers == (("Authorization", f"Basic {encoded}"), *DEFAULTS)
    assert send.request.secret_headers == {"authorization"}
    bearer = BearerAuth(token=make.value("{{ inputs.token }}"))
    send = sent(names={"token": "t-1"}, auth=bearer)
    assert send.request.headers[0] == ("Authorization", "Bearer t-1")


def test_a_header_of_the_author_stands_above_auth() -> None:
    bearer = BearerAuth(token=make.value("t"))
    send = sent(auth=bearer, headers={"authorization": "Custom 1"})
    assert send.request.headers == (("authorization", "Custom 1"), *DEFAULTS)


def test_cookies_of_the_request_are_checked_and_passed_on() -> None:
    assert sent(cookies={"sid": "{{ inputs.sid }}", "n": 1}, names={"sid": "x-1"}).cookies == (
        ("sid", "x-1"), ("n", "1"),
    )  # fmt: skip
    assert refused("/x", {"sid": "a; b=c"}, cookies={"sid": "{{ inputs.sid }}"}) == (
        "the value of cookie `sid` holds a character that cookies cannot carry"
    )


def test_a_repeated_key_names_run_step_and_try() -> None:
    spec = make.step("pay", request=make.request(method="POST"), in_flight="repeat_with_key")
    tried = make.attempt(spec, number=2)
    assert ("Idempotency-Key", "run1:pay#2") in tried.request.headers


# --- bodies --------------------------------------------------------------------------------------


def body_of(body, names=None, **fields) -> tuple[bytes | None, str]:
    send = sent(method="POST", body=body, names=names, **fields)
    headers = dict(send.request.headers)
    return send.request.body, headers.get("Content-Type", "")


def test_a_json_body_keeps_types_and_reveals_secrets_on_the_wire_only() -> None:
    data = {"id": "{{ inputs.n }}", "key": "{{ secrets.KEY }}", "text": "ü", "none": None}
    body = JsonBody(value=make.value(data))
    assert body_of(body, {"n": 1.5}, secrets={"KEY": "s3cr3t"}) == (
        '{"id":1.5,"key":"s3cr3t","text":"ü","none":null}'.encode(),
        "application/json",
    )


def test_half_a_surrogate_pair_can_be_sent_as_json_and_as_nothing_else() -> None:
    names = {"x": "\ud800"}
    assert body_of(JsonBody(value=make.value("{{ inputs.x }}")), names)[0] == b'"\\ud800"'
    text = TextBody(text=make.value("{{ inputs.x }}"))
    message = "holds half of a surrogate pair, which has no bytes"
    assert refused("/x", names, method="POST", body=text) == f"the body {message}"
    form = FormBody(fields=make.values({"f": "{{ inputs.x }}"}))
    assert refused("/x", names, method="POST", body=form) == f"form field `f` {message}"


def test_a_form_repeats_lists_and_leaves_null_out() -> None:
    fields = make.values({"a": ["1", "2"], "b": None, "c": "x y&ü", "d": True})
    assert body_of(FormBody(fields=fields)) == (
        b"a=1&a=2&c=x+y%26%C3%BC&d=true",
        "application/x-www-form-urlencoded",
    )


def test_a_multipart_body_holds_its_parts_in_order_with_a_boundary_of_the_seed() -> None:
    digest = Digest("d" * 64)
    body = MultipartBody(
        parts=(
            MultipartPart(name="note", value=make.value("hello")),
            MultipartPart(name='we"ird', value=make.value({"a": 1})),
            MultipartPart(name="file", blob=digest, filename="a.png"),
            MultipartPart(name="file", blob=digest, filename="b", content_type="x/y"),
        )
    )
    content, content_type = body_of(body, blobs={digest: b"\x89PNG"})
    boundary = content_type.removeprefix("multipart/form-data; boundary=")
    assert len(boundary) == 32
    assert content == (
        f"--{boundary}\r\n"
        'Content-Disposition: form-data; name="note"\r\n\r\nhello\r\n'
        f"--{boundary}\r\n"
        'Content-Disposition: form-data; name="we%22ird"\r\n'
        'Content-Type: application/json\r\n\r\n{"a":1}\r\n'
        f"--{boundary}\r\n"
        'Content-Disposition: form-data; name="file"; filename="a.png"\r\n'
        "Content-Type: image/png\r\n\r\n"
    ).encode() + b"\x89PNG\r\n" + (
        f"--{boundary}\r\n"
        'Content-Disposition: form-data; name="file"; filename="b"\r\n'
        "Content-Type: x/y\r\n\r\n"
    ).encode() + b"\x89PNG\r\n" + f"--{boundary}--\r\n".encode()  # fmt: skip
    assert body_of(body, blobs={digest: b"\x89PNG"}) == (content, content_type)


def test_text_and_files_have_types_that_the_author_may_replace() -> None:
    assert body_of(TextBody(text=make.value("ü"))) == ("ü".encode(), "text/plain; charset=utf-8")
    digest = Digest("d" * 64)
    body = BytesBody(blob=digest)
    assert body_of(body, blobs={digest: b"\0"}) == (b"\0", "application/octet-stream")
    send = sent(method="POST", body=body, blobs={digest: b"\0"}, headers={"content-type": "x/y"})
    assert send.request.headers == (("content-type", "x/y"), *DEFAULTS)


# --- deadline, redirects, TLS --------------------------------------------------------------------


def test_step_stands_above_service_and_the_budget_above_both() -> None:
    service = Service(
        base_url="http://shop.test", timeout_s=9.0, follow_redirects=2, verify_tls=False,
        ca_file="/ca.pem",
    )  # fmt: skip
    environment = EnvironmentSnapshot(name="local", services={"shop": service})
    plain = sent(environment=environment)
    assert (plain.timeout_s, plain.follow_redirects) == (9.0, 2)
    assert (plain.verify_tls, plain.ca_file) == (False, "/ca.pem")
    own = sent(environment=environment, timeout_s=3.0, follow_redirects=0, jar=None)
    assert (own.timeout_s, own.follow_redirects, own.jar) == (3.0, 0, None)
    tried = make.attempt(make.step("a"), budget_s=1.5)
    assert tried.send is not None
    assert tried.send.timeout_s == 1.5


def test_a_missing_value_is_a_problem_of_its_own() -> None:
    spec = make.step("a", "/x/{{ row.key }}")
    tried = make.attempt(spec)
    assert tried.effects == ["Draw"]
    assert tried.result.outcome == "error"
    assert tried.result.problems == (
        Problem(
            code="RF405",
            category="values",
            message="`row.key` does not exist; `row` has no keys",
            pointer="/steps/0",
        ),
    )


def test_functions_are_drawn_per_place_and_equal_in_every_try() -> None:
    body = JsonBody(value=make.value({"a": "{{ uuid() }}", "b": "{{ uuid() }}"}))
    spec = make.step("a", request=make.request(method="POST", body=body))
    first, second = make.attempt(spec), make.attempt(spec, number=2)
    assert first.request.body == second.request.body
    assert len(set(first.request.body.decode().split('"'))) > 6


def test_now_is_the_first_start_of_the_step() -> None:
    spec = make.step("a", "/x?t={{ now() }}")
    assert make.attempt(spec).request.url.endswith("t=2026-01-02T03%3A04%3A06Z")
    retried = make.attempt(spec, number=2, first_started_at="2026-01-02T03:00:00.000000Z")
    assert retried.request.url.endswith("t=2026-01-02T03%3A00%3A00Z")
