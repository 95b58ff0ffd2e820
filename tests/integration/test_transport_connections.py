"""Connections: kept, shared between threads, not shared between processes, replaced when stale."""

from __future__ import annotations

import os
import threading

import pytest
from sending import Sender, make_sender
from servers import ScriptedServer, redirect_to, reply


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def test_many_requests_use_one_connection(sender):
    with (
        ScriptedServer(lambda request, connection: reply(200, b"x" * 1000)) as server,
        sender() as send,
    ):
        for _ in range(50):
            assert send(server.url).failure is None

    assert (len(server.requests), server.connections) == (50, 1)


def test_an_answer_over_the_limit_does_not_poison_the_connection(sender):
    with (
        ScriptedServer(lambda request, connection: reply(200, b"x" * 1_000_000)) as server,
        sender() as send,
    ):
        assert send(server.url, max_body_bytes=10).failure.code == "RF406"
        assert send(server.url).hops[0].response.body == b"x" * 1_000_000

    assert server.connections == 2


def test_a_connection_that_the_server_closed_while_idle_is_replaced(sender):
    def answer_and_close(request, connection):
        connection.send(reply(200, b"ok"))
        connection.close()

    with ScriptedServer(answer_and_close) as server, sender() as send:
        first = send(server.url, method="POST")
        server.wait_for("close")
        second = send(server.url, method="POST")

    assert (first.failure, second.failure) == (None, None)
    assert server.connections == 2


def closing_on_second_request(request, connection):
    """Answer the first request of a connection; read the second and close without a word."""
    if is_first_on(connection):
        return reply(200, b"ok")
    connection.close()
    return None


def is_first_on(connection) -> bool:
    is_first = not hasattr(connection, "is_used")
    connection.is_used = True
    return is_first


def test_a_repeatable_request_is_sent_once_more_when_a_kept_connection_dies(sender):
    with ScriptedServer(closing_on_second_request) as server, sender() as send:
        send(server.url)
        sent = send(server.url + "/again", method="PUT", body=b"1")

    assert sent.failure is None
    assert [(r.connection, r.line) for r in server.requests] == [
        (1, "GET /"),
        (1, "PUT /again"),
        (2, "PUT /again"),
    ]


def test_a_post_that_may_have_arrived_is_not_sent_twice(sender):
    with ScriptedServer(closing_on_second_request) as server, sender() as send:
        send(server.url)
        sent = send(server.url + "/pay", method="POST", body=b"1")

    assert sent.failure.code == "RF404"
    assert [request.line for request in server.requests] == ["GET /", "POST /pay"]


def test_a_request_is_not_sent_again_once_an_answer_has_begun(sender):
    def handle(request, connection):
        if is_first_on(connection):
            return reply(200, b"ok")
        connection.send(b"HTTP/1.1 200")
        connection.close()
        return None

    with ScriptedServer(handle) as server, sender() as send:
        send(server.url)
        sent = send(server.url)

    # The fast one is not told of bytes that are no whole head.
    assert (sent.failure is None) == sender.is_fast
    assert len(server.requests) == sender.choose(2, fast=3)


