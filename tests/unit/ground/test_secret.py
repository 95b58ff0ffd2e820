from __future__ import annotations

import copy
import dataclasses
import json
import logging
import marshal
import pickle
import pprint
import reprlib

import pytest

from pytest_reqflo.secret import Secret, find_name_fault

TEXT = "hunter2hunter2"
TOKEN = Secret("TOKEN", TEXT)
MASK = "[secret:TOKEN]"


@dataclasses.dataclass
class Holder:
    secret: Secret


def logged(*arguments: object) -> str:
    return logging.LogRecord("x", 20, "x.py", 1, "%s", arguments, None).getMessage()


@pytest.mark.parametrize(
    "show",
    [
        repr, str, ascii, "{}".format, "{!r}".format, "{!s:>20}".format, lambda s: f"{s}",
        lambda s: f"{s!r}", lambda s: f"{s:>20}", "%s".__mod__, "%r".__mod__,
        lambda s: "%(a)s".__mod__({"a": s}), pprint.pformat, reprlib.repr, logged,
    ],
)  # fmt: skip
def test_a_secret_shows_only_its_name(show):
    assert show(TOKEN).strip() == MASK


@pytest.mark.parametrize("wrap", [lambda s: [s], lambda s: {"k": s}, lambda s: (s, {s}), Holder])
@pytest.mark.parametrize("show", [repr, str, pprint.pformat, reprlib.repr, logged])
def test_what_holds_a_secret_shows_only_its_name(wrap, show):
    text = show(wrap(TOKEN))
    assert TEXT not in text
    assert MASK in text


@pytest.mark.parametrize(
    "store",
    [
        *(lambda s, p=p: pickle.dumps(s, p) for p in range(pickle.HIGHEST_PROTOCOL + 1)),
        copy.copy, copy.deepcopy, json.dumps, lambda s: json.dumps({"k": s}),
        lambda s: dataclasses.asdict(Holder(s)), lambda s: dataclasses.astuple(Holder(s)),
        lambda s: s.__getstate__(), lambda s: s.__reduce__(), lambda s: s.__reduce_ex__(4),
        lambda s: copy.deepcopy([s]), vars, bytes, list, len, int, marshal.dumps,
        lambda s: "".join([s]), lambda s: "x" + s, lambda s: s + "x", lambda s: s[0],
        lambda s: "x" in s,
    ],
)  # fmt: skip
def test_a_secret_cannot_be_stored_taken_apart_or_joined(store):
    with pytest.raises((TypeError, ValueError)) as caught:
        store(TOKEN)
    assert TEXT not in repr(caught.value)


def test_a_secret_takes_no_further_attributes_that_vars_would_show():
    with pytest.raises(AttributeError):
        TOKEN.other = TEXT


def test_text_made_from_a_secret_is_secret():
    joined = Secret.join(["Bearer ", TOKEN])
    assert isinstance(joined, Secret)
    assert (joined.name, joined.reveal()) == ("TOKEN", "Bearer hunter2hunter2")
    assert Secret.join(["a", "b"]) == "ab"
    assert TOKEN.map(str.upper).reveal() == "HUNTER2HUNTER2"


def test_a_secret_never_equals_text():
    assert TOKEN != TEXT
    assert TEXT != TOKEN
    assert TOKEN not in (TEXT, MASK)
    assert Secret("TOKEN", TEXT) == TOKEN
    assert hash(Secret("TOKEN", "other")) == hash(TOKEN)


@pytest.mark.parametrize("text", [b"hunter2", 7, None, TOKEN])
def test_only_text_can_be_a_secret(text):
    with pytest.raises(TypeError, match=r"^the secret `PIN` must be text, not \w+$"):
        Secret("PIN", text)


@pytest.mark.parametrize("name", ["A", "a-b", "tls.key", "_x", "0", "x" * 200])
def test_names_of_secrets(name):
    assert find_name_fault(name) == ""


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("", "empty"),
        ("x" * 201, "longer than 200"),
        ("../x", "letters"),
        ("..data", "letters"),
        ("-x", "letters"),
        ("a/b", "letters"),
        ("a\0", "letters"),
        ("a\n", "letters"),
        ("a\x1b[2J", "letters"),
        ("ä", "letters"),
        ("REQFLO_MASTER_KEY", "settings of the plugin"),
        ("Reqflo_env", "settings of the plugin"),
    ],
)
def test_what_no_provider_may_be_asked_for(name, fault):
    assert fault in find_name_fault(name)
