"""Providers of other packages: found by entry point, loaded late, and held to the protocol."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from packages import install

from pytest_reqflo.engine.secrets.chain import ProviderUnusable, make_secret_source
from pytest_reqflo.engine.secrets.provider import SecretsChoice
from pytest_reqflo.secret import Secret

SOURCE = """
from pytest_reqflo.secret import Secret

VALUE = "value-of-the-vault"
closed = []

class Vault:
    name = "vault of the test"
    def __init__(self, settings):
        self.settings = settings
    def get_many(self, names):
        return {name: Secret(name, VALUE) for name in names if name == "A"}
    def close(self):
        closed.append(self.settings)

class Raising(Vault):
    def get_many(self, names):
        raise KeyError(VALUE)
class Exiting(Vault):
    def get_many(self, names):
        raise SystemExit(VALUE)
class Texts(Vault):
    def get_many(self, names):
        return {name: VALUE for name in names}
class Others(Vault):
    def get_many(self, names):
        return {VALUE: Secret(VALUE, VALUE)}
class Misnamed(Vault):
    def get_many(self, names):
        return {name: Secret(VALUE, VALUE) for name in names}
class NoMapping(Vault):
    def get_many(self, names):
        return 7
class NoProvider:
    def __init__(self, settings): ...
class Unmade(Vault):
    def __init__(self, settings):
        raise OSError(VALUE)
class Nameless(Vault):
    @property
    def name(self):
        raise ValueError(VALUE)
    def close(self):
        raise ValueError(VALUE)
"""
KINDS = ("Vault", "Raising", "Exiting", "Texts", "Others", "Misnamed", "NoMapping", "NoProvider",
         "Unmade", "Nameless", "Gone")  # fmt: skip


@pytest.fixture
def vaults(tmp_path, monkeypatch):
    folder = install(
        tmp_path / "site", "test_vaults", SOURCE, **{kind.lower(): kind for kind in KINDS},
        env="Raising",
    )  # fmt: skip
    install(folder, "broken_vaults", "raise RuntimeError('value-of-the-vault')", broken="Vault")
    monkeypatch.syspath_prepend(str(folder))
    yield
    sys.modules.pop("test_vaults", None)


def source_of(*providers: str, **changes):
    choice = SecretsChoice(providers=providers, environment="qa", folder=Path("/p"), **changes)
    return make_secret_source(choice, {"B": "value-of-b"})


def message_of(*providers: str, **changes) -> tuple[str, str, str]:
    with pytest.raises(ProviderUnusable) as caught:
        source_of(*providers, **changes).get_many(["A"])
    error = caught.value
    assert error.__context__ is None
    assert "value" not in error.message + error.hint
    return error.provider, error.message, error.hint


def test_an_installed_provider_is_made_with_its_settings_asked_and_closed(vaults):
    source = source_of("env", "vault", options={"vault": {"address": "https://vault.test"}})
    found = source.get_many(["A", "B", "C"])
    asked = source.asked
    source.close()

    assert found == {"A": Secret("A", "value-of-the-vault"), "B": Secret("B", "value-of-b")}
    assert asked == ("environment variables", "vault of the test")
    (settings,) = sys.modules["test_vaults"].closed
    assert (settings.environment, settings.folder, settings.options) == (
        "qa", Path("/p"), {"address": "https://vault.test"}
    )  # fmt: skip
    assert "value-of-b" not in repr(settings)


def test_nothing_is_loaded_before_a_secret_is_missing_elsewhere(vaults):
    assert source_of("env", "vault").get_many(["B"]) == {"B": Secret("B", "value-of-b")}
    assert source_of("env", "vault").get_many([]) == {}
    assert "test_vaults" not in sys.modules


def test_a_name_of_ours_is_never_taken_by_a_package(vaults):
    assert source_of("env").get_many(["B"]) == {"B": Secret("B", "value-of-b")}


@pytest.mark.parametrize(
    ("provider", "message"),
    [
        ("raising", "it raised KeyError when it was asked"),
        ("exiting", "it raised SystemExit when it was asked"),
        ("texts", "it returned no `Secret` of this name for `A`"),
        ("others", "it returned names that it was not asked for"),
        ("misnamed", "it returned no `Secret` of this name for `A`"),
        ("nomapping", "it raised TypeError when it was asked"),
        ("noprovider", "it raised AttributeError when it was asked"),
        ("unmade", "it raised OSError when it was made"),
        ("gone", "it raised AttributeError when it was made"),
        ("broken", "it raised RuntimeError when it was made"),
    ],
)
def test_a_provider_that_misbehaves_is_told_without_any_text_of_it(vaults, provider, message):
    assert message_of(provider) == (provider, message, "")


def test_a_provider_that_fails_beside_the_asking_is_named_and_closed_quietly(vaults):
    source = source_of("nameless")
    assert source.get_many(["A"]).keys() == {"A"}
    assert source.asked == ("provider `nameless`",)
    source.close()


def test_two_packages_that_offer_one_name_are_refused(vaults, tmp_path, monkeypatch):
    folder = install(tmp_path / "other", "second_vaults", SOURCE, vault="Vault")
    monkeypatch.syspath_prepend(str(folder))
    assert message_of("vault") == (
        "vault", "several packages offer it: second_vaults, test_vaults", "uninstall all but one"
    )  # fmt: skip


def test_an_unknown_provider_names_the_nearest_and_where_others_come_from(vaults):
    provider, message, hint = message_of("env", "vaultt")
    assert (provider, message) == ("vaultt", "there is no such provider")
    assert hint.startswith("did you mean `vault`? Providers: env, dotenv, dir, command, keyring,")
    assert hint.endswith("; a package offers others as entry points of group reqflo.secrets")


@pytest.mark.parametrize(
    ("changes", "provider"),
    [
        ({"dir": Path("/run/secrets")}, "dir"),
        ({"keyring": "team"}, "keyring"),
        ({"options": {"vault": {}}}, "vault"),
    ],
)
def test_what_is_set_up_and_not_named_is_told(vaults, changes, provider):
    assert message_of("env", **changes) == (
        provider,
        "it is set up, and `secrets.providers` does not name it",
        f"write providers: [{provider}, env]",
    )


def test_what_cannot_be_a_name_is_asked_of_nobody(vaults):
    names = ["../x", "-x", "", "a\0b", "REQFLO_MASTER_KEY", "x" * 10_000]
    source = source_of("raising")
    assert source.get_many(names) == {}
    assert source.asked == ()
