"""What an exchange is, whichever transport carries it: also one that is a script and has no wire."""

from __future__ import annotations

import asyncio
import contextlib
import gzip

import pytest
from scripted import AsyncScriptedTransport, ScriptedTransport
from sending import KINDS, AsyncSender, Sender, make_sender
from servers import ScriptedServer, chunked, head, json_reply, redirect_to, reply, routes

ALL = (*KINDS, "scripted", "scripted-async")


@contextlib.contextmanager
def stage(kind, handler):
    """Yield a URL, what sends to it, and the list of what arrives."""
    if kind == "scripted":
        transport = ScriptedTransport(handler)
        yield "http://api.example", Sender(transport), transport.requests
    elif kind == "scripted-async":
        transport = AsyncScriptedTransport(handler)
        with AsyncSender(transport, asyncio.new_event_loop()) as send:
            yield "http://api.example", send, transport.requests
    else:
        if kind.startswith("fast"):
            pytest.importorskip("pyreqwest", reason="needs the extra [fast]")
        with ScriptedServer(handler) as server, make_sender(kind) as send:
            yield server.url, send, server.requests


ANSWERS = {
    "POST /login": redirect_to("/home", 303, [("Set-Cookie", "sid=1; Path=/")]),
    "GET /home": chunked([b'{"a":', b"1}"], [("X-Twice", "1"), ("X-Twice", "2")]),
    "GET /packed": reply(
        200, gzip.compress(b"plain" * 50, mtime=0), [("Content-Encoding", "gzip")]
    ),
    "HEAD /home": head(200, [("Content-Length", "500")]),
    "GET /none": head(204, reason="No Content"),
    "GET /early": head(103, [("Link", "</a>")]) + json_reply({}, 201),
    "GET /large": reply(200, b"x" * 5000),
    "GET /short": head(200, [("Content-Length", "10")]) + b"abc",
    "GET /loop": redirect_to("/loop"),
}


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize(
    ("line", "changes", "statuses", "body", "failure"),
    [
        ("POST /login", {"follow_redirects": 1, "body": b"{}"}, [303, 200], b'{"a":1}', None),
        ("GET /packed", {}, [200], b"plain" * 50, None),
        ("HEAD /home", {}, [200], b"", None),
        ("GET /none", {}, [204], b"", None),
        ("GET /early", {}, [201], b"{}", None),
        ("GET /large", {"max_body_bytes": 100}, [200], b"x" * 100, "RF406"),
        ("GET /loop", {"follow_redirects": 1}, [302, 302], b"", "RF408"),
        ("GET /elsewhere", {"allowed_origins": ()}, [], None, "RF407"),
    ],
)
def test_an_exchange_is_the_same(kind, line, changes, statuses, body, failure):
    method, path = line.split()
    with stage(kind, routes(ANSWERS)) as (url, send, received):
        sent = send(url + path, method=method, **changes)

    assert [hop.response.status for hop in sent.hops] == statuses
    assert (sent.failure.code if sent.failure else None) == failure
    assert [request.method for request in received] == [hop.request.method for hop in sent.hops]
    if body is not None:
        assert sent.hops[-1].response.body == body


@pytest.mark.parametrize("kind", ALL)
def test_cookies_and_repeated_headers_are_the_same(kind):
    with stage(kind, routes(ANSWERS)) as (url, send, received):
        sent = send(url + "/login", method="POST", follow_redirects=1)

    twice = [value for name, value in sent.hops[1].response.headers if name.lower() == "x-twice"]
    assert twice == ["1", "2"]
    assert [request.header("cookie") for request in received] == [None, "sid=1"]


@pytest.mark.parametrize("kind", ALL)
def test_a_body_that_breaks_off_is_kept_as_far_as_it_came(kind):
    def short(request, connection):
        if connection is None:
            return ANSWERS["GET /short"]
        connection.send(ANSWERS["GET /short"])
        connection.close()
        return None

    with stage(kind, short) as (url, send, _):
        sent = send(url + "/short")

    assert sent.failure.code == "RF404"
    assert sent.failure.message.startswith("the server closed the connection in the middle")
    assert (sent.hops[0].response.body, sent.hops[0].response.is_cut) == (b"abc", True)
