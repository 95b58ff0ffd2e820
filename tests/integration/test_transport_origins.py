"""Requests go to allowed origins only, judged by the URL as it is sent."""

from __future__ import annotations

import pytest
from servers import ScriptedServer, reply


@pytest.mark.parametrize(
    "spelling",
    [
        "http://127.0.0.1:{port}@{other}/",
        "http://127.0.0.1:{port}#@{other}/x@",
        "http://user@127.0.0.1:{port}/",
        "http://user:password@127.0.0.1:{port}/",
        "http://{other}/http://127.0.0.1:{port}",
        "http://{other}?@127.0.0.1:{port}/",
        "http://{other}\\@127.0.0.1:{port}/",
        "//127.0.0.1:{port}/",
        "file://127.0.0.1:{port}/etc/passwd",
        "http://127.0.0.1:{port}:80/",
        "http://[::1/",
        "http:///",
        "",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:{port}/\x00",
    ],
)
def test_a_url_that_is_not_allowed_never_reaches_a_server_that_is_not(sender, spelling):
    with (
        ScriptedServer(lambda request, connection: reply()) as allowed,
        ScriptedServer(lambda request, connection: reply()) as other,
        sender() as send,
    ):
        url = spelling.format(port=allowed.port, other=f"127.0.0.1:{other.port}")
        sent = send(url, allowed_origins=(allowed.url,))

    assert other.connections == 0
    if sent.failure is None:
        assert allowed.requests
    else:
        assert (sent.failure.code, sent.failure.category) == ("RF407", "refused")
        assert sent.hops == ()
        assert allowed.connections == 0


def test_an_origin_beside_the_list_is_named_in_the_failure(sender):
    with ScriptedServer(lambda request, connection: reply()) as server, sender() as send:
        sent = send(server.url + "/secret-path", allowed_origins=("https://api.example.com",))

    assert sent.failure.message == (
        f"the request goes to {server.url}, which is not allowed in this environment"
    )
    assert server.connections == 0


def test_without_a_list_nothing_is_allowed(sender):
    with ScriptedServer(lambda request, connection: reply()) as server, sender() as send:
        sent = send(server.url, allowed_origins=())

    assert sent.failure.code == "RF407"


@pytest.mark.parametrize("listed", ["HTTP://127.0.0.1:{port}", "http://127.0.0.1:{port}/base/path"])
def test_spelling_of_an_allowed_origin_does_not_matter(sender, listed):
    with ScriptedServer(lambda request, connection: reply()) as server, sender() as send:
        sent = send(server.url, allowed_origins=(listed.format(port=server.port),))

    assert sent.failure is None


def test_a_user_name_in_a_url_is_refused_without_quoting_it(sender):
    with ScriptedServer(lambda request, connection: reply()) as server, sender() as send:
        sent = send(
            f"http://alice:hunter22@127.0.0.1:{server.port}/", allowed_origins=(server.url,)
        )

    assert sent.failure.message == (
        "the URL of the request is refused: it holds a user name, which is refused in URLs"
    )
