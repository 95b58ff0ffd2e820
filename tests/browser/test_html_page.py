"""The page of runs in a real browser: what it shows, how it is used, and that it is inert."""

from __future__ import annotations

import html_pages as pages
import pytest
from html_pages import BROKEN, HELD, broken, exchange, result, run_id, step

from pytest_reqflo.evidence.model import Body
from pytest_reqflo.host.html_runs import HtmlRuns
from pytest_reqflo.report.html.summary import Told
from pytest_reqflo.result import CheckResult, StepResult, TryResult

ROWS = "#/journey/journeys%2Forders.journey.yaml"
HOSTILE = (
    "</script><img src=x onerror='window.owned=1'><svg onload=window.owned=2>`\"'&\u202e\x1b[31m"
)


@pytest.fixture(scope="session")
def report(tmp_path_factory):
    """Three journeys: rows of which one failed, one that polled, one that could not be collected."""
    runs = HtmlRuns()
    for number in range(1, 31):
        row = {"row": f"ref-{number:03}", "row_number": number}
        name = f"{pages.FILE}::row-{number:05}-ref-{number:03}"
        one = broken(number, **row) if number in (3, 17) else result(number, **row)
        pages.add(runs, one, name)
    again = TryResult(number=1, outcome="failed", checks=(BROKEN,), exchanges=(exchange(),))
    last = step("wait_paid", HELD).tries[0]
    polled = StepResult(
        id="wait_paid",
        name="Wait until it is paid",
        pointer="/steps/0",
        outcome="passed",
        tries=(again, last),
    )
    pay = {"journey_id": "pay", "journey_name": "Pay later", "file": "journeys/pay.journey.yaml"}
    pages.add(runs, result(99, polled, **pay), "journeys/pay.journey.yaml::run", earlier=("no",))
    broken_file = Told(
        test="journeys/bad.journey.yaml", status="error", message="unknown key `x`", text="6 | x:"
    )
    runs.add_without_result(broken_file, "", category="collection")
    skipped = Told(test="journeys/later.journey.yaml::run", status="skipped", message="not yet")
    runs.add_without_result(skipped, "Later")
    path = tmp_path_factory.mktemp("report") / "report.html"
    return pages.write_page(path, runs, others={"passed": 2, "failed": 1})


def shown_runs(page):
    return page.eval_on_selector_all(".run", "nodes => nodes.map(node => node.dataset.id)")


def test_the_overview_counts_and_groups(report, new_tab):
    tab = new_tab()
    page = tab.open(report)
    assert page.inner_text("h1").strip() == "3 of 33 runs failed"
    assert page.title() == "3 of 33 runs failed · shop"
    legend = page.eval_on_selector_all(
        ".legend-item", "nodes => nodes.map(node => node.textContent)"
    )
    assert legend == ["2failed", "1error", "1skipped", "29passed"]
    # Status is a word and a shape; equal failures are one.
    assert page.locator(".failure").count() == 2
    assert page.inner_text(".failure >> nth=0 >> .alike") == "2 runs alike"
    assert "3 tests of this session (2 passed, 1 failed) are no journeys" in page.inner_text("main")
    # A long group shows what failed, and the rest on demand.
    assert page.inner_text(".rest") == "28 more that did not fail"
    page.click(".rest")
    assert page.locator(".rest").count() == 0
    assert len(shown_runs(page)) == 33
    assert (tab.complaints, tab.requests) == ([], [report.as_uri()])


def test_filters_and_search_narrow_the_list(report, new_tab):
    page = new_tab().open(report)
    page.click("[data-filter=failed]")
    assert shown_runs(page) == [run_id(3), run_id(17)]
    assert page.url.endswith("#/?status=failed")
    page.click("[data-filter=all]")
    for words, expected in {
        "ref-003": [run_id(3)],
        "pay later": [run_id(99)],
        "wait_paid": [run_id(99)],
        "difference at": [run_id(3), run_id(17)],
        run_id(25): [run_id(25)],
        "row nothing": [],
    }.items():
        page.fill("input[type=search]", words)
        assert shown_runs(page) == expected, words
    assert "Nothing matches." in page.inner_text(".list")
    page.click(".list >> text=Show all")
    page.click(".failure >> nth=0 >> .alike")
    assert shown_runs(page) == [run_id(3), run_id(17)]


