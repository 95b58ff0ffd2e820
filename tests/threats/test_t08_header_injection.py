"""T8, header injection: a value stays in its header, and no header that frames a message is set."""

from __future__ import annotations

import json

import pytest
from field import Field, field_fixture, problem_of  # noqa: F401
from servers import ScriptedServer, json_reply, reply

CARRIERS = {
    "header `x-own`": 'headers: {x-own: "{{ inputs.v }}"}',
    "header `x-text`": 'headers: {x-text: "a {{ inputs.v }} b"}',
    "header `x-list`": 'headers: {x-list: ["a", "{{ inputs.v }}"]}',
    "header `Authorization`": 'auth: {bearer: "{{ inputs.v }}"}',
    "cookie `sid`": 'cookies: {sid: "{{ inputs.v }}"}',
}
BAD = [
    "a\r\nX-Evil: 1",
    "a\nb",
    "a\rb",
    "a\0b",
    "a\x1b[31mb",
    "a\x7fb",
    "a\x0bb",
    "日本",
    "a\ud800b",
]


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize("value", BAD, ids=ascii)
def test_a_value_cannot_leave_its_header(field: Field, carrier: str, value: str) -> None:
    with ScriptedServer(lambda request, connection: reply()) as server:
        field.environment(f'api: {{base_url: "{server.url}"}}')
        result = field.run(
            f"- {{id: pay, request: {{method: GET, url: /a, {CARRIERS[carrier]}}}}}",
            head="inputs: [{name: v}]",
            given={"v": value},
        )

    problem = problem_of(result)
    assert (problem.code, problem.pointer) == ("RF405", "/steps/0")
    assert carrier in problem.message
    assert value not in problem.message
    assert server.connections == 0


def test_a_value_of_an_answer_cannot_leave_its_header(field: Field) -> None:
    answer = json_reply(
        {"id": "1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /evil HTTP/1.1"}
    )
    with ScriptedServer(lambda request, connection: answer) as server:
        field.environment(f'api: {{base_url: "{server.url}"}}')
        result = field.run("""
            - {id: a, template: GET /a}
            - {id: b, request: {method: GET, url: /b, headers: {x-id: "{{ steps.a.body.id }}"}}}
        """)

    assert problem_of(result).message == "the value of header `x-id` holds a line break"
    assert [request.line for request in server.requests] == ["GET /a"]


@pytest.mark.parametrize(
    "name",
    [
        "Host", "host", "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Upgrade",
        "Expect", "Trailer", "TE", "HTTP2-Settings", "Proxy-Authorization", "Proxy-Connection",
        "a b", "a:b", "a\\r\\nb", "ä", "", "a\\0", "(a)",
    ],
)  # fmt: skip
def test_a_name_that_is_none_or_is_not_the_authors_is_found_at_collection(
    field: Field, name: str
) -> None:
    headers = f'headers: {{"{name}": x}}'
    places = {
        f"- {{id: a, request: {{method: GET, url: /a, {headers}}}}}": "",
        "- {id: a, template: GET /a}": f"settings: {{request: {{{headers}}}}}",
        "- {id: a, template: Ask}": "",
    }
    field.write(
        "templates/ask.yaml", f"template: {{name: Ask, method: GET, url: /ask, {headers}}}\n"
    )
    for steps, head in places.items():
        found = field.problems(steps, head=head)
        assert [problem[:5] for problem in found] == ["RF107"], found


@pytest.mark.parametrize("name", ["host", "Transfer-Encoding", "a b"])
def test_a_service_cannot_set_them_either(field: Field, name: str) -> None:
    from pytest_reqflo.errors import RunCheckError

    field.environment(f'api: {{base_url: "http://127.0.0.1:1", headers: {{"{name}": x}}}}')
    with pytest.raises(RunCheckError, match=f"header `{name}` of service"):
        field.run("- {id: a, template: GET /a}")


@pytest.mark.parametrize(
    "method", ["get", "GET /x HTTP/1.1", "G\\r\\nX", "CONNECT", "G\\0", "GÉT", "", "GET\\n"]
)
def test_a_method_is_a_token(field: Field, method: str) -> None:
    found = field.problems(f'- {{id: a, request: {{method: "{method}", url: /a}}}}')
    assert [problem[:3] for problem in found] in (["RF1"], ["RF2"])


def test_names_of_parts_cannot_leave_their_line(field: Field) -> None:
    field.write("file.txt", "content")
    parts = r"""[
        {name: "a\"; filename=\"x", value: "1"},
        {name: "b\r\nX-Evil: 1", value: "2"},
        {name: c, file: file.txt, filename: "\"\r\n\r\nevil"},
        {name: d, value: "{{ inputs.v }}"},
    ]"""
    with ScriptedServer(lambda request, connection: reply()) as server:
        field.environment(f'api: {{base_url: "{server.url}"}}')
        result = field.run(
            f"- {{id: a, request: {{method: POST, url: /a, multipart: {parts}}}}}",
            head="inputs: [{name: v}]",
            given={"v": '\r\n--x\r\nContent-Disposition: form-data; name="evil"\r\n\r\n1'},
        )

    assert result.outcome == "passed"
    [request] = server.requests
    boundary = request.header("content-type").partition("boundary=")[2]
    pieces = request.body.decode().split(f"--{boundary}")[1:-1]
    heads = [piece.strip("\r\n").partition("\r\n\r\n")[0] for piece in pieces]
    assert heads == [
        'Content-Disposition: form-data; name="a%22; filename=%22x"',
        'Content-Disposition: form-data; name="b%0D%0AX-Evil: 1"',
        'Content-Disposition: form-data; name="c"; filename="%22%0D%0A%0D%0Aevil"\r\n'
        "Content-Type: application/octet-stream",
        'Content-Disposition: form-data; name="d"',
    ]


@pytest.mark.parametrize("name", ["a=b", "a;b", "a b", "a\\r\\nb", "a,b", ""])
def test_a_cookie_name_is_a_token(field: Field, name: str) -> None:
    with ScriptedServer(lambda request, connection: reply()) as server:
        field.environment(f'api: {{base_url: "{server.url}"}}')
        result = field.run(
            f'- {{id: a, request: {{method: GET, url: /a, cookies: {{"{name}": x}}}}}}'
        )

    assert problem_of(result).code == "RF405"
    assert server.connections == 0


@pytest.mark.parametrize("value", ["a;b=c", "a,b", "a b", "a\r\nb", "ä"])
def test_a_cookie_value_stays_one_cookie(field: Field, value: str) -> None:
    with ScriptedServer(lambda request, connection: reply()) as server:
        field.environment(f'api: {{base_url: "{server.url}"}}')
        result = field.run(
            '- {id: a, request: {method: GET, url: /a, cookies: {sid: "{{ inputs.v }}"}}}',
            head="inputs: [{name: v}]",
            given={"v": value},
        )

    assert problem_of(result).code == "RF405"
    assert value not in json.dumps(problem_of(result).message)
    assert server.connections == 0


def test_a_user_name_cannot_take_over_the_password(field: Field) -> None:
    with ScriptedServer(lambda request, connection: reply()) as server:
        field.environment(f'api: {{base_url: "{server.url}"}}')
        result = field.run(
            '- {id: a, request: {method: GET, url: /a, auth: {basic: {username: "{{ inputs.v }}", password: pass-word}}}}',
            head="inputs: [{name: v}]",
            given={"v": "ada:other"},
        )

    assert problem_of(result).message == "the user name of basic authentication holds a colon"
    assert server.connections == 0
