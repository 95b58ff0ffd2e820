"""Sessions that end early: what was started is cleaned up, and the right failure is named."""

from __future__ import annotations

import json
import signal

import pytest
from reports import reported

from pytest_reqflo.evidence_store.read import list_all_runs


def cleaned(project, name: str, *steps: str, head: str = "") -> None:
    """Write a journey of *steps* that cleans up, and needs its cleanup to end in time."""
    path = project.journey(f"{name}.journey.yaml", *steps, head=head)
    cleanup = f"  finally:\n    - {{id: clean, template: DELETE /clean/{name}}}\n"
    path.write_text(path.read_text() + cleanup)


def failing(project, name: str, *steps: str) -> None:
    """Write a journey whose last step fails, at a place of its own."""
    cleaned(project, name, *steps)
    path = project.path / f"{name}.journey.yaml"
    path.write_text(path.read_text().replace("expected: 200", "expected: 201"))


def test_the_first_failure_in_order_is_named_and_all_is_cleaned_up(meeting) -> None:
    """The second fails first; the first then fails too, while the third is under way."""
    server = meeting.server
    server.holds = {"/a/": "/clean/b", "/c/": "/clean/c"}
    failing(meeting, "a", "/a/")
    failing(meeting, "b", "/b/")
    cleaned(meeting, "c", "/c/", "/c2")
    cleaned(meeting, "d", "/d/")
    meeting.write("conftest.py", server.telling)
    result = meeting.run("-v", "-x", "--reqflo-concurrency=3", "--junitxml=out.xml")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert reported(result) == [("a.journey.yaml::run", "FAILED")]
    result.assert_outcomes(failed=1)
    assert server.paths("/told/") == ["/told/a/run/call/failed"]
    # Nothing is begun once a failure is known.
    assert [path for path in server.paths() if path in ("/c2", "/d/")] == []
    for name in "abc":
        assert server.paths(f"/clean/{name}") == [f"/clean/{name}"]
    result.stdout.fnmatch_lines(
        ["reqflo: 1 journey in flight was cut short", "*stopping after 1 failures*"]
    )
    assert (meeting.path / "out.xml").read_text().count("<testcase") == 1


def test_failures_are_counted_as_pytest_counts_them(meeting) -> None:
    """Of two that are allowed for the second is known before the first is reported."""
    server = meeting.server
    server.holds = {
        "/a/": "/clean/c",
        "/b/": "/told/a/run/call/failed",
        "/e/": "/clean/e",
    }
    failing(meeting, "a", "/a/")
    cleaned(meeting, "b", "/b/")
    failing(meeting, "c", "/c/")
    cleaned(meeting, "d", "/d/", head="skip: not yet")
    cleaned(meeting, "e", "/e/", "/e2")
    cleaned(meeting, "f", "/f/")
    cleaned(meeting, "g", "/g/")
    meeting.write("conftest.py", server.telling)
    result = meeting.run("-v", "--maxfail=2", "--reqflo-concurrency=3")
    assert [outcome for _, outcome in reported(result)] == ["FAILED", "PASSED", "FAILED"]
    assert server.paths("/f/") + server.paths("/g/") + server.paths("/e2") == []
    assert sorted(server.paths("/clean/")) == ["/clean/a", "/clean/b", "/clean/c", "/clean/e"]


def test_expected_failures_stop_nothing(meeting) -> None:
    server = meeting.server
    server.holds = {"/meet/": 3}
    meeting.journey("a.journey.yaml", "/meet/a", "/status/500", head="xfail: API-1")
    for name in "bcdef":
        meeting.journey(f"{name}.journey.yaml", f"/meet/{name}")
    meeting.run("-x", "--reqflo-concurrency=3").assert_outcomes(passed=5, xfailed=1)
    assert len(server.requests) == 7


def test_fixtures_of_the_session_end_after_the_cleanup_of_runs_in_flight(meeting) -> None:
    """pytest tears them down with the item that fails, before its loop is left."""
    server = meeting.server
    server.holds = {"/b/": "/c/", "/c/": "/clean/c"}
    fixtures = "settings: {fixtures: [shop]}"
    cleaned(meeting, "a", "/a/", head=fixtures)
    cleaned(meeting, "b", "/b/", "/status/500", head=fixtures)
    cleaned(meeting, "c", "/c/", head=fixtures)
    meeting.write(
        "conftest.py",
        f"""
        import pytest, urllib.request
        @pytest.fixture(scope="session")
        def shop():
            yield
            urllib.request.urlopen("{server.url}/closed").read()
        """,
    )
    result = meeting.run("-v", "-x", "--reqflo-concurrency=3")
    assert [outcome for _, outcome in reported(result)] == ["PASSED", "FAILED"]
    assert server.comes_before(("ended", "/clean/c"), ("begun", "/closed"))


