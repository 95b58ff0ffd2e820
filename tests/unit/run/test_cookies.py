"""Cookie jars are values: what is accepted, what is sent, and to whom."""

from __future__ import annotations

import pytest

from pytest_reqflo.run.cookies import (
    Cookie,
    CookieJars,
    SetCookie,
    clear_jar,
    cookies_for,
    parse_set_cookie,
    store_cookies,
)

NOW = "2026-01-01T00:00:00.000000Z"
URL = "https://shop.example.com/a/b"


def jars_with(*texts: str, url: str = URL, now: str = NOW) -> CookieJars:
    return store_cookies(CookieJars(), "default", url, texts, now)


def sent(jars: CookieJars, url: str = URL, now: str = NOW) -> str:
    return "; ".join(f"{name}={value}" for name, value in cookies_for(jars, "default", url, now))


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("a=1", SetCookie(name="a", value="1")),
        (" a = b=c ; ", SetCookie(name="a", value="b=c")),
        ("a=", SetCookie(name="a", value="")),
        ('a="q"', SetCookie(name="a", value='"q"')),
        (
            "a=1; Path=/x; HttpOnly; SAMESITE=Lax;path=/y; max-age",
            SetCookie(
                name="a",
                value="1",
                attributes={"path": "/y", "httponly": "", "samesite": "Lax", "max-age": ""},
            ),
        ),
        ("no pair; Path=/", None),
        ("=value", None),
        ("", None),
        ("a=1\x00", None),
    ],
)
def test_set_cookie_is_taken_apart(text, parsed):
    assert parse_set_cookie(text) == parsed


def test_a_cookie_is_stored_with_all_that_was_said():
    jars = jars_with(
        "sid=1; Domain=.Example.com; Path=/a; Secure; HttpOnly; SameSite=Lax; Max-Age=60"
    )

    assert jars.jars["default"] == (
        Cookie(
            name="sid",
            value="1",
            domain="example.com",
            path="/a",
            is_host_only=False,
            is_secure=True,
            is_http_only=True,
            same_site="Lax",
            expires_at="2026-01-01T00:01:00.000000Z",
            origin="https://shop.example.com",
        ),
    )


@pytest.mark.parametrize(
    ("text", "url", "is_sent"),
    [
        ("a=1", "https://shop.example.com/a/c", True),
        ("a=1", "https://shop.example.com/a", True),
        ("a=1", "https://shop.example.com/ab", False),
        ("a=1", "https://shop.example.com/", False),
        ("a=1; Path=/", "https://shop.example.com", True),
        ("a=1; Path=/a/", "https://shop.example.com/a", False),
        ("a=1; Path=relative", "https://shop.example.com/a/x", True),
        ("a=1; Path=/", "https://example.com/", False),
        ("a=1; Path=/", "https://x.shop.example.com/", False),
        ("a=1; Path=/; Domain=shop.example.com", "https://x.shop.example.com/", True),
        ("a=1; Path=/; Domain=example.com", "https://pay.example.com/", True),
        ("a=1; Path=/; Domain=example.com", "https://badexample.com/", False),
        ("a=1; Path=/; Domain=other.com", "https://other.com/", False),
        ("a=1; Path=/; Domain=com", "https://shop.example.com/", False),
        ("a=1; Path=/; Domain=x.shop.example.com", "https://x.shop.example.com/", False),
        ("a=1; Path=/; Secure", "http://shop.example.com/", False),
        ("a=1; Path=/; Secure", "https://SHOP.example.com:443/", True),
        ("a=1; Path=/", "https://shop.example.com:8443/", False),
        ("a=1; Path=/", "http://shop.example.com/", False),
        ("a=1; Path=/; Domain=shop.example.com", "https://shop.example.com:8443/", True),
        ("a=1; Path=/; Domain=shop.example.com", "http://shop.example.com/", True),
        ("a=1; Path=/", "not a url", False),
        ("a=1; Path=/", "http://[broken/", False),
    ],
)
def test_a_cookie_goes_where_it_belongs(text, url, is_sent):
    assert sent(jars_with(text), url) == ("a=1" if is_sent else "")


