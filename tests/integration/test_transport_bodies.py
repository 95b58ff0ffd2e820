"""Bodies: chunks, encodings, limits, and answers that have none."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zlib

import pytest
from servers import ScriptedServer, chunked, head, reply

MIB = 1024 * 1024


def answering(data: bytes):
    return ScriptedServer(lambda request, connection: data)


def raw_deflate(data: bytes) -> bytes:
    encoder = zlib.compressobj(wbits=-15)
    return encoder.compress(data) + encoder.flush()


def test_chunks_are_joined(sender):
    with answering(chunked([b"ab", b"c" * 70_000, b"d"])) as server, sender() as send:
        sent = send(server.url)

    assert sent.hops[0].response.body == b"ab" + b"c" * 70_000 + b"d"


@pytest.mark.parametrize(
    ("encoding", "encode"),
    [
        ("gzip", gzip.compress),
        ("x-gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", raw_deflate),
        ("deflate, gzip", lambda data: gzip.compress(zlib.compress(data))),
        ("identity", lambda data: data),
    ],
)
def test_encoded_bodies_are_decoded_and_their_headers_kept(sender, encoding, encode):
    plain = json.dumps({"items": list(range(30_000))}).encode()
    answer = reply(200, encode(plain), [("Content-Encoding", encoding)])
    with answering(answer) as server, sender() as send:
        sent = send(server.url)

    response = sent.hops[0].response
    assert sent.failure is None
    assert response.body == plain
    assert response.wire_size_bytes == len(encode(plain))
    name = sender.choose("Content-Encoding", fast="content-encoding")
    assert (name, encoding) in response.headers
    assert server.requests[0].header("accept-encoding") == "gzip, deflate"


def test_several_gzip_members_are_one_body(sender):
    answer = reply(
        200, gzip.compress(b"one ") + gzip.compress(b"two"), [("Content-Encoding", "gzip")]
    )
    with answering(answer) as server, sender() as send:
        sent = send(server.url)

    assert sent.hops[0].response.body == b"one two"


def test_an_unknown_encoding_is_kept_as_it_came(sender):
    answer = reply(200, b"\x8b\x00brotli", [("Content-Encoding", "br")])
    with answering(answer) as server, sender() as send:
        sent = send(server.url)

    assert sent.failure is None
    assert sent.hops[0].response.body == b"\x8b\x00brotli"


@pytest.mark.parametrize("body", [b"no gzip at all", gzip.compress(b"abc" * 999, mtime=0)[:-12]])
def test_a_body_that_is_not_what_it_says_is_RF404(sender, body):
    with answering(reply(200, body, [("Content-Encoding", "gzip")])) as server, sender() as send:
        sent = send(server.url)

    assert (sent.failure.code, sent.failure.category) == ("RF404", "protocol")
    assert sent.hops[0].response.status == 200


def test_a_gzip_bomb_is_RF406_and_takes_little_memory(sender):
    bomb = gzip.compress(b"\0" * (64 * MIB))
    with answering(reply(200, bomb, [("Content-Encoding", "gzip")])) as server, sender() as send:
        send(server.url + "/warm", method="HEAD")
        tracemalloc.start()
        sent = send(server.url)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

    assert (sent.failure.code, sent.failure.category) == ("RF406", "limit")
    assert "more than 100 times" in sent.failure.message
    assert peak < 16 * MIB


def test_a_bomb_inside_a_bomb_is_RF406(sender):
    bomb = gzip.compress(gzip.compress(b"\0" * (64 * MIB)))
    answer = reply(200, bomb, [("Content-Encoding", "gzip, gzip")])
    with answering(answer) as server, sender() as send:
        sent = send(server.url)

    assert sent.failure.code == "RF406"


def test_a_body_over_the_limit_is_RF406_and_its_head_is_kept(sender):
    def endless(request, connection):
        connection.send(head(200, [("Content-Type", "text/plain")]))
        while True:
            connection.send(b"x" * 10_000)

    with ScriptedServer(endless) as server, sender() as send:
        sent = send(server.url, max_body_bytes=100_000)

    response = sent.hops[0].response
    assert sent.failure.code == "RF406"
    assert sent.failure.message == ("the body of the answer is too large: more than 100000 bytes")
    assert (response.body, response.is_cut) == (b"x" * 100_000, True)


def test_a_body_of_exactly_the_limit_passes(sender):
    with answering(reply(200, b"x" * 100_000)) as server, sender() as send:
        sent = send(server.url, max_body_bytes=100_000)

    assert sent.failure is None
    assert len(sent.hops[0].response.body) == 100_000


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("HEAD", head(200, [("Content-Length", "500"), ("Content-Encoding", "gzip")])),
        ("GET", head(204, reason="No Content")),
        ("GET", head(304, [("Content-Length", "500")], reason="Not Modified")),
    ],
)
def test_answers_without_a_body_leave_the_connection_usable(sender, method, answer):
    with answering(answer) as server, sender() as send:
        first, second = send(server.url, method=method), send(server.url, method=method)

    assert (first.failure, second.failure) == (None, None)
    assert first.hops[0].response.body == b""
    assert server.connections == 1


def test_an_interim_answer_is_passed_over(sender):
    early = head(103, [("Link", "</style.css>")], reason="Early Hints")
    with answering(early + reply(200, b"then")) as server, sender() as send:
        sent = send(server.url)

    assert (sent.hops[0].response.status, sent.hops[0].response.body) == (200, b"then")


def test_a_body_without_length_ends_with_the_connection(sender):
    def handle(request, connection):
        connection.send(head(200) + b"until the end")
        connection.close()

    with ScriptedServer(handle) as server, sender() as send:
        sent = send(server.url)

    assert sent.failure is None
    assert sent.hops[0].response.body == b"until the end"


def test_headers_keep_order_case_and_duplicates(sender):
    headers = [("X-B", "2"), ("x-a", "1"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]
    with answering(reply(200, b"", headers)) as server, sender() as send:
        sent = send(server.url, headers=(("X-Twice", "1"), ("X-Twice", "2"), ("x-Odd", "é")))

    kept = (*headers, ("Content-Length", "0"))
    told = tuple((name.lower(), value) for name, value in kept)
    assert sent.hops[0].response.headers == sender.choose(kept, fast=told)
    assert server.requests[0].header_list("x-twice") == ["1", "2"]
    assert (sender.choose("x-Odd", fast="X-Odd"), "é") in server.requests[0].headers


def test_the_recorded_request_is_what_the_server_received(sender):
    with answering(reply()) as server, sender() as send:
        sent = send(server.url + "/a b?q=ä", method="POST", body=b"{}", headers=(("X-A", "1"),))

    received = server.requests[0]
    assert received.line == "POST /a%20b?q=%C3%A4"
    assert sent.hops[0].request.headers == received.headers
    assert sent.hops[0].request.url == server.url + received.target
    assert (sent.hops[0].request.body, received.body) == (b"{}", b"{}")
