"""One deadline holds against servers that are slow in every way."""

from __future__ import annotations

import socket

from servers import ScriptedServer, head, redirect_to, reply

from pytest_reqflo.run.effects import Sent

OPENING = "connecting, sending or waiting for the answer"
TIMEOUT_S = 1.0
"""On a busy machine a connection and the head of an answer may take some tenths of a second."""


def assert_out_of_time(sent: Sent, doing: str) -> None:
    assert sent.failure is not None
    assert (sent.failure.code, sent.failure.category) == ("RF402", "timeout")
    assert (
        sent.failure.message == f"the request ran out of time after {TIMEOUT_S:g} s while {doing}"
    )
    # The upper bound is far below what the server would take: for ever.
    assert TIMEOUT_S <= sent.elapsed_s < 20 * TIMEOUT_S


def test_a_server_that_drips_header_bytes_is_bounded(sender):
    def drip(request, connection):
        connection.send(b"HTTP/1.1 200 OK\r\n")
        connection.drip(b"X-More: 1\r\n", every_s=0.01)

    with ScriptedServer(drip) as server, sender() as send:
        sent = send(server.url, timeout_s=TIMEOUT_S)

    assert_out_of_time(sent, sender.choose("reading the answer", fast=OPENING))
    assert sent.hops[0].response is None


def test_a_server_that_drips_body_bytes_is_bounded_and_leaves_the_head(sender):
    def drip(request, connection):
        connection.send(head(200, [("Content-Length", "1000000")]))
        connection.drip(b"abc", every_s=0.01)

    with ScriptedServer(drip) as server, sender() as send:
        sent = send(server.url, timeout_s=TIMEOUT_S)

    assert_out_of_time(sent, "reading the answer")
    response = sent.hops[0].response
    assert response.status == 200
    assert response.is_cut
    assert response.body.startswith(b"abcabc")


def test_a_server_that_never_answers_is_bounded(sender):
    def wait(request, connection):
        connection.closing.wait()

    with ScriptedServer(wait) as server, sender() as send:
        sent = send(server.url, timeout_s=TIMEOUT_S)

    assert_out_of_time(sent, sender.choose("waiting for the answer", fast=OPENING))


def test_a_server_that_never_reads_is_bounded(sender):
    with socket.create_server(("127.0.0.1", 0)) as listener, sender() as send:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        sent = send(url, method="POST", body=b"x" * 40_000_000, timeout_s=TIMEOUT_S)

    assert_out_of_time(sent, sender.choose("sending the request", fast=OPENING))


def test_a_server_that_never_negotiates_tls_is_bounded(sender):
    with socket.create_server(("127.0.0.1", 0)) as listener, sender() as send:
        sent = send(f"https://127.0.0.1:{listener.getsockname()[1]}", timeout_s=TIMEOUT_S)

    assert_out_of_time(sent, sender.choose("negotiating TLS", fast=OPENING))


def test_all_hops_of_an_exchange_share_one_deadline(sender):
    def slow(request, connection):
        connection.closing.wait(0.4 * TIMEOUT_S)
        return redirect_to("/again")

    with ScriptedServer(slow) as server, sender() as send:
        sent = send(server.url, timeout_s=TIMEOUT_S, follow_redirects=100)

    assert_out_of_time(sent, sender.choose("waiting for the answer", fast=OPENING))
    assert len(sent.hops) <= 3


def test_a_deadline_of_one_request_does_not_reach_the_next_on_the_same_connection(sender):
    with ScriptedServer(lambda request, connection: reply()) as server, sender() as send:
        first = send(server.url, timeout_s=TIMEOUT_S)
        server.closing.wait(1.1 * TIMEOUT_S)
        second = send(server.url, timeout_s=30)

    assert (first.failure, second.failure) == (None, None)
    assert server.connections == 1


def test_a_shorter_deadline_holds_on_a_connection_that_was_kept(sender):
    def handle(request, connection):
        if request.path == "/slow":
            connection.closing.wait()
            return None
        return reply()

    with ScriptedServer(handle) as server, sender() as send:
        first = send(server.url, timeout_s=30)
        second = send(server.url + "/slow", timeout_s=TIMEOUT_S)

    assert first.failure is None
    assert_out_of_time(second, sender.choose("waiting for the answer", fast=OPENING))
    assert server.connections == 1
