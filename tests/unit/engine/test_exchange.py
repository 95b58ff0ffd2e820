"""The exchange generator, driven by hand: no sockets, no clock."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sending import make_send

from pytest_reqflo.engine.exchange import Carried, Carry, exchange
from pytest_reqflo.engine.target import parse_target
from pytest_reqflo.run.cookies import CookieJars
from pytest_reqflo.run.effects import PhaseTimes, Send, SendFailure, Sent, WireResponse

NOW = "2026-01-01T00:00:00.000000Z"
TIMES = PhaseTimes(total_s=1.0)
API = "https://api.example.com"
LOST = SendFailure(code="RF404", category="protocol", message="lost")


def answered(status: int = 200, *headers: tuple[str, str], body: bytes = b"") -> Carried:
    return Carried(WireResponse(status=status, headers=headers, body=body), TIMES)


def drive(send: Send, outcomes: Sequence[Carried]) -> tuple[list[Carry], Sent]:
    flow = exchange(send, parse=parse_target, now=NOW)
    effects = []
    answers = iter((None, *outcomes))
    try:
        while True:
            effects.append(flow.send(next(answers)))
    except StopIteration as end:
        assert list(answers) == []
        return effects, end.value


def requests_of(effects: Sequence[Carry]) -> list[str]:
    return [f"{effect.request.method} {effect.request.target.url}" for effect in effects]


def test_one_hop_is_carried_once():
    effects, sent = drive(make_send(f"{API}/x", max_body_bytes=7), [answered(body=b"abc")])

    assert requests_of(effects) == [f"GET {API}/x"]
    assert (effects[0].max_bytes, effects[0].earlier_bytes) == (7, 0)
    assert sent.failure is None
    assert sent.hops[0].response.body == b"abc"
    assert sent.hops[0].times == TIMES


def test_default_headers_are_added_once_and_the_author_wins():
    effects, _ = drive(
        make_send(f"{API}/x", headers=(("accept", "text/html"), ("User-Agent", "mine"))),
        [answered()],
    )

    assert effects[0].request.headers == (
        ("Host", "api.example.com"),
        ("accept", "text/html"),
        ("User-Agent", "mine"),
        ("Accept-Encoding", "gzip, deflate"),
    )


@pytest.mark.parametrize(
    ("method", "body", "length"),
    [
        ("POST", b"abc", "3"),
        ("POST", None, "0"),
        ("PUT", b"", "0"),
        ("GET", None, None),
        ("DELETE", None, None),
        ("DELETE", b"x", "1"),
    ],
)
def test_content_length(method, body, length):
    effects, _ = drive(make_send(API, method=method, body=body), [answered()])

    assert dict(effects[0].request.headers).get("Content-Length") == length


def test_default_ports_are_the_same_origin():
    effects, sent = drive(
        make_send("https://API.example.com:443/x", allowed_origins=(API,)),
        [answered()],
    )

    assert sent.failure is None
    assert requests_of(effects) == [f"GET {API}/x"]


def test_nothing_is_opened_for_an_origin_that_is_not_allowed():
    effects, sent = drive(make_send(API, allowed_origins=("https://example.com",)), [])

    assert effects == []
    assert sent.hops == ()
    assert sent.failure.code == "RF407"


def test_a_failure_to_open_leaves_a_hop_without_answer():
    _, sent = drive(make_send(API), [Carried(None, TIMES, LOST)])

    assert sent.failure == LOST
    assert sent.hops[0].response is None
    assert sent.hops[0].times == TIMES


def test_a_failure_while_reading_keeps_what_came_and_its_cookies():
    came = WireResponse(status=200, headers=(("Set-Cookie", "a=1"),), body=b"ab", is_cut=True)
    _, sent = drive(make_send(API), [Carried(came, TIMES, LOST)])

    assert sent.failure == LOST
    assert sent.hops[0].response == came
    assert [cookie.name for cookie in sent.jars.jars["default"]] == ["a"]


def test_a_redirect_without_location_is_an_answer():
    _, sent = drive(make_send(API, follow_redirects=5), [answered(302)])

    assert sent.failure is None
    assert len(sent.hops) == 1


def test_from_http_to_https_on_the_same_host_drops_credentials():
    send = make_send(
        "http://example.com/",
        headers=(("Authorization", "Bearer t"),),
        follow_redirects=1,
        allowed_origins=("http://example.com", "https://example.com"),
    )
    effects, sent = drive(
        send,
        [answered(301, ("Location", "https://example.com/")), answered()],
    )

    assert sent.failure is None
    assert "Authorization" not in dict(effects[1].request.headers)


def test_cookies_of_a_hop_reach_the_next():
    hop = answered(302, ("Location", "/b"), ("Set-Cookie", "sid=1; Path=/"))
    effects, sent = drive(make_send(f"{API}/a", follow_redirects=1), [hop, answered()])

    assert dict(effects[1].request.headers)["Cookie"] == "sid=1"
    assert sent.jars != CookieJars()


def test_a_driver_that_mixes_up_answers_is_told():
    flow = exchange(make_send(API), parse=parse_target, now=NOW)
    next(flow)

    with pytest.raises(TypeError, match="instead of Carried"):
        flow.send(None)


def test_the_bytes_of_earlier_hops_count():
    hop = answered(302, ("Location", "/b"), body=b"abc")
    effects, _ = drive(make_send(f"{API}/a", follow_redirects=2), [hop, hop, answered()])

    assert [effect.earlier_bytes for effect in effects] == [0, 3, 6]
