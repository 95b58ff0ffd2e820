"""pytest's own switches work on journeys."""

from __future__ import annotations

import importlib.util
import json
import re

import pytest

GREEN = "/status/200"
RED = "/status/500"


def test_k_selects_by_name(project) -> None:
    project.journey("order.journey.yaml", GREEN)
    project.journey("refund.journey.yaml", GREEN)
    project.run("-k", "refund").assert_outcomes(passed=1, deselected=1)


def test_m_selects_by_tag_also_under_strict_markers(project) -> None:
    project.journey("a.journey.yaml", GREEN, head="tags: [smoke, money-path]")
    project.journey("b.journey.yaml", GREEN)
    project.run("-m", "smoke", "--strict-markers").assert_outcomes(passed=1, deselected=1)
    project.run("-m", "money-path", "--strict-markers").assert_outcomes(passed=1, deselected=1)


def test_tags_of_a_case_mark_its_items_only(project) -> None:
    project.journey("a.journey.yaml", GREEN, head="cases: [{name: a, tags: [slow]}, {name: b}]")
    project.run("-m", "slow", "--strict-markers").assert_outcomes(passed=1, deselected=1)


def test_last_failed_runs_what_failed(project) -> None:
    project.ini()
    project.journey("a.journey.yaml", GREEN)
    project.journey("b.journey.yaml", RED)
    project.run().assert_outcomes(passed=1, failed=1)
    project.run("--lf").assert_outcomes(failed=1)


def test_x_stops_at_the_first_failure(project) -> None:
    project.journey("a.journey.yaml", RED)
    project.journey("b.journey.yaml", GREEN)
    project.run("-x").assert_outcomes(failed=1)
    assert len(project.server.log) == 1


def test_no_reqflo_turns_the_plugin_off(project) -> None:
    project.journey("a.journey.yaml", GREEN)
    assert project.run_apart("-p", "no:reqflo").ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_a_case_is_selected_and_journeys_without_it_are_deselected(project) -> None:
    project.journey("a.journey.yaml", GREEN, head="cases: [{name: Gold}, {name: Silver}]")
    project.journey("b.journey.yaml", GREEN)
    project.run("--reqflo-case", "Gold").assert_outcomes(passed=1, deselected=1)


@pytest.mark.parametrize("arguments", [[], ["-n", "2"]])
def test_a_case_that_no_journey_has_is_a_usage_error(project, arguments: list[str]) -> None:
    project.journey("a.journey.yaml", GREEN, head="cases: [{name: Gold}]")
    result = project.run_apart("--reqflo-case", "Glod", *arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    output = result.stdout.str() + result.stderr.str()
    assert "RF803" in output
    assert "did you mean `Gold`?" in output
    assert "Traceback" not in output


def test_data_needs_one_journey(project) -> None:
    for name in "ab":
        project.journey(f"{name}.journey.yaml", GREEN, head="inputs: [{name: x, default: 1}]")
    project.write("rows.csv", "x\n1\n2\n")
    result = project.run("--reqflo-data", "rows.csv")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "RF801" in result.stdout.str() + result.stderr.str()
    project.run("--reqflo-data", "rows.csv", "a.journey.yaml").assert_outcomes(passed=2)


def test_data_is_not_read_for_journeys_that_are_not_selected(project) -> None:
    project.journey("a.journey.yaml", GREEN, head="inputs: [{name: x, default: 1}]")
    project.journey("b/b.journey.yaml", GREEN)
    project.write("rows.csv", "x\n1\n2\n")
    result = project.run("--reqflo-data", "rows.csv")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    output = result.stdout.str() + result.stderr.str()
    assert "--reqflo-data needs exactly one journey, 2 are selected" in output
    assert "RF116" not in output
    result = project.run("--reqflo-data", "rows.csv", "-k", "a.journey")
    result.assert_outcomes(passed=2, deselected=1)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [([], pytest.ExitCode.USAGE_ERROR), (["a.journey.yaml"], pytest.ExitCode.INTERRUPTED)],
)
def test_data_that_does_not_fit_the_one_journey_is_told(project, arguments, code) -> None:
    project.journey("a.journey.yaml", GREEN, head="inputs: [{name: x, default: 1}]")
    project.write("rows.csv", "y\n1\n")
    result = project.run("--reqflo-data", "rows.csv", *arguments)
    assert result.ret == code
    assert "RF116" in result.stdout.str() + result.stderr.str()
    assert project.server.log == []


