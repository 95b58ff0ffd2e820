"""What is reported of journeys in flight: the same as of those that run one after another."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree

import pytest
from servers import closed_port

def reports_in(path) -> list[dict]:
    """Return the reports of calls, as pytest-reportlog wrote them."""
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    reports = [line for line in lines if line["$report_type"] == "TestReport"]
    return [each for each in reports if each["when"] == "call"]


def test_times_are_those_of_the_run_and_not_of_the_wait(meeting) -> None:
    """Three meet while the first is held to their end: so their times lie within its own."""
    server = meeting.server
    server.holds = {"/meet/": 3, "/a": "/b/over"}
    meeting.journey("a.journey.yaml", "/a", "/a/2")
    for name in "bcd":
        meeting.journey(f"{name}.journey.yaml", f"/meet/{name}", f"/{name}/over")
    meeting.run("--reqflo-concurrency=4", "--report-log=log.jsonl", "--junitxml=out.xml")
    reports = reports_in(meeting.path / "log.jsonl")
    assert [each["nodeid"][0] for each in reports] == list("abcd")
    for each in reports:
        assert each["duration"] == pytest.approx(each["stop"] - each["start"], abs=1e-6)
    first, second = reports[:2]
    assert first["start"] <= second["stop"] <= first["stop"]
    # While it was waited for, b was reported: its time ended before.
    met = reports[1:]
    assert max(each["start"] for each in met) < min(each["stop"] for each in met)
    cases = ElementTree.parse(meeting.path / "out.xml").iter("testcase")
    times = {case.get("classname", "")[0]: float(case.get("time", "0")) for case in cases}
    calls = {each["nodeid"][0]: each["duration"] for each in reports}
    assert times["b"] == pytest.approx(calls["b"], abs=0.1 + calls["b"])


def test_log_records_land_on_their_own_item(meeting) -> None:
    server = meeting.server
    server.holds = {"/meet/": 3}
    for name in "abc":
        meeting.journey(f"{name}.journey.yaml", f"/meet/{name}", f"/{name}/more")
    meeting.write(
        "conftest.py",
        """
        import logging
        logging.getLogger("httpcore").setLevel(logging.DEBUG)

        def pytest_runtest_logreport(report):
            logging.getLogger("suite").warning("reporting %s", report.nodeid)
        """,
    )
    meeting.run(
        "--reqflo-concurrency=3", "--log-level=DEBUG", "--report-log=log.jsonl",
        "--log-file=out.log", "--log-file-level=DEBUG",
    )  # fmt: skip
    reports = reports_in(meeting.path / "log.jsonl")
    for name, report in zip("abc", reports, strict=True):
        text = "\n".join(text for title, text in report["sections"] if "log" in title)
        assert f"/meet/{name}" in text
        assert f"/{name}/more" in text
        for other in {*"abc"} - {name}:
            assert f"/meet/{other}" not in text
            assert f"/{other}/more" not in text
    # Once each, in the order of reports.
    lines = (meeting.path / "out.log").read_text().splitlines()
    found = [re.search(r"/(\w)/more", line) for line in lines]
    letters = [each[1] for each in found if each]
    assert letters == list("abc")


def test_soft_failures_warn_at_their_own_item(meeting) -> None:
    meeting.server.holds = {"/meet/": 3}
    for name in "abc":
        path = meeting.journey(f"{name}.journey.yaml", f"/meet/{name}")
        soft = f"expected: 20{1 if name == 'b' else 0}, soft: true"
        path.write_text(path.read_text().replace("expected: 200", soft))
    meeting.write(
        "conftest.py",
        """
        def pytest_warning_recorded(warning_message, when, nodeid):
            if "RF502" in str(warning_message.message):
                with open("warned", "a") as file:
                    file.write(nodeid + chr(10))
        """,
    )
    meeting.run("--reqflo-concurrency=3").assert_outcomes(passed=3, warnings=1)
    assert (meeting.path / "warned").read_text().split() == ["b.journey.yaml::run"]
    result = meeting.run("--reqflo-concurrency=3", "-W", "error::pytest_reqflo.errors.ReqfloWarning")
    result.assert_outcomes(passed=2, failed=1)


SUITE_CONFTEST = """
import pytest

def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.name == "l.journey.yaml":
            item.add_marker(pytest.mark.xfail(strict=True, reason="API-2"))

@pytest.fixture(scope="session")
def shop(record_testsuite_property):
    record_testsuite_property("shop", "up")
    print("the shop is up")
