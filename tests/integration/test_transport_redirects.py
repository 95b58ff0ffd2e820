"""Redirects: followed only when told, and nothing secret crosses to another origin."""

from __future__ import annotations

import pytest
from servers import ScriptedServer, json_reply, redirect_to, reply, routes

from pytest_reqflo.run.cookies import CookieJars, store_cookies

NOW = "2026-01-01T00:00:00.000000Z"


def test_a_redirect_is_an_answer_unless_told_to_follow(sender):
    with (
        ScriptedServer(lambda request, connection: redirect_to("/next")) as server,
        sender() as send,
    ):
        sent = send(server.url)

    assert sent.failure is None
    assert [hop.response.status for hop in sent.hops] == [302]
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("status", "method", "then", "has_body"),
    [
        (301, "POST", "GET", False),
        (302, "POST", "GET", False),
        (303, "POST", "GET", False),
        (303, "PUT", "GET", False),
        (303, "HEAD", "HEAD", False),
        (302, "PUT", "PUT", True),
        (301, "GET", "GET", False),
        (307, "POST", "POST", True),
        (308, "PATCH", "PATCH", True),
    ],
)
def test_the_method_and_body_after_a_redirect(sender, status, method, then, has_body):
    body = None if method in ("GET", "HEAD") else b'{"a":1}'
    answers = {f"{method} /a": redirect_to("/b", status), f"{then} /b": reply()}
    with ScriptedServer(routes(answers)) as server, sender() as send:
        headers = (("Content-Type", "application/json"), ("X-Own", "1"))
        sent = send(
            server.url + "/a", method=method, body=body, headers=headers, follow_redirects=1
        )

    assert sent.failure is None
    last = server.requests[-1]
    assert (last.line, last.body) == (f"{then} /b", body if has_body else b"")
    assert last.header("x-own") == "1"
    assert (last.header("content-type") is None) == (then == "GET" and method != "GET")


@pytest.mark.parametrize(
    ("location", "line"),
    [
        ("next?x=1", "GET /a/next?x=1"),
        ("/top", "GET /top"),
        ("../up", "GET /up"),
        ("?page=2", "GET /a/start?page=2"),
        ("/täg#part", "GET /t%C3%A4g"),
    ],
)
def test_a_relative_location_is_joined(sender, location, line):
    def handle(request, connection):
        if request.line == "GET /a/start":
            return redirect_to("LOCATION").replace(b"LOCATION", location.encode())
        return reply()

    with ScriptedServer(handle) as server, sender() as send:
        sent = send(server.url + "/a/start", follow_redirects=1)

    if sender.is_fast and not location.isascii():
        assert sent.failure.message == "a header of the answer holds bytes that are no ASCII text"
        return
    assert sent.failure is None
    assert server.requests[-1].line == line
    assert sent.hops[-1].response.url == server.url + line.removeprefix("GET ")


def test_too_many_redirects_are_RF408_with_every_hop_kept(sender):
    with (
        ScriptedServer(lambda request, connection: redirect_to("/loop")) as server,
        sender() as send,
    ):
        sent = send(server.url, follow_redirects=3)

    assert (sent.failure.code, sent.failure.category) == ("RF408", "refused")
    assert sent.failure.message == "the server redirects more often than allowed (3 redirects)"
    assert len(sent.hops) == len(server.requests) == 4


def test_credentials_and_secret_headers_do_not_cross_origins(sender):
    headers = (
        ("Authorization", "Bearer token-1234"),
        ("Proxy-Authorization", "Basic abc"),
        ("Cookie", "own=1"),
        ("X-Api-Key", "key-12345678"),
        ("X-Harmless", "stays"),
    )
    with (
        ScriptedServer(lambda request, connection: json_reply({})) as other,
        ScriptedServer(lambda request, connection: redirect_to(other.url + "/x")) as first,
        sender() as send,
    ):
        sent = send(
            first.url,
            headers=headers,
            secret_headers=frozenset({"x-api-key"}),
            cookies=(("once", "2"),),
            follow_redirects=5,
            allowed_origins=(first.url, other.url),
        )

    assert sent.failure is None
    assert first.requests[0].header("cookie") == "own=1; once=2"
    received = other.requests[0]
    names = {name.lower() for name, _ in received.headers}
    assert names == {"host", "accept", "accept-encoding", "user-agent", "x-harmless"}
    assert received.header("host") == other.url.removeprefix("http://")


