"""Journeys are recognised by their root key, without parsing YAML."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from pytest_reqflo.syntax.scan import find_near_miss, find_root_keys, has_journey_root


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"journey:\n  name: x\n", True),
        (b"# a comment\n---\njourney:\n", True),
        (b"\xef\xbb\xbfjourney:\n", True),
        (b"journey: {name: x}", True),
        (b"journey :\n", True),
        (b'"journey":\n', True),
        (b"a: 1\r\njourney:\r\n", True),
        (b"journey:", True),
        (b" journey:\n", False),
        (b"a:\n  journey:\n", False),
        (b"journeys:\n", False),
        (b"my-journey:\n", False),
        (b"journey:x\n", False),
        (b"# journey:\n", False),
        (b"", False),
        (b"\xff\xfe\x00", False),
        (b"a" * 2**20 + b"\njourney:\n", False),
    ],
)
def test_a_journey_has_its_key_at_the_left_of_a_line(tmp_path, content, expected) -> None:
    (tmp_path / "f.yaml").write_bytes(content)
    assert has_journey_root(tmp_path / "f.yaml") is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("jorney:\n", "jorney"),
        ("Journey:\n", "Journey"),
        ("a: 1\njourny:\n", "journy"),
        ("journeys:\n", "journeys"),
        ("'joruney':\n", "joruney"),
        ("journey:\njorney:\n", None),
        ("journal:\n", None),
        ("  jorney:\n", None),
        ("money: 1\n", None),
        ("", None),
    ],
)
def test_a_misspelled_root_key_is_found(tmp_path, text, expected) -> None:
    (tmp_path / "f.yaml").write_text(text)
    assert find_near_miss(tmp_path / "f.yaml") == expected


def test_what_is_no_readable_file_holds_no_keys(tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    names = ["pipe.yaml", "none.yaml", ".", "x" * 300, "a\0b"]
    assert [find_root_keys(tmp_path / name) for name in names] == [()] * 5


def test_looking_at_a_file_imports_neither_yaml_nor_pydantic() -> None:
    script = (
        "import sys, pytest_reqflo.syntax.scan\n"
        "sys.exit(bool({'yaml', 'pydantic', 'pytest'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
