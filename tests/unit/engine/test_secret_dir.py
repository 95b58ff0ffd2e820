"""Secrets from a folder of files: what is read, and what is refused without telling anything."""

from __future__ import annotations

import os

import pytest

from pytest_reqflo.engine.secrets.dir import MAX_BYTES, DirSecrets
from pytest_reqflo.engine.secrets.provider import ProviderProblem
from pytest_reqflo.secret import Secret


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "secrets"
    folder.mkdir()
    (tmp_path / "outside").write_text("value-outside")
    return folder


def texts(folder, *names):
    found = DirSecrets(folder).get_many(names)
    assert found == {name: Secret(name, secret.reveal()) for name, secret in found.items()}
    return {name: secret.reveal() for name, secret in found.items()}


def message_of(folder, name):
    with pytest.raises(ProviderProblem) as caught:
        DirSecrets(folder, shown="secrets").get_many([name])
    assert caught.value.__context__ is None or not isinstance(
        caught.value.__context__, UnicodeDecodeError
    )
    return caught.value.message


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"value", "value"),
        (b"value\n", "value"),
        (b"value\r\n", "value"),
        (b"value\n\n", "value\n"),
        (b" value \t", " value \t"),
        (b"value\r", "value\r"),
        ("wört\n".encode(), "wört"),
        (b"x" * MAX_BYTES, "x" * MAX_BYTES),
    ],
)
def test_the_text_of_a_file_without_one_newline(folder, content, text):
    (folder / "api.key").write_bytes(content)
    assert texts(folder, "api.key") == {"api.key": text}


def test_what_is_not_there_or_empty_is_left_out(folder):
    (folder / "EMPTY").write_text("\n")
    assert texts(folder, "EMPTY", "OTHER") == {}
    assert texts(folder / "gone", "OTHER") == {}


def test_links_of_kubernetes_stay_inside(folder):
    (folder / "..2026_01_01").mkdir()
    (folder / "..2026_01_01" / "TOKEN").write_text("value-1")
    (folder / "..data").symlink_to("..2026_01_01")
    (folder / "TOKEN").symlink_to("..data/TOKEN")
    assert texts(folder, "TOKEN") == {"TOKEN": "value-1"}


@pytest.mark.parametrize("target", ["../outside", "/etc/hostname", "../gone"])
def test_a_link_that_leads_out_is_refused(folder, target):
    (folder / "TOKEN").symlink_to(target)
    assert message_of(folder, "TOKEN") == "file `TOKEN` in secrets leads out of the folder"


@pytest.mark.parametrize(
    "name",
    ["../outside", "..", ".", "", "..data", "/etc/hostname", "a/../../outside", "a\0b", "x" * 10_000]
)  # fmt: skip
def test_a_name_that_is_none_reads_no_file(folder, name):
    assert texts(folder, name) == {}


def test_what_is_no_regular_file_is_refused(folder):
    (folder / "DEEP").mkdir()
    os.mkfifo(folder / "PIPE")
    assert message_of(folder, "DEEP") == "file `DEEP` in secrets is no regular file"
    assert message_of(folder, "PIPE") == "file `PIPE` in secrets is no regular file"


def test_a_file_too_large_or_no_text_is_refused_without_its_content(folder):
    (folder / "HUGE").write_bytes(b"x" * (MAX_BYTES + 1))
    (folder / "BYTES").write_bytes(b"value-1\xff")
    assert message_of(folder, "HUGE") == "file `HUGE` in secrets is larger than 64 KiB"
    assert message_of(folder, "BYTES") == "file `BYTES` in secrets is not UTF-8"


def test_a_loop_of_links_ends(folder):
    (folder / "A").symlink_to("B")
    (folder / "B").symlink_to("A")
    assert message_of(folder, "A").startswith("file `A` in secrets cannot be read: ")
