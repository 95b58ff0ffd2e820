"""Secret providers: process variables, dotenv files, and their order."""

from __future__ import annotations

import os

import pytest

from pytest_reqflo.engine.secrets.chain import make_secret_source
from pytest_reqflo.engine.secrets.dotenv import DotenvSecrets, parse_dotenv
from pytest_reqflo.engine.secrets.env import EnvironmentSecrets
from pytest_reqflo.engine.secrets.provider import SecretsChoice
from pytest_reqflo.secret import Secret


def test_a_secret_comes_from_the_variable_of_its_name():
    provider = EnvironmentSecrets({"API_KEY": "k-123", "EMPTY": ""})

    assert provider.get_many(["API_KEY", "EMPTY", "OTHER"]) == {
        "API_KEY": Secret("API_KEY", "k-123")
    }


@pytest.mark.parametrize("name", ["REQFLO_MASTER_KEY", "reqflo_env"])
def test_our_own_settings_are_never_secrets(name, tmp_path):
    (tmp_path / ".env").write_text(f"{name}=value")

    assert EnvironmentSecrets({name: "value"}).get_many([name]) == {}
    assert DotenvSecrets(tmp_path / ".env").get_many([name]) == {}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("A=1", {"A": "1"}),
        ("export A=1\n  B = two words  \n", {"A": "1", "B": "two words"}),
        ("A=1 # comment\nB=a#b\n# C=1\nD=#nothing", {"A": "1", "B": "a#b", "D": ""}),
        ('A="x # y" # z', {"A": "x # y"}),
        ("A='$HOME \\n \"'", {"A": '$HOME \\n "'}),
        ('A="a\\nb\\t\\"c\\" \\\\ \\$ \\x"', {"A": 'a\nb\t"c" \\ $ \\x'}),
        ('KEY="-----BEGIN\nabc=\n-----END"\nB=2', {"KEY": "-----BEGIN\nabc=\n-----END", "B": "2"}),
        ("A=1\r\nB=2\r\n", {"A": "1", "B": "2"}),
        ("A=1\nA=2", {"A": "2"}),
        ("A=\nB=2", {"A": "", "B": "2"}),
        ("not a line\n=x\n1A=x\nB=2", {"B": "2"}),
        ('A="never closed\nB=2', {"A": '"never closed', "B": "2"}),
        ("A=${B}", {"A": "${B}"}),
        ("", {}),
    ],
)
def test_dotenv_text(text, values):
    assert parse_dotenv(text) == values


def test_a_dotenv_file_is_not_exported(tmp_path):
    path = tmp_path / ".env"
    path.write_bytes(b"\xef\xbb\xbfONLY_IN_DOTENV=value-1\n")

    assert DotenvSecrets(path).get_many(["ONLY_IN_DOTENV"]) == {
        "ONLY_IN_DOTENV": Secret("ONLY_IN_DOTENV", "value-1")
    }
    assert "ONLY_IN_DOTENV" not in os.environ


def test_a_dotenv_file_that_is_not_there_gives_nothing(tmp_path):
    assert DotenvSecrets(tmp_path / "none").get_many(["A"]) == {}


def test_providers_are_asked_in_order_and_the_first_wins(tmp_path):
    path = tmp_path / ".env.qa"
    path.write_text("A=from-file\nB=from-file\n")
    names = ["A", "B", "C"]

    env_first = make_secret_source(
        SecretsChoice(providers=("env", "dotenv"), dotenv=path), {"A": "from-env"}
    )
    file_first = make_secret_source(
        SecretsChoice(providers=("dotenv", "env"), dotenv=path), {"A": "from-env", "C": "from-env"}
    )

    assert {n: s.reveal() for n, s in env_first.get_many(names).items()} == {
        "A": "from-env",
        "B": "from-file",
    }
    assert {n: s.reveal() for n, s in file_first.get_many(names).items()} == {
        "A": "from-file",
        "B": "from-file",
        "C": "from-env",
    }
    assert env_first.asked == ("environment variables", "dotenv file .env.qa")


def test_without_a_dotenv_file_only_the_environment_is_asked():
    source = make_secret_source(SecretsChoice(providers=("env", "dotenv")), {})

    assert source.asked == ()
    assert source.get_many(["A"]) == {}
    assert source.asked == ("environment variables",)
