"""T2, redirects and links that carry credentials: nothing secret crosses to another origin."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
import trustme
from field import Field, field_fixture, problem_of  # noqa: F401
from servers import ScriptedServer, json_reply, redirect_to, reply
from tls import answering, ca_of

SECRET = "canary-7Qm2xV9z"
PLAIN = {"host", "accept", "accept-encoding", "user-agent"}


def everything_in(server: ScriptedServer) -> str:
    """Return all that *server* received, as one text."""
    return "\n".join(
        f"{request.method} {request.target}\n{request.headers}\n{request.body.decode('latin-1')}"
        for request in server.requests
    )


def assert_clean(server: ScriptedServer) -> None:
    seen = everything_in(server)
    for form in (SECRET, quote(SECRET), base64.b64encode(SECRET.encode()).decode()):
        assert form not in seen


def two_services(
    field: Field, first: ScriptedServer, other: ScriptedServer, more: str = ""
) -> None:
    field.environment(
        f'api: {{base_url: "{first.url}"{more}}}', f'other: {{base_url: "{other.url}"}}'
    )


CARRIERS = {
    "bearer": 'auth: {bearer: "{{ secrets.KEY }}"}',
    "basic": 'auth: {basic: {username: ada, password: "{{ secrets.KEY }}"}}',
    "authorization": 'headers: {authorization: "Token {{ secrets.KEY }}"}',
    "own-header": 'headers: {x-own: "{{ secrets.KEY }}"}',
    "piece-of-header": 'headers: {x-own: "a {{ secrets.KEY }} b"}',
    "encoded-header": 'headers: {x-own: "{{ secrets.KEY | base64 }}"}',
    "by-variable": 'headers: {x-own: "{{ variables.key }}"}',
    "sensitive-input": 'headers: {x-own: "{{ inputs.card }}"}',
    "me": 'headers: {x-own: "{{ me.token }}"}',
    "request-cookie": 'cookies: {sid: "{{ secrets.KEY }}"}',
    "cookie-header": 'headers: {cookie: "sid={{ secrets.KEY }}"}',
    "literal-key": f"headers: {{x-api-key: {SECRET}, x-auth-token: {SECRET}}}",
    "query": 'query: {key: "{{ secrets.KEY }}"}',
}
HEAD = """
    inputs: [{name: card, sensitive: true}]
    variables: [{name: key, source: secret, key: KEY}]
