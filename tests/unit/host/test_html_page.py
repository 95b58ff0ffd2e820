"""How a test ended, read from its reports: those of pytest, of xdist and of reruns."""

from __future__ import annotations

import html_pages as pages
import pytest
from html_pages import blocks_of, broken, result

from pytest_reqflo.host.html_page import HtmlPage

TEST = "journeys/a.journey.yaml::run"


@pytest.fixture
def page(pytestconfig, tmp_path):
    return HtmlPage(pytestconfig, tmp_path / "page.html")


def report(outcome="passed", *, when="call", longrepr=None, test=TEST, **extra):
    location = (test.partition("::")[0], 1, "Orders: a case")
    return pytest.TestReport(test, location, {}, outcome, longrepr, when, **extra)


def take(page, one, outcome, **extra):
    """Let *page* have the result *one* and the report that follows it."""
    page.add(TEST, one.to_json())
    made = report(outcome, reqflo={"format": 1, "result": "{}"}, **extra)
    page.pytest_runtest_logreport(made)
    return made


def runs_of(page):
    page.write()
    return blocks_of(page.path.read_text(encoding="utf-8"))["index"]["runs"]


@pytest.mark.parametrize(
    ("one", "outcome", "extra", "status"),
    [
        (result(), "passed", {}, "passed"),
        (broken(), "failed", {}, "failed"),
        (result(outcome="error"), "failed", {}, "error"),
        (result(outcome="skipped"), "skipped", {"longrepr": ("a", 1, "Skipped: no")}, "skipped"),
        (broken(), "skipped", {"wasxfail": "API-812"}, "xfailed"),
        (result(), "passed", {"wasxfail": "API-812"}, "xpassed"),
        (result(), "failed", {"longrepr": "[XPASS(strict)] API-812"}, "failed"),
    ],
)
def test_the_report_says_how_a_run_ended(page, one, outcome, extra, status):
    take(page, one, outcome, **extra)
    assert [run["status"] for run in runs_of(page)] == [status]


def test_the_message_of_a_failure_that_no_result_knows_is_pytests(page):
    take(page, result(), "failed", longrepr="[XPASS(strict)] API-812")
    assert runs_of(page)[0]["message"] == "[XPASS(strict)] API-812"


def test_earlier_tries_are_counted_and_the_last_one_shown(page):
    take(page, broken(1), "rerun", longrepr="once more")
    take(page, result(2), "passed")
    [run] = runs_of(page)
    assert (run["id"], run["status"], run["earlier"]) == (f"run_{2:032x}", "passed", 1)


def test_a_test_whose_worker_died_is_an_error(page):
    page.pytest_runtest_logreport(report("failed", when="???", longrepr="worker crashed"))
    page.pytest_runtest_logreport(report("failed", when="???", longrepr="x", test="test_a.py::t"))
    [run] = runs_of(page)
    assert (run["status"], run["category"], run["message"]) == ("error", "crash", "worker crashed")


def test_rows_of_one_test_end_each_in_its_way(page):
    for number, one in enumerate((result(1), broken(2), result(3)), 1):
        page.add(f"{TEST}::row-{number}", one.to_json())
    failed = [{"row": f"row-{number}", "run_id": pages.run_id(number)} for number in (2, 3)]
    data = {"format": 1, "rows": {"passed": 1}, "failed": failed, "results": "{}"}
    page.pytest_runtest_logreport(report("failed", reqflo=data))
    # The warning of the third is an error.
    assert [run["status"] for run in runs_of(page)] == ["passed", "failed", "failed"]


def test_a_result_without_a_report_is_that_of_an_interrupted_test(page):
    page.pytest_sessionfinish(2)
    page.add(TEST, result(outcome="interrupted").to_json())
    assert [run["status"] for run in runs_of(page)] == ["interrupted"]
