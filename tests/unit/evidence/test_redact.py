"""Redaction of texts, URLs, headers, bodies and JSON by whole values."""

from __future__ import annotations

import base64

import pytest

from pytest_reqflo.evidence.encodings import variants_of
from pytest_reqflo.evidence.redact import Redactor, SensitiveNames, hide_known, is_hideable
from pytest_reqflo.secret import Secret

TOKEN = "tok/en+12 34"


@pytest.fixture
def redactor() -> Redactor:
    made = Redactor()
    made.add_secret(Secret("API_TOKEN", TOKEN))
    return made


def test_a_text_names_the_secret_it_hides(redactor):
    assert redactor.text(f"got {TOKEN} twice: {TOKEN}") == (
        "got [secret:API_TOKEN] twice: [secret:API_TOKEN]"
    )


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("Authorization", f"Bearer {TOKEN}", "Bearer [secret:API_TOKEN]"),
        ("authorization", "Bearer unknown", "Bearer [sensitive:authorization]"),
        ("Authorization", "only-a-token", "[sensitive:authorization]"),
        ("Authorization", 'Digest username="a", response="b"', "Digest [sensitive:authorization]"),
        ("Proxy-Authorization", "Basic abc=", "Basic [sensitive:proxy-authorization]"),
        ("Cookie", "sid=1; b=2;c=", "sid=[sensitive:cookie]; b=[sensitive:cookie];c="),
        ("Cookie", "bare", "[sensitive:cookie]"),
        ("Set-Cookie", "sid=1; Path=/; Secure", "sid=[sensitive:set-cookie]; Path=/; Secure"),
        ("X-API-Key", "anything at all", "[sensitive:x-api-key]"),
        (
            "Location",
            "/next?access_token=abc&page=2",
            "/next?access_token=[sensitive:access_token]&page=2",
        ),
        ("X-Trace", "plain", "plain"),
        ("Authorization", "", ""),
    ],
)
def test_headers_are_masked_by_position(redactor, name, value, shown):
    assert redactor.headers([(name, value)]) == ((name, shown),)


def test_an_environment_adds_names_of_headers_and_keys():
    names = SensitiveNames().with_more(["X-Session"], ["otp", "card-number"])
    redactor = Redactor(names)

    assert redactor.headers([("x-session", "a b"), ("X-API-Key", "k")]) == (
        ("x-session", "[sensitive:x-session]"),
        ("X-API-Key", "[sensitive:x-api-key]"),
    )
    assert redactor.json({"OTP": 1, "cardNumber": "4", "card_number": "5", "otps": 6}) == {
        "OTP": "[sensitive:OTP]",
        "cardNumber": "[sensitive:cardNumber]",
        "card_number": "[sensitive:card_number]",
        "otps": 6,
    }
    assert redactor.body('{"otp": 123456, "x": 1}') == '{"otp": [sensitive:otp], "x": 1}'
    assert redactor.url("https://h/?otp=1&card_number=4#x") == (
        "https://h/?otp=[sensitive:otp]&card_number=[sensitive:card_number]#x"
    )


def test_a_name_may_hold_characters_that_patterns_give_a_meaning():
    redactor = Redactor(SensitiveNames().with_more([], ["a.b(c"]))

    assert redactor.body('{"a.b(c": "x", "axb(c": "y"}') == (
        '{"a.b(c": "[sensitive:a.b(c]", "axb(c": "y"}'
    )


def test_several_redactors_hide_in_one_pass():
    first, second = Redactor(), Redactor()
    first.add_secret(Secret("A", "first-value"))
    second.add_secret(Secret("B", "secret:A"))

    assert hide_known("first-value secret:A", [first, second]) == "[secret:A] [secret:B]"


def test_a_text_is_searched_only_for_values_that_may_stand_in_it(monkeypatch):
    searched = []
    find = Redactor.find_known
    monkeypatch.setattr(
        Redactor, "find_known", lambda self, text: searched.append(self) or find(self, text)
    )
    redactors = [Redactor() for _ in range(30)]
    for number, redactor in enumerate(redactors):
        redactor.add_value("token", f"{number:02}-token-value")
    assert hide_known("tests/orders.journey.yaml::row-00001", redactors) == (
        "tests/orders.journey.yaml::row-00001"
    )
    assert searched == []
    assert hide_known("it was 07-token-value", redactors) == "it was [sensitive:token]"
    assert searched == [redactors[7]]


