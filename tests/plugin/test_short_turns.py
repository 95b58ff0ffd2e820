"""Where an item has only its reports left, these are all that happens, and the same as ever."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from html import unescape

import pytest
from reports import plain, reported

import pytest_reqflo.host.short_turn as short_turn

WATCHING = """
import os

def note(*words):
    with open("seen.txt", "a") as file:
        print(*words, os.environ.get("PYTEST_CURRENT_TEST"), file=file)

def pytest_runtest_logstart(nodeid, location):
    note("start", nodeid, location)

def pytest_runtest_makereport(item, call):
    note("make", item.nodeid, call.when)

def pytest_runtest_logreport(report):
    note("report", report.nodeid, report.when, report.outcome, sorted(report.keywords))

def pytest_runtest_logfinish(nodeid, location):
    note("finish", nodeid, location)
"""
"""A conftest.py that keeps what happens, and misses nothing where no phase of a test is run."""

ACTING = """
def pytest_runtest_setup(item):
    pass
"""
"""A hook that must be called for each item: what it does, nobody but its author knows."""

REPORTERS = (
    "--junitxml=out.xml", "-o", "junit_logging=all", "--report-log=log.jsonl", "--html=report.html",
    "--self-contained-html", "--reqflo-output=out.json", "-v", "-rA",
)  # fmt: skip

FEW = "--reqflo-concurrency=2"


@pytest.fixture
def short(monkeypatch) -> list[str]:
    """Return the items whose turns were short, as they come."""
    seen: list[str] = []
    report = short_turn.report_smoothly

    def note(item) -> None:
        seen.append(item.nodeid)
        report(item)

    monkeypatch.setattr(short_turn, "report_smoothly", note)
    return seen


def write_rows(project, name="a", *, bad=0, head="") -> None:
    """Write a journey of twelve rows, of which number *bad* fails."""
    statuses = ", ".join(f"{{n: {n}, s: {404 if n == bad else 200}}}" for n in range(1, 13))
    given = f"inputs: [{{name: n}}, {{name: s}}]\ndata: {{rows: [{statuses}]}}\n{head}"
    steps = (f"/{name}/{{{{ inputs.n }}}}/row", "/status/{{ inputs.s }}")
    project.journey(f"{name}.journey.yaml", *steps, head=given)


def hold_first(project, name="a") -> None:
    """Let the first row take until the eighth begins; of two at once, the others are over by then."""
    project.server.holds = {f"/{name}/1/": f"/{name}/8/"}


def run(project, *arguments, conftest="", is_held=True):
    """Return what pytest told, and what happened in it."""
    project.server.forget()
    project.write("conftest.py", conftest)
    project.path.joinpath("seen.txt").write_text("")
    if is_held:
        hold_first(project)
    else:
        project.server.holds = {}
    result = project.run(*arguments)
    return result, project.path.joinpath("seen.txt").read_text().splitlines()


def told(folder) -> dict[str, object]:
    """Return what each reporter wrote, without ids and times."""
    log = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    log = [each for each in log if each["$report_type"] == "TestReport"]
    for each in log:
        each.get("reqflo", {}).pop("result", None)
    junit = ElementTree.parse(folder / "out.xml").getroot()
    for each in junit.iter():
        for name in ("time", "timestamp", "hostname"):
            each.attrib.pop(name, None)
    results = json.loads((folder / "out.json").read_text())["results"]
    html = re.search(r'data-jsonblob="([^"]*)"', (folder / "report.html").read_text())
    assert html
    tests = json.loads(unescape(html[1]))["tests"]
    return {
        "html": {name: [each["result"] for each in tries] for name, tries in tests.items()},
        "reportlog": plain(log),
        "junit": plain(ElementTree.tostring(junit, "unicode")),
        "results": plain(results),
    }


@pytest.mark.every_plugin
def test_every_reporter_tells_the_same_of_a_short_turn(meeting, short) -> None:
    write_rows(meeting, bad=4, head="tags: [smoke]")
    # A plugin whose hooks may have to see each phase.
    arguments = (FEW, *REPORTERS, "-p", "no:rerunfailures")
    run(meeting, *arguments, conftest=WATCHING, is_held=False)  # versions are written
    short.clear()

    quick, seen = run(meeting, *arguments, conftest=WATCHING)
    kept = told(meeting.path)
    # The first is set up with its file; the fourth has a page; both as ever.
    assert [f"a.journey.yaml::row-{n:05}" for n in (2, 3, 5, 6, 7)] == short[:5]
    assert "a.journey.yaml::row-00012" not in short
    count = len(short)
    stock, seen_then = run(meeting, *arguments, conftest=WATCHING + ACTING, is_held=False)
    assert len(short) == count

    assert seen == seen_then
    assert kept == told(meeting.path)
    assert plain(quick.stdout.str()) == plain(stock.stdout.str())
    assert len(reported(quick)) == 12


@pytest.mark.every_plugin
@pytest.mark.parametrize(
    "reporter",
    [("--json-report", "--json-report-file=report.json"), ("--alluredir=allure",)],
    ids=["json-report", "allure"],
)
def test_reporters_that_look_into_each_phase_see_it(meeting, short, reporter) -> None:
    write_rows(meeting)
    result, _ = run(meeting, FEW, "-p", "no:rerunfailures", *reporter)
    result.assert_outcomes(passed=12)
    assert short == []


@pytest.mark.parametrize("head", ["xfail: API-1", "skip: not yet"])
def test_marks_that_act_in_a_phase_are_left_to_pytest(meeting, short, head) -> None:
    write_rows(meeting, head=head)
    run(meeting, FEW, is_held="xfail" in head)
    assert short == []


STOPPING = """
import os
import pytest

@pytest.fixture(scope="session")
def shop():
    yield
    with open("seen.txt", "a") as file:
        print("closed", os.environ.get("PYTEST_CURRENT_TEST"), file=file)

def pytest_runtest_logreport(report):
    if report.nodeid.endswith("row-00003") and report.when == "call":
        stop()

def pytest_collection_finish(session):
    global stop
    def stop():
        session.shouldstop = "enough"
"""


def test_a_session_that_ends_tears_down_with_its_last_item(meeting, short) -> None:
    meeting.write("test_0.py", "def test_it(shop): pass\n")
    write_rows(meeting)
    ends = []
    for end, is_held in (("", True), (ACTING, False)):
        short.clear()
        paths = ("test_0.py", "a.journey.yaml")
        result, seen = run(meeting, FEW, *paths, conftest=STOPPING + end, is_held=is_held)
        assert ("a.journey.yaml::row-00003" in short) == is_held
        ends.append((seen, result.ret, result.parseoutcomes()))
    assert ends[0] == ends[1]
    assert ends[0][0] == ["closed a.journey.yaml::row-00003 (teardown)"]