def test_a_run_shows_what_was_sent_expected_and_kept(report, new_tab):
    page = new_tab().open(report, f"#/run/{run_id(3)}")
    main = page.inner_text("main")
    assert "step create: $: 1 difference from what is expected, at $.id" in main
    cells = page.eval_on_selector_all(".is-diff td", "nodes => nodes.map(node => node.textContent)")
    assert cells == ["$.id", "changed", "26", "25.0"]
    assert page.inner_text(".check.is-failed .where") == "orders.journey.yaml:8"
    # Numbers as the server wrote them, folded and unfolded.
    body = page.locator(".side-response .body")
    assert '"id": 25.0,' in body.inner_text()
    assert body.locator("details").count() == 2
    body.locator("text=fold >> nth=0").click()
    assert "… 2 items ]" in body.inner_text()
    body.locator("text=as sent").click()
    assert '{"id": 25.0, "tags": ["a", "b"]}' in body.inner_text()
    phases = page.inner_text(".exchange + .phases")
    assert "connect 10 ms" in phases.replace("\n", " ")
    assert "TLS 20 ms" in phases.replace("\n", " ")
    for text in ("order_id", "inputs.customer", "data row", "artifact_0123456789ab", "staging"):
        assert text in main, text


def test_an_address_leads_to_a_run_and_a_step(report, new_tab):
    page = new_tab().open(report, f"#/run/{run_id(99)}/wait_paid")
    assert page.locator(".step.is-open").count() == 1
    tabs = page.locator(".step.is-open .tabs button")
    assert tabs.count() == 2
    tabs.nth(0).click()
    assert page.locator(".step.is-open .check.is-failed").count() == 1
    assert "after 1 failed try" in page.inner_text("main")
    page.goto(f"{report.as_uri()}{ROWS}")
    page.wait_for_selector(".is-rows tbody tr:nth-child(30)")
    page.click("th:has-text('row') button")
    assert page.inner_text(".is-rows tbody tr:nth-child(1) td:nth-child(3)") == "ref-001"
    # It is shown in the list too, where its group was folded.
    page.goto(f"{report.as_uri()}#/run/{run_id(25)}")
    page.wait_for_selector(f"[aria-current][data-id='{run_id(25)}']")
    page.goto(f"{report.as_uri()}#/run/nobody/knows")
    page.wait_for_selector("text=There is no such run")


def test_keys_lead_through_the_page(report, new_tab):
    page = new_tab().open(report)
    keys = page.keyboard
    keys.press("n")
    page.wait_for_selector(f"[aria-current][data-id='{run_id(3)}']")
    keys.press("n")
    page.wait_for_selector(f"[aria-current][data-id='{run_id(17)}']")
    keys.press("k")
    page.wait_for_selector(f"[aria-current][data-id='{run_id(3)}']")
    page.wait_for_selector(".step.is-open")
    keys.press("Enter")
    assert page.evaluate("document.activeElement.className") == "step-head"
    # Of a step that was skipped there is nothing to open.
    keys.press("e")
    assert page.locator(".step.is-open").count() == 0
    keys.press("e")
    assert page.locator(".step.is-open").count() == 1
    keys.press("/")
    keys.type("pay later")
    assert shown_runs(page) == [run_id(99)]
    keys.press("Enter")
    page.wait_for_selector(f"[aria-current][data-id='{run_id(99)}']")
    keys.press("/")
    keys.press("Escape")
    assert page.input_value("input[type=search]") == ""
    keys.press("Escape")
    page.wait_for_selector(".legend")
    keys.press("?")
    assert page.is_visible("dialog")
    keys.press("Escape")
    assert not page.is_visible("dialog")


def test_the_curl_command_can_be_copied(report, new_tab):
    tab = new_tab(permissions=["clipboard-read", "clipboard-write"])
    page = tab.open(report, f"#/run/{run_id(3)}")
    page.click(".side-request .copy")
    page.wait_for_selector(".copy.is-done")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == "curl -X POST https://shop.test/orders --data-raw '{}'"


def test_light_and_dark_differ_and_the_switch_lasts(report, new_tab):
    shots = {}
    for scheme in ("light", "dark"):
        tab = new_tab(color_scheme=scheme)
        page = tab.open(report)
        shots[scheme] = page.screenshot()
        background = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        page.keyboard.press("t")
        switched = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        assert switched != background
        page.reload()
        page.wait_for_selector("html[data-ready]")
        kept = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        assert (kept, tab.complaints) == (switched, [])
    assert shots["light"] != shots["dark"]