def test_credentials_stay_on_the_same_origin(sender):
    answers = {"GET /a": redirect_to("/b"), "GET /b": reply()}
    with ScriptedServer(routes(answers)) as server, sender() as send:
        send(
            server.url + "/a",
            headers=(("Authorization", "Bearer t"), ("X-Api-Key", "k")),
            secret_headers=frozenset({"x-api-key"}),
            cookies=(("once", "2"),),
            follow_redirects=1,
        )

    last = server.requests[-1]
    assert last.header("authorization") == "Bearer t"
    assert last.header("x-api-key") == "k"
    assert last.header("cookie") == "once=2"


def test_credentials_that_were_dropped_do_not_come_back(sender):
    with ScriptedServer(lambda request, connection: redirect_to(back)) as other:
        answers = {"GET /a": redirect_to(other.url), "GET /b": reply()}
        with ScriptedServer(routes(answers)) as first, sender() as send:
            back = first.url + "/b"
            send(
                first.url + "/a",
                headers=(("Authorization", "Bearer t"),),
                cookies=(("once", "2"),),
                follow_redirects=5,
                allowed_origins=(first.url, other.url),
            )

    assert first.requests[-1].line == "GET /b"
    assert first.requests[-1].header("authorization") is None
    assert first.requests[-1].header("cookie") is None


def test_a_redirect_to_an_origin_that_is_not_allowed_is_RF407_and_never_connects(sender):
    with (
        ScriptedServer(lambda request, connection: reply()) as other,
        ScriptedServer(lambda request, connection: redirect_to(other.url)) as first,
        sender() as send,
    ):
        sent = send(first.url, follow_redirects=5)

    assert sent.failure.code == "RF407"
    assert sent.failure.message == (
        f"the server redirects to {other.url}, which is not allowed in this environment"
    )
    assert len(sent.hops) == 1
    assert other.connections == 0


@pytest.mark.parametrize(
    "location",
    ["ftp://127.0.0.1/x", "file:///etc/passwd", "javascript:alert(1)", "http://u:p@127.0.0.1/"],
)
def test_a_redirect_to_what_is_no_plain_http_url_is_RF408(sender, location):
    with (
        ScriptedServer(lambda request, connection: redirect_to(location)) as server,
        sender() as send,
    ):
        sent = send(server.url, follow_redirects=5)

    assert sent.failure.code == "RF408"


def test_cookies_are_kept_and_sent_along_the_way(sender):
    answers = {
        "GET /login": redirect_to("/home", headers=[("Set-Cookie", "sid=1; Path=/; HttpOnly")]),
        "GET /home": reply(
            200, b"", [("Set-Cookie", "theme=dark"), ("Set-Cookie", "sid=2; Path=/")]
        ),
        "GET /shop": reply(),
    }
    with ScriptedServer(routes(answers)) as server, sender() as send:
        first = send(server.url + "/login", follow_redirects=1)
        send(server.url + "/shop", jars=first.jars, cookies=(("theme", "light"),))
        send(server.url + "/shop", jars=first.jars, jar=None)
        send(server.url + "/shop", jars=first.jars, jar="other")

    cookies = [request.header("cookie") for request in server.requests]
    assert cookies == [None, "sid=1", "theme=light; sid=2", None, None]


def test_a_jar_does_not_send_cookies_of_another_host(sender):
    jars = store_cookies(CookieJars(), "default", "http://example.com/", ["sid=1; Path=/"], NOW)
    with ScriptedServer(lambda request, connection: reply()) as server, sender() as send:
        send(server.url, jars=jars)

    assert server.requests[0].header("cookie") is None