def test_threads_share_a_transport_and_keep_their_own_deadlines(sender):
    def handle(request, connection):
        if request.path == "/slow":
            connection.closing.wait()
            return None
        return reply(200, request.path.encode())

    outcomes = {}
    with ScriptedServer(handle) as server, sender() as send:

        def work(path: str) -> None:
            outcomes[path] = send(server.url + path, timeout_s=1 if path == "/slow" else 30)

        threads = [threading.Thread(target=work, args=(path,)) for path in ("/slow", "/a", "/b")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert outcomes["/slow"].failure.code == "RF402"
    assert outcomes["/a"].hops[0].response.body == b"/a"
    assert outcomes["/b"].hops[0].response.body == b"/b"


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_process_opens_connections_of_its_own():
    with (
        ScriptedServer(lambda request, connection: reply(200, b"ok")) as server,
        Sender() as send,
    ):
        send(server.url)
        child = os.fork()
        if child == 0:
            os._exit(0 if send(server.url + "/child").failure is None else 1)
        _, status = os.waitpid(child, 0)
        send(server.url + "/parent")

    assert os.waitstatus_to_exitcode(status) == 0
    assert [(r.connection, r.line) for r in server.requests] == [
        (1, "GET /"),
        (2, "GET /child"),
        (1, "GET /parent"),
    ]


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_process_is_refused_by_the_fast_transport():
    pytest.importorskip("pyreqwest", reason="needs the extra [fast]")
    with (
        ScriptedServer(lambda request, connection: reply(200, b"ok")) as server,
        make_sender("fast") as send,
    ):
        send(server.url)
        child = os.fork()
        if child == 0:
            os._exit(0 if send(server.url + "/child").failure.code == "RF401" else 1)
        _, status = os.waitpid(child, 0)
        send(server.url + "/parent")

    assert os.waitstatus_to_exitcode(status) == 0
    assert [(r.connection, r.line) for r in server.requests] == [(1, "GET /"), (1, "GET /parent")]


def test_times_of_phases_add_up(sender):
    def handle(request, connection):
        connection.closing.wait(0.05)
        return reply(200, b"x")

    with ScriptedServer(handle) as server, sender() as send:
        fresh, kept = send(server.url).hops[0].times, send(server.url).hops[0].times

    assert (fresh.connect_s is None) == sender.is_fast
    assert (kept.connect_s, kept.tls_s) == (None, None)
    for times in (fresh, kept):
        assert (times.wait_s is None) == sender.is_fast
        assert times.total_s - (times.receive_s or 0) >= 0.05
        phases = (times.pool_s, times.connect_s, times.send_s, times.wait_s, times.receive_s)
        assert sum(filter(None, phases)) <= times.total_s + 0.001


def test_a_proxy_of_the_environment_is_used_with_its_credentials(sender, monkeypatch):
    with ScriptedServer(lambda request, connection: reply(200, b"by proxy")) as proxy:
        monkeypatch.setenv("http_proxy", f"http://us%40er:pass@127.0.0.1:{proxy.port}")
        with sender() as send:
            sent = send("http://api.example.invalid/orders")

    assert sent.failure is None
    assert proxy.requests[0].line == "GET http://api.example.invalid/orders"
    assert proxy.requests[0].header("host") == "api.example.invalid"
    assert proxy.requests[0].header("proxy-authorization") == "Basic dXNAZXI6cGFzcw=="


def test_no_proxy_is_respected(sender, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with ScriptedServer(lambda request, connection: reply()) as server, sender() as send:
        sent = send(server.url)

    assert sent.failure is None


def test_netrc_is_never_read(sender, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("default login alice password hunter22\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".netrc").write_bytes(netrc.read_bytes())
    with ScriptedServer(lambda request, connection: reply()) as server, sender() as send:
        send(server.url)

    assert server.requests[0].header("authorization") is None


def test_nothing_secret_is_logged_at_debug_level(sender, caplog):
    caplog.set_level("DEBUG")
    with (
        ScriptedServer(lambda request, connection: redirect_to("/?token=abc")) as server,
        sender() as send,
    ):
        send(server.url, headers=(("Authorization", "Bearer abc"),))

    # The loop tells at its start which selector it has.
    assert [record for record in caplog.records if record.name != "asyncio"] == []


def test_a_refusing_proxy_for_https_is_RF401(sender, monkeypatch):
    with ScriptedServer(lambda request, connection: reply(407, reason="Login First")) as proxy:
        monkeypatch.setenv("https_proxy", f"127.0.0.1:{proxy.port}")
        with sender() as send:
            sent = send("https://api.example.invalid/orders")

    assert sent.failure.code == "RF401"
    assert sent.failure.message == sender.choose(
        "the proxy did not open a tunnel: 407 Login First",
        fast="the proxy did not open a tunnel: proxy authorization required",
    )
    assert proxy.requests[0].line == "CONNECT api.example.invalid:443"


@pytest.mark.parametrize(
    "proxy", ["socks5://127.0.0.1:1", "http://[broken", "ftp://127.0.0.1:1", "http://"]
)
def test_an_unusable_proxy_is_RF401(sender, monkeypatch, proxy):
    monkeypatch.setenv("http_proxy", proxy)
    with sender() as send:
        sent = send("http://api.example.invalid/orders")

    assert sent.failure.code == "RF401"
