"""What is reported of journeys in flight: the same as of those that run one after another."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree

import pytest
from packages import install
from reports import plain, reported, told_by_reporters
from servers import closed_port


def reports_in(path) -> list[dict]:
    """Return the reports of calls, as pytest-reportlog wrote them."""
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    reports = [line for line in lines if line["$report_type"] == "TestReport"]
    return [each for each in reports if each["when"] == "call"]


@pytest.mark.every_plugin
def test_times_are_those_of_the_run_and_not_of_the_wait(meeting) -> None:
    """Three meet while the first is held, until the end of one of them has let another begin."""
    server = meeting.server
    server.holds = {"/meet/": 3, "/a": "/e"}
    meeting.journey("a.journey.yaml", "/a", "/a/2")
    for name in "bcd":
        meeting.journey(f"{name}.journey.yaml", f"/meet/{name}")
    meeting.journey("e.journey.yaml", "/e")
    meeting.run("--reqflo-concurrency=4", "--report-log=log.jsonl", "--junitxml=out.xml")
    reports = reports_in(meeting.path / "log.jsonl")
    assert [each["nodeid"][0] for each in reports] == list("abcde")
    for each in reports:
        assert each["duration"] == pytest.approx(each["stop"] - each["start"], abs=1e-6)
    first, *met, last = reports
    assert max(each["start"] for each in met) < min(each["stop"] for each in met)
    # It was over before the first was, and waited to be reported.
    assert first["start"] <= min(each["stop"] for each in met) <= last["start"] <= first["stop"]
    # JUnit adds up what the phases of an item took.
    lines = [json.loads(line) for line in (meeting.path / "log.jsonl").read_text().splitlines()]
    phases = [line for line in lines if line["$report_type"] == "TestReport"]
    for case in ElementTree.parse(meeting.path / "out.xml").iter("testcase"):
        name = f"{case.get('classname', '')[0]}.journey.yaml::run"
        taken = sum(each["duration"] for each in phases if each["nodeid"] == name)
        assert float(case.get("time", "0")) == pytest.approx(taken, abs=0.002)


VAULT = """
import logging
from pytest_reqflo.secret import Secret

class Vault:
    name = "team vault"
    def __init__(self, settings):
        pass
    def get_many(self, names):
        for name in names:
            logging.getLogger("vault").warning("looking for <%s>", name)
        return {name: Secret(name, f"value-of-{name}-7f3a") for name in names}
    def close(self):
        pass
