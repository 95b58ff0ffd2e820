"""Where journey files lie, and whether they are still what was compiled."""

from __future__ import annotations

import time

import pytest

from pytest_reqflo.compile import places, project
from pytest_reqflo.compile.project import Project
from pytest_reqflo.host.subject import subject_of_journey

TEXT = "journey: {name: a, steps: [{id: a, template: GET /x}]}\n"


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what was just written be old enough to be trusted."""
    now = time.time_ns
    monkeypatch.setattr(places.time, "time_ns", lambda: now() + 10 * 10**9)


def compiled(tmp_path, text: str = TEXT):
    path = tmp_path / "a.journey.yaml"
    path.write_text(text)
    return subject_of_journey(Project(tmp_path).compile_file(path, path.name))


def test_an_untouched_file_is_not_read_again(tmp_path, later, monkeypatch) -> None:
    subject = compiled(tmp_path)
    monkeypatch.setattr(project, "source_digest_of", None)
    assert not subject.is_file_changed()


def test_a_file_that_was_written_again_is_read(tmp_path, later) -> None:
    subject = compiled(tmp_path)
    subject.path.write_text(TEXT)
    assert not subject.is_file_changed()
    subject.path.write_text(TEXT.replace("/x", "/y"))
    assert subject.is_file_changed()
    subject.path.unlink()
    assert subject.is_file_changed()


def test_a_file_that_was_just_written_is_not_trusted(tmp_path) -> None:
    subject = compiled(tmp_path)
    assert subject.unchanged is None
    assert not subject.is_file_changed()


def test_files_of_one_folder_share_what_was_found_for_it(tmp_path) -> None:
    (tmp_path / "environments").mkdir()
    (tmp_path / "sub").mkdir()
    for name in ("a", "b"):
        (tmp_path / f"sub/{name}.journey.yaml").write_text(TEXT)
    (tmp_path / "sub/c.journey.yaml").symlink_to("a.journey.yaml")
    folders = places.Folders(tmp_path, None)
    found = [
        folders.place_of(tmp_path / f"sub/{name}.journey.yaml", name) for name in ("a", "b", "c")
    ]
    assert [each.file for each in found] == ["sub/a.journey.yaml", "sub/b.journey.yaml", ""]
    assert [each.real.name for each in found] == [
        "a.journey.yaml", "b.journey.yaml", "a.journey.yaml"
    ]  # fmt: skip
    assert {each.root for each in found} == {tmp_path}
