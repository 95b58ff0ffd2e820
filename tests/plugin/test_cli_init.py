from __future__ import annotations

import subprocess
import sys

from pytest_reqflo.cli.init import starter_files
from pytest_reqflo.cli.main import main

FILES = {
    "README.md", "conftest.py", "environments/local.yaml", "journeys/order.journey.yaml",
    "pytest.ini", "templates/create-order.yaml",
}  # fmt: skip


def written(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_the_new_project_is_sound_and_passes_at_once(project, monkeypatch, capsys):
    monkeypatch.chdir(project.path)
    assert main(["init", "shop"]) == 0
    folder = project.path / "shop"
    assert written(folder) == FILES
    monkeypatch.chdir(folder)
    assert main(["check"]) == 0
    assert main(["explain", "Create and find an order"]) == 0
    capsys.readouterr()
    run = subprocess.run(
        [sys.executable, "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    assert "2 passed" in run.stdout


def test_nothing_is_overwritten_and_nothing_is_half_written(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    assert main(["init"]) == 4
    assert written(tmp_path) == {"pytest.ini"}
    assert "already has pytest.ini; nothing was written" in capsys.readouterr().err


def test_a_dangling_link_counts_as_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "README.md").symlink_to(tmp_path / "elsewhere")
    assert main(["init", "."]) == 4
    assert not (tmp_path / "elsewhere").exists()


def test_the_files_are_part_of_the_package():
    assert set(starter_files()) == FILES
