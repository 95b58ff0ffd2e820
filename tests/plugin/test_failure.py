"""How a failed journey is shown, in every style and report, with and without workers."""

from __future__ import annotations

import signal
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest

GREEN = "/status/200"
RED = "/status/500"
SENTENCE = "step `s2`: expected status 200, got 500"
WORKERS = pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["here", "workers"])


def junit(project) -> list[ElementTree.Element]:
    return list(ElementTree.parse(project.path / "out.xml").iter("testcase"))


@WORKERS
def test_the_page_names_sentence_place_request_and_response(project, workers) -> None:
    project.journey("a.journey.yaml", GREEN, RED, GREEN)
    result = project.run_apart(*workers)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            SENTENCE,
            "*--> a.journey.yaml:11:*",
            "11 |         - {type: status_code, expected: 200}",
            "*^^^*",
            "checks of step `s2`",
            "request as sent",
            f"  GET {project.server.url}/status/500",
            "response as received (*ms)",
            "  HTTP/1.1 500 *",
            '    {"status": 500}',
            "curl",
            "  curl *",
            "1 step skipped because of `s2`: s3",
            "run id run_*, journey a, version v1, artifact artifact_*, environment local",
            "FAILED a.journey.yaml::run - " + SENTENCE,
        ]
    )


@WORKERS
def test_one_line_style_shows_the_yaml_file_and_line(project, workers) -> None:
    project.journey("a.journey.yaml", GREEN, RED)
    result = project.run_apart("--tb=line", *workers)
    result.stdout.fnmatch_lines([f"*a.journey.yaml:11: {SENTENCE}"])


@pytest.mark.parametrize("style", ["auto", "long", "short", "native", "no"])
def test_every_traceback_style_shows_ours_and_no_frame(project, style: str) -> None:
    project.journey("a.journey.yaml", GREEN, RED)
    result = project.run(f"--tb={style}", "-l")
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*host/item.py*")
    result.stdout.fnmatch_lines([f"FAILED *- {SENTENCE}"])


@WORKERS
def test_junit_names_journey_version_artifact_and_begins_with_the_sentence(
    project, workers
) -> None:
    project.journey("a.journey.yaml", GREEN, RED, head="cases: [{name: Gold}]")
    project.journey("b.journey.yaml", GREEN)
    project.run_apart("--junitxml=out.xml", *workers)
    failed, passed = sorted(junit(project), key=lambda case: case.get("classname", ""))
    for case in (failed, passed):
        properties = {each.get("name"): each.get("value") for each in case.iter("property")}
        assert set(properties) - {"reqflo.case", "reqflo.evidence"} == {
            "reqflo.journey", "reqflo.version", "reqflo.artifact", "reqflo.env", "reqflo.run_id",
        }  # fmt: skip
        assert ("reqflo.evidence" in properties) is (case is failed)
        assert properties["reqflo.version"] == "v1"
        assert properties["reqflo.artifact"].startswith("artifact_")
        assert properties["reqflo.env"] == "local"
        assert properties.get("reqflo.case") == ("Gold" if case is failed else None)
    [failure] = failed.iter("failure")
    assert failure.get("message", "").split("\n")[0] == (
        "step `s2` (case `Gold`): expected status 200, got 500"
    )


def test_exchanges_of_other_steps_stand_in_a_section_of_their_own(project) -> None:
    project.journey("a.journey.yaml", GREEN, RED)
    result = project.run()
    result.stdout.fnmatch_lines(["*Captured reqflo call*", "step `s1`: passed, *"])


def test_a_missing_value_fails_in_the_call_phase_and_sends_nothing(project) -> None:
    project.journey(
        "a.journey.yaml", "/status/{{ inputs.code }}", head="inputs: [{name: code}, {name: other}]"
    )
    result = project.run("--junitxml=out.xml")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*RF301*`code`*"])
    result.stdout.fnmatch_lines(["*RF301*`other`*"])
    assert project.server.log == []
    [case] = junit(project)
    assert [child.tag for child in case if child.tag != "properties"] == ["failure"]
    assert any(each.get("name") == "reqflo.run_id" for each in case.iter("property"))


