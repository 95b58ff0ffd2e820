from __future__ import annotations

from pytest_reqflo.artifact.model import (
    Artifact,
    BasicAuth,
    BytesBody,
    ConditionSpec,
    FormBody,
    InputDeclaration,
    JsonBody,
    MultipartBody,
    MultipartPart,
    RequestSpec,
    StepSpec,
    TextBody,
    VariableDeclaration,
)
from pytest_reqflo.cli.filled import fill_value
from pytest_reqflo.cli.requests import step_lines
from pytest_reqflo.lang.template import parse_value
from pytest_reqflo.plan.model import EnvironmentSnapshot, RunRequest, Service
from pytest_reqflo.plan.planner import make_plan
from pytest_reqflo.result import RunIdentity
from pytest_reqflo.values import Digest


def value(data):
    return parse_value(data)[0]


def variable(name, source, **more):
    return VariableDeclaration(name=name, source=source, key=name, **more)


PLAN = make_plan(
    Artifact(
        journey_id="j",
        steps=(),
        inputs=(
            InputDeclaration(name="id", has_default=True, default=7),
            InputDeclaration(name="card", sensitive=True, has_default=True, default="4111-1111"),
            InputDeclaration(name="note", required=False),
            InputDeclaration(name="order", has_default=True, default={"lines": [1, 2]}),
        ),
        variables=(
            variable("key", "secret"),
            variable("token", "me"),
            variable("path", "value", value=value("/x/{{ steps.a.body.id }}/{{ inputs.id }}")),
            variable("derived", "value", value=value("{{ inputs.card | upper }}")),
        ),
    ),
    RunRequest(
        artifact=Digest("d"),
        identity=RunIdentity(run_id="", journey_id="j", journey_name="J", artifact="a"),
        environment="local",
        case="Happy path",
    ),
    EnvironmentSnapshot(
        name="local",
        values={"currency": "EUR"},
        services={
            "default": Service(
                base_url="http://user:pw@shop.test/v1/",
                headers={"x-key": value("{{ secrets.SHOP }}"), "x-gone": value("1")},
            )
        },
        me={"token": "t-123456"},
    ),
)


def test_what_is_known_is_filled_in_and_the_rest_stays_in_braces():
    cases = {
        "{{ inputs.id }}": 7,
        "n={{ inputs.id }}, {{ env.currency | lower }}": "n=7, eur",
        "{{ inputs.order.lines[1] }}": 2,
        "{{ inputs.order | json }}": '{"lines":[1,2]}',
        "{{ inputs.note | default('none') }}": "none",
        "{{ inputs.note }}": "{{ inputs.note }}",
        "{{ case.name }}": "Happy path",
        "{{ steps.a.body.id | default(1) }}": "{{ steps.a.body.id | default(1) }}",
        "{{ run.id }}/{{ uuid() }}": "{{ run.id }}/{{ uuid() }}",
        "{{ variables.path }}": "/x/{{ steps.a.body.id }}/7",
    }
    assert {text: fill_value(value(text), PLAN) for text in cases} == cases


def test_nothing_sensitive_is_filled_in():
    cases = {
        "Bearer {{ variables.key }}": "Bearer [secret:key]",
        "{{ secrets.OTHER | base64 }}": "[secret:OTHER]",
        "{{ inputs.card }}": "[sensitive:card]",
        "{{ inputs.card | lower }}": "[sensitive:card]",
        "{{ variables.derived }}": "[sensitive:derived]",
        "{{ variables.token }}": "[sensitive:token]",
        "{{ me.token }}": "[sensitive:me.token]",
    }
    assert {text: fill_value(value(text), PLAN) for text in cases} == cases


def lines(**request):
    when = request.pop("when", None)
    spec = RequestSpec(**{"method": "GET", "url": value("/orders"), **request})
    return list(step_lines(StepSpec(id="s", name="S", request=spec, when=when), PLAN))


def test_the_url_has_base_path_and_query_and_no_password():
    request = {
        "url": value("/orders/{id}/{more}"),
        "path_params": {"id": value("{{ inputs.id }}")},
        "query": {"tag": value(["a", "b"]), "none": value(None), "x": value("{{ uuid() }}")},
        "removed_headers": ("X-Gone", "x-key"),
    }
    (line,) = lines(**request)
    assert line.startswith("s: GET http://")
    assert line.endswith("@shop.test/v1/orders/7/{more}?tag=a&tag=b&x={{ uuid() }}")
    assert "pw" not in line


def test_a_url_of_its_own_gets_no_base():
    assert lines(url=value("{{ steps.a.body.next }}"))[0] == "s: GET {{ steps.a.body.next }}"


def test_headers_cookies_and_the_condition_are_shown():
    made = lines(
        headers={"X-Gone": value("2"), "a": value(["1", "2"])},
        cookies={"sid": value("{{ steps.a.cookies.sid }}")},
        auth=BasicAuth(username=value("ada"), password=value("{{ secrets.PW }}")),
        when=ConditionSpec(
            value=value("{{ inputs.id }}"), operator="greater_than", expected=value(3)
        ),
    )
    assert made[1:] == [
        "    only when 7 greater_than 3",
        "    x-key: [secret:SHOP]",
        "    X-Gone: 2",
        '    a: ["1", "2"]',
        "    authorization: Basic base64(ada:[secret:PW])",
        "    cookie: sid={{ steps.a.cookies.sid }}",
    ]


def test_every_kind_of_body_is_shown():
    digest = Digest("0123456789abcdef")
    bodies = [
        JsonBody(value=value({"id": "{{ inputs.id }}"})),
        FormBody(fields={"a": value([1, 2]), "b": value(None)}),
        TextBody(text=value("one\ntwo {{ inputs.id }}")),
        BytesBody(blob=digest, filename="logo.png"),
        MultipartBody(parts=(
            MultipartPart(name="a", value=value("x")),
            MultipartPart(name="f", blob=digest, filename="f.txt"),
        )),
    ]  # fmt: skip
    head = ("X-Gone", "X-Key")
    assert [lines(body=body, removed_headers=head)[1:] for body in bodies] == [
        ["    {", '      "id": 7', "    }"],
        ["    a=1&a=2"],
        ["    one", "    two 7"],
        ["    (logo.png, sha256 0123456789ab)"],
        ["    part a: x", "    part f: (f.txt, sha256 0123456789ab)"],
    ]
