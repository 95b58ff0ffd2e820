"""T1, requests to hosts that nobody allowed: the parsed origin is checked before anything connects.

Names are not looked up for the check: what an allowed name resolves to is the environment's affair.
"""

from __future__ import annotations

import json

import pytest
from field import Field, field_fixture, problem_of  # noqa: F401
from servers import ScriptedServer, json_reply, redirect_to, reply

# `{p}` is the port of the allowed server, which is called http://127.0.0.1:{p}; `{q}` that of another.
REFUSED = [
    "http://127.0.0.1:{q}/",
    "http://localhost:{p}/",
    "http://127.1:{p}/",
    "http://2130706433:{p}/",
    "http://017700000001:{p}/",
    "http://0x7f000001:{p}/",
    "http://0x7f.0.0.1:{p}/",
    "http://0177.0.0.1:{p}/",
    "http://127.0.0.1.:{p}/",
    "http://127.000.000.001:{p}/",
    "http://[::1]:{p}/",
    "http://[::ffff:127.0.0.1]:{p}/",
    "http://[::ffff:7f00:1]:{p}/",
    "http://[::127.0.0.1]:{p}/",
    "http://[::1%25lo]:{p}/",
    "http://[fe80::1%lo]:{p}/",
    "http://0.0.0.0:{q}/",
    "http://127%2e0%2e0%2e1:{q}/",
    "http://１２７.０.０.１:{q}/",
    "http://127。0。0。1:{q}/",
    "http://ⓛocalhost:{q}/",
    "http://127.0.0.1:{p}@127.0.0.1:{q}/",
    "http://127.0.0.1:{p}%40127.0.0.1:{q}/",
    "http://user:word@127.0.0.1:{p}/",
    "http://@127.0.0.1:{p}/",
    "http://127.0.0.1:{p}\\@127.0.0.1:{q}/",
    "http://127.0.0.1:{q}\\@127.0.0.1:{p}/",
    "http://127.0.0.1:{q}\\.127.0.0.1:{p}/",
    "http://127.0.0.1:{q}#@127.0.0.1:{p}/",
    "http://127.0.0.1:{q}?@127.0.0.1:{p}/",
    "http://127.0.0.1:{q}/@127.0.0.1:{p}/",
    "http://127.0.0.1:{q};127.0.0.1:{p}/",
    "http://127.0.0.1 :{q}/",
    "http://127.0.0.1\t:{q}/",
    "http://127.0.0.1:{q}\n/",
    "http://127.0.0.1:{p}:{q}/",
    "http://127.0.0.1:0/",
    "http://127.0.0.1/",
    "http://127.0.0.1:/",
    "http://127.0.0.1:99999999999/",
    "http://127.0.0.1:+{p}/",
    "http://127.0.0.1:{p}_0/",
    "https://127.0.0.1:{p}/",
    "HTTPS://127.0.0.1:{q}/",
    "http://",
    "http://{q}",
    "http://..:{q}/",
    "http://*:{q}/",
]


def evil_server() -> ScriptedServer:
    return ScriptedServer(lambda request, connection: reply(200, b"the metadata of a cloud"))


@pytest.mark.parametrize("spelling", REFUSED)
def test_no_spelling_of_a_host_gets_around_the_list(field: Field, spelling: str) -> None:
    with evil_server() as server, evil_server() as evil:
        field.environment(f'api: {{base_url: "{server.url}"}}')
        url = spelling.replace("{p}", str(server.port)).replace("{q}", str(evil.port))
        step = '- {id: a, request: {method: GET, url: "{{ inputs.url }}"}}'
        result = field.run(step, head="inputs: [{name: url}]", given={"url": url})

    problem = problem_of(result)
    assert (problem.code, problem.category) in (("RF407", "refused"), ("RF405", "values"))
    assert (evil.connections, server.connections) == (0, 0)


# What an answer gives as the host or the whole URL of the next request.
LINKS = [
    "http://127.0.0.1:{q}/",
    "//127.0.0.1:{q}/x",
    "\\\\127.0.0.1:{q}/x",
    "/\\127.0.0.1:{q}/x",
    "http:127.0.0.1:{q}",
    "http:/127.0.0.1:{q}/",
    "http:///127.0.0.1:{q}/",
    "HTTP://127.0.0.1:{q}/",
    "http:\\\\127.0.0.1:{q}/",
    "\thttp://127.0.0.1:{q}/",
    "ftp://127.0.0.1:{q}/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{q}/_GET",
    "javascript:alert(1)",
    "@127.0.0.1:{q}/",
    ":80@127.0.0.1:{q}/",
    ".127.0.0.1:{q}/",
]
SHAPES = [
    "{{ steps.a.body.link }}",
    "{{ steps.a.body.link }}/x",
    "http://{{ steps.a.body.host }}/x",
]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("link", LINKS)
def test_no_link_of_an_answer_leads_to_a_host_that_is_not_allowed(
    field: Field, link: str, shape: str
) -> None:
    with evil_server() as evil:
        place = link.replace("{q}", str(evil.port))
        host = place.rpartition("//")[2].strip("/\\")
        answer = json_reply({"link": place, "host": host})
        with ScriptedServer(lambda request, connection: answer) as server:
            field.environment(f'api: {{base_url: "{server.url}"}}')
            result = field.run(f"""
                - {{id: a, template: GET /a}}
                - {{id: b, request: {{method: GET, url: "{shape}", follow_redirects: true}}}}
            """)

    assert evil.connections == 0
    if result.outcome != "passed":
        assert problem_of(result).code in ("RF405", "RF407", "RF408")
    assert [request.line for request in server.requests][:1] == ["GET /a"]