"""


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_redirect_leaves_every_credential_behind(
    field: Field, carrier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        ScriptedServer(lambda request, connection: json_reply({})) as other,
        ScriptedServer(lambda request, connection: redirect_to(f"{other.url}/x", 307)) as first,
    ):
        two_services(field, first, other)
        monkeypatch.setenv("REQFLO_ME_TOKEN", SECRET)
        step = f"""
            - id: a
              request: {{method: GET, url: /a, service: api, follow_redirects: true, {CARRIERS[carrier]}}}
        """
        result = field.run(step, head=HEAD, secrets={"KEY": SECRET}, given={"card": SECRET})

    assert result.outcome == "passed"
    assert SECRET in everything_in(first) or carrier in ("basic", "encoded-header")
    assert [request.line for request in other.requests] == ["GET /x"]
    assert {name.lower() for name, _ in other.requests[0].headers} == PLAIN
    assert_clean(other)


BODIES = {
    "json": 'json: {password: "{{ secrets.KEY }}"}',
    "form": 'form: {password: "{{ secrets.KEY }}"}',
    "text": 'text: "key {{ secrets.KEY }}"',
    "multipart": 'multipart: [{name: key, value: "{{ secrets.KEY }}"}]',
    "encoded": 'text: "{{ variables.key | base64 }}"',
    "sensitive-input": 'json: {card: "{{ inputs.card }}"}',
}


@pytest.mark.parametrize("status", [307, 308])
@pytest.mark.parametrize("body", BODIES)
def test_a_body_with_a_secret_does_not_follow_a_redirect_elsewhere(
    field: Field, body: str, status: int
) -> None:
    with (
        ScriptedServer(lambda request, connection: json_reply({})) as other,
        ScriptedServer(lambda request, connection: redirect_to(other.url, status)) as first,
    ):
        two_services(field, first, other)
        step = f"""
            - id: a
              request: {{method: POST, url: /a, service: api, follow_redirects: true, {BODIES[body]}}}
        """
        result = field.run(step, head=HEAD, secrets={"KEY": SECRET}, given={"card": SECRET})

    problem = problem_of(result)
    assert (problem.code, problem.message) == (
        "RF408",
        f"the server redirects to {other.url}, another origin,"
        " and the body of the request holds a secret or sensitive value",
    )
    assert len(first.requests) == 1
    assert other.connections == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307])
def test_a_body_follows_where_it_may(field: Field, status: int) -> None:
    """Within the origin, and without a secret, bodies follow a 307 as everywhere."""
    with ScriptedServer(lambda request, connection: json_reply({})) as other:

        def handle(request, connection):
            return json_reply({}) if request.path == "/b" else redirect_to(place, status)

        with ScriptedServer(handle) as first:
            two_services(field, first, other)
            shape = "- {{id: {id}, request: {{method: POST, url: /a, service: api, follow_redirects: true, json: {json}}}}}"
            place = "/b"
            inside = field.run(
                shape.format(id="a", json='{k: "{{ secrets.KEY }}"}'), secrets={"KEY": SECRET}
            )
            place = f"{other.url}/b"
            outside = field.run(shape.format(id="a", json="{k: harmless}"))

    assert (inside.outcome, outside.outcome) == ("passed", "passed")
    bodies = [json.dumps({"k": value}).replace(" ", "").encode() for value in (SECRET, "harmless")]
    expected = bodies if status == 307 else [b"", b""]
    assert [first.requests[1].body, other.requests[0].body] == expected


@pytest.mark.parametrize("form", ["{s}", "{q}", "?back=%2Fa%3Fkey%3D{s}", "#{s}"])
def test_a_secret_is_not_put_into_the_new_url(field: Field, form: str) -> None:
    secret = "canary 7Qm2/xV9z"
    with (
        ScriptedServer(lambda request, connection: json_reply({})) as other,
        ScriptedServer(lambda request, connection: redirect_to(location)) as first,
    ):
        text = form.replace("{s}", quote(secret, safe="")).replace("{q}", quote(secret))
        location = f"{other.url}/x{text if text[0] in '?#' else '?key=' + text}"
        two_services(field, first, other)
        result = field.run(
            """
            - id: a
              request: {method: GET, url: /a, service: api, follow_redirects: true, query: {key: "{{ secrets.KEY }}"}}
            """,
            secrets={"KEY": secret},
        )

    problem = problem_of(result)
    assert problem.code == "RF408"
    assert "the new URL holds a secret or sensitive value of the request" in problem.message
    assert "canary" not in json.dumps(result.to_json())
    assert other.connections == 0


def test_a_query_with_a_secret_stays_where_it_was_sent(field: Field) -> None:
    with (
        ScriptedServer(lambda request, connection: json_reply({})) as other,
        ScriptedServer(lambda request, connection: redirect_to(other.url)) as first,
    ):
        two_services(field, first, other)
        result = field.run(
            """
            - id: a
              request: {method: GET, url: "/a?key={{ secrets.KEY }}", service: api, follow_redirects: true}
            """,
            secrets={"KEY": SECRET},
        )

    assert result.outcome == "passed"
    assert first.requests[0].query == f"key={SECRET}"
    assert other.requests[0].target == "/"
    assert other.requests[0].header("referer") is None


@pytest.mark.parametrize("attributes", ["", "; Path=/", "; Secure; HttpOnly"])
def test_cookies_of_one_origin_do_not_go_to_another(field: Field, attributes: str) -> None:
    with ScriptedServer(lambda request, connection: json_reply({})) as other:

        def handle(request, connection):
            cookie = [("Set-Cookie", f"sid={SECRET}{attributes}")]
            return redirect_to(other.url, headers=cookie) if request.path == "/a" else reply()

        with ScriptedServer(handle) as first:
            two_services(field, first, other)
            result = field.run("""
                - {id: a, request: {method: GET, url: /a, service: api, follow_redirects: true}}
                - {id: b, service: other, template: GET /b}
                - {id: c, service: api, template: GET /c}
            """)

    assert result.outcome == "passed"
    assert [request.header("cookie") for request in other.requests] == [None, None]
    assert [request.header("cookie") for request in first.requests] == [None, f"sid={SECRET}"]


def test_what_was_dropped_does_not_come_back(field: Field) -> None:
    with ScriptedServer(lambda request, connection: redirect_to(f"{first.url}/b")) as other:

        def handle(request, connection):
            return redirect_to(other.url) if request.path == "/a" else reply()

        with ScriptedServer(handle) as first:
            two_services(field, first, other, more=', headers: {x-own: "{{ secrets.KEY }}"}')
            result = field.run(
                """
                - id: a
                  request: {method: GET, url: /a, service: api, follow_redirects: true, auth: {bearer: "{{ secrets.KEY }}"}}
                """,
                secrets={"KEY": SECRET},
            )

    assert result.outcome == "passed"
    assert [request.line for request in first.requests] == ["GET /a", "GET /b"]
    assert first.requests[0].header("x-own") == SECRET
    assert {name.lower() for name, _ in first.requests[1].headers} == PLAIN


def test_https_never_falls_to_http_at_any_hop(field: Field) -> None:
    authority = trustme.CA()
    with ScriptedServer(lambda request, connection: reply()) as plain:

        def handle(request, connection):
            return redirect_to("/b" if request.path == "/a" else plain.url)

        with answering(authority, handle) as server:
            ca = ca_of(authority, field.path)
            field.environment(
                f'api: {{base_url: "{server.url}", tls: {{ca_file: "{ca}"}}}}', allowed=[plain.url]
            )
            result = field.run("- {id: a, request: {method: GET, url: /a, follow_redirects: true}}")

    problem = problem_of(result)
    assert problem.code == "RF408"
    assert problem.message.endswith(f"redirects from https to {plain.url}, without TLS")
    assert [request.line for request in server.requests] == ["GET /a", "GET /b"]
    assert plain.connections == 0


def test_certificates_that_one_service_does_not_check_are_checked_at_the_next(field: Field) -> None:
    authority = trustme.CA()
    with (
        answering(authority, lambda request, connection: reply()) as other,
        answering(authority, lambda request, connection: redirect_to(other.url)) as first,
    ):
        field.environment(
            f'api: {{base_url: "{first.url}", tls: false}}', f'other: {{base_url: "{other.url}"}}'
        )
        result = field.run(
            "- {id: a, request: {method: GET, url: /a, service: api, follow_redirects: true}}"
        )

    assert problem_of(result).code == "RF403"
    assert len(first.requests) == 1
    assert other.requests == []


# --- links of answers as the URL of a step ---------------------------------------------------------

LINK_STEPS = {
    "header": 'headers: {x-own: "{{ secrets.KEY }}"}',
    "bearer": 'auth: {bearer: "{{ secrets.KEY }}"}',
    "literal": f'headers: {{authorization: "Bearer {SECRET}"}}',
    "cookie": f"cookies: {{sid: {SECRET}}}",
    "query": 'query: {key: "{{ secrets.KEY }}"}',
    "body": 'json: {key: "{{ secrets.KEY }}"}',
}


@pytest.mark.parametrize(
    "shape",
    [
        "{{ steps.a.body.next }}",
        "{{ variables.next }}",
        "{{ steps.a.body.base }}/x",
        "http://{{ steps.a.body.host }}:{{ steps.a.body.port }}/x",
    ],
)
@pytest.mark.parametrize("carrier", LINK_STEPS)
def test_a_link_does_not_lead_credentials_to_another_origin(
    field: Field, carrier: str, shape: str
) -> None:
    with ScriptedServer(lambda request, connection: json_reply({})) as other:
        links = {
            "next": f"{other.url}/x",
            "base": other.url,
            "host": "127.0.0.1",
            "port": other.port,
        }
        with ScriptedServer(lambda request, connection: json_reply(links)) as first:
            two_services(field, first, other)
            result = field.run(
                f"""
                - {{id: a, service: api, template: GET /a}}
                - id: b
                  service: api
                  request: {{method: POST, url: "{shape}", {LINK_STEPS[carrier]}}}
                """,
                head='variables: [{name: next, value: "{{ steps.a.body.next }}"}]',
                secrets={"KEY": SECRET},
            )

    problem = problem_of(result)
    assert (problem.code, problem.category, problem.pointer) == ("RF409", "refused", "/steps/1")
    assert problem.message == (
        f"a link in an answer leads to {other.url}, another origin,"
        " and the request carries credentials or a secret"
    )
    assert [request.line for request in first.requests] == ["GET /a"]
    assert other.connections == 0


@pytest.mark.parametrize("part", ["/x", ""])
def test_a_placeholder_for_the_host_is_no_host_that_the_author_wrote(
    field: Field, part: str
) -> None:
    with (
        ScriptedServer(lambda request, connection: json_reply({})) as other,
        ScriptedServer(lambda request, connection: json_reply({"host": "127.0.0.1"})) as first,
    ):
        two_services(field, first, other)
        url = f"http://{{host}}:{other.port}{part}"
        result = field.run(
            f"""
            - {{id: a, service: api, template: GET /a}}
            - id: b
              service: api
              request:
                method: POST
                url: "{url}"
                path_params: {{host: "{{{{ steps.a.body.host }}}}"}}
                headers: {{x-own: "{{{{ secrets.KEY }}}}"}}
            """,
            secrets={"KEY": SECRET},
        )

    assert problem_of(result).code == "RF409"
    assert other.connections == 0


def test_headers_of_a_service_go_to_its_own_origin_only(field: Field) -> None:
    with ScriptedServer(lambda request, connection: json_reply({})) as other:

        def handle(request, connection):
            return json_reply({"next": f"{other.url}/x", "more": f"{first.url}/y", "path": "z?p=2"})

        with ScriptedServer(handle) as first:
            two_services(
                field, first, other, more=', headers: {authorization: "Bearer {{ secrets.KEY }}"}'
            )
            result = field.run(
                """
                - {id: a, service: api, template: GET /a/b}
                - {id: b, service: api, request: {method: GET, url: "{{ steps.a.body.next }}"}}
                - {id: c, service: api, request: {method: GET, url: "{{ steps.a.body.more }}"}}
                - {id: d, service: api, request: {method: GET, url: "{{ steps.a.body.path }}"}}
                """,
                secrets={"KEY": SECRET},
            )

    assert result.outcome == "passed"
    assert [(r.line, r.header("authorization")) for r in first.requests] == [
        ("GET /a/b", f"Bearer {SECRET}"),
        ("GET /y", f"Bearer {SECRET}"),
        ("GET /a/z?p=2", f"Bearer {SECRET}"),
    ]
    assert [(r.line, r.header("authorization")) for r in other.requests] == [("GET /x", None)]


def test_a_link_of_an_answer_that_came_from_elsewhere_is_not_trusted_more(field: Field) -> None:
    """The answer came from another origin by a redirect: its relative link stays there."""
    with (
        ScriptedServer(lambda request, connection: json_reply({"next": "/page2"})) as other,
        ScriptedServer(lambda request, connection: redirect_to(other.url)) as first,
    ):
        two_services(field, first, other)
        result = field.run(
            """
            - {id: a, request: {method: GET, url: /a, service: api, follow_redirects: true}}
            - id: b
              request: {method: GET, url: "{{ steps.a.body.next }}", service: api, auth: {bearer: "{{ secrets.KEY }}"}}
            """,
            secrets={"KEY": SECRET},
        )

    assert problem_of(result).code == "RF409"
    assert [request.line for request in other.requests] == ["GET /"]
    assert_clean(other)


def test_a_link_from_https_to_http_is_refused(field: Field) -> None:
    authority = trustme.CA()
    with ScriptedServer(lambda request, connection: reply()) as plain:
        answer = json_reply({"next": f"{plain.url}/x"})
        with answering(authority, lambda request, connection: answer) as server:
            ca = ca_of(authority, field.path)
            field.environment(
                f'api: {{base_url: "{server.url}", tls: {{ca_file: "{ca}"}}}}', allowed=[plain.url]
            )
            result = field.run("""
                - {id: a, template: GET /a}
                - {id: b, request: {method: GET, url: "{{ steps.a.body.next }}"}}
            """)

    assert problem_of(result).code == "RF409"
    assert problem_of(result).message == (
        f"a link in an answer leads from https to {plain.url}, without TLS"
    )
    assert plain.connections == 0


def test_an_author_may_send_a_secret_to_an_origin_that_the_step_names(field: Field) -> None:
    with ScriptedServer(lambda request, connection: json_reply({"id": 7})) as other:
        field.environment(allowed=[other.url])
        result = field.run(
            f"""
            - {{id: a, request: {{method: GET, url: "{other.url}/a"}}}}
            - id: b
              request: {{method: GET, url: "{other.url}/{{{{ steps.a.body.id }}}}", headers: {{x-own: "{{{{ secrets.KEY }}}}"}}}}
            """,
            secrets={"KEY": SECRET},
        )

    assert result.outcome == "passed"
    assert [(r.line, r.header("x-own")) for r in other.requests] == [
        ("GET /a", None),
        ("GET /7", SECRET),
    ]
