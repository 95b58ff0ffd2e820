"""The journeys that the documentation shows pass, and so does the project that `reqflo init` writes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs" / "examples"


def run_pytest(folder, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_examples_of_the_documentation_pass(tmp_path):
    folder = shutil.copytree(DOCS, tmp_path / "docs")
    run = run_pytest(folder)
    assert run.returncode == 0, run.stdout
    assert "9 passed" in run.stdout


def test_what_init_writes_passes_at_once(tmp_path):
    wrote = subprocess.run(
        [Path(sys.executable).with_name("reqflo"), "init", "shop"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert wrote.returncode == 0, wrote.stderr
    run = run_pytest(tmp_path / "shop")
    assert run.returncode == 0, run.stdout


def test_the_command_runs_it_without_a_warning_of_its_own(tmp_path):
    """The command has imported the package before pytest rewrites the assertions of plugins."""
    reqflo = Path(sys.executable).with_name("reqflo")
    subprocess.run([reqflo, "init", "shop"], cwd=tmp_path, capture_output=True, check=True)
    run = subprocess.run(
        [reqflo, "run", "create-and-find-an-order", "--", "-q", "-W", "error"],
        cwd=tmp_path / "shop",
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "2 passed" in run.stdout
    assert "warning" not in run.stdout