"""


def write_suite(project, closed: int) -> None:
    """Write journeys that end in every way, with what reporters look at."""
    project.write("conftest.py", SUITE_CONFTEST)
    project.rows("a.journey.yaml", 4, "/a/{{ inputs.n }}", "/status/40{{ inputs.n }}")
    project.journey("b.journey.yaml", "/b", "/status/404", head="tags: [smoke, slow]")
    project.journey("c.journey.yaml", "/c", head="xfail: API-1")
    project.journey("d.journey.yaml", "/status/500", head="xfail: API-1")
    project.journey("e.journey.yaml", "/e", head="skip: not yet")
    project.journey("f.journey.yaml", "/f/{{ inputs.no }}", head="inputs: [{name: no}]")
    key = "variables: [{name: key, source: secret, key: NO_SUCH_SECRET}]"
    project.journey("g.journey.yaml", "/g/{{ variables.key }}", head=key)
    project.journey("h.journey.yaml", "/h", head="service: gone")
    project.journey("i.journey.yaml", "/i", head="service: nowhere")
    project.journey("j.journey.yaml", "/j1", "/j2", head="settings: {fixtures: [shop]}")
    project.journey("k.journey.yaml", "/k1", "/k2", head="settings: {fixtures: [shop]}")
    project.journey("l.journey.yaml", "/l")
    project.journey("m.journey.yaml", "/m", head="cases: [{name: one}, {name: two, skip: no}]")
    path = project.journey("n.journey.yaml", "/n", "/n2")
    path.write_text(path.read_text().replace("expected: 200", "expected: 201, soft: true", 1))
    path = project.journey("o.journey.yaml", "/o")
    step = path.read_text().replace("      assertions:", "      when: false\n      assertions:")
    path.write_text(step)
    project.write("test_p.py", "def test_p(): print('plain')\n")
    project.write(
        "environments/local.yaml",
        "environment:\n  name: local\n  services:\n"
        f"    default: {{base_url: '{project.server.url}'}}\n"
        f"    gone: {{base_url: 'http://127.0.0.1:{closed}'}}\n",
    )


VARYING = [
    (r"run_[0-9a-f]{32}", "RUN"),
    (r"\d+(\.\d+)? ?ms\b", "MS"),
    (r"\d{4}-\d\d-\d\dT[0-9:.+Z]+", "WHEN"),
    (r"\d+\.\d+s\b", "S"),
    (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}\b", "UUID"),
    (r"--reqflo-concurrency=\d", "N"),
]
TIMED = {
    "start", "stop", "duration", "created", "time", "timestamp", "elapsed_s", "started_at",
    "finished_at", "uuid", "thread", "total_s", "connect_s", "send_s", "wait_s", "receive_s",
    "tls_s", "dns_s", "times", "lineno", "connection",
}  # fmt: skip


def plain(value):
    """Return *value* without what differs from run to run: ids and times."""
    if isinstance(value, str):
        for pattern, shown in VARYING:
            value = re.sub(pattern, shown, value)
        return value
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if key not in TIMED}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def facts(folder) -> dict[str, object]:
    """Return what each reporter wrote, without ids and times."""
    log = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    log = [each for each in log if each["$report_type"] == "TestReport"]
    for each in log:
        # The results are compared below.
        each.get("reqflo", {}).pop("result", None)
    junit = ElementTree.parse(folder / "out.xml").getroot()
    for each in junit.iter():
        for name in ("time", "timestamp", "hostname"):
            each.attrib.pop(name, None)
    reported = json.loads((folder / "report.json").read_text())
    tests = [json.loads(path.read_text()) for path in (folder / "allure").glob("*-result.json")]
    tests.sort(key=lambda each: each["fullName"] + each["name"])
    for test in tests:
        test.pop("attachments", None)
    page = (folder / "report.html").read_text()
    data = re.search(r'data-jsonblob="([^"]*)"', page)
    assert data
    blob = json.loads(data[1].replace("&#34;", '"').replace("&quot;", '"').replace("&amp;", "&"))
    html = {name: [each["result"] for each in tests] for name, tests in blob["tests"].items()}
    results = json.loads((folder / "out.json").read_text())["results"]
    return {
        "junit": plain(ElementTree.tostring(junit, "unicode")),
        "reportlog": plain(log),
        "json-report": plain({key: reported[key] for key in ("summary", "tests")}),
        "allure": plain(tests),
        "html": html,
        "results": plain(results),
    }


REPORTERS = (
    "--junitxml=out.xml", "-o", "junit_logging=all", "--report-log=log.jsonl", "--json-report",
    "--json-report-file=report.json", "--alluredir=allure", "--clean-alluredir",
    "--html=report.html", "--self-contained-html", "--reqflo-output=out.json", "-rA",
)  # fmt: skip


def test_every_reporter_tells_the_same_as_one_after_another(meeting) -> None:
    seen, terminals, sent = [], [], []
    with closed_port() as closed:
        write_suite(meeting, closed)
        for number in (1, 8):
            meeting.server.forget()
            # The first run writes versions; both find them.
            result = meeting.run(*REPORTERS, f"--reqflo-concurrency={number}")
            seen.append(facts(meeting.path))
            terminals.append(plain(result.stdout.str()))
            sent.append(sorted(meeting.server.lines()))
    assert sent[0] == sent[1]
    for reporter in seen[0]:
        assert seen[1][reporter] == seen[0][reporter], reporter
    tail = [text[text.index("= FAILURES =") :] for text in terminals]
    assert tail[0] == tail[1]
