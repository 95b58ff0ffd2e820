"""Traps that others fell into; each number is that of reference/ecosystem.md section 8.

Covered elsewhere: 1, 2, 4 and 6 in test_failure.py; 3 in test_fixtures.py; 9, 10, 18 and 21 in
test_collection.py; 19 and 22 in test_selection.py; 11 to 16 in the tests of the rooms they are in.
"""

from __future__ import annotations

import ast
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

import pytest_reqflo
from pytest_reqflo.errors import ChecksFailed, RequestError, RunCheckError

GREEN = "/status/200"
RED = "/status/500"


def test_trap_5_only_a_failed_check_is_an_assertion_error() -> None:
    assert issubclass(ChecksFailed, AssertionError)
    assert not issubclass(RequestError, AssertionError)
    assert not issubclass(RunCheckError, AssertionError)


def test_trap_6_the_exception_itself_holds_no_secret(project, monkeypatch) -> None:
    monkeypatch.setenv("SHOP_KEY", "s3cr3t-canary-value")
    project.journey(
        "a.journey.yaml",
        "/status/500?key={{ variables.key }}",
        head="variables: [{name: key, source: secret, key: SHOP_KEY}]",
    )
    project.write(
        "conftest.py",
        """
        import traceback
        def pytest_exception_interact(node, call, report):
            print("EXCEPTION", repr(call.excinfo.value), call.excinfo.value.__context__)
            for frame, _ in traceback.walk_tb(call.excinfo.tb):
                assert "canary" not in repr(frame.f_locals), frame
            assert all("canary" not in text for _, _, text in node._report_sections)
        """,
    )
    result = project.run("-s")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*EXCEPTION ChecksFailed(* None"])
    assert "s3cr3t-canary-value" not in result.stdout.str()


def test_trap_7_other_plugins_see_the_report_with_our_data(project) -> None:
    project.journey("a.journey.yaml", GREEN)
    project.write(
        "conftest.py",
        """
        import pytest
        @pytest.hookimpl(wrapper=True, tryfirst=True)
        def pytest_runtest_makereport(item, call):
            report = yield
            if report.when == "call":
                print("DATA", report.reqflo["outcome"], report.reqflo["journey"])
            return report
        """,
    )
    project.run("-s").stdout.fnmatch_lines(["*DATA passed a"])


@pytest.mark.every_plugin
def test_trap_7_pytest_html_writes_its_report(project) -> None:
    project.journey("a.journey.yaml", RED)
    project.run_apart("--html=out.html", "--self-contained-html").assert_outcomes(failed=1)
    assert "expected status 200, got 500" in (project.path / "out.html").read_text()


def test_trap_8_lines_are_counted_from_0_in_locations_and_from_1_in_crashes(project) -> None:
    project.journey("a.journey.yaml", RED, head="cases: [{name: a}]")
    result = project.run("--junitxml=out.xml", "-o", "junit_family=xunit1", "--tb=line")
    [case] = ElementTree.parse(project.path / "out.xml").iter("testcase")
    assert (case.get("file"), case.get("line")) == ("a.journey.yaml", "2")
    result.stdout.fnmatch_lines(["*a.journey.yaml:8: step *"])


def test_trap_17_nothing_of_pytest_is_imported_but_its_public_name() -> None:
    found = [
        f"{path}: {name}"
        for path in Path(pytest_reqflo.__file__).parent.rglob("*.py")
        for name in _imports(path)
        if name.split(".")[0] == "_pytest"
    ]
    assert found == []


def _imports(path: Path) -> list[str]:
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module or "")
    return names


def test_trap_20_no_masking_command_is_printed_inside_pytest(project, monkeypatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("SHOP_KEY", "s3cr3t-canary-value")
    project.journey(
        "a.journey.yaml",
        "/status/500?key={{ variables.key }}",
        head="variables: [{name: key, source: secret, key: SHOP_KEY}]",
    )
    output = project.run_apart().stdout.str()
    assert "::add-mask::" not in output
    assert "s3cr3t-canary-value" not in output


@pytest.mark.parametrize("arguments", [[], ["-n", "2"]])
def test_trap_22_ids_are_the_same_on_every_worker_and_in_every_run(project, arguments) -> None:
    project.journey(
        "a.journey.yaml", GREEN, head="cases: [{name: Ünïcode}, {name: '///'}, {name: '***'}]"
    )
    runs = []
    for _ in range(2):
        result = project.run_apart("-v", *arguments)
        result.assert_outcomes(passed=3)
        words = result.stdout.str().split()
        runs.append(sorted({word for word in words if word.startswith("a.journey.yaml::")}))
    assert runs[0] == runs[1]
    assert len(runs[0]) == 3
