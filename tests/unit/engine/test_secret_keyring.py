"""Secrets from the keyring: the real package, with a backend of the test."""

from __future__ import annotations

import sys

import keyring
import pytest
from keyring.backend import KeyringBackend

from pytest_reqflo.engine.secrets.keyring import KeyringSecrets
from pytest_reqflo.engine.secrets.provider import ProviderProblem
from pytest_reqflo.secret import Secret


class Shelf(KeyringBackend):
    """Keeps passwords in a mapping; locked, it raises an error that quotes them."""

    priority = 1

    def __init__(self, passwords=(), *, is_locked: bool = False) -> None:
        self.passwords = dict(passwords)
        self.is_locked = is_locked

    def get_password(self, service, username):
        if self.is_locked:
            raise RuntimeError(f"locked: {self.passwords}")
        return self.passwords.get((service, username))

    def set_password(self, service, username, password): ...


@pytest.fixture
def use():
    before = keyring.get_keyring()
    yield keyring.set_keyring
    keyring.set_keyring(before)


def test_a_secret_is_the_password_of_its_name_in_the_service(use):
    use(Shelf({("team", "A"): "value-1", ("reqflo", "B"): "value-2", ("team", "C"): ""}))
    assert KeyringSecrets("team").get_many(["A", "B", "C"]) == {"A": Secret("A", "value-1")}


def test_a_keyring_that_cannot_be_read_is_told_by_the_type_of_its_error(use):
    use(Shelf({("team", "A"): "value-1"}, is_locked=True))
    with pytest.raises(ProviderProblem) as caught:
        KeyringSecrets("team").get_many(["A"])
    assert caught.value.message == "the keyring raised RuntimeError"
    assert caught.value.__context__ is None


def test_without_the_extra_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(ProviderProblem) as caught:
        KeyringSecrets("team").get_many(["A"])
    assert (caught.value.message, caught.value.hint) == (
        "the package `keyring` is not installed",
        'install it: pip install "pytest-reqflo[keyring]"',
    )