@pytest.mark.parametrize("times", [1, 2], ids=["once", "twice"])
def test_an_interruption_ends_what_is_in_flight_and_reports_what_is_over(meeting, times) -> None:
    """b is over when it comes, c and d are not; the second time nobody waits for cleanup."""
    server = meeting.server
    is_clean = times == 1
    for name in "acd":
        server.holds[f"/{name}/"] = f"/clean/{name}"
        if not is_clean:
            server.holds[f"/clean/{name}"] = "/never"
    for name in "abcde":
        cleaned(meeting, name, f"/{name}/", f"/{name}2/")
    process = meeting.start(
        "-v", "--reqflo-concurrency=3", "--junitxml=out.xml", "--reqflo-output=out.json",
        "--assert=plain",
    )  # fmt: skip
    # d begins when b is known to be over.
    server.wait_until("/d/")
    process.send_signal(signal.SIGINT)
    if not is_clean:
        for name in "acd":
            server.wait_until(f"/clean/{name}")
        process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == pytest.ExitCode.INTERRUPTED, output
    assert reported(output) == [("b.journey.yaml::run", "PASSED")]
    assert sorted(server.paths("/clean/")) == [f"/clean/{name}" for name in "abcd"]
    assert [path for path in server.paths() if path in ("/a2/", "/c2/", "/d2/", "/e/")] == []
    assert "KeyboardInterrupt" in output
    assert "Traceback" not in output
    assert "was never awaited" not in output
    assert "1 passed" in output
    # The second time the one whose turn it was is left behind too.
    assert f"reqflo: {times + 1} journeys in flight were cut short" in output
    junit = (meeting.path / "out.xml").read_text()
    assert 'name="reqflo.journey" value="b"' in junit
    written = json.loads((meeting.path / "out.json").read_text())
    results = written.get("results", [written])
    outcomes = {each["identity"]["journey_id"]: each["outcome"] for each in results}
    assert outcomes["b"] == "passed"
    # Also what nobody waited for any more, unless its own end was never reached.
    records = [run.run_id for run in list_all_runs(meeting.path / ".reqflo")]
    assert len(records) == (3 if is_clean else 0)
    assert set(outcomes.values()) <= {"passed", "interrupted"}


def test_an_interruption_of_all_rows_of_one_item_ends_them_and_a_second_waits_no_more(
    meeting,
) -> None:
    server = meeting.server
    server.holds = {"/row/": "/clean/", "/clean/": "/never"}
    path = meeting.rows("a.journey.yaml", 3, "/row/{{ inputs.n }}", "/next/{{ inputs.n }}")
    cleanup = '    - {id: clean, request: {method: DELETE, url: "/clean/{{ inputs.n }}"}}\n'
    path.write_text(f"{path.read_text()}  finally:\n{cleanup}")
    process = meeting.start("--reqflo-data-mode=batch", "--assert=plain")
    server.wait_until("/row/", count=3)
    process.send_signal(signal.SIGINT)
    server.wait_until("/clean/", count=3)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == pytest.ExitCode.INTERRUPTED, output
    assert server.paths("/next/") == []
    assert "Traceback" not in output


LIMITING = """
import pytest

def pytest_collection_modifyitems(items):
    # Of no other: on a busy machine its turn may take as long.
    items[1].add_marker(pytest.mark.timeout(2))
"""


@pytest.mark.every_plugin
@pytest.mark.parametrize("method", ["signal", "thread"])
def test_a_time_limit_of_pytest_ends_the_run_that_is_waited_for(meeting, method: str) -> None:
    """The others go on; a limit by thread ends the process, as it does with any test."""
    server = meeting.server
    server.holds = {"/b/": "/clean/b" if method == "signal" else "/never", "/c/": "/d/"}
    for name in "abcd":
        cleaned(meeting, name, f"/{name}/", f"/{name}2/")
    meeting.write("conftest.py", LIMITING)
    options = ("-v", "--reqflo-concurrency=3", "--assert=plain")
    process = meeting.start(*options, f"--timeout-method={method}")
    output, _ = process.communicate(timeout=60)
    assert "Timeout" in output
    assert server.paths("/b2/") == []
    if method == "thread":
        assert process.returncode == 1
        return
    # The stacks that pytest-timeout prints may stand in the line of the test.
    assert "1 failed, 3 passed" in output
    assert "b.journey.yaml::run" in output.partition("short test summary")[2]
    assert sorted(server.paths("/clean/")) == [f"/clean/{name}" for name in "abcd"]
    assert "Timeout (>2.0s) from pytest-timeout" in output
    assert "INTERNALERROR" not in output
