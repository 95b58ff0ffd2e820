"""What user code prints, logs, raises and warns of is hidden in reports while secrets are known."""

from __future__ import annotations

import json

import pytest

VALUE = "k3y/with+more&1"
# Long enough to stand in no id and no time by chance.
OTP = 4830571926640275
MASK = "[secret:API_KEY]"
PLACES = pytest.mark.parametrize("workers", [[], ["-n", "1"]], ids=["here", "worker"])

JOURNEY = """
    journey:
      name: keyed
      settings: {fixtures: [%s]}
      steps:
        - id: s1
          request: {method: GET, url: /echo, headers: {x-api-key: "{{ secrets.API_KEY }}"}}
"""
CONFTEST = """
    import logging, os, warnings
    import pytest

    @pytest.fixture
    def prints():
        print("setup", os.environ["API_KEY"])
        yield
        print("teardown", os.environ["API_KEY"])

    @pytest.fixture
    def logs():
        logging.getLogger("suite").warning("setup %s", os.environ["API_KEY"])
        yield
        logging.getLogger("suite").warning("teardown %s", os.environ["API_KEY"])

    @pytest.fixture
    def warns():
        warnings.warn("setup " + os.environ["API_KEY"])

    @pytest.fixture
    def raises():
        key = os.environ["API_KEY"]
        raise ValueError("setup " + key)

    @pytest.fixture
    def raises_late():
        yield
        key = os.environ["API_KEY"]
        raise ValueError("teardown " + key)
"""


@pytest.fixture
def keyed(project, monkeypatch):
    monkeypatch.setenv("API_KEY", VALUE)
    project.write("conftest.py", CONFTEST)
    for name in ("prints", "logs", "warns", "raises", "raises_late"):
        project.write(f"{name}.journey.yaml", JOURNEY % name)
    return project


@PLACES
def test_no_output_shows_what_fixtures_do_with_a_secret(keyed, workers) -> None:
    result = keyed.run_apart(
        "-rA", "-l", "--full-trace", "--junitxml=out.xml", "-o", "junit_logging=all",
        "-o", "junit_log_passing_tests=true", "--log-cli-level=DEBUG", "--log-file=out.log",
        "--log-file-level=DEBUG", "--reqflo-output=out.json", *workers,
    )  # fmt: skip
    result.assert_outcomes(passed=4, errors=2, warnings=1)
    text = result.stdout.str() + result.stderr.str()
    files = [(keyed.path / name).read_text() for name in ("out.xml", "out.log", "out.json")]

    assert [VALUE in each for each in (text, *files)] == [False] * 4
    # Each of them was there to be hidden.
    for said in ("setup", "teardown"):
        assert f"{said} {MASK}" in text
        assert f"{said} {MASK}" in files[1]
    assert f"ValueError: setup {MASK}" in text
    assert f"ValueError: teardown {MASK}" in text
    assert f"UserWarning: setup {MASK}" in text


@PLACES
def test_other_tests_of_the_session_are_covered_while_secrets_are_known(keyed, workers) -> None:
    keyed.write(
        "z_test.py",
        """
        import os

        def test_with_a_key():
            key = os.environ["API_KEY"]
            print("printed", key)
            assert key == "other"
        """,
    )
    result = keyed.run_apart("prints.journey.yaml", "z_test.py", "-l", "--dist=loadfile", *workers)
    result.assert_outcomes(passed=1, failed=1)

    if not workers:
        text = result.stdout.str()
        assert VALUE not in text
        assert f"AssertionError: assert '{MASK}' == 'other'" in text
        assert f"printed {MASK}" in text


def test_a_defect_of_ours_shows_its_traceback_without_variables_or_secrets(keyed) -> None:
    keyed.write(
        "broken.py",
        """
        import pytest_reqflo.engine.perform as perform

        def perform_send(send, **_):
            raw = dict(send.request.headers)
            raise RuntimeError(f"cannot send {raw}")

        perform.perform_send = perform_send
        """,
    )
    result = keyed.run_apart(
        "-p", "broken", "prints.journey.yaml", "-l", "--full-trace", "-rA", "--junitxml=out.xml"
    )
    result.assert_outcomes(failed=1)

    result.stdout.fnmatch_lines(
        [
            "internal error of pytest-reqflo: RuntimeError",
            "this is a defect of the plugin, *",
            "*RuntimeError: cannot send {'x-api-key': '?secret:API_KEY?'*",
            "FAILED prints.journey.yaml::run - internal error of pytest-reqflo: RuntimeError",
        ]
    )
    for text in (result.stdout.str(), (keyed.path / "out.xml").read_text()):
        assert VALUE not in text
        assert "raw = " not in text.replace("raw = dict(send.request.headers)", "")


def test_an_environment_names_what_else_is_masked(project) -> None:
    project.write(
        "environments/local.yaml",
        f"""
        environment:
          name: local
          services: {{default: {{base_url: "{project.server.url}"}}}}
          redact: {{headers: [X-Session], keys: [otp]}}
        """,
    )
    project.write(
        "a.journey.yaml",
        f"""
        journey:
          name: a
          steps:
            - id: s1
              request:
                {{method: POST, url: /x, headers: {{x-session: "s-1"}}, json: {{otp: {OTP}, n: 1}}}}
              assertions: [{{type: json_path, path: $.body.n, expected: 2}}]
        """,
    )
    result = project.run_apart("--reqflo-output=out.json")
    result.assert_outcomes(failed=1)

    [(_, _, received)] = project.server.log
    assert received == {"otp": OTP, "n": 1}
    exchange = json.loads((project.path / "out.json").read_text())["steps"][0]["tries"][0][
        "exchanges"
    ][0]
    assert exchange["request"]["body"]["text"] == '{"otp":[sensitive:otp],"n":1}'
    assert ["x-session", "[sensitive:x-session]"] in exchange["request"]["headers"]
    assert '"otp": [sensitive:otp]' in exchange["response"]["body"]["text"]
    result.stdout.no_fnmatch_line(f"*{OTP}*")


SUBTESTS = """
    import os

    def test_parts(subtests):
        with subtests.test(msg="part " + os.environ["API_KEY"], key=os.environ["API_KEY"]):
            print("within", os.environ["API_KEY"])
            assert os.environ["API_KEY"] == "y"
"""


@pytest.mark.skipif(not hasattr(pytest, "Subtests"), reason="pytest has no subtests")
@PLACES
def test_subtests_are_covered(keyed, workers) -> None:
    keyed.write("test_suite.py", SUBTESTS)
    result = keyed.run_apart(
        "prints.journey.yaml",
        "test_suite.py",
        "-rA",
        "--junitxml=out.xml",
        "-ojunit_logging=all",
        *workers,
    )
    text = result.stdout.str() + (keyed.path / "out.xml").read_text()
    assert f"SUBFAILED[part {MASK}]" in text
    assert f"within {MASK}" in text
    assert VALUE not in text