"""


@pytest.mark.every_plugin
def test_log_records_land_on_their_own_item(meeting, tmp_path, monkeypatch) -> None:
    """A provider logs in a thread of its own, while pytest reports another item."""
    server = meeting.server
    server.holds = {"/meet/": 3}
    folder = install(tmp_path / "site", "team_vault_in_flight", VAULT, vault="Vault")
    monkeypatch.syspath_prepend(str(folder))
    for name in "abc":
        path = meeting.journey(f"{name}.journey.yaml", f"/meet/{name}", f"/{name}/2")
        header = f'      request: {{headers: {{x-key: "{{{{ secrets.KEY_{name} }}}}"}}}}\n'
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join([*lines[:-2], header, *lines[-2:]]))
    meeting.write(
        "environments/local.yaml",
        f"""
        environment:
          name: local
          services: {{default: {{base_url: "{server.url}"}}}}
          secrets: {{providers: [vault]}}
        """,
    )
    result = meeting.run(
        "--reqflo-concurrency=3", "--report-log=log.jsonl", "--log-file=out.log", "-o",
        "junit_logging=all", "--junitxml=out.xml",
    )  # fmt: skip
    result.assert_outcomes(passed=3)
    keys = [each.header("x-key") for each in server.requests if each.path.endswith("/2")]
    assert sorted(keys) == [f"value-of-KEY_{name}-7f3a" for name in "abc"]
    reports = reports_in(meeting.path / "log.jsonl")
    logged = [
        "".join(text for title, text in each["sections"] if "log" in title) for each in reports
    ]
    assert [re.findall("<(.*?)>", text) for text in logged] == [["KEY_a"], ["KEY_b"], ["KEY_c"]]
    # Once each, in the order of reports.
    text = (meeting.path / "out.log").read_text()
    assert re.findall("<(.*?)>", text) == ["KEY_a", "KEY_b", "KEY_c"]
    cases = ElementTree.parse(meeting.path / "out.xml").iter("testcase")
    assert [re.findall("<(.*?)>", "".join(each.itertext())) for each in cases] == [
        ["KEY_a"], ["KEY_b"], ["KEY_c"],
    ]  # fmt: skip


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
    result = meeting.run(
        "--reqflo-concurrency=3", "-W", "error::pytest_reqflo.errors.ReqfloWarning"
    )
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


def facts(folder) -> dict[str, object]:
    """Return what each reporter wrote, without ids and times."""
    reported = json.loads((folder / "report.json").read_text())
    tests = [json.loads(path.read_text()) for path in (folder / "allure").glob("*-result.json")]
    tests.sort(key=lambda each: each["fullName"] + each["name"])
    for test in tests:
        test.pop("attachments", None)
    return {
        **told_by_reporters(folder),
        "json-report": plain({key: reported[key] for key in ("summary", "tests")}),
        "allure": plain(tests),
    }


REPORTERS = (
    "--junitxml=out.xml", "-o", "junit_logging=all", "--report-log=log.jsonl", "--json-report",
    "--json-report-file=report.json", "--alluredir=allure", "--clean-alluredir",
    "--html=report.html", "--self-contained-html", "--reqflo-output=out.json", "-rA",
)  # fmt: skip


@pytest.mark.every_plugin
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


def test_a_defect_in_a_run_is_told_at_its_own_item(meeting) -> None:
    """One breaks while it runs, one before it has begun; the others meet."""
    meeting.server.holds = {"/meet/": 2}
    for name in "abcd":
        meeting.journey(f"{name}.journey.yaml", f"/meet/{name}")
    meeting.write(
        "conftest.py",
        """
        import pytest
        import pytest_reqflo.engine.in_flight as module
        import pytest_reqflo.host.run as host

        def pytest_configure(config):
            run_try, make_identity = module.run_try, host.make_identity

            def no_identity(session, subject, *arguments):
                if subject.artifact.journey_id == "c":
                    raise KeyError("another defect")
                return make_identity(session, subject, *arguments)

            def broken(plan, *arguments):
                if plan.identity.journey_id == "b":
                    yield from ()
                    raise LookupError("a defect of ours")
                return (yield from run_try(plan, *arguments))

            module.run_try, host.make_identity = broken, no_identity
            config.add_cleanup(lambda: setattr(module, "run_try", run_try))
            config.add_cleanup(lambda: setattr(host, "make_identity", make_identity))
        """,
    )
    result = meeting.run("-v", "--reqflo-concurrency=4")
    outcomes = ["PASSED", "FAILED", "FAILED", "PASSED"]
    assert [outcome for _, outcome in reported(result)] == outcomes
    result.stdout.fnmatch_lines(["*_ b _*", "*LookupError*", "*_ c _*", "*KeyError*"])
    assert "INTERNALERROR" not in result.stdout.str()


def test_a_store_that_cannot_be_written_warns_once(meeting) -> None:
    meeting.server.holds = {"/row/": 4}
    meeting.rows("a.journey.yaml", 6, "/row/{{ inputs.n }}")
    meeting.write("taken", "a file where the store should be")
    result = meeting.run("--reqflo-concurrency=4", "--reqflo-store=taken", "-rA")
    result.assert_outcomes(passed=6, warnings=1)
    assert result.stdout.str().count("RF603") == 1


def test_an_environment_that_is_broken_is_told_as_one_after_another(meeting) -> None:
    meeting.rows("a.journey.yaml", 3, "/row/{{ inputs.n }}")
    meeting.write("environments/local.yaml", "environment: {name: local, valeus: {a: 1}}\n")
    told = [plain(meeting.run(f"--reqflo-concurrency={number}").stdout.str()) for number in (1, 8)]
    assert "error[RF104]: unknown key `valeus`" in told[0]
    assert told[0] == told[1]
    assert meeting.server.requests == []


def test_a_shuffled_order_is_the_order_of_reports(meeting) -> None:
    server = meeting.server
    server.holds = {"/row/": 4}
    meeting.write("pytest.ini", "[pytest]\naddopts = -p no:cacheprovider\n")
    meeting.rows("a.journey.yaml", 8, "/row/{{ inputs.n }}")
    meeting.rows("b.journey.yaml", 8, "/row/{{ inputs.n }}0")
    orders = []
    for number in (1, 4):
        server.holds = {"/row/": number}
        options = ["-p", "randomly", "--randomly-seed=7", f"--reqflo-concurrency={number}"]
        result = meeting.run("-v", *options)
        result.assert_outcomes(passed=16)
        orders.append(reported(result))
    assert orders[0] == orders[1]
    assert orders[0] != sorted(orders[0])
    assert len(server.requests) == 32


def test_reruns_run_alone_and_again(meeting) -> None:
    server = meeting.server
    for name in "abc":
        meeting.journey(
            f"{name}.journey.yaml", f"/{name}", f"/status/{500 if name == 'b' else 200}"
        )
    result = meeting.run("-p", "rerunfailures", "--reruns=2", "--reqflo-concurrency=3")
    result.assert_outcomes(passed=2, failed=1)
    ends = [path for path in server.paths() if len(path) == 2]
    assert ends == ["/a", "/b", "/b", "/b", "/c"]
    assert server.peak() == 1
