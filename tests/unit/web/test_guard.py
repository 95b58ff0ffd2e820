"""Each door of the page of `reqflo ui`: who is let in, and who is not."""

from __future__ import annotations

import pytest

from pytest_reqflo.web.guard import Guard, Keys, Request, allowed_hosts, make_keys

KEYS = Keys(token="tok", ticket="tick", cookie="cook")
HOST = (b"host", b"127.0.0.1:8000")
COOKIE = (b"cookie", b"other=1; reqflo_ui_8000=cook")


def decide(*headers, method="GET", path="/", query=b"", guard=None):
    guard = guard or Guard(KEYS, 8000)
    return guard.decide(Request(method=method, path=path, query=query, headers=headers))


@pytest.mark.parametrize("host", [b"127.0.0.1:8000", b"localhost:8000", b"[::1]:8000"])
def test_the_server_answers_under_its_own_names(host):
    assert decide((b"host", host), COOKIE) == "pass"


@pytest.mark.parametrize(
    "hosts",
    [
        (), (b"evil.test:8000",), (b"127.0.0.1",), (b"127.0.0.1:80",), (b"LOCALHOST.evil:8000",),
        (b"127.0.0.1:8000.evil.test",), (b"user@127.0.0.1:8000",), (b"0.0.0.0:8000",), (b"",),
        (b"127.0.0.1:8000", b"evil.test"), (b"127.0.0.1:8000", b"127.0.0.1:8000"),
    ],
)  # fmt: skip
def test_no_other_name_leads_to_it(hosts):
    assert decide(*((b"host", host) for host in hosts), COOKIE) == "wrong host"


def test_on_the_port_of_http_the_name_alone_is_enough():
    assert (b"127.0.0.1",) in allowed_hosts(80)
    assert (b"127.0.0.1",) not in allowed_hosts(8000)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get", "CONNECT"])
def test_nothing_but_reading_is_asked(method):
    assert decide(HOST, COOKIE, method=method) == "wrong method"


def test_reading_the_head_is_reading():
    assert decide(HOST, COOKIE, method="HEAD") == "pass"


def test_the_token_is_exchanged_and_a_wrong_one_never():
    assert decide(HOST, query=b"token=tok") == "exchange"
    assert decide(HOST, query=b"token=tok&x=1") == "exchange"
    for wrong in (b"token=to", b"token=toky", b"token=%FF", b"token=\xff", b"token=" + b"t" * 300):
        assert decide(HOST, query=wrong) == "no token", wrong
    # A wrong one is not made good by a cookie, and the address of data takes none.
    assert decide(HOST, COOKIE, query=b"token=no") == "no token"
    assert decide(HOST, path="/api/runs", query=b"token=tok") == "no token"


def test_the_ticket_of_the_browser_works_once():
    guard = Guard(KEYS, 8000)
    assert decide(HOST, query=b"token=tick", guard=guard) == "exchange"
    assert decide(HOST, query=b"token=tick", guard=guard) == "no token"
    assert decide(HOST, query=b"token=tok", guard=guard) == "exchange"


@pytest.mark.parametrize(
    "cookie",
    [b"", b"reqflo_ui_8000=", b"reqflo_ui_8000=coo", b"reqflo_ui_9000=cook", b"cook", b"\xff=\xff",
     b"reqflo_ui_8000=tok", b"reqflo_ui_8000=tick"],
)  # fmt: skip
def test_without_its_cookie_nobody_is_let_in(cookie):
    assert decide(HOST, (b"cookie", cookie)) == "no token"
    assert decide(HOST) == "no token"


def test_a_request_that_another_page_makes_is_refused():
    assert decide(HOST, COOKIE, (b"sec-fetch-site", b"same-origin")) == "pass"
    assert decide(HOST, COOKIE, (b"sec-fetch-site", b"none")) == "pass"
    for site in (b"cross-site", b"same-site", b""):
        assert decide(HOST, COOKIE, (b"sec-fetch-site", site)) == "other page"


def test_keys_differ_and_are_long():
    keys = make_keys()
    assert len({keys.token, keys.ticket, keys.cookie, make_keys().token}) == 4
    assert min(map(len, (keys.token, keys.ticket, keys.cookie))) >= 43
    assert "HttpOnly; SameSite=Strict; Path=/" in Guard(keys, 1).cookie
