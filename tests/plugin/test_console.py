"""What the terminal shows at the end: causes, one page for equal failures, journeys, slow steps."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree

import pytest

import pytest_reqflo.host.console
import pytest_reqflo.report.durations  # noqa: F401

HEADS = ("root causes", "FAILURES", "journeys", "slowest steps", "short test summary info")


def sections(text: str) -> dict[str, str]:
    """Return the sections of a session's end by their heads, in their order."""
    parts = re.split(r"^=+ (.+?) =+$", text, flags=re.MULTILINE)
    found = dict(zip(parts[1::2], parts[2::2], strict=True))
    return {head: found[head].strip("\n") for head in found if head in HEADS}


def plain(text: str) -> str:
    """Return *text* without what differs from run to run, and without the width of columns."""
    text = re.sub(r"\d+(\.\d+)? m?s\b", "T", re.sub("run_[0-9a-f]{8,32}", "RUN", text))
    return re.sub("(?<=\\S) {2,}", "  ", text)


def write_suite(project) -> None:
    project.rows("a.journey.yaml", 4, "/status/200", "/status/50{{ inputs.n }}")
    path = project.rows("b.journey.yaml", 3, "/status/200", "/status/20{{ inputs.n }}")
    # The first two rows fail, the last one is not expected to pass.
    path.write_text(
        path.read_text().replace("expected: 200", "expected: 203").replace("203", "200", 1)
    )
    project.journey("c.journey.yaml", "/status/200", head="skip: not yet")
    project.write("test_p.py", "def test_p():\n    assert not 'plain'\n\ndef test_q(): ...\n")


@pytest.mark.every_plugin
def test_equal_failures_are_told_once_and_every_report_stays_whole(project) -> None:
    write_suite(project)
    seen = []
    for workers in ("-n0", "-n2"):
        options = ("--reqflo-durations=3", "--junitxml=out.xml", "--report-log=log.jsonl")
        result = project.run(workers, "--dist=loadfile", *options)
        result.assert_outcomes(passed=2, failed=7, skipped=1)
        shown = sections(result.stdout.str())
        assert tuple(shown) == HEADS
        seen.append({head: plain(shown[head]) for head in ("root causes", "journeys")})
        # One page of each way to fail, which names the others, and the page of another test.
        heads = re.findall(
            r"^(?:_+ (.+?) _+|-+ (\d+ more.*?) -+)$", shown["FAILURES"], re.MULTILINE
        )
        assert sorted(filter(None, sum(heads, ()))) == [
            "1 more run failed the same way", "3 more runs failed the same way",
            "a: row-00001", "b: row-00001", "test_p",
        ]  # fmt: skip
        assert "also: row-00002, row-00003, row-00004" in shown["FAILURES"]
        summary = shown["short test summary info"].splitlines()
        assert sum(line.startswith("FAILED ") for line in summary) == 7
        slowest = shown["slowest steps"].splitlines()
        assert len([line for line in slowest if "row-0" in line]) == 3
        assert re.fullmatch(r" *\S+ m?s +\d+%  s[12] +1  [ab].journey.yaml::row-0000\d", slowest[1])
        pages = [each.text for each in ElementTree.parse(project.path / "out.xml").iter("failure")]
        assert sum("request as sent" in page for page in pages) == 6
    assert seen[0] == seen[1]
    assert seen[0] == {
        "root causes": (
            "4 runs failed the same way, with different values\n"
            "  1 x step `s2`: expected status 200, got 501\n"
            "  1 x step `s2`: expected status 200, got 502\n"
            "  1 x step `s2`: expected status 200, got 503\n"
            "  and 1 other\n"
            "  first: a.journey.yaml::row-00001 (reqflo show RUN)\n"
            "  also: row-00002, row-00003, row-00004\n"
            "2 runs failed the same way, with different values\n"
            "  1 x step `s2`: expected status 203, got 201\n"
            "  1 x step `s2`: expected status 203, got 202\n"
            "  first: b.journey.yaml::row-00001 (reqflo show RUN)\n"
            "  also: row-00002"
        ),
        "journeys": (
            "journey  runs  passed  failed  skipped  median  95 %  slowest\n"
            "a  4  -  4  -  T  T  T\n"
            "b  3  1  2  -  T  T  T\n"
            "c  1  -  -  1  -  -  -"
        ),
    }
    lines = [json.loads(line) for line in (project.path / "log.jsonl").read_text().splitlines()]
    told = [each["reqflo"] for each in lines if each.get("reqflo")]
    assert len(told) == 7
    assert {each.get("sentence", "")[:25] for each in told} == {"", "step `s2`: expected statu"}
    assert all(each["elapsed_s"] > 0 for each in told)


