"""Versions and the store, as a pytest run writes them."""

from __future__ import annotations

import json

import pytest

GREEN = "/status/200"
RED = "/status/500"


def version_of(project, *arguments: str) -> str:
    project.run_apart("--reqflo-output=out.json", *arguments)
    document = json.loads((project.path / "out.json").read_text())
    results = document.get("results", [document])
    [version] = {result["identity"].get("version", "unknown") for result in results}
    return version


def test_a_version_counts_distinct_definitions_and_returns_with_them(project) -> None:
    project.journey("a.journey.yaml", GREEN)
    assert version_of(project) == "v1"
    project.journey("a.journey.yaml", GREEN, RED)
    assert version_of(project) == "v2"
    path = project.journey("a.journey.yaml", GREEN)
    path.write_text("# a comment\n" + path.read_text())
    assert version_of(project) == "v1"


def test_every_worker_sees_the_same_version(project) -> None:
    cases = "cases: [{name: a}, {name: b}, {name: c}, {name: d}]"
    project.journey("a.journey.yaml", GREEN, head=cases)
    assert version_of(project, "-n", "2") == "v1"


def test_collecting_writes_nothing(project) -> None:
    project.journey("a.journey.yaml", GREEN)
    project.run("--collect-only")
    assert not (project.path / ".reqflo").exists()


@pytest.mark.parametrize("arguments", [[], ["-n", "2"]])
def test_a_store_that_cannot_be_written_is_a_warning(project, arguments: list[str]) -> None:
    project.write("store", "a file, no folder")
    project.journey("a.journey.yaml", GREEN)
    result = project.run_apart("--reqflo-store=store", "--junitxml=out.xml", *arguments)
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*RF603*"])
    assert 'name="reqflo.version" value="unknown"' in (project.path / "out.xml").read_text()


def test_a_file_changed_since_collection_is_told(project) -> None:
    project.journey("a.journey.yaml", RED)
    project.write(
        "conftest.py",
        """
        import pytest
        @pytest.fixture(autouse=True)
        def edit(request):
            with open(request.node.path, "a") as file:
                file.write("# edited")
        """,
    )
    project.run().stdout.fnmatch_lines(["the journey file has changed since *"])