@pytest.mark.parametrize("option", ["--reqflo-set=x", "--reqflo-data=none.csv"])
def test_an_unusable_option_is_a_usage_error(project, option: str) -> None:
    project.journey("a.journey.yaml", GREEN)
    result = project.run_apart(option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*RF801*"])
    assert "Traceback" not in result.stderr.str()


def test_set_gives_a_value(project) -> None:
    project.journey("a.journey.yaml", "/status/{{ inputs.code }}", head="inputs: [{name: code}]")
    project.run("--reqflo-set", "code=200").assert_outcomes(passed=1)
    assert project.server.log[0][1] == "/status/200"


def test_an_environment_is_chosen_by_name(project) -> None:
    project.journey("a.journey.yaml", GREEN)
    project.write(
        "environments/dead.yaml",
        'environment: {name: dead, services: {default: {base_url: "http://127.0.0.1:9"}}}\n',
    )
    project.run("--reqflo-env", "local").assert_outcomes(passed=1)
    project.run("--reqflo-env", "dead").assert_outcomes(failed=1)


@pytest.mark.parametrize("arguments", [[], ["-n", "2"]])
def test_an_environment_that_no_journey_has_is_a_usage_error(project, arguments: list[str]) -> None:
    for name in "ab":
        project.journey(f"{name}.journey.yaml", GREEN)
    result = project.run_apart("--reqflo-env", "locl", *arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    output = result.stdout.str() + result.stderr.str()
    assert output.count("there is no environment `locl`") == 1
    assert "did you mean `local`?" in output
    assert "Traceback" not in output
    assert project.server.log == []


def test_an_environment_that_another_root_has_fails_the_items_without_it(project) -> None:
    project.journey("a.journey.yaml", GREEN)
    project.journey("b/b.journey.yaml", GREEN)
    project.write(
        "b/environments/other.yaml",
        f'environment: {{name: other, services: {{default: {{base_url: "{project.server.url}"}}}}}}\n',
    )
    result = project.run("--reqflo-env", "other")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*RF303*there is no environment `other`*"])


def test_skip_and_xfail_of_a_case(project) -> None:
    project.journey(
        "a.journey.yaml",
        RED,
        head="""
            cases:
              - {name: known, xfail: API-812}
              - {name: later, skip: not built yet}
        """,
    )
    result = project.run("-rsx")
    result.assert_outcomes(skipped=1, xfailed=1)
    result.stdout.fnmatch_lines(["SKIPPED*a.journey.yaml: not built yet"])
    result.stdout.fnmatch_lines(["XFAIL*known*API-812*"])


def test_xfail_expects_failed_checks_only(project) -> None:
    project.write(
        "environments/local.yaml",
        'environment: {name: local, services: {default: {base_url: "http://127.0.0.1:9"}}}\n',
    )
    project.journey("a.journey.yaml", RED, head="xfail: API-812")
    project.run().assert_outcomes(failed=1)


def test_an_unexpected_pass_follows_the_strictness_of_the_suite(project) -> None:
    project.journey("a.journey.yaml", GREEN, head="xfail: API-812")
    project.run().assert_outcomes(xpassed=1)
    project.ini("xfail_strict = true")
    project.run().assert_outcomes(failed=1)


@pytest.mark.every_plugin
def test_reruns_start_from_a_clean_slate(project) -> None:
    project.journey("a.journey.yaml", "/flaky/one")
    result = project.run_apart("--reruns", "1", "--junitxml=out.xml")
    result.stdout.fnmatch_lines(["*1 passed, 1 rerun*"])
    # pytest's JUnit file holds the properties of both runs; those of the first must not repeat.
    run_ids = re.findall(r'"reqflo.run_id" value="(\w+)"', (project.path / "out.xml").read_text())
    assert len(run_ids) == len(set(run_ids)) == 2


def test_random_order_keeps_ids(project) -> None:
    project.ini()
    project.write("pytest.ini", "[pytest]\n")
    for name in "abc":
        project.journey(f"{name}.journey.yaml", GREEN)
    result = project.run_apart("-p", "randomly", "-v")
    result.assert_outcomes(passed=3)
    for name in "abc":
        result.stdout.fnmatch_lines([f"{name}.journey.yaml::run PASSED*"])


@pytest.mark.parametrize(
    "dist", ["load", "loadscope", "loadfile", "loadgroup", "worksteal", "each"]
)
def test_every_way_of_distributing_runs_every_journey(project, dist: str) -> None:
    for name in "abc":
        project.journey(f"{name}.journey.yaml", GREEN, head="cases: [{name: a}, {name: b}]")
    result = project.run_apart("-n", "2", "--dist", dist)
    result.assert_outcomes(passed=12 if dist == "each" else 6)
    assert len(project.server.log) == (12 if dist == "each" else 6)


@pytest.mark.parametrize("arguments", [[], ["-n", "2"]])
def test_output_holds_one_result_as_it_is_and_several_as_a_list(
    project, arguments: list[str]
) -> None:
    project.journey("a.journey.yaml", RED)
    project.journey("b.journey.yaml", "/raw")
    project.run_apart("a.journey.yaml", "--reqflo-output=one.json", *arguments)
    one = json.loads((project.path / "one.json").read_text())
    assert (one["format"], one["outcome"], one["identity"]["journey_id"]) == (1, "failed", "a")
    project.run_apart("--reqflo-output=all.json", *arguments)
    both = json.loads((project.path / "all.json").read_text())
    assert both["format"] == 1
    assert [each["identity"]["journey_id"] for each in both["results"]] == ["a", "b"]


def test_set_reaches_the_journeys_that_declare_the_name(project) -> None:
    project.journey("a.journey.yaml", "/status/{{ inputs.code }}", head="inputs: [{name: code}]")
    project.journey("b.journey.yaml", GREEN)
    project.run("--reqflo-set", "code=200").assert_outcomes(passed=2)


def test_set_of_a_name_that_no_journey_declares_is_a_usage_error(project) -> None:
    project.journey("a.journey.yaml", "/status/{{ inputs.code }}", head="inputs: [{name: code}]")
    result = project.run("--reqflo-set", "cdoe=200")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*RF801*cdoe*", "hint: did you mean `code`?*"])


def test_an_artifact_of_the_store_runs_when_it_is_named(project) -> None:
    project.journey("a.journey.yaml", "/status/{{ inputs.code }}", head="inputs: [{name: code}]")
    project.run("--reqflo-set", "code=200").assert_outcomes(passed=1)
    [path] = project.path.glob(".reqflo/artifacts/artifact_*.json")
    project.journey("a.journey.yaml", RED)
    result = project.run(str(path), "--reqflo-set", "code=404", "-rA")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*expected status 200, got 404*", "*version v1*"])
    assert [path for _, path, _ in project.server.log] == ["/status/200", "/status/404"]


def test_an_artifact_that_was_changed_is_refused(project) -> None:
    project.journey("a.journey.yaml", GREEN)
    project.run().assert_outcomes(passed=1)
    [path] = project.path.glob(".reqflo/artifacts/artifact_*.json")
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b"/status/200", b"/status/201"))
    result = project.run(str(path))
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*RF601*"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_the_fast_transport_without_its_extra_is_a_usage_error(project, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *rest: None if name == "pyreqwest" else find(name, *rest),
    )
    project.journey("a.journey.yaml", "/status/200")
    result = project.run("--reqflo-transport", "fast")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*needs pyreqwest, which is not installed*"])
    assert project.server.log == []