def test_headers_keep_order_and_duplicates(redactor):
    headers = (("B", "2"), ("a", "1"), ("B", "3"))

    assert redactor.headers(headers) == headers


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:pass@h/x", "https://[sensitive:userinfo]@h/x"),
        ("https://h/a@b", "https://h/a@b"),
        (f"https://h/{TOKEN}", "https://h/[secret:API_TOKEN]"),
        ("https://h/tok%2Fen%2B12%2034?x=1", "https://h/[secret:API_TOKEN]?x=1"),
        (
            "https://h/?a=1&api_key=xyz#token=abc",
            "https://h/?a=1&api_key=[sensitive:api_key]#token=[sensitive:token]",
        ),
        ("https://h/?tokens=1", "https://h/?tokens=1"),
    ],
)
def test_urls(redactor, url, shown):
    assert redactor.url(url) == shown


def test_json_masks_telling_keys_and_known_values(redactor):
    redactor.add_value("card", 4111111111111111)
    value = {
        "password": "x",
        "accessToken": "y",
        "api-key": 12345,
        "token": {"deep": ["z", None, True]},
        "refresh_token": None,
        "token_type": "Bearer",
        "card": 4111111111111111,
        "note": f"use {TOKEN}",
        TOKEN: 1,
    }

    assert redactor.json(value) == {
        "password": "[sensitive:password]",
        "accessToken": "[sensitive:accessToken]",
        "api-key": "[sensitive:api-key]",
        "token": {"deep": ["[sensitive:token]", None, True]},
        "refresh_token": None,
        "token_type": "Bearer",
        "card": "[sensitive:card]",
        "note": "use [secret:API_TOKEN]",
        "[secret:API_TOKEN]": 1,
    }


def test_a_known_secret_under_a_telling_key_keeps_its_name(redactor):
    assert redactor.json({"token": TOKEN}) == {"token": "[secret:API_TOKEN]"}


def test_bodies_are_masked_as_text_whole_or_cut(redactor):
    body = '{"password" : "a\\"b", "id": 7, "secret":-1.5e3, "token": "cut off'

    assert redactor.body(body) == (
        '{"password" : "[sensitive:password]", "id": 7, "secret":[sensitive:secret], '
        '"token": "[sensitive:token]'
    )
    assert redactor.body("user=a&password=b%20c&x=1") == (
        "user=a&password=[sensitive:password]&x=1"
    )


def test_rendered_values_show_masks_for_secrets(redactor):
    rendered = {"a": [Secret("OTHER", "never registered")], "b": 1, "c": "x"}

    assert redactor.json(rendered) == {"a": ["[secret:OTHER]"], "b": 1, "c": "x"}


def test_sensitive_values_are_masked_in_all_their_leaves():
    redactor = Redactor()
    redactor.add_value(
        "person", {"name": "Erika Mustermann", "pin": 90210, "tags": ["vip-customer"]}
    )

    assert redactor.text("Erika Mustermann 90210 vip-customer") == " ".join(
        ["[sensitive:person]"] * 3
    )


def test_lines_and_json_leaves_of_a_secret_are_masked_alone():
    redactor = Redactor()
    redactor.add_secret(Secret("PEM", "-----BEGIN-----\nabcdefghijkl\nend"))
    redactor.add_secret(Secret("CRED", '{"private": "qwertzuiop", "n": 1}'))

    assert redactor.text("x abcdefghijkl y qwertzuiop end") == (
        "x [secret:PEM] y [secret:CRED] end"
    )


ODD = "Ab<c>&'d+e/f é"


