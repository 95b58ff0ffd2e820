from __future__ import annotations

import json
import subprocess
import sys

import pytest

from pytest_reqflo.cli.arguments import Options
from pytest_reqflo.cli.run import _pytest_arguments, find_target
from pytest_reqflo.errors import ArtifactError, UsageProblem

SCRIPT = "import sys; from pytest_reqflo.cli.main import main; sys.exit(main(sys.argv[1:]))"


@pytest.fixture
def here(project, monkeypatch):
    project.write(
        "journeys/echo.yaml",
        """
        journey:
          name: Echo back
          inputs: [{name: word, default: hello}]
          cases: [{name: A}, {name: B, values: {word: b}}]
          steps:
            - id: echo
              template: POST /echo
              values: {word: "{{ inputs.word }}"}
              assertions:
                - {type: json_path, path: $.body.word, expected: "{{ inputs.word }}"}
        """,
    )
    project.journey("journeys/bad.yaml", "/status/500")
    monkeypatch.chdir(project.path)
    return project


@pytest.fixture
def reqflo(here):
    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-c", SCRIPT, *arguments],
            cwd=here.path, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    return run


def test_options_become_those_of_the_plugin(here):
    (here.path / "rows.csv").write_text("word\nx\n")
    options = Options(
        journey="Echo back", env="local", case=["A", "B"], set=["word=a=b", " word =c"],
        data=here.path / "rows.csv", output="out.json", store="kept", cloud=True,
    )  # fmt: skip
    assert list(_pytest_arguments(options)) == [
        "journeys/echo.yaml", "--reqflo-env=local", "--reqflo-case=A", "--reqflo-case=B",
        "--reqflo-set=word=a=b", "--reqflo-set=word=c", f"--reqflo-data={here.path / 'rows.csv'}",
        "--reqflo-output=out.json", "--reqflo-cloud", "--reqflo-store=kept",
    ]  # fmt: skip


@pytest.mark.parametrize("wanted", ["journeys/echo.yaml", "journeys/echo.yaml::a", "journeys"])
def test_a_path_goes_to_pytest_as_it_is(here, wanted):
    assert find_target(wanted, None) == wanted


def test_what_does_not_exist_is_refused_before_pytest_starts(here):
    with pytest.raises(UsageProblem, match="RF802"):
        find_target("Echo bak", None)
    with pytest.raises(ArtifactError, match="RF602"):
        find_target("artifact_0123456789ab", None)


def test_a_journey_runs_by_name_with_its_case_and_value(here, reqflo):
    run = reqflo(
        "run", "Echo back", "--case", "A", "--set", "word=hi", "--output", "out.json", "--", "-q"
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "1 passed" in run.stdout
    assert here.server.log == [("POST", "/echo", {"word": "hi"})]
    result = json.loads((here.path / "out.json").read_text())
    assert (result["identity"]["case"], result["outcome"]) == ("A", "passed")
    shown = reqflo("show", "out.json")
    assert shown.stdout.startswith("passed: Echo back (local, A, v1, artifact_")


def test_pytest_does_not_complain_that_the_package_is_already_imported(here, reqflo):
    # What pytest does by itself with every plugin that is installed from a wheel.
    here.write("conftest.py", "import pytest\npytest.register_assert_rewrite('pytest_reqflo')\n")
    run = reqflo("run", "Echo back", "--case", "A", "--", "-W", "error")
    assert run.returncode == 0, run.stdout + run.stderr
    assert "already imported" not in run.stdout + run.stderr


def test_a_failed_journey_has_exit_code_1(reqflo):
    assert reqflo("run", "bad").returncode == 1


def test_a_run_that_selects_nothing_keeps_the_exit_code_of_pytest(reqflo):
    assert reqflo("run", "bad", "--", "-k", "nothing").returncode == 5


def test_an_old_version_runs_as_it_was(here, reqflo):
    assert reqflo("run", "bad").returncode == 1
    here.journey("journeys/bad.yaml", "/status/200")
    assert reqflo("run", "bad").returncode == 0
    old = reqflo("run", "bad@v1")
    assert old.returncode == 1, old.stdout + old.stderr
    assert [path for _, path, _ in here.server.log] == ["/status/500", "/status/200", "/status/500"]
    assert reqflo("run", "bad@v2").returncode == 0


@pytest.fixture
def stored(here, reqflo):
    """The project with version 1 of `Echo back` stored and its file changed since."""
    assert reqflo("run", "Echo back", "--case", "A").returncode == 0
    path = here.path / "journeys/echo.yaml"
    path.write_text(path.read_text().replace("POST /echo", "POST /changed"))
    here.server.log.clear()
    return here


def test_rows_are_given_to_an_old_version_typed_by_its_inputs(stored, reqflo):
    stored.write("rows.csv", "word\nx\ny\n")
    run = reqflo("run", "Echo back@v1", "--data", "rows.csv")
    assert run.returncode == 0, run.stdout + run.stderr
    # Rows run together, in whatever order they reach the server.
    assert sorted(stored.server.log, key=str) == [
        ("POST", "/echo", {"word": "x"}), ("POST", "/echo", {"word": "y"}),
    ]  # fmt: skip
    stored.write("rows.csv", "wrod\nx\n")
    run = reqflo("run", "Echo back@v1", "--data", "rows.csv")
    assert "RF116" in run.stdout
    assert "--> rows.csv:1:1" in run.stdout


def test_a_case_of_an_old_version_is_refused(stored, reqflo):
    run = reqflo("run", "Echo back@v1", "--case", "A")
    assert run.returncode == 4
    assert "--reqflo-case: cases are not part of a stored artifact" in run.stdout + run.stderr
    assert stored.server.log == []
