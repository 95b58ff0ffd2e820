from __future__ import annotations

from pathlib import Path

import pytest

from pytest_reqflo.cli.settings import ProjectSettings, load_settings


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pytest.ini", "[pytest]\nreqflo_env = staging\nreqflo_store = kept\n"),
        ("tox.ini", "[pytest]\nreqflo_env = staging\nreqflo_store = kept\n"),
        ("setup.cfg", "[tool:pytest]\nreqflo_env = staging\nreqflo_store = kept\n"),
        ("pyproject.toml", '[tool.pytest.ini_options]\nreqflo_env = "staging"\nreqflo_store = "kept"\n'),
        ("pyproject.toml", '[tool.pytest]\nreqflo_env = "staging"\nreqflo_store = "kept"\n'),
        ("pytest.toml", '[pytest]\nreqflo_env = "staging"\nreqflo_store = "kept"\n'),
    ],
)  # fmt: skip
def test_settings_stand_where_pytest_reads_its_own(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    (tmp_path / "journeys").mkdir()
    assert load_settings(tmp_path / "journeys", process_env={}) == ProjectSettings(
        rootdir=tmp_path, store=tmp_path / "kept", environment="staging"
    )


def test_a_file_without_a_section_of_pytest_does_not_make_a_project(tmp_path):
    (tmp_path / "pytest.ini").write_text("")
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "tox.ini").write_text("[tox]\n")
    (inner / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert load_settings(inner, process_env={}).rootdir == tmp_path


def test_variables_beat_files_and_options_beat_both(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\nreqflo_store = a\n")
    variables = {"REQFLO_STORE": "b", "REQFLO_ENV": "local"}
    settings = load_settings(tmp_path, process_env=variables)
    assert (settings.store, settings.environment) == (tmp_path / "b", "local")
    assert load_settings(tmp_path, store=Path("c"), process_env=variables).store == Path("c")


def test_a_broken_configuration_is_left_for_pytest_to_explain(tmp_path):
    (tmp_path / "pytest.ini").write_text("[pytest\n")
    assert load_settings(tmp_path, process_env={}).rootdir == tmp_path
