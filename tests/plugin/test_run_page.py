"""`--reqflo-html`: every test is on the page as it ended, whoever ran it and however it stopped."""

from __future__ import annotations

import json
import signal
import stat

import pytest
from html_pages import blocks_of

SUITE = """
    import pytest

    @pytest.fixture
    def database():
        raise RuntimeError("no database")

    @pytest.fixture
    def closing():
        yield
        raise RuntimeError("cannot close")
"""


def index_of(path):
    return blocks_of(path.read_text(encoding="utf-8"))["index"]


def statuses(index):
    return {run["test"]: run["status"] for run in index["runs"]}


@pytest.fixture
def suite(project):
    """One journey for each way in which a test can end, and two tests that are no journeys."""
    project.write("conftest.py", SUITE)
    project.write("test_plain.py", "def test_good(): pass\ndef test_bad(): assert 0\n")
    project.journey("good.journey.yaml", "/status/200")
    project.journey("bad.journey.yaml", "/status/200", "/status/404", "/status/200")
    project.journey("flaky.journey.yaml", "/flaky/one")
    project.journey("skipped.journey.yaml", "/status/200", head="skip: next year")
    project.journey("expected.journey.yaml", "/status/404", head="xfail: API-812")
    project.journey("setup.journey.yaml", "/status/200", head="settings: {fixtures: [database]}")
    project.journey("late.journey.yaml", "/status/200", head="settings: {fixtures: [closing]}")
    project.write("wrong.journey.yaml", "journey:\n  name: wrong\n  stepps: []\n")
    return project


EXPECTED = {
    "good.journey.yaml::run": "passed",
    "bad.journey.yaml::run": "failed",
    "flaky.journey.yaml::run": "passed",
    "skipped.journey.yaml::run": "skipped",
    "expected.journey.yaml::run": "xfailed",
    "setup.journey.yaml::run": "error",
    "late.journey.yaml::run": "error",
    "wrong.journey.yaml": "error",
}


OPTIONS = (
    "-p",
    "rerunfailures",
    "--reruns=1",
    "--only-rerun=expected status",
    "--continue-on-collection-errors",
)


def test_every_test_is_on_the_page_as_it_ended(suite):
    suite.run("--reqflo-html=page.html", *OPTIONS)
    check_page(suite.path / "page.html")


def test_workers_change_nothing_and_settings_are_enough(suite, monkeypatch):
    """The process that writes files collects nothing then, and meets no journey."""
    monkeypatch.setenv("REQFLO_OUTPUT", "results.json")
    suite.ini("reqflo_html = page.html")
    suite.run_apart("-n", "2", *OPTIONS)
    check_page(suite.path / "page.html")
    assert len(json.loads((suite.path / "results.json").read_text())["results"]) == 5


def check_page(page):
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    blocks = blocks_of(page.read_text(encoding="utf-8"))
    index = blocks["index"]
    assert statuses(index) == EXPECTED
    assert index["session"]["others"] == {"passed": 1, "failed": 1}
    runs = {run["test"].partition(".")[0]: run for run in index["runs"]}
    assert runs["flaky"]["earlier"] == 1
    assert runs["bad"]["message"] == "step `s2`: expected status 200, got 404"
    assert runs["skipped"]["message"] == "next year"
    assert runs["wrong"]["message"] == "unknown key `stepps` in the journey"
    assert [runs[name]["category"] for name in ("bad", "setup", "late", "wrong")] == [
        "assertion", "fixture", "fixture", "collection",
    ]  # fmt: skip
    detail = blocks[runs["bad"]["detail"]]
    first, second, third = detail["steps"]
    [check] = second["tries"][0]["checks"]
    assert (second["line"], check["line"], check["expected"], check["actual"]) == (
        8,
        11,
        "200",
        "404",
    )
    assert second["tries"][0]["exchanges"][0]["response"]["body"]["text"] == '{"status": 404}'
    assert third["reason"] == "step `s2` failed"
    assert "bad.journey.yaml:11" in detail["excerpt"]
    assert "no database" in blocks[runs["setup"]["detail"]]["text"]
    # What passed is told in short.
    [passed] = blocks[runs["good"]["detail"]]["steps"]
    assert "response" not in passed["tries"][0]["exchanges"][0]
    assert first["tries"][0]["checks"][0]["passed"] is True


def test_rows_in_one_test_are_runs_of_their_own(project, monkeypatch):
    monkeypatch.setenv("REQFLO_HTML", "page.html")
    project.rows("rows.journey.yaml", 3, "/status/20{{ inputs.n }}")
    project.run("--reqflo-data-mode=batch")
    index = index_of(project.path / "page.html")
    assert [(run["number"], run["status"], run["values"]) for run in index["runs"]] == [
        (1, "failed", [["n", "1"]]), (2, "failed", [["n", "2"]]), (3, "failed", [["n", "3"]]),
    ]  # fmt: skip
    assert len(index["journeys"]) == 1


def test_what_was_done_before_an_interruption_is_kept(project):
    project.journey("a.journey.yaml", "/status/200")
    project.journey("b.journey.yaml", "/gate")
    project.journey("c.journey.yaml", "/status/200")
    process = project.start("--reqflo-html=page.html", "--reqflo-concurrency=1")
    assert project.server.arrived.wait(60)
    # The answer is held until the end: it must not come before the signal.
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 2
    index = index_of(project.path / "page.html")
    assert statuses(index) == {
        "a.journey.yaml::run": "passed",
        "b.journey.yaml::run": "interrupted",
    }
    assert index["session"]["exit"] == 2


def test_a_folder_is_refused_before_anything_runs(project):
    project.journey("a.journey.yaml", "/status/200")
    result = project.run("--reqflo-html=.")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*RF701*--reqflo-html:*cannot be written*"])
    assert project.server.log == []


def test_a_page_that_cannot_be_written_is_a_warning(project):
    """What was a folder when the session began is a file at its end."""
    project.write("gone/x", "")
    project.write("conftest.py", """
        import shutil
        def pytest_runtest_teardown(item):
            shutil.rmtree("gone", ignore_errors=True)
            open("gone", "w").close()
    """)  # fmt: skip
    project.journey("a.journey.yaml", "/status/200")
    result = project.run("--reqflo-html=gone/page.html")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*RF701*the results could not be written to*page.html*"])
