"""Files that a journey names lie below its root, and the root is found from the folders."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_reqflo.syntax.paths import PathProblem, find_root, path_below, resolve_below

RELATIVE = "paths are relative to the file that names them"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    (folder / "journeys" / "data").mkdir(parents=True)
    (folder / "shared").mkdir()
    (folder / "shared" / "orders.csv").write_text("a\n1\n")
    (folder / "journeys" / "data" / "orders.csv").write_text("a\n1\n")
    (tmp_path / "secret.csv").write_text("secret")
    (folder / "journeys" / "inside.csv").symlink_to(folder / "shared" / "orders.csv")
    (folder / "journeys" / "outside.csv").symlink_to(tmp_path / "secret.csv")
    (folder / "journeys" / "up").symlink_to(tmp_path)
    (folder / "journeys" / "loop").symlink_to(folder / "journeys" / "loop")
    (folder / "journeys" / "large.bin").write_bytes(b"x" * 101)
    os.mkfifo(folder / "journeys" / "pipe")
    return folder


@pytest.mark.parametrize(
    ("relative", "expected"),
    [
        ("data/orders.csv", "journeys/data/orders.csv"),
        ("./data/../data/orders.csv", "journeys/data/orders.csv"),
        ("../shared/orders.csv", "shared/orders.csv"),
        ("inside.csv", "shared/orders.csv"),
    ],
)
def test_a_file_below_the_root_is_found(root, relative, expected) -> None:
    assert resolve_below(root, root / "journeys", relative) == (root / expected).resolve()


@pytest.mark.parametrize(
    ("relative", "code", "hint"),
    [
        ("/etc/passwd", "RF114", "write it relative to this file"),
        ("\\\\host\\share", "RF114", "write it relative to this file"),
        ("../../secret.csv", "RF114", ""),
        ("../../none.csv", "RF114", ""),
        ("outside.csv", "RF114", ""),
        ("up/secret.csv", "RF114", ""),
        ("data", "RF114", ""),
        ("pipe", "RF114", ""),
        ("large.bin", "RF114", ""),
        ("", "RF114", ""),
        ("loop", "RF113", RELATIVE),
        ("data/order.csv", "RF113", "did you mean `data/orders.csv`?"),
        ("nowhere/x.csv", "RF113", RELATIVE),
        ("data/orders.csv/x", "RF113", RELATIVE),
        ("a\0b", "RF113", RELATIVE),
        ("x" * 5000, "RF113", RELATIVE),
        ("a/" * 5000, "RF113", RELATIVE),
    ],
)
def test_another_path_is_refused_with_a_sentence(root, relative, code, hint) -> None:
    with pytest.raises(PathProblem) as caught:
        resolve_below(root, root / "journeys", relative, max_bytes=100)
    assert (caught.value.code, caught.value.hint) == (code, hint)


def test_a_message_shows_control_characters_as_escapes(root) -> None:
    with pytest.raises(PathProblem, match=r"`\\x1b\[31m` does not exist"):
        resolve_below(root, root, "\x1b[31m")


class TestFindRoot:
    def test_the_nearest_library_folder_decides(self, tmp_path) -> None:
        (tmp_path / "api" / "environments").mkdir(parents=True)
        (tmp_path / "api" / "orders" / "deep").mkdir(parents=True)
        (tmp_path / "templates").mkdir()
        path = tmp_path / "api" / "orders" / "deep" / "x.journey.yaml"
        assert find_root(path, rootdir=tmp_path, configured=None) == (tmp_path / "api").resolve()

    def test_without_a_library_it_is_the_rootdir(self, tmp_path) -> None:
        (tmp_path / "templates").mkdir()
        (tmp_path / "project" / "journeys").mkdir(parents=True)
        path = tmp_path / "project" / "journeys" / "x.yaml"
        rootdir = tmp_path / "project"
        assert find_root(path, rootdir=rootdir, configured=None) == rootdir.resolve()

    def test_the_configured_root_wins(self, tmp_path) -> None:
        (tmp_path / "templates").mkdir()
        found = find_root(tmp_path / "x.yaml", rootdir=tmp_path, configured=Path("sub"))
        assert found == (tmp_path / "sub").resolve()

    def test_a_file_outside_of_the_rootdir_has_its_own_folder(self, tmp_path) -> None:
        (tmp_path / "project").mkdir()
        (tmp_path / "other").mkdir()
        path = tmp_path / "other" / "x.yaml"
        found = find_root(path, rootdir=tmp_path / "project", configured=None)
        assert found == (tmp_path / "other").resolve()


@pytest.mark.parametrize(
    ("path", "below"),
    [
        ("shared/orders.csv", "shared/orders.csv"),
        ("journeys/data/gone.yaml", "journeys/data/gone.yaml"),
        ("journeys/inside.csv", ""),
        ("journeys/outside.csv", ""),
        ("journeys/up/secret.csv", ""),
        ("../secret.csv", ""),
        (".", ""),
    ],
)
def test_the_path_below_the_root_of_what_no_link_leads_to(root: Path, path: str, below: str):
    assert path_below(root, root / path) == below


def test_a_link_above_the_root_makes_no_difference(root: Path, tmp_path: Path):
    (tmp_path / "link").symlink_to(root)
    path = tmp_path / "link" / "shared" / "orders.csv"
    assert path_below(tmp_path / "link", path) == "shared/orders.csv"
    assert path_below(root.resolve(), path) == "shared/orders.csv"
