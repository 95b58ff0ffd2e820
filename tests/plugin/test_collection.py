"""What is collected, and how a mistake in a file is shown."""

from __future__ import annotations

import subprocess
import sys

import pytest

GREEN = "/status/200"


def test_a_journey_file_is_one_item(project) -> None:
    project.journey("order.journey.yaml", GREEN)
    result = project.run("--collect-only", "-q")
    result.stdout.fnmatch_lines(["order.journey.yaml::run"])
    assert project.server.log == []


def test_a_journey_passes_and_sends_its_requests(project) -> None:
    project.journey("order.journey.yaml", GREEN, "/echo")
    project.run().assert_outcomes(passed=1)
    assert [path for _, path, _ in project.server.log] == ["/status/200", "/echo"]


@pytest.mark.parametrize("name", ["a.journey.yaml", "a.journey.yml", "a.yaml", "sub/a.yml"])
def test_every_name_of_a_journey_is_collected(project, name: str) -> None:
    project.journey(name, GREEN)
    project.run().assert_outcomes(passed=1)


def test_yaml_without_a_journey_is_left_alone(project) -> None:
    project.write("data.yaml", "name: no journey\n")
    project.write("broken.yaml", "{[\n")
    project.journey("a.journey.yaml", GREEN)
    project.run().assert_outcomes(passed=1)


def test_yaml_without_a_journey_is_left_alone_when_named(project) -> None:
    project.write("data.yaml", "name: no journey\n")
    result = project.run("data.yaml")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: not found: *data.yaml*"])


def test_a_near_miss_of_the_root_key_warns_in_a_folder_of_journeys(project) -> None:
    project.write("journeys/a.yaml", "jorney:\n  name: A\n")
    project.write("other/a.yaml", "jorney:\n  name: A\n")
    result = project.run()
    result.stdout.fnmatch_lines(["*journeys/a.yaml:1*", "*RF120*`jorney`*"])
    assert result.parseoutcomes()["warnings"] == 1


def test_a_warning_is_a_clean_error_where_warnings_are_errors(project) -> None:
    project.write("journeys/a.yaml", "jorney:\n  name: A\n")
    result = project.run("-W", "error")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["warning?RF120?: *"])
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*File *")


def test_ini_files_narrows_what_is_collected(project) -> None:
    project.ini("reqflo_files = api/*.yaml")
    project.journey("api/a.journey.yaml", GREEN)
    project.journey("ui/a.journey.yaml", GREEN)
    project.run().assert_outcomes(passed=1)


def test_all_problems_of_a_file_are_one_error_without_traceback(project) -> None:
    project.write(
        "a.journey.yaml",
        """
        journey:
          name: A
          steps:
            - id: one
              template: GET /status/200
              assertions:
                - {type: status_code, expcted: 200}
            - id: two
              template: GET /{{ steps.nowhere.status }}
        """,
    )
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["error?RF104?: *", " --> a.journey.yaml:7:*", "hint: *`expected`*"]
    )
    result.stdout.fnmatch_lines(["ERROR a.journey.yaml - *expcted*"])
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*.py*")


@pytest.mark.parametrize("arguments", [[], ["--full-trace"], ["--tb=line"]])
@pytest.mark.parametrize(
    "text",
    [
        "journey:\n  name: \ud800\n".encode("utf-8", "surrogatepass"),
        b"journey:\n\xff\xfe",
        b"journey: [" + b"[" * 5000,
        b"journey: &a [*a, *a]",
        b"journey: {name: 1}\n---\nx: 1",
        b"journey:\n\t- x",
        b"journey:\n  steps: \x00",
        b"",
        b"journey:",
    ],
)
def test_a_broken_file_is_a_collection_error_and_nothing_worse(
    project, text: bytes, arguments: list[str]
) -> None:
    (project.path / "a.journey.yaml").write_bytes(text)
    result = project.run(*arguments)
    output = result.stdout.str() + result.stderr.str()
    assert "INTERNALERROR" not in output
    assert "Traceback" not in output
    assert "RF1" in output
    assert result.ret == pytest.ExitCode.INTERRUPTED


def test_a_broken_file_is_told_once_by_all_workers_and_stops_none(project) -> None:
    project.write("a.journey.yaml", "journey:\n  name: \\ud800\n  stpes: []\n")
    project.journey("b.journey.yaml", GREEN)
    result = project.run_apart("-n", "2")
    result.assert_outcomes(passed=1, errors=1)
    assert result.stdout.str().count("--> a.journey.yaml:3:3") == 1


