"""No secret survives redaction in any spelling that reports, URLs and headers give it."""

from __future__ import annotations

import base64
import html
import json
import re
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pytest_reqflo.evidence.redact import Redactor, is_hideable
from pytest_reqflo.secret import Secret

# Surroundings share no character with masks or encodings, so what is left over is not by chance.
around = st.text(alphabet="⟦⟧·¤ \n", max_size=12)
texts = st.text(
    alphabet=st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n\t"),
    min_size=8,
    max_size=40,
).filter(lambda text: len(text.strip()) >= 8 and is_hideable(text))
short_texts = st.text(
    alphabet=st.characters(min_codepoint=33, max_codepoint=126), min_size=4, max_size=7
).filter(is_hideable)

ENCODINGS = {
    "raw": lambda text: text,
    "json": lambda text: json.dumps(text)[1:-1],
    "json, not ascii": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "json twice": lambda text: json.dumps(json.dumps(text)[1:-1])[1:-1],
    "repr": lambda text: repr(text)[1:-1],
    "html": html.escape,
    "html without quotes": lambda text: html.escape(text, quote=False),
    "percent": lambda text: quote(text, safe=""),
    "percent of a path": quote,
    "percent, lower case": lambda text: re.sub(
        "%..", lambda match: match.group().lower(), quote(text, safe="")
    ),
    "form": quote_plus,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64url": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "base64 without padding": lambda text: base64.b64encode(text.encode()).decode().rstrip("="),
    "hex": lambda text: text.encode().hex(),
    "hex, upper case": lambda text: text.encode().hex().upper(),
}
SHORT_ENCODINGS = {
    name: ENCODINGS[name] for name in ("raw", "json", "percent", "percent of a path", "form")
}


def redactor_of(*secrets: Secret) -> Redactor:
    redactor = Redactor()
    for secret in secrets:
        redactor.add_secret(secret)
    return redactor


@pytest.mark.parametrize("encode", ENCODINGS.values(), ids=ENCODINGS.keys())
@given(secret=texts, before=around, after=around)
def test_every_encoding_is_masked(encode, secret, before, after):
    assume(secret not in before + after)
    found = redactor_of(Secret("KEY", secret)).text(before + encode(secret) + after)

    assert "[secret:KEY]" in found
    assert encode(secret).strip() not in found.replace("[secret:KEY]", "")
    assert found.startswith(before)
    assert found.endswith(after)


@pytest.mark.parametrize("encode", SHORT_ENCODINGS.values(), ids=SHORT_ENCODINGS.keys())
@given(secret=short_texts, before=around, after=around)
def test_short_secrets_are_masked_where_they_are_likely(encode, secret, before, after):
    found = redactor_of(Secret("PIN", secret)).text(before + encode(secret) + after)

    assert found == f"{before}[secret:PIN]{after}"


@given(secret=texts, before=st.binary(max_size=7), after=st.binary(max_size=7))
def test_base64_of_a_longer_text_is_masked_at_every_alignment(secret, before, after):
    content = secret.encode()
    encoded = base64.b64encode(before + content + after).decode()

    found = redactor_of(Secret("KEY", secret)).text(encoded)

    assert "[secret:KEY]" in found
    left = "".join(found.split("[secret:KEY]"))
    # Characters at the edges mix bits of the secret with bits around it; they alone stay.
    assert len(left) <= len(encoded) - (len(content) * 8 // 6 - 3)


@given(secret=texts, extra=texts)
def test_the_longest_secret_gives_the_name(secret, extra):
    assume(extra not in secret + extra[:-1])
    redactor = redactor_of(Secret("SHORT", secret), Secret("LONG", secret + extra))

    assert redactor.text(f"⟦{secret + extra}⟧") == "⟦[secret:LONG]⟧"


@given(texts)
def test_masks_are_never_scanned_again(text):
    redactor = redactor_of(
        Secret("KEY", text),
        Secret("A", "[secret:"),
        Secret("B", "secret:KEY"),
        Secret("C", "secret:K"),
    )
    assume("secret:" not in text)

    assert redactor.text(f"⟦{text}⟧") == "⟦[secret:KEY]⟧"


@given(
    st.text(alphabet="ab", min_size=8, max_size=14), st.text(alphabet="ab", min_size=8, max_size=14)
)
def test_overlapping_secrets_leave_nothing_of_either(first, second):
    redactor = redactor_of(Secret("A", first), Secret("B", second))
    overlap = max(n for n in range(min(len(first), len(second)) + 1) if first.endswith(second[:n]))

    found = redactor.text(f"⟦{first}{second[overlap:]}⟧")

    assert "a" not in found.replace("[secret:A]", "").replace("[secret:B]", "")
    assert "b" not in found.replace("[secret:A]", "").replace("[secret:B]", "")


@given(texts, st.lists(st.text(max_size=5), max_size=3))
def test_json_keeps_its_shape(secret, keys):
    value = {"x": [secret, {"n": 1, "t": True, "none": None}], **dict.fromkeys(keys, "plain")}
    redactor = redactor_of(Secret("KEY", secret))

    found = redactor.json(value)

    assert secret not in json.dumps(found, ensure_ascii=False)
    assert found["x"] == ["[secret:KEY]", {"n": 1, "t": True, "none": None}]


@given(st.text(max_size=200))
def test_text_without_secrets_is_left_alone(text):
    assume("@" not in text)
    redactor = redactor_of(Secret("KEY", "a-long-secret-nobody-guesses"))

    assert redactor.text(text) == text


@given(st.text(max_size=200))
def test_any_text_can_be_redacted_in_every_way(text):
    redactor = redactor_of(Secret("KEY", "a-long-secret-nobody-guesses"))

    redactor.body(text)
    redactor.url(text)
    redactor.headers((name, text) for name in ("Authorization", "Cookie", "Set-Cookie", "X"))
    redactor.json({"password": text, text: [text]})
