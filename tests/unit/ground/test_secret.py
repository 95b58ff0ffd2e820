from __future__ import annotations

import copy
import json
import pickle

import pytest

from pytest_reqflo.secret import Secret

TOKEN = Secret("TOKEN", "hunter2hunter2")


@pytest.mark.parametrize(
    "show", [repr, str, "{}".format, "{!r}".format, lambda s: f"{s:>20}".strip()]
)
def test_a_secret_shows_only_its_name(show):
    assert show(TOKEN) == "[secret:TOKEN]"


@pytest.mark.parametrize("store", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps])
def test_a_secret_cannot_be_stored(store):
    with pytest.raises(TypeError):
        store(TOKEN)


def test_text_made_from_a_secret_is_secret():
    joined = Secret.join(["Bearer ", TOKEN])
    assert isinstance(joined, Secret)
    assert (joined.name, joined.reveal()) == ("TOKEN", "Bearer hunter2hunter2")
    assert Secret.join(["a", "b"]) == "ab"
    assert TOKEN.map(str.upper).reveal() == "HUNTER2HUNTER2"


def test_a_secret_never_equals_text():
    assert TOKEN != "hunter2hunter2"
    assert Secret("TOKEN", "hunter2hunter2") == TOKEN
