"""T9, URL injection: a value fills its place in the URL and changes nothing around it."""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote

import pytest
from field import Field, field_fixture, problem_of  # noqa: F401
from servers import ScriptedServer, json_reply

VALUES = [
    "a/b", "../admin", "a/../../admin", "..%2fadmin", "%2e%2e", "%2e%2e%2fadmin", "..\\admin",
    "?admin=1", "#top", "&admin=1", "a&b=c", ";admin=1", "a=b", "+", " ", "a b", "\t", "\r\nX-Evil: 1",
    "%0d%0aX-Evil: 1", "\0", "%00", "\x7f", "ä", "💥", "@evil", ":80", "//evil", "http://evil/",
    "{id}", "{{ secrets.KEY }}", "...", ".a", "a.", "\u202e", "*", "'", '"', "<b>", "|",
]  # fmt: skip
SHAPES = {
    "placeholder": ('url: "/x/{id}/y", path_params: {id: "{{ inputs.v }}"}', "/x/{}/y"),
    "expression": ('url: "/x/{{ inputs.v }}/y"', "/x/{}/y"),
    "last": ('url: "/x/{{ inputs.v }}"', "/x/{}"),
    "piece": ('url: "/x/a-{{ inputs.v }}-b/y"', "/x/a-{}-b/y"),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_value_is_one_segment_of_the_path(field: Field, shape: str) -> None:
    request, path = SHAPES[shape]
    with ScriptedServer(lambda request, connection: json_reply({})) as server:
        field.environment(f'api: {{base_url: "{server.url}"}}')
        for value in VALUES:
            result = field.run(
                f"- {{id: a, request: {{method: GET, {request}}}}}",
                head="inputs: [{name: v}]",
                given={"v": value},
            )
            assert result.outcome == "passed", (value, problem_of(result))

    assert [unquote(each.target) for each in server.requests] == [
        path.replace("{}", value) for value in VALUES
    ]
    count = path.count("/")
    assert {each.target.count("/") for each in server.requests} == {count}
    assert {mark for each in server.requests for mark in "?#;&" if mark in each.target} == set()
    assert {len(each.headers) for each in server.requests} == {4}


@pytest.mark.parametrize(
    "request_",
    [
        'url: "/x?v={{ inputs.v }}&z=1"',
        'url: "/x", query: {v: "{{ inputs.v }}", z: 1}',
        'url: "/x?v={{ inputs.v }}", query: {z: 1}',
    ],
)
def test_a_value_is_one_value_of_the_query(field: Field, request_: str) -> None:
    with ScriptedServer(lambda request, connection: json_reply({})) as server:
        field.environment(f'api: {{base_url: "{server.url}"}}')
        for value in VALUES:
            field.run(
                f"- {{id: a, request: {{method: GET, {request_}}}}}",
                head="inputs: [{name: v}]",
                given={"v": value},
            )

    read = [parse_qsl(each.query, keep_blank_values=True) for each in server.requests]
    assert read == [[("v", value), ("z", "1")] for value in VALUES]


CLIMBING = [
    ('url: "/x/{{ inputs.v }}/y"', {"v": ".."}),
    ('url: "/x/{{ inputs.v }}/y"', {"v": "."}),
    ('url: "/x/{{ inputs.v }}"', {"v": ".."}),
    ('url: "/x/{{ inputs.v }}?q=1"', {"v": ".."}),
    ('url: "/x/.{{ inputs.v }}/y"', {"v": "."}),
    ('url: "/x/{{ inputs.v }}{{ inputs.w }}/y"', {"v": ".", "w": "."}),
    ('url: "/x/%2e{{ inputs.v }}/y"', {"v": "."}),
    ('url: "/x/{{ inputs.v }};p=1/y"', {"v": ".."}),
    ('url: "/x/{{ inputs.v }}/y"', {"v": "..;p=1"}),
    ('url: "/x/{id}/y", path_params: {id: "{{ inputs.v }}"}', {"v": ".."}),
    ('url: "/x/{{ inputs.v }}/y"', {"v": ""}),
    ('url: "/x/{{ inputs.v }}"', {"v": ""}),
    ('url: "/x/{id}", path_params: {id: "{{ inputs.v }}"}', {"v": ""}),
    ('url: "/x/{{ inputs.v }}"', {"v": "\ud800"}),
    ('url: "/x", query: {q: "{{ inputs.v }}"}', {"v": "\ud800"}),
]


@pytest.mark.parametrize(("request_", "given"), CLIMBING, ids=ascii)
def test_a_value_cannot_climb_or_vanish(field: Field, request_: str, given: dict[str, str]) -> None:
    with ScriptedServer(lambda request, connection: json_reply({})) as server:
        field.environment(f'api: {{base_url: "{server.url}"}}')
        result = field.run(
            f"- {{id: a, request: {{method: GET, {request_}}}}}",
            head='inputs: [{name: v}, {name: w, default: ""}]',
            given=given,
        )

    assert (problem_of(result).code, problem_of(result).pointer) == ("RF405", "/steps/0")
    assert server.connections == 0


def test_a_value_of_an_answer_is_treated_alike(field: Field) -> None:
    with ScriptedServer(lambda request, connection: json_reply({"id": "../admin?x=1#y"})) as server:
        field.environment(f'api: {{base_url: "{server.url}"}}')
        field.run("""
            - {id: a, template: GET /a}
            - {id: b, template: "DELETE /items/{id}", values: {id: "{{ steps.a.body.id }}"}}
        """)

    assert server.requests[1].line == "DELETE /items/..%2Fadmin%3Fx%3D1%23y"
