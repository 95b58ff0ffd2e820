"""What goes wrong on the wire comes back as a failure with a code, never as an exception."""

from __future__ import annotations

import random
import socket
import threading

import pytest
from servers import ScriptedServer, chunked, closed_port, head, reply


def closing_after(data: bytes):
    def handle(request, connection):
        connection.send(data)
        connection.close()

    return handle


def test_a_refused_connection_is_RF401(sender):
    with closed_port() as port, sender() as send:
        sent = send(f"http://127.0.0.1:{port}/orders")

    assert (sent.failure.code, sent.failure.category) == ("RF401", "connection")
    assert sent.failure.message == f"nothing can be reached at 127.0.0.1:{port}: connection refused"
    assert sent.hops[0].response is None


def test_a_name_that_cannot_be_resolved_is_RF401(sender):
    with sender() as send:
        sent = send("http://no-such-host.invalid/")

    assert sent.failure.code == "RF401"
    assert sent.failure.message == "the host name `no-such-host.invalid` cannot be resolved"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_new_connection_closed_without_an_answer_is_RF404_and_not_repeated(sender, method):
    with ScriptedServer(closing_after(b"")) as server, sender() as send:
        sent = send(server.url, method=method)

    assert sent.failure.code == "RF404"
    assert sent.failure.message.startswith("the server closed the connection without an answer")
    assert len(server.requests) == 1


def test_a_head_that_ends_early_is_RF404(sender):
    with ScriptedServer(closing_after(b"HTTP/1.1 200 OK\r\nX-A: 1")) as server, sender() as send:
        sent = send(server.url)

    assert sent.failure.code == "RF404"
    how = sender.choose("in the middle", fast="without an answer, or in the first lines of one")
    assert sent.failure.message.startswith(f"the server closed the connection {how}")


def test_a_body_shorter_than_its_content_length_is_RF404_and_kept_as_far_as_it_came(sender):
    short = head(200, [("Content-Length", "10")]) + b"abc"
    with ScriptedServer(closing_after(short)) as server, sender() as send:
        sent = send(server.url)

    assert (sent.failure.code, sent.failure.category) == ("RF404", "protocol")
    assert (sent.hops[0].response.body, sent.hops[0].response.is_cut) == (b"abc", True)


def test_chunks_that_end_early_are_RF404(sender):
    short = head(200, [("Transfer-Encoding", "chunked")]) + b"5\r\nhello\r\n"
    with ScriptedServer(closing_after(short)) as server, sender() as send:
        sent = send(server.url)

    assert sent.failure.code == "RF404"
    assert sent.hops[0].response.body == b"hello"


@pytest.mark.parametrize(
    "answer",
    [b"SSH-2.0-OpenSSH_9.6\r\n\r\n", b"HTTP/1.1 abc OK\r\n\r\n", b"\x00\x01\x02\r\n\r\n"],
)
def test_an_answer_that_is_not_http_is_RF404(sender, answer):
    with ScriptedServer(closing_after(answer)) as server, sender() as send:
        sent = send(server.url)

    assert sent.failure.code == "RF404"
    assert "not HTTP/1.1" in sent.failure.message


def test_headers_without_end_are_RF404_before_they_fill_the_memory(sender):
    def flood(request, connection):
        connection.send(b"HTTP/1.1 200 OK\r\n")
        connection.send(b"X-A: " + b"a" * 800_000)
        connection.closing.wait()

    with ScriptedServer(flood) as server, sender() as send:
        sent = send(server.url)

    assert sent.failure.code == "RF404"


def test_a_connection_that_is_reset_is_RF404(sender):
    def reset(request, connection):
        connection.send(head(200, [("Content-Length", "10")]) + b"abc")
        connection.reset()

    with ScriptedServer(reset) as server, sender() as send:
        sent = send(server.url)

    assert sent.failure.code == "RF404"


def test_an_answer_given_before_the_request_was_read_is_seen(sender):

    with socket.create_server(("127.0.0.1", 0)) as listener, sender() as send:

        def serve():
            sock, _ = listener.accept()
            sock.recv(100)
            sock.sendall(reply(413, b"too much", reason="Content Too Large"))
            done.wait(10)
            sock.close()

        done = threading.Event()
        thread = threading.Thread(target=serve)
        thread.start()
        sent = send(
            f"http://127.0.0.1:{listener.getsockname()[1]}", method="POST", body=b"x" * 20_000
        )
        done.set()
        thread.join()

    assert sent.failure is None
    assert sent.hops[0].response.status == 413


@pytest.mark.parametrize(
    "changes",
    [
        {"headers": (("X-A", "one\r\nX-B: two"),)},
        {"headers": (("X A", "one"),)},
        {"headers": (("X-A", "\udc80"),)},
        {"headers": (("X-\udc80", "one"),)},
        {"method": "GET / HTTP/1.1\r\nX-B: two\r\n"},
        {"method": "GÉT"},
    ],
)
def test_a_request_that_cannot_be_sent_is_RF405_and_nothing_arrives(sender, changes):
    with ScriptedServer(lambda request, connection: reply()) as server, sender() as send:
        sent = send(server.url, **changes)

    assert sent.failure.code == "RF405"
    assert server.requests == []


@pytest.mark.parametrize("seed", range(40))
def test_whatever_a_server_sends_comes_back_as_an_outcome(sender, seed):
    answer = mutated(chunked([b"hello", b"w" * 300], [("X-A", "1"), ("Set-Cookie", "a=1")]), seed)
    with ScriptedServer(closing_after(answer)) as server, sender() as send:
        sent = send(server.url, timeout_s=5, follow_redirects=2)

    assert sent.failure is None or sent.failure.code.startswith("RF4")


def mutated(answer: bytes, seed: int) -> bytes:
    chance = random.Random(seed)
    content = bytearray(answer)
    for _ in range(chance.randint(1, 6)):
        content[chance.randrange(len(content))] = chance.choice(b"\0\r\n:; 09azAZ\xff")
    return bytes(content)