def test_addresses_have_no_subdomains():
    jars = jars_with(
        "a=1; Domain=0.0.1; Path=/", "b=2; Domain=127.0.0.1; Path=/", url="http://127.0.0.1/"
    )

    assert sent(jars, "http://127.0.0.1:5000/") == "b=2"


@pytest.mark.parametrize("host", ["localhost:80", "127.0.0.1", "[::1]:8000", "app.localhost"])
def test_secure_cookies_work_on_this_machine_without_tls(host):
    jars = jars_with("a=1; Secure", url=f"http://{host}/")

    assert sent(jars, f"http://{host}/") == "a=1"


def test_a_secure_cookie_from_a_plain_connection_is_refused():
    assert jars_with("a=1; Secure", url="http://example.com/") == CookieJars()


def test_longer_paths_come_first_then_the_older_cookie():
    jars = jars_with("a=1; Path=/", "b=2; Path=/a", "c=3; Path=/a")

    assert sent(jars) == "b=2; c=3; a=1"


def test_the_same_cookie_is_replaced_in_its_place():
    jars = jars_with("a=1; Path=/", "b=2; Path=/", "a=3; Path=/")

    assert sent(jars) == "a=3; b=2"


@pytest.mark.parametrize(
    "attributes",
    [
        "Max-Age=0",
        "Max-Age=-1",
        "Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "Expires=Wed, 31 Dec 2025 23:59:59 GMT",
        "Max-Age=0; Expires=Wed, 01 Jan 2099 00:00:00 GMT",
    ],
)
def test_an_expired_cookie_removes_the_stored_one(attributes):
    jars = store_cookies(jars_with("a=1"), "default", URL, [f"a=2; {attributes}"], NOW)

    assert jars == CookieJars()


@pytest.mark.parametrize(
    ("attributes", "expires_at"),
    [
        ("Expires=Fri, 02 Jan 2026 03:04:05 GMT", "2026-01-02T03:04:05.000000Z"),
        ("Expires=Friday, 02-Jan-26 03:04:05 GMT", "2026-01-02T03:04:05.000000Z"),
        ("Expires=Fri Jan  2 03:04:05 2026", "2026-01-02T03:04:05.000000Z"),
        ("Expires=2 January 2026 3:4:5", "2026-01-02T03:04:05.000000Z"),
        ("Expires=Fri, 02 Jan 9999 03:04:05 GMT", "2027-02-05T00:00:00.000000Z"),
        ("Max-Age=" + "9" * 500, "2027-02-05T00:00:00.000000Z"),
        ("Expires=never", None),
        ("Expires=Fri, 32 Jan 2026 03:04:05 GMT", None),
        ("Expires=Fri, 02 Jan 2026 25:04:05 GMT", None),
        ("Max-Age=soon", None),
    ],
)
def test_expiry_in_every_spelling(attributes, expires_at):
    jars = jars_with(f"a=1; {attributes}")

    assert jars.jars["default"][0].expires_at == expires_at


def test_a_cookie_is_not_sent_once_it_has_expired():
    jars = jars_with("a=1; Max-Age=60")

    assert sent(jars, now="2026-01-01T00:00:59.999999Z") == "a=1"
    assert sent(jars, now="2026-01-01T00:01:00.000000Z") == ""


def test_jars_are_apart_and_can_be_cleared():
    jars = store_cookies(jars_with("a=1"), "admin", URL, ["b=2"], NOW)

    assert cookies_for(jars, "admin", URL, NOW) == (("b", "2"),)
    assert sent(clear_jar(jars, "admin")) == "a=1"
    assert cookies_for(clear_jar(jars, "admin"), "admin", URL, NOW) == ()
    assert clear_jar(jars, "unknown") == jars


def test_a_jar_does_not_grow_without_end():
    jars = jars_with(*(f"c{number}=x" for number in range(1000)), "big=" + "x" * 5000)

    names = [cookie.name for cookie in jars.jars["default"]]
    assert names == [f"c{number}" for number in range(700, 1000)]


def test_values_never_show_in_a_repr():
    assert "hush" not in repr(jars_with("sid=hush-hush")) + repr(parse_set_cookie("a=hush"))
