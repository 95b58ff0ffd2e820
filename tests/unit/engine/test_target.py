"""URLs as they go to the wire, and what counts as one origin."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_reqflo.engine.target import _parse, parse_target
from pytest_reqflo.engine.transport import Target, TargetProblem


def test_a_url_is_taken_apart():
    assert parse_target("HTTPS://Example.COM:8443/a b?q=ü#part") == Target(
        scheme="https",
        host="example.com",
        port=8443,
        path="/a%20b?q=%C3%BC",
        url="https://example.com:8443/a%20b?q=%C3%BC",
    )


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("http://h", "http://h"),
        ("http://h:80/x", "http://h"),
        ("https://h:443", "https://h"),
        ("https://h:80", "https://h:80"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
        ("http://bücher.example/", "http://xn--bcher-kva.example"),
    ],
)
def test_origins_are_normal(url, origin):
    assert parse_target(url).origin == origin


@pytest.mark.parametrize(
    "url",
    [
        "", "x", "/path", "//h/x", "ftp://h/", "http://", "http:///x", "http://u@h/", "http://@h/",
        "http://u:p@h/", "http://h:port/", "http://h:70000/", "http://h:0/", "http://h/\n", "http://[::1", "mailto:a@b",
        "http://h\x00/",
    ],
)  # fmt: skip
def test_what_is_no_url_is_refused(url):
    with pytest.raises(TargetProblem):
        parse_target(url)


_BASES = [
    "http://h",
    "https://h:443",
    "http://h:80",
    "HTTP://H:8",
    "http://h:0",
    "http://127.1",
    "http://h.",
    "http://-",
    "http://h:",
    "http://h:65536",
    "https://h:80",
    "http://h:080",
    "http://a-b.c1.d",
    "http://1.2.3.4:5",
    "http://1.2.3.04",
    "http://1.2.3.256",
    "http://xn--a.b",
    "http://xn--bcher-kva.b",
    "http://a..b",
    "http://a_b.c",
]


@given(
    base=st.sampled_from(_BASES),
    rest=st.text("aZ09-._~!$&'()*+,;=:@/%?#[]{}|^<> \\\"ü", max_size=12),
)
def test_the_short_way_means_what_the_long_one_means(base, rest):
    """URLs that need no parser are cut at their origin; the result is that of the parser."""
    assert _outcome(parse_target, f"{base}/{rest}") == _outcome(_parse, f"{base}/{rest}")


@pytest.mark.parametrize("base", _BASES)
def test_an_origin_alone_means_what_the_long_way_means(base):
    assert _outcome(parse_target, base) == _outcome(_parse, base)


def _outcome(parse, url):
    try:
        return parse(url)
    except TargetProblem as problem:
        return str(problem)