@pytest.mark.parametrize(
    ("options", "heads", "pages"),
    [
        (("-q",), {"FAILURES", "short test summary info"}, 3),
        (("--no-summary", "--reqflo-durations=1"), set(), 0),
        (("--reqflo-fold=off",), {*HEADS} - {"slowest steps"}, 7),
        (("-vv", "--tb=line"), {*HEADS} - {"slowest steps"}, 0),
    ],
)
def test_less_is_shown_where_less_is_asked_for(project, options, heads, pages) -> None:
    write_suite(project)
    result = project.run(*options)
    shown = sections(result.stdout.str())
    assert shown.keys() == heads
    found = re.findall(r"^_+ (.+?) _+$", shown.get("FAILURES", ""), re.MULTILINE)
    assert len(found) == pages


def test_a_session_of_few_that_passed_looks_as_ever_but_for_who_asks(project) -> None:
    project.journey("a.journey.yaml", "/status/200")
    assert sections(project.run().stdout.str()) == {}
    project.ini("reqflo_summary = true", "reqflo_durations = 0")
    shown = sections(project.run().stdout.str())
    assert tuple(shown) == ("journeys", "slowest steps")
    assert project.run("--reqflo-durations=many").ret == pytest.ExitCode.USAGE_ERROR


def test_rows_of_one_test_are_told_as_rows(project) -> None:
    write_suite(project)
    shown = sections(project.run("--reqflo-data-mode=batch", "--reqflo-durations=1").stdout.str())
    assert (
        plain(shown["root causes"]).splitlines()[1]
        == "  first: a.journey.yaml::rows::row-00001 (RUN)"
    )
    rows = [line.split()[:4] for line in shown["journeys"].splitlines()]
    assert rows[1:3] == [["a", "4", "-", "4"], ["b", "3", "1", "2"]]
    assert "::rows::row-0000" in shown["slowest steps"]
    assert shown["FAILURES"].count("request as sent") == 2


def test_other_plugins_see_all_failures(project) -> None:
    write_suite(project)
    project.write(
        "conftest.py",
        """
        def pytest_terminal_summary(terminalreporter):
            failed = terminalreporter.stats["failed"]
            whole = sum("request as sent" in each.longreprtext for each in failed)
            terminalreporter.write_line(f"seen: {len(failed)} failures, {whole} pages")
        """,
    )
    project.run().stdout.fnmatch_lines(["seen: 7 failures, 6 pages"])


def test_texts_of_strangers_are_harmless(project) -> None:
    """A name and a sentence that would clear the screen, turn the text and forge a line."""
    evil = r'"evil \e[2J\u202e\r\n==== 9 passed"'
    path = project.rows("a.journey.yaml", 2, "/status/500", head="service: default")
    text = path.read_text().replace("name: a\n", f"name: {evil}\n", 1)
    path.write_text(text.replace("expected: 200}", f"expected: 200, message: {evil}}}"))
    shown = sections(project.run("--reqflo-durations=1").stdout.str())
    ours = "\n".join(shown[head] for head in HEADS if head != "FAILURES")
    assert ours.replace("\n", "").isprintable()
    assert not re.search("^==== 9", ours, re.MULTILINE)
