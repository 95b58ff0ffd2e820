"""The second session of a suite takes what the first has compiled, and shows the same."""

from __future__ import annotations

import json
import os
import re
import weakref
from pathlib import Path

import pytest

from pytest_reqflo.artifact.model import Artifact
from pytest_reqflo.compile import known

GREEN = "/status/200"
RED = "/status/500"


def kept_file() -> Path:
    return Path(os.environ["XDG_CACHE_HOME"], "reqflo", "compiled-1.sqlite")


def placed(result: pytest.RunResult) -> list[str]:
    """Return the lines that tell of a file: verdicts, places and what stands there."""
    told = [line for line in result.outlines if ".yaml" in line or re.match(r" *\d* \|", line)]
    # Which worker was first, and when, differs from run to run.
    return sorted(re.sub(r"^\[gw\d\] |\[ *\d+%\]", "", line).strip() for line in told)


@pytest.fixture
def suite(project):
    project.journey("green.journey.yaml", GREEN, head="cases: [{name: a}, {name: b, skip: later}]")
    project.journey("red.journey.yaml", GREEN, RED)
    project.write("rows.csv", "n\n1\n2\n")
    project.journey("rows.journey.yaml", GREEN, head="inputs: [{name: n}]\ndata: rows.csv")
    return project


@pytest.mark.parametrize("arguments", [[], ["-n", "2"], ["--reqflo-concurrency=4"]])
def test_both_sessions_tell_the_same(suite, arguments) -> None:
    told = []
    for _ in range(2):
        result = suite.run_apart("-v", *arguments)
        result.assert_outcomes(passed=3, skipped=1, failed=1)
        told.append(placed(result))
    assert told[0] == told[1]
    assert any("red.journey.yaml:11:41" in line for line in told[0])
    assert kept_file().exists()


def test_both_sessions_send_the_same_and_record_the_same_version(suite, server) -> None:
    seen = []
    for _ in range(2):
        server.log.clear()
        suite.run_apart("--reqflo-output=out.json")
        results = json.loads(Path("out.json").read_text())["results"]
        identities = [result["identity"] for result in results]
        known = [(each["artifact"], each.get("version"), each["file"]) for each in identities]
        seen.append((sorted(server.log), sorted(known)))
    assert seen[0] == seen[1]


def test_the_second_session_loads_nothing_that_compiles(suite) -> None:
    suite.write(
        "conftest.py",
        """
        import sys
        def pytest_sessionfinish():
            heavy = ("yaml", "pydantic", "pytest_reqflo.compile.compiler")
            print("loaded:", [name for name in heavy if name in sys.modules])
        """,
    )
    for loaded in (["yaml", "pydantic", "pytest_reqflo.compile.compiler"], []):
        result = suite.run_apart("-k", "not red", "-s")
        result.stdout.fnmatch_lines([f"*loaded: {loaded}".replace("[", "[[]")])


def test_off_means_neither_written_nor_read(suite) -> None:
    suite.ini("reqflo_compile_cache = off")
    suite.run_apart()
    assert not kept_file().exists()


def test_a_word_that_is_neither_is_refused(suite) -> None:
    suite.ini("reqflo_compile_cache = of")
    result = suite.run_apart()
    result.stdout.fnmatch_lines(["*reqflo_compile_cache: `of` is not one of auto, off*"])


def test_a_home_that_cannot_be_written_is_no_problem(suite, monkeypatch, tmp_path) -> None:
    (tmp_path / "a-file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "a-file"))
    for _ in range(2):
        result = suite.run_apart("-W", "error")
        result.assert_outcomes(passed=3, skipped=1, failed=1)


def test_nothing_in_the_project_is_taken_for_compiled(suite, server) -> None:
    """Whoever changes a project must not decide what its journeys are compiled to."""
    suite.run_apart("-k", "green")
    planted = kept_file().read_bytes().replace(b"/status/200", b"/status/201")
    kept_file().unlink()
    for folder in (".reqflo", ".cache/reqflo", ".pytest_cache/v/reqflo"):
        path = suite.path / folder / "compiled-1.sqlite"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(planted)
    server.log.clear()
    suite.run_apart("-k", "green")
    assert [path for _, path, _ in server.log] == [GREEN]


def test_what_a_run_keeps_secret_is_not_kept(project) -> None:
    project.write(".env", "TOKEN=canary-4711-canary\n")
    project.write(
        "environments/local.yaml",
        """
        environment:
          name: local
          base_url: ${URL}
          secrets: {providers: [dotenv]}
        """.replace(
            "base_url: ${URL}", f"services: {{default: {{base_url: '{project.server.url}'}}}}"
        ),
    )
    project.journey(
        "a.journey.yaml", GREEN, head="variables: [{name: token, source: secret, key: TOKEN}]"
    )
    for _ in range(2):
        project.run_apart("--reqflo-set", "x=canary-4711-canary")
    assert b"canary-4711" not in kept_file().read_bytes()


class Living:
    """Notes how many artifacts there are after each item, of those that were read."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.read: list[weakref.ref[Artifact]] = []
        self.after: list[tuple[str, int]] = []
        make = known.from_bytes

        def note(content: bytes) -> Artifact:
            artifact = make(content)
            self.read.append(weakref.ref(artifact))
            return artifact

        monkeypatch.setattr(known, "from_bytes", note)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        alive = sum(each() is not None for each in self.read)
        self.after.append((nodeid.replace(".journey.yaml::", " "), alive))


@pytest.mark.parametrize("arguments", [[], ["--reqflo-concurrency=1"], ["--setup-show"]])
def test_an_artifact_lives_until_the_last_item_of_its_journey_is_reported(
    project, monkeypatch, arguments
) -> None:
    project.rows("a.journey.yaml", 2, GREEN)
    project.journey("b.journey.yaml", GREEN)
    project.journey("c.journey.yaml", GREEN, head="cases: [{name: one}, {name: two}]")
    project.journey("d.journey.yaml", GREEN, RED)
    project.journey("e.journey.yaml", GREEN, head="settings: {fixtures: [tmp_path]}")
    project.journey("f.journey.yaml", GREEN)
    first = project.run("-v", *arguments)
    living = Living(monkeypatch)
    second = project.pytester.runpytest_inprocess("-v", *arguments, plugins=[living])
    second.assert_outcomes(passed=7, failed=1)
    assert placed(second) == placed(first)
    assert len(living.read) == 6
    assert living.after == [
        ("a row-00001", 1),
        ("a row-00002", 0),
        ("b run", 0),
        ("c one", 1),
        ("c two", 0),
        ("d run", 0),
        ("e run", 0),
        ("f run", 0),
    ]


def test_an_artifact_is_not_made_again_for_each_item_that_runs_again(project, monkeypatch) -> None:
    project.rows("a.journey.yaml", 4, RED)
    project.run()
    living = Living(monkeypatch)
    arguments = ["-prerunfailures", "--reruns=2"]
    result = project.pytester.runpytest_inprocess(*arguments, plugins=[living])
    assert result.parseoutcomes() == {"failed": 4, "rerun": 8}
    assert len(living.read) == 2


def test_an_artifact_does_not_wait_for_items_that_were_deselected(project, monkeypatch) -> None:
    project.rows("a.journey.yaml", 4, GREEN)
    project.run()
    living = Living(monkeypatch)
    arguments = ["-k", "not row-00003", "--deselect", "a.journey.yaml::row-00001"]
    result = project.pytester.runpytest_inprocess(*arguments, plugins=[living])
    result.assert_outcomes(passed=2, deselected=2)
    assert living.after == [("a row-00002", 1), ("a row-00004", 0)]