def test_a_missing_secret_fails_in_the_call_phase_and_sends_nothing(project) -> None:
    project.journey(
        "a.journey.yaml",
        "/status/{{ variables.key }}",
        head="variables: [{name: key, source: secret, key: NO_SUCH_SECRET}]",
    )
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*NO_SUCH_SECRET*"])
    assert project.server.log == []


def test_a_secret_is_masked_in_everything_printed(project, monkeypatch) -> None:
    monkeypatch.setenv("SHOP_KEY", "s3cr3t-canary-value")
    project.write(
        "conftest.py",
        """
        import os, pytest
        @pytest.fixture(autouse=True)
        def talkative():
            print("before", os.environ["SHOP_KEY"])
            yield
            print("after", os.environ["SHOP_KEY"])
        """,
    )
    project.journey(
        "a.journey.yaml",
        "/status/500?key={{ variables.key }}",
        head="variables: [{name: key, source: secret, key: SHOP_KEY}]",
    )
    result = project.run(
        "--junitxml=out.xml", "-l", "--reqflo-output=out.json", "-o", "junit_logging=all"
    )
    result.assert_outcomes(failed=1)
    assert project.server.log[0][1] == "/status/500?key=s3cr3t-canary-value"
    for text in (
        result.stdout.str(),
        (project.path / "out.xml").read_text(),
        (project.path / "out.json").read_text(),
    ):
        assert "s3cr3t-canary-value" not in text
        assert "[secret:" in text


def test_no_answer_is_a_failure_that_is_no_check(project) -> None:
    project.write(
        "environments/local.yaml",
        'environment: {name: local, services: {default: {base_url: "http://127.0.0.1:9"}}}\n',
    )
    project.journey("a.journey.yaml", GREEN)
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["step `s1`: *127.0.0.1:9*"])


@WORKERS
def test_a_response_with_surrogates_and_control_characters_is_shown_as_escapes(
    project, workers
) -> None:
    project.write(
        "a.journey.yaml",
        """
        journey:
          name: a
          steps:
            - id: s1
              template: GET /raw
              assertions:
                - {type: json_path, path: $.text, expected: x}
                - {type: json_path, path: $.number, expected: 1}
        """,
    )
    result = project.run_apart(*workers)
    result.assert_outcomes(failed=1)
    output = result.stdout.str()
    assert "INTERNALERROR" not in output
    assert "\x1b" not in output
    assert "\\ud800" in output


def test_a_soft_failure_warns_and_passes(project) -> None:
    project.write(
        "a.journey.yaml",
        """
        journey:
          name: a
          steps:
            - id: s1
              template: GET /status/500
              assertions:
                - {type: status_code, expected: 200, soft: true}
        """,
    )
    result = project.run("--junitxml=out.xml")
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*a.journey.yaml:7: *RF502*expected status 200, got 500*"])
    assert 'name="reqflo.soft_failures"' in (project.path / "out.xml").read_text()
    project.ini("reqflo_soft = fail")
    project.run().assert_outcomes(failed=1)
    project.ini("filterwarnings = error")
    strict = project.run()
    strict.assert_outcomes(failed=1)
    strict.stdout.no_fnmatch_line("*Traceback*")


def test_a_bad_status_without_an_assertion_warns(project) -> None:
    project.write(
        "a.journey.yaml",
        "journey: {name: a, steps: [{id: s1, template: GET /status/500}]}\n",
    )
    result = project.run()
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*RF503*"])


def test_interruption_runs_finally_keeps_the_result_and_ends_with_code_2(project) -> None:
    project.write(
        "a.journey.yaml",
        """
        journey:
          name: a
          steps:
            - {id: s1, template: GET /gate}
          finally:
            - {id: cleanup, template: GET /status/204}
        """,
    )
    command = [sys.executable, "-m", "pytest", "--reqflo-output=out.json"]
    with subprocess.Popen(command, cwd=project.path, stdout=subprocess.PIPE) as process:
        assert project.server.arrived.wait(60)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == pytest.ExitCode.INTERRUPTED
    assert [path for _, path, _ in project.server.log] == ["/gate", "/status/204"]
    assert '"interrupted"' in (project.path / "out.json").read_text()
