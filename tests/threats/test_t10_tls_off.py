"""T10, TLS: certificates are checked; only the environment can turn that off, and then it is loud."""

from __future__ import annotations

import datetime
import json
import ssl
import xml.etree.ElementTree as ElementTree

import pytest
import trustme
from field import Field, clear_proxies, field_fixture, problem_of  # noqa: F401
from hostile import WORKERS, attack
from servers import ScriptedServer, reply
from tls import answering, ca_of, server_context

STEP = '- {id: a, request: {method: GET, url: /a, auth: {bearer: "{{ secrets.KEY }}"}}}'
SECRETS = {"KEY": "canary-7Qm2xV9z"}
WARNING = "TLS certificates of service `api` are NOT checked in environment `local`"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def ok(request, connection) -> bytes:
    return reply(200, b"ok")


def old_version(authority: trustme.CA) -> ssl.SSLContext:
    context = server_context(authority)
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context


def expired(authority: trustme.CA) -> ssl.SSLContext:
    past = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    return server_context(authority, not_after=past)


def self_signed(authority: trustme.CA) -> ssl.SSLContext:
    return server_context(trustme.CA())


def wrong_host(authority: trustme.CA) -> ssl.SSLContext:
    return server_context(authority, "api.example")


def other_address(authority: trustme.CA) -> ssl.SSLContext:
    return server_context(authority, "127.0.0.2")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1:DeprecationWarning")
@pytest.mark.parametrize("make", [expired, self_signed, wrong_host, other_address, old_version])
def test_a_bad_certificate_or_version_gets_no_request(field: Field, authority, make) -> None:
    with ScriptedServer(ok, tls=make(authority)) as server:
        ca_of(authority, field.path)
        # The file is relative to the environment file, which lies beside it.
        field.environment(f'api: {{base_url: "{server.url}", tls: {{ca_file: ca.pem}}}}')
        result = field.run(STEP, secrets=SECRETS)

    assert (problem_of(result).code, problem_of(result).category) == ("RF403", "tls")
    assert server.requests == []


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1:DeprecationWarning")
def test_an_old_version_is_refused_also_without_checks(field: Field, authority) -> None:
    with ScriptedServer(ok, tls=old_version(authority)) as server:
        field.environment(f'api: {{base_url: "{server.url}", tls: false}}')
        result = field.run(STEP, secrets=SECRETS)

    assert problem_of(result).code == "RF403"
    assert server.requests == []


def test_an_authority_of_ones_own_lies_beside_the_environment(field: Field, authority) -> None:
    with answering(authority, ok) as server:
        ca_of(authority, field.path)
        field.environment(f'api: {{base_url: "{server.url}", tls: {{ca_file: ca.pem}}}}')
        result = field.run(STEP, secrets=SECRETS)

    assert (result.outcome, result.warnings) == ("passed", ())
    assert [request.line for request in server.requests] == ["GET /a"]