@pytest.mark.parametrize(
    "step",
    [
        "template: GET {evil}/x",
        'request: {{method: GET, url: "{evil}/x"}}',
        'request: {{method: GET, url: "{EVIL}/x"}}',
        'request: {{method: GET, url: "{{{{ variables.other }}}}/x"}}',
        'request: {{method: GET, url: "{{{{ env.other }}}}"}}',
        'request: {{method: GET, url: "{{{{ variables.base_url }}}}"}}',
    ],
)
def test_a_journey_cannot_allow_itself_a_host(field: Field, step: str) -> None:
    with evil_server() as server, evil_server() as evil:
        userinfo = f"http://u:p@127.0.0.1:{evil.port}"
        field.environment(
            f'api: {{base_url: "{server.url}"}}', more=f'values: {{other: "{userinfo}"}}'
        )
        head = f"""
            variables:
              - {{name: other, value: "{evil.url}"}}
              - {{name: base_url, value: "{evil.url}"}}
        """
        text = step.format(evil=evil.url, EVIL=evil.url.upper())
        result = field.run(f"- id: a\n  {text}", head=head)

    assert (problem_of(result).code, problem_of(result).category) == ("RF407", "refused")
    assert (evil.connections, server.connections) == (0, 0)


def test_a_base_url_with_a_user_name_is_refused_without_quoting_it(field: Field) -> None:
    with evil_server() as server:
        field.environment(f'api: {{base_url: "http://ada:hunter22@127.0.0.1:{server.port}"}}')
        result = field.run("- {id: a, template: GET /a}")

    assert problem_of(result).message == (
        "the URL of the request is refused: it holds a user name, which is refused in URLs"
    )
    assert "hunter22" not in json.dumps(result.to_json())
    assert server.connections == 0


def test_every_hop_of_a_redirect_is_checked(field: Field) -> None:
    with evil_server() as evil:

        def handle(request, connection):
            if request.path == "/a":
                return redirect_to("/b", 307)
            return redirect_to(evil.url, 302)

        with ScriptedServer(handle) as server:
            field.environment(f'api: {{base_url: "{server.url}"}}')
            result = field.run(
                '- {id: a, request: {method: GET, url: "/a", follow_redirects: true}}'
            )

    assert problem_of(result).code == "RF407"
    assert problem_of(result).message == (
        f"the server redirects to {evil.url}, which is not allowed in this environment"
    )
    assert [request.line for request in server.requests] == ["GET /a", "GET /b"]
    assert evil.connections == 0
    assert len(result.steps[0].tries[0].exchanges) == 2


@pytest.mark.parametrize(
    "listed", ["http://127.0.0.1:{q}", "HTTP://127.0.0.1:0{q}", "http://127.0.0.1:{q}/any/path?x"]
)
def test_the_origins_of_the_environment_are_allowed_however_they_are_spelt(
    field: Field, listed: str
) -> None:
    with evil_server() as other:
        field.environment(allowed=[listed.replace("{q}", str(other.port))])
        result = field.run(f'- {{id: a, request: {{method: GET, url: "{other.url}/x"}}}}')

    assert result.outcome == "passed"
    assert [request.line for request in other.requests] == ["GET /x"]


@pytest.mark.parametrize("listed", ["*", "127.0.0.1:80", "//127.0.0.1", "ftp://a.example", ""])
def test_an_allowed_origin_that_is_none_is_an_error_and_not_ignored(
    field: Field, listed: str
) -> None:
    from pytest_reqflo.errors import RunCheckError

    field.environment(allowed=[listed])
    with pytest.raises(RunCheckError, match="is no origin"):
        field.run("- {id: a, template: GET http://127.0.0.1/}")


def test_a_default_port_is_the_same_origin_with_and_without_it() -> None:
    from pytest_reqflo.engine.target import parse_target

    same = ["https://api.example", "https://api.example:443", "HTTPS://API.example:0443/x"]
    assert {parse_target(url).origin for url in same} == {"https://api.example"}
    assert parse_target("http://api.example:443").origin == "http://api.example:443"


def test_the_check_can_be_turned_off_and_every_result_says_so(field: Field) -> None:
    with evil_server() as server, evil_server() as other:
        field.environment(f'api: {{base_url: "{server.url}"}}')
        step = f'- {{id: a, request: {{method: GET, url: "{other.url}/x"}}}}'
        checked = field.run(step)
        result = field.run(step, allows_any_origin=True)

    assert (checked.outcome, checked.warnings) == ("error", ())
    assert result.outcome == "passed"
    assert [request.line for request in other.requests] == ["GET /x"]
    assert [(each.code, each.message) for each in result.warnings] == [
        ("RF511", "requests may go to ANY origin (reqflo_allow_any_host)")
    ]
