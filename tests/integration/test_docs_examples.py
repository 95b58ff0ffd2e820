"""The journeys that the documentation shows pass, and so does the project that `reqflo init` writes."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packages import install

DOCS = Path(__file__).parents[2] / "docs" / "examples"
SECRETS = DOCS.parent / "secrets-example"


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


@pytest.fixture
def secrets_example(tmp_path, monkeypatch):
    """The example of providers, with its package installed as its own metadata says."""
    shutil.copytree(DOCS, tmp_path / "examples")
    folder = shutil.copytree(SECRETS, tmp_path / "secrets-example")
    package = SECRETS / "provider"
    project = tomllib.loads((package / "pyproject.toml").read_text())["project"]
    offered = {
        name: target.partition(":")[2]
        for name, target in project["entry-points"]["reqflo.secrets"].items()
    }
    site = install(
        tmp_path / "site", "team_vault", (package / "team_vault.py").read_text(), **offered
    )
    kept = os.environ.get("PYTHONPATH")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(site), kept))))
    return folder


def test_the_example_of_secret_providers_passes(secrets_example):
    run = run_pytest(secrets_example)
    assert run.returncode == 0, run.stdout
    assert "3 passed" in run.stdout


def test_the_example_of_grants_refuses_a_journey_of_another_folder(secrets_example):
    shop = secrets_example / "journeys" / "shop"
    shop.rename(secrets_example / "journeys" / "other")
    run = run_pytest(secrets_example)
    assert run.returncode == 1, run.stdout
    assert run.stdout.count("error[RF306]") == 3


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


def test_the_recipes_for_ci_run_a_command_that_works(tmp_path, monkeypatch):
    folder = shutil.copytree(DOCS, tmp_path / "docs")
    recipes = [path.read_text() for path in sorted((DOCS.parent / "ci-example").iterdir())]
    lines = {line for text in recipes for line in re.findall(r"\bpytest (journeys [^'\n]+)", text)}
    assert len(recipes) == 3
    # The longer one is the shorter one and more.
    command = max(lines, key=len)
    assert all(command.startswith(line) for line in lines)
    monkeypatch.setenv("REQFLO_STEP_SUMMARY", "auto")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    run = run_pytest(folder, *shlex.split(command.replace("-n auto", "-n 2")))
    assert run.returncode == 0, run.stdout
    assert (folder / "out.xml").exists()
    assert (folder / "out.har").exists()
    assert (tmp_path / "summary.md").read_text().startswith("### API journeys: 9 passed\n")