PLACES = {
    "step": ("- {id: a, template: GET /a, tls: false}", ""),
    "request": ("- {id: a, request: {method: GET, url: /a, tls: false}}", ""),
    "verify": ("- {id: a, request: {method: GET, url: /a, verify: false}}", ""),
    "settings": ("- {id: a, template: GET /a}", "settings: {tls: false}"),
    "defaults": ("- {id: a, template: GET /a}", "settings: {request: {tls: {verify: false}}}"),
    "journey": ("- {id: a, template: GET /a}", "tls: false"),
    "template": ("- {id: a, template: Ask}", ""),
    "overlay": ("- {id: a, template: GET /a}", "overlays: [off]"),
    "set": ("- {id: a, template: GET /a}", "inputs: [{name: tls, default: true}]"),
    "case": (
        "- {id: a, template: GET /a}",
        "inputs: [{name: tls, default: true}]\ncases: [{name: C, values: {tls: false}}]",
    ),
    "variable": ("- {id: a, template: GET /a}", "variables: [{name: verify, value: false}]"),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_journey_cannot_turn_checks_off(field: Field, authority, place: str) -> None:
    steps, head = PLACES[place]
    if place == "template":
        field.write(
            "templates/a.yaml", "template: {name: Ask, method: GET, url: /ask, tls: false}\n"
        )
    if place == "overlay":
        patch = "{a: {request: {tls: false}}}"
        field.write("overlays/off.yaml", f"overlay: {{name: 'off', steps: {patch}}}\n")
        head = "overlays: ['off']"
    with answering(authority, ok) as server:
        field.environment(f'api: {{base_url: "{server.url}"}}')
        found = field.problems(steps, head=head)
        if not found:
            given = {"tls": False} if "inputs" in head else {}
            assert problem_of(field.run(steps, head=head, given=given)).code == "RF403"

    assert [problem for problem in found if not problem.startswith("RF104")] == []
    assert bool(found) == (place not in ("set", "case", "variable"))
    assert server.requests == []


@pytest.mark.parametrize("workers", [(), WORKERS])
@pytest.mark.parametrize("status", [200, 500])
def test_checks_that_are_off_are_loud(field: Field, authority, workers, status: int) -> None:
    with answering(authority, lambda request, connection: reply(status)) as server:
        field.environment(
            f'api: {{base_url: "{server.url}", tls: {{verify: false}}}}',
            'other: {base_url: "https://other.example"}',
        )
        field.write(
            "t.journey.yaml",
            "journey:\n  name: T\n  service: api\n  steps:\n    - id: a\n      template: GET /a\n"
            "      assertions: [{type: status_code, expected: 200}]\n",
        )
        field.write("pytest.ini", "[pytest]\n")
        run = attack(field.path, "--reqflo-output=out.json", *workers)

    assert len(server.requests) == 1
    lines = run.text.splitlines()
    assert f"reqflo: {WARNING}" in lines
    # A failure page says it itself; a run that passes warns.
    is_failed = status == 500
    assert (f"warning: {WARNING}" in lines) == is_failed
    assert (f"warning[RF511]: journey `T`: {WARNING}" in run.text) != is_failed
    result = json.loads((field.path / "out.json").read_text())
    assert [(each["code"], each["message"]) for each in result["warnings"]] == [("RF511", WARNING)]
    properties = ElementTree.parse(field.path / "junit.xml").iter("property")
    assert {each.get("name"): each.get("value") for each in properties}[
        "reqflo.open_guards"
    ] == WARNING


def test_nothing_is_said_while_all_is_checked(field: Field) -> None:
    with ScriptedServer(ok) as server:
        field.environment(f'api: {{base_url: "{server.url}", tls: true}}')
        field.write(
            "t.journey.yaml", "journey:\n  name: T\n  steps:\n    - {id: a, template: GET /a}\n"
        )
        field.write("pytest.ini", "[pytest]\n")
        run = attack(field.path)

    assert (run.code, "reqflo:" in run.text, "RF511" in run.text) == (0, False, False)


def test_any_host_is_loud_too(field: Field) -> None:
    with ScriptedServer(ok) as server:
        field.environment('api: {base_url: "http://127.0.0.1:1"}')
        step = f'{{id: a, request: {{method: GET, url: "{server.url}/a"}}}}'
        field.write("t.journey.yaml", f"journey:\n  name: T\n  steps: [{step}]\n")
        field.write("pytest.ini", "[pytest]\n")
        refused = attack(field.path, env={"REQFLO_ALLOW_ANY_HOST": "1"})
        assert server.connections == 0
        field.write("pytest.ini", "[pytest]\nreqflo_allow_any_host = true\n")
        allowed = attack(field.path)

    assert (refused.code, allowed.code) == (1, 0)
    assert "RF407" in refused.text
    line = "requests may go to ANY origin (reqflo_allow_any_host)"
    assert f"reqflo: {line}" in allowed.text.splitlines()
    assert f"warning[RF511]: journey `T`: {line}" in allowed.text
