"""A task that is cancelled leaves nothing behind: its connection ends, the transport goes on."""

from __future__ import annotations

import os
import signal
import threading

import pytest
from sending import make_sender
from servers import ScriptedServer, head, reply


def hanging(first: bytes):
    """Send *first* on `/slow`, then wait for the client to go."""

    def handle(request, connection):
        if request.path != "/slow":
            return reply(200, b"ok")
        connection.send(first)
        connection._socket.recv(1)
        return None

    return handle


@pytest.mark.parametrize(
    "first", [b"", b"HTTP/1.1 200 OK\r\nX-A", head(200, [("Content-Length", "10")]) + b"abc"]
)
def test_a_cancelled_request_ends_its_connection_and_no_other(async_sender, first):
    with ScriptedServer(hanging(first)) as server, async_sender() as send:
        # pyreqwest lets go of a request that has no answer yet when its time is over.
        slow = send.start(server.url + "/slow", timeout_s=async_sender.choose(30, fast=2))
        server.wait_for("request")
        slow.cancel()
        server.wait_for("close")
        after = [send(server.url + "/after") for _ in range(2)]

    assert slow.cancelled()
    assert [sent.failure for sent in after] == [None, None]
    assert [(r.connection, r.path) for r in server.requests] == [
        (1, "/slow"),
        (2, "/after"),
        (2, "/after"),
    ]


def test_many_at_once_use_a_connection_each_and_keep_them(async_sender):
    gate = threading.Barrier(32)

    def handle(request, connection):
        if request.path == "/first":
            gate.wait(60)
        return reply(200, request.target.encode())

    with ScriptedServer(handle) as server, async_sender() as send:
        for path in ("/first", "/then"):
            started = [send.start(f"{server.url}{path}?{number}") for number in range(32)]
            bodies = [future.result(60).hops[0].response.body for future in started]
            assert bodies == [f"{path}?{number}".encode() for number in range(32)]

    assert (len(server.requests), server.connections) == (64, 32)


@pytest.mark.parametrize("kind", ["default", "fast"])
def test_the_keyboard_interrupts_a_request_at_once(kind, request):
    # A process that a shell runs in the background ignores the signal.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, before))
    if kind == "fast":
        pytest.importorskip("pyreqwest", reason="needs the extra [fast]")

    def handle(_, connection):
        os.kill(os.getpid(), signal.SIGINT)
        connection._socket.recv(1)

    with ScriptedServer(handle) as server, make_sender(kind) as send:
        with pytest.raises(KeyboardInterrupt):
            send(server.url, timeout_s=30 if kind == "default" else 2)
        server.wait_for("close")