def test_a_phone_scrolls_in_one_direction_only(report, new_tab):
    tab = new_tab(viewport={"width": 360, "height": 740}, has_touch=True)
    for fragment in ("", f"#/run/{run_id(3)}", ROWS):
        page = tab.open(report, fragment)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), fragment
    page = tab.open(report)
    page.click("text=28 more")
    page.click(f"[data-id='{run_id(5)}']")
    page.wait_for_selector("h1:has-text('ref-005')")
    assert not page.is_visible(".side")


def test_print_shows_the_run_without_the_controls(report, new_tab):
    page = new_tab().open(report, f"#/run/{run_id(3)}")
    page.emulate_media(media="print")
    assert not page.is_visible(".side")
    assert not page.is_visible(".tool")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".step.is-open").count() == 1
    assert page.is_visible("text=Content-Type")


def test_whatever_a_server_sends_is_shown_and_does_nothing(new_tab, tmp_path):
    runs = HtmlRuns()
    check = CheckResult(
        pointer="/steps/0", type="value", subject=HOSTILE, operator="equals", passed=False,
        expected=HOSTILE, actual={HOSTILE: [HOSTILE]}, message=HOSTILE,
    )  # fmt: skip
    hostile = exchange(
        HOSTILE,
        url=f"https://shop.test/{HOSTILE}",
        headers=((HOSTILE, HOSTILE),),
        body=Body(text=f'{{"{"a"}": {HOSTILE!r}}}', size_bytes=100),
    )
    deep = exchange("[" * 9_000 + "]" * 9_000)
    steps = [step(HOSTILE, check, exchanges=[hostile, deep, exchange("{" * 20_000)])]
    names = dict.fromkeys(("journey_name", "row", "case", "owner", "environment"), HOSTILE)
    one = result(
        1, *steps, **names, tags=(HOSTILE,), row_number=1, problems=(pages.problem(HOSTILE),)
    )
    pages.add(runs, one, f"journeys/a.yaml::{HOSTILE}", sections=((HOSTILE, HOSTILE),))
    skipped = Told(test=f"{HOSTILE}.yaml::run", status="skipped", message=HOSTILE)
    runs.add_without_result(skipped, HOSTILE)
    path = pages.write_page(tmp_path / "hostile.html", runs, project=HOSTILE)
    tab = new_tab()
    page = tab.open(path)
    page.click(".failure-message")
    page.wait_for_selector(".step.is-open")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.inner_text("main").count("onerror='window.owned=1'") > 10
    assert page.locator("img, main script, iframe, [onerror], [onload]").count() == 0
    assert page.evaluate("window.owned") is None
    assert (tab.complaints, tab.requests) == ([], [path.as_uri()])


def test_the_policy_stops_what_is_put_into_the_page(report, new_tab):
    tab = new_tab()
    page = tab.open(report)
    page.evaluate("""() => {
        const node = document.createElement("div");
        node.setAttribute("onclick", "window.owned = 1");
        const script = document.createElement("script");
        script.textContent = "window.owned = 2";
        const image = document.createElement("img");
        image.src = "https://shop.test/pixel.png";
        document.body.append(node, script, image);
        node.click();
    }""")
    page.wait_for_function("document.images[0].complete")
    assert page.evaluate("window.owned") is None
    assert len([each for each in tab.complaints if "Content Security Policy" in each]) == 3
    # Chromium tells of the picture, and that it was never asked for.
    assert tab.failed == ["csp"]


def test_ten_thousand_runs_open_in_three_seconds(new_tab, tmp_path):
    runs = HtmlRuns()
    good, bad = result().to_json(), broken().to_json()
    for number in range(1, 10_001):
        one = bad if number % 100 == 0 else good
        own = {"run_id": run_id(number), "row": f"ref-{number}", "row_number": number}
        test = f"{pages.FILE}::row-{number}"
        document = {**one, "identity": {**one["identity"], **own}}
        runs.add(test, document, Told(test=test, status=one["outcome"]))
    path = pages.write_page(tmp_path / "many.html", runs)
    tab = new_tab()
    tab.page.goto(path.as_uri(), wait_until="commit")
    tab.page.wait_for_selector("html[data-ready]", timeout=3_000)
    page = tab.page
    assert page.inner_text("h1").strip() == "100 of 10,000 runs failed"
    assert "only those that went wrong show their steps" in page.inner_text("main")
    page.fill("input[type=search]", "ref-9999")
    assert shown_runs(page) == [run_id(9999)]
    page.click(".run")
    page.wait_for_selector("text=No steps of this run are in this file.")
    assert tab.complaints == []
