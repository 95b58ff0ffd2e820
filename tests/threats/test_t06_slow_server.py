"""T6, slow servers: one deadline per step and one per journey, whatever drips and however long."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from field import Field, field_fixture, problem_of  # noqa: F401
from servers import ScriptedServer, head, json_reply, redirect_to, reply

TOO_LONG_S = 20.0
"""Far above each deadline here, far below what the server would take."""

TIMEOUT_S = 1
"""On a busy machine a connection and the head of an answer may take some tenths of a second."""

ONE = f"- {{id: a, request: {{method: GET, url: /a, timeout_s: {TIMEOUT_S}}}}}"


def drip_head(request, connection):
    connection.send(b"HTTP/1.1 200 OK\r\n")
    connection.drip(b"X-More: 1\r\n", every_s=0.01)


def drip_one_header(request, connection):
    connection.send(b"HTTP/1.1 200 OK\r\nX-Long: ")
    connection.drip(b"y", every_s=0.01)


def drip_hints(request, connection):
    connection.drip(b"HTTP/1.1 103 Early Hints\r\n\r\n", every_s=0.005)


def drip_body(request, connection):
    connection.send(head(200, [("Content-Length", "1000000")]))
    connection.drip(b"abc", every_s=0.01)


def drip_chunks(request, connection):
    connection.send(head(200, [("Transfer-Encoding", "chunked")]))
    connection.drip(b"1\r\nx\r\n", every_s=0.01)


def drip_trailers(request, connection):
    connection.send(head(200, [("Transfer-Encoding", "chunked")]) + b"1\r\nx\r\n0\r\n")
    connection.drip(b"X-More: 1\r\n", every_s=0.01)


def silent(request, connection):
    connection.closing.wait()


SLOW = [drip_head, drip_one_header, drip_hints, drip_body, drip_chunks, drip_trailers, silent]


@pytest.mark.parametrize("slow", SLOW, ids=lambda each: each.__name__)
def test_a_step_ends_at_its_deadline(field: Field, slow) -> None:
    with ScriptedServer(slow) as server:
        field.environment(f'api: {{base_url: "{server.url}"}}')
        started = time.monotonic()
        result = field.run(ONE)
        took_s = time.monotonic() - started

    problem = problem_of(result)
    assert (problem.code, problem.category) == ("RF402", "timeout")
    assert problem.message.startswith(f"the request ran out of time after {TIMEOUT_S} s while ")
    assert TIMEOUT_S <= took_s < TOO_LONG_S
    assert [request.line for request in server.requests] == ["GET /a"]


@contextmanager
def deaf_listener() -> Iterator[str]:
    """Yield host and port of a place that takes connections and says and reads nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize(
    ("scheme", "request_", "doing"),
    [
        ("https", "method: GET", "negotiating TLS"),
        ("http", 'method: POST, text: "{{ inputs.much }}"', "sending the request"),
    ],
)
def test_a_server_that_never_reads_or_greets_is_given_up(
    field: Field, scheme: str, request_: str, doing: str
) -> None:
    with deaf_listener() as place:
        field.environment(f'api: {{base_url: "{scheme}://{place}"}}')
        result = field.run(
            f"- {{id: a, request: {{{request_}, url: /a, timeout_s: {TIMEOUT_S}}}}}",
            head="inputs: [{name: much, default: x}]",
            given={"much": "x" * 40_000_000},
        )

    assert problem_of(result).message == (
        f"the request ran out of time after {TIMEOUT_S} s while {doing}"
    )


@pytest.mark.parametrize("is_dripping", [False, True])
def test_a_proxy_that_never_opens_its_tunnel_is_given_up(
    field: Field, monkeypatch: pytest.MonkeyPatch, is_dripping: bool
) -> None:
    with ScriptedServer(drip_head if is_dripping else silent) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        field.environment('api: {base_url: "https://api.example"}')
        started = time.monotonic()
        result = field.run(ONE)
        took_s = time.monotonic() - started

    assert problem_of(result).code == "RF402"
    assert took_s < TOO_LONG_S
    assert [request.line for request in proxy.requests] == ["CONNECT api.example:443"]


def test_a_resolver_that_hangs_is_given_up(field: Field, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    release = threading.Event()

    def hang(*arguments: object, **options: object) -> None:
        release.wait(30)
        raise OSError

    # The resolver of the platform is no server of ours: it cannot be slowed down otherwise.
    monkeypatch.setattr(socket, "getaddrinfo", hang)
    field.environment('api: {base_url: "http://api.example"}')
    result = field.run(ONE)
    release.set()

    assert problem_of(result).message == (
        f"the request ran out of time after {TIMEOUT_S} s while resolving the host name"
    )


def test_redirects_share_the_deadline_of_their_step(field: Field) -> None:
    def slow(request, connection):
        connection.closing.wait(0.4 * TIMEOUT_S)
        return redirect_to("/again")

    with ScriptedServer(slow) as server:
        field.environment(f'api: {{base_url: "{server.url}"}}')
        result = field.run(
            f"- {{id: a, request: {{method: GET, url: /a, timeout_s: {TIMEOUT_S},"
            " follow_redirects: 20}}"
        )

    assert problem_of(result).code == "RF402"
    assert len(server.requests) <= 3


RETRY = "retry: {count: 1000}"
POLL = "poll: {every_s: 0.01, timeout_s: 86400, until: [{type: status_code, expected: 200}]}"


@pytest.mark.parametrize(
    ("more", "slow"),
    [
        ("delay_s: 0", drip_body),
        (RETRY, lambda request, connection: reply(500)),
        (RETRY, drip_head),
        (POLL, lambda request, connection: reply(202)),
        (POLL, drip_head),
        ("retry: {count: 1000, delay_s: 0.05}", lambda request, connection: reply(503)),
    ],
)
def test_a_journey_ends_at_its_deadline(field: Field, more: str, slow) -> None:
    check = "assertions: [{type: status_code, expected: 200}]"
    with ScriptedServer(slow) as server:
        field.environment(f'api: {{base_url: "{server.url}"}}')
        started = time.monotonic()
        result = field.run(
            f"""
            - {{id: a, template: GET /a, {more}, {check}}}
            - {{id: b, template: GET /b}}
            """,
            head=f"settings: {{timeout_s: {TIMEOUT_S}}}",
        )
        took_s = time.monotonic() - started

    assert result.outcome in ("error", "failed")
    assert took_s < TOO_LONG_S
    assert {request.line for request in server.requests} == {"GET /a"}
    assert result.steps[1].outcome == "skipped"


def test_an_exchange_has_thirty_seconds_when_nobody_says_otherwise(field: Field) -> None:
    from pytest_reqflo.engine.transport import Deadline

    seen: list[Deadline] = []
    open_ = field.transport.open

    def noting(request, deadline):
        seen.append(deadline)
        return open_(request, deadline)

    field.transport.open = noting
    with ScriptedServer(lambda request, connection: json_reply({})) as server:
        field.environment(f'api: {{base_url: "{server.url}"}}')
        field.run("- {id: a, template: GET /a}")

    assert [deadline.timeout_s for deadline in seen] == [30.0]
