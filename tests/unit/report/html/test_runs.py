"""What the page keeps of each run: enough to explain it, never more than its bounds."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from hashlib import sha256

import html_pages as pages
import pytest
from html_pages import BROKEN, HELD, add, blocks_of, broken, exchange, result, step

from pytest_reqflo.evidence.model import Body
from pytest_reqflo.host import html_runs
from pytest_reqflo.host.html_runs import HtmlRuns
from pytest_reqflo.report.html.page import render_html
from pytest_reqflo.report.html.summary import Told


def index_and_details(runs):
    _, lines, details = runs.finish(is_sorted=False)
    found = {key: json.loads(text) for key, text in details}
    return lines, [found.get(line.get("detail", "")) for line in lines]


def only(runs):
    [line], [detail] = index_and_details(runs)
    return line, detail


def test_the_line_of_a_run_says_what_is_listed_and_searched():
    runs = HtmlRuns()
    add(runs, broken(7, row="ref-7", row_number=7, case="Happy"), "a.yaml::x", earlier=("once",))
    line, _ = only(runs)
    assert line == {
        "id": f"run_{7:032x}",
        "test": "a.yaml::x",
        "status": "failed",
        "case": "Happy",
        "row": "ref-7",
        "number": 7,
        "environment": "staging",
        "started_at": pages.STARTED,
        "elapsed_s": 0.14,
        "message": "step `create`: $: 1 difference from what is expected, at $.id",
        "step": "create",
        "category": "assertion",
        "fingerprint": "6220cf30cb6b207e",
        "earlier": 1,
        "values": [["customer", '"c-1"']],
        "journey": 0,
        "detail": "d0",
    }


def test_a_run_that_failed_is_whole_and_its_other_steps_are_shortened():
    long = "x" * 40_000
    wide = [("x-n", str(number)) for number in range(80)]
    failed = step("pay", HELD, BROKEN, exchanges=[exchange(long, headers=tuple(wide))])
    runs = HtmlRuns()
    add(runs, result(1, step("create", HELD, exchanges=[exchange(long)]), failed))
    _, detail = only(runs)
    first, second = (each["tries"][0]["exchanges"][0] for each in detail["steps"])
    assert [len(each["response"]["body"]["text"]) for each in (first, second)] == [2_048, 16_384]
    assert second["response"]["body"]["is_cut"]
    assert second["response"]["body"]["size"] == 40_000
    assert (len(second["request"]["headers"]), second["request"]["all_headers"]) == (60, 80)
    assert second["phases"] == [0.0, 0.01, 0.02, 0.001, 0.025, 0.004]
    check = detail["steps"][1]["tries"][0]["checks"][1]
    assert check["line"] == 8
    assert check["differences"] == [["$.id", "changed", "26", "25.0"]]


def test_a_run_that_passed_has_neither_bodies_nor_headers_nor_curl():
    runs = HtmlRuns()
    add(runs, result(1))
    _, detail = only(runs)
    [one] = detail["steps"][0]["tries"]
    assert one["exchanges"] == [{
        "method": "POST", "url": "https://shop.test/orders", "status": 201, "reason": "Created",
        "version": "HTTP/1.1", "total_s": 0.06, "phases": [0.0, 0.01, 0.02, 0.001, 0.025, 0.004],
    }]  # fmt: skip
    assert one["at_s"] == 0.02
    assert "used" not in one


def test_what_is_no_text_is_only_counted():
    body = Body(text="AAEC", size_bytes=3, encoding="base64")
    runs = HtmlRuns()
    add(runs, result(1, step("create", BROKEN, exchanges=[exchange(body=body)])))
    _, detail = only(runs)
    sent = detail["steps"][0]["tries"][0]["exchanges"][0]["request"]["body"]
    assert sent == {"size": 3, "is_binary": True}


def test_a_pass_that_pytest_counts_as_a_failure_is_shown_whole():
    runs = HtmlRuns()
    add(runs, result(1), "a.yaml::run", status="failed", message="RF502 a warning")
    line, detail = only(runs)
    assert (line["status"], line["message"]) == ("failed", "RF502 a warning")
    assert "headers" in detail["steps"][0]["tries"][0]["exchanges"][0]["request"]


def test_fixtures_that_fail_after_a_pass_make_it_an_error():
    runs = HtmlRuns()
    add(runs, result(1), "a.yaml::run")
    told = Told(test="a.yaml::run", status="error", message="cannot close", text="Traceback")
    assert runs.note_teardown(told)
    assert not runs.note_teardown(Told(test="b.yaml::run", status="error"))
    line, detail = only(runs)
    assert (line["status"], line["message"]) == ("error", "cannot close")
    assert (detail["text"], len(detail["steps"])) == ("Traceback", 2)


def test_of_many_runs_only_those_that_failed_keep_their_steps(monkeypatch):
    monkeypatch.setattr(html_runs, "MANY_RUNS", 5)
    runs = HtmlRuns()
    for number in range(1, 9):
        add(runs, broken(number) if number in (2, 8) else result(number))
    _, details = index_and_details(runs)
    assert [number for number, detail in enumerate(details, 1) if detail] == [2, 8]
    assert list(runs.notes()) == ["More than 5 runs: only those that went wrong show their steps."]


def test_equal_failures_and_very_many_are_kept_in_short(monkeypatch):
    monkeypatch.setattr(html_runs, "MAX_ALIKE", 2)
    runs = HtmlRuns()
    for number in range(1, 5):
        add(runs, broken(number))
    _, details = index_and_details(runs)
    exchanges = [detail["steps"][0]["tries"][0]["exchanges"][0] for detail in details]
    assert ["response" in each for each in exchanges] == [True, True, False, False]
    assert all(detail["steps"][0]["tries"][0]["checks"] for detail in details)
    monkeypatch.setattr(html_runs, "MAX_DETAILS", 1)
    add(runs, broken(5))
    _, details = index_and_details(runs)
    assert details[4] is None
    assert len(list(runs.notes())) == 2


def test_of_a_rerun_the_last_result_counts():
    runs = HtmlRuns()
    add(runs, broken(1), "a.yaml::run")
    add(runs, result(2), "a.yaml::run")
    line, detail = only(runs)
    assert (line["id"], line["status"]) == (f"run_{2:032x}", "passed")
    assert detail["steps"][0]["outcome"] == "passed"


@pytest.fixture(scope="module")
def page():
    runs = HtmlRuns()
    body = "</script><!-- <script> \u2028\u202e\x1b[31m\ud800 &lt;"
    add(runs, result(1, step("create", BROKEN, exchanges=[exchange(body)]), journey_name="<b>"))
    journeys, lines, details = runs.finish(is_sorted=True)
    return "".join(render_html({"journeys": journeys, "runs": lines}, details))


def test_no_tag_and_no_control_character_can_stand_in_the_data(page):
    data = re.findall(r'<script type="application/json" id="\w+">(.*?)</script>\n', page)
    assert len(data) == 2
    assert "<" not in "".join(data)
    assert re.findall("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e\ud800-\udfff]", page) == []
    assert blocks_of(page)["index"]["journeys"][0]["name"] == "<b>"
    text = blocks_of(page)["d0"]["steps"][0]["tries"][0]["exchanges"][0]["response"]["body"]["text"]
    assert text == "</script><!-- <script> \\u2028\\u202e\\x1b[31m\\ud800 &lt;"


def test_the_policy_names_the_one_script_and_the_one_style(page):
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)[1]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for tag in ("script", "style"):
        [text] = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = b64encode(sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_the_page_asks_for_nothing_and_makes_no_markup(page):
    [script] = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|DOMParser", script) == []  # fmt: skip
    assert re.findall(r"""\s(?:src|href|on\w+)=["']""", page) == []
    assert re.findall(r"url\(|@import", page) == []