def test_nodes_of_data_rows_are_named_by_their_key_and_sit_in_the_file_order(project) -> None:
    project.journey(
        "a.journey.yaml",
        "/status/{{ inputs.code }}",
        head="""
            inputs: [{name: code, type: integer}, {name: ref}]
            data: {file: rows.csv, key: ref}
        """,
    )
    project.write("rows.csv", "code,ref\n200,b\n404,<a>\n200,c\n")
    result = project.run("--collect-only", "-q")
    lines = [line for line in result.outlines if "::" in line]
    assert lines[0] == "a.journey.yaml::row-00001-b"
    assert lines[1].startswith("a.journey.yaml::row-00002-a")
    assert lines[2] == "a.journey.yaml::row-00003-c"
    assert "<" not in "".join(lines)
    project.run().assert_outcomes(passed=2, failed=1)


def test_a_row_or_case_is_selected_by_its_node_id(project) -> None:
    project.journey("a.journey.yaml", GREEN, head="cases: [{name: First one}, {name: Second one}]")
    project.run("a.journey.yaml::second-one", "-v").stdout.fnmatch_lines(
        ["*a.journey.yaml::second-one PASSED*", "*1 passed*"]
    )


def test_importing_the_plugin_loads_two_modules_of_ours_and_nothing_else(installed) -> None:
    code = (
        "import pytest, sys\n"
        "before = set(sys.modules)\n"
        "import pytest_reqflo.plugin\n"
        "print(sorted(set(sys.modules) - before))\n"
    )
    output = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert output.strip() == "['pytest_reqflo', 'pytest_reqflo.plugin']"


def test_a_project_without_journeys_is_unchanged_and_loads_nothing_heavy(project) -> None:
    (project.path / "environments/local.yaml").unlink()
    project.write("data.yaml", "name: no journey\n")
    project.write("test_a.py", "def test_a(): pass\n")
    project.write(
        "conftest.py",
        """
        import sys
        def pytest_unconfigure():
            ours = [name for name in sys.modules if name.startswith("pytest_reqflo")]
            heavy = {"yaml", "pydantic", "httpx", "jsonschema", "regex"} & set(sys.modules)
            print("LOADED", sorted(ours), sorted(heavy))
        """,
    )
    with_plugin = project.run_apart("-q", "-s")
    without = project.run_apart("-q", "-s", "-p", "no:reqflo")

    def lines(result: pytest.RunResult) -> list[str]:
        return [line.partition(" in ")[0] for line in result.outlines if "LOADED" not in line]

    assert lines(with_plugin) == lines(without)
    loaded = [line for line in with_plugin.outlines if "LOADED" in line]
    assert loaded == [
        "LOADED ['pytest_reqflo', 'pytest_reqflo.plugin', 'pytest_reqflo.syntax', "
        "'pytest_reqflo.syntax.scan'] []"
    ]


@pytest.mark.every_plugin
def test_collecting_loads_no_http_client_and_little_of_us_with_rewritten_assertions(
    project,
) -> None:
    project.journey("a.journey.yaml", GREEN)
    project.write(
        "conftest.py",
        """
        import sys
        def pytest_unconfigure():
            unneeded = {"httpx", "h11", "jsonschema", "jsonpath_rfc9535", "regex"}
            print("LOADED", sorted(unneeded & set(sys.modules)))
            print("REWRITTEN", [
                name for name, module in sys.modules.items() if name.startswith("pytest_reqflo")
                if type(module.__spec__.loader).__name__ == "AssertionRewritingHook"
            ])
        """,
    )
    result = project.run_apart("--collect-only", "-q", "-s")
    rewritten = ["pytest_reqflo", "pytest_reqflo.plugin"]
    rewritten += ["pytest_reqflo.host", "pytest_reqflo.host.loading"]
    result.stdout.fnmatch_lines(["a.journey.yaml::run", "LOADED []"])
    assert f"REWRITTEN {rewritten}" in result.outlines


def test_a_plain_journey_loads_nothing_that_only_others_need(project) -> None:
    project.journey("a.journey.yaml", GREEN)
    project.write(
        "conftest.py",
        """
        import sys
        def pytest_unconfigure():
            unneeded = {"httpx", "jsonschema", "jsonpath_rfc9535", "regex", "urllib.request"}
            print("LOADED", sorted(unneeded & set(sys.modules)))
        """,
    )
    result = project.run_apart("-q", "-s", "-p", "no:anyio")
    result.stdout.fnmatch_lines(["LOADED []"])