@pytest.mark.parametrize(
    "spelling",
    [
        "Ab\\u003cc\\u003e\\u0026'd+e/f \\u00e9",
        "Ab\\u003cc\\u003e\\u0026\\u0027d+e/f \\u00e9",
        "Ab\\u003Cc\\u003E\\u0026\\u0027d\\u002Be\\u002Ff \\u00e9",
        "Ab<c>&'d+e/f \\u00E9",
        "Ab<c>&'d+e\\/f \\u00e9",
        "ab<c>&'d+e/f é",
        "AB<C>&'D+E/F É",
        "Ab&lt;c&gt;&amp;'d+e/f é",
        "Ab&lt;c&gt;&amp;&#39;d+e/f é",
        "Ab&lt;c&gt;&amp;&apos;d+e/f é",
    ],
)
def test_escapes_as_other_languages_write_them(spelling):
    redactor = Redactor()
    redactor.add_secret(Secret("ODD", ODD))

    assert redactor.text(f"({spelling})") == "([secret:ODD])"


def test_base64_that_is_wrapped_into_lines():
    redactor = Redactor()
    long = "".join(f"line {number} of a key\n" for number in range(20))
    redactor.add_secret(Secret("PEM", long))
    wrapped = base64.encodebytes(long.encode()).decode()

    assert set(redactor.text(wrapped).split()) == {"[secret:PEM]"}


def test_a_pair_joined_for_basic_auth_is_masked_as_base64():
    redactor = Redactor()
    redactor.add_secret(Secret("PASSWORD", "alice:correct horse"))

    assert redactor.text("Basic YWxpY2U6Y29ycmVjdCBob3JzZQ==") == "Basic [secret:PASSWORD]"


def test_the_first_name_of_a_value_stays():
    redactor = Redactor()
    redactor.add_secret(Secret("FIRST", "the same value"))
    redactor.add_value("second", "the same value")

    assert redactor.text("the same value") == "[secret:FIRST]"


@pytest.mark.parametrize("value", ["", "   ", "abc", "true", "False", "null", " no "])
def test_short_and_common_values_cannot_be_hidden(value):
    redactor = Redactor()
    redactor.add_secret(Secret("S", value))

    assert not is_hideable(value)
    assert variants_of(value) == frozenset()
    assert redactor.text(f"a {value} b") == f"a {value} b"


@pytest.mark.parametrize(
    "name", ["password", "PassWord", "api_key", "apiKey", "API-KEY", "id_token"]
)
def test_telling_names_in_every_spelling(name):
    assert SensitiveNames().is_key(name)


@pytest.mark.parametrize("name", ["passwords", "key", "token_type", "", "secretary"])
def test_other_names_tell_nothing(name):
    assert not SensitiveNames().is_key(name)


def test_a_lone_surrogate_in_a_secret_is_no_problem():
    redactor = Redactor()
    redactor.add_secret(Secret("S", "abcdefgh\udc80"))

    assert redactor.text("abcdefgh\udc80!") == "[secret:S]!"


def test_a_long_hostile_text_is_redacted_quickly(redactor):
    text = '"token":"' + "\\" * 200_000 + "://" + "a" * 200_000 + "@" * 100_000

    assert "[sensitive:token]" in redactor.body(text)


def test_a_header_of_blanks_takes_no_quadratic_time() -> None:
    value = "a;" + " " * 60_000 + "b"
    assert Redactor().headers([("Cookie", value)]) == (
        ("Cookie", "[sensitive:cookie];" + " " * 60_000 + "[sensitive:cookie]"),
    )


def test_of_a_value_with_more_parts_than_can_be_looked_for_nothing_shows():
    redactor = Redactor()
    redactor.add_value("keys", [f"part-number-{number:06}" for number in range(30_000)])

    assert redactor.body('{"a": "part-number-029999"}') == "[sensitive:keys]"
    assert redactor.json({"a": ["part-number-029999", 7, ""]}) == {
        "[sensitive:keys]": ["[sensitive:keys]", 7, ""]
    }
    assert redactor.headers([("X-A", "part-number-029999")]) == (
        ("[sensitive:keys]", "[sensitive:keys]"),
    )


def test_names_that_are_learned_later_count_for_headers_and_keys():
    """A durable run knows its environment after its redactor was made."""
    redactor = Redactor()
    assert redactor.json({"pin": "12345"}) == {"pin": "12345"}

    redactor.names = SensitiveNames().with_more(["X-Own"], ["pin"])

    assert redactor.headers([("X-Own", "value")]) == (("X-Own", "[sensitive:x-own]"),)
    assert redactor.json({"pin": "12345"}) == {"pin": "[sensitive:pin]"}
