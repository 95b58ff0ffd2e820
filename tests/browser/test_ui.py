"""The page of a store in a real browser: live runs, history, differences, and that it stays inert."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from durable_project import JOURNEY, DurableProject, HoldingServer
from html_pages import broken, result
from ui_server import UiServer

from pytest_reqflo.evidence_store.layout import make_session_id
from pytest_reqflo.evidence_store.write import SessionWriter

HOSTILE = (
    "</script><img src=x onerror='window.owned=1'><svg onload=window.owned=2>`\"'&\u202e\x1b[31m"
)
OLD_JOURNEY = JOURNEY.replace("PUT /held", "PUT /orders")
KEPT = 120


@pytest.fixture(scope="module")
def api():
    with HoldingServer() as api:
        yield api


@pytest.fixture(scope="module")
def project(tmp_path_factory, api):
    """A project whose journey ran once, was changed, and has many runs that a session kept."""
    project = DurableProject(tmp_path_factory.mktemp("shop"), api.url, OLD_JOURNEY)
    code, out = project.pytest()
    assert code == 0, out
    project.write("orders.journey.yaml", JOURNEY)
    writer = SessionWriter(project.path / ".reqflo", make_session_id(datetime.now(UTC), "00000001"))
    pay = {"journey_id": "pay", "journey_name": HOSTILE, "environment": HOSTILE}
    for number in range(1, KEPT + 1):
        one = broken(number, **pay) if number % 3 else result(number, case=HOSTILE, **pay)
        writer.write(one, HOSTILE)
    writer.close()
    return project


@pytest.fixture(scope="module")
def server(project):
    with UiServer(project.path) as server:
        yield server


@pytest.fixture
def tab(server, new_tab):
    tab = new_tab()
    tab.page.goto(server.address)
    tab.page.wait_for_selector("html[data-ready]")
    tab.page.wait_for_selector(".run")
    yield tab
    assert tab.complaints == []
    assert tab.page.evaluate("window.owned") is None
    assert {url.partition("/api/")[0].rstrip("/") for url in tab.requests} <= {
        server.origin, server.address.rstrip("/"), "data:,",
    }  # fmt: skip


def go(page, fragment):
    page.evaluate("fragment => { location.hash = fragment }", fragment)


def test_the_token_leaves_the_address_and_runs_are_listed_in_pages(tab, server):
    page = tab.page
    assert page.url == f"{server.origin}/"
    page.wait_for_selector("main table")
    assert page.locator(".run").count() == 50
    while page.locator(".more-rows").count():
        before = page.locator(".run").count()
        page.locator(".more-rows").scroll_into_view_if_needed()
        page.wait_for_function("n => document.querySelectorAll('.run').length > n", arg=before)
    assert page.locator(".run").count() == KEPT + 1
    asked = [url for url in tab.requests if "/api/runs?" in url and "before=" in url]
    assert len(asked) == 2


def test_filters_are_answered_by_the_server(tab):
    page = tab.page
    page.click("[data-filter=passed]")
    page.wait_for_function("() => !document.querySelector('.run .is-failed')")
    assert page.url.endswith("#/?status=passed")
    page.select_option("[aria-label='every journey']", "orders")
    page.wait_for_function("() => document.querySelectorAll('.run').length === 1")
    page.fill("input[type=search]", "nothing at all")
    page.click("text=Show all")
    page.wait_for_function("() => document.querySelectorAll('.run').length === 50")
    page.keyboard.press("j")
    page.wait_for_selector(".step")
    assert page.locator(".run[aria-current]").count() == 1


def test_a_durable_run_shows_its_steps_while_it_runs(tab, project, api):
    page = tab.page
    api.let_go.clear()
    with project.start() as run:
        api.wait_for_request()
        page.click("[data-part=open] a")
        page.wait_for_selector(".step.is-running")
        steps = page.eval_on_selector_all(
            ".step", "nodes => nodes.map(node => [node.dataset.step, node.className])"
        )
        assert steps == [
            ["create", "step is-passed"], ["pay", "step is-running"],
            ["read", "step is-waiting"], ["cleanup", "step is-waiting"],
        ]  # fmt: skip
        assert "try 1" in page.inner_text(".step.is-running .step-status")
        page.click("[data-step=create] .step-head")
        assert "[sensitive:card]" in page.inner_text("[data-step=create] .side-request")
        api.let_go.set()
        page.wait_for_selector("main[data-over=true]")
        run.communicate(timeout=60)
    assert page.locator(".step.is-passed").count() == 4
    # What was open stays open when the page is drawn anew.
    assert page.locator(".step.is-open").get_attribute("data-step") == "create"
    page.wait_for_selector(".run[aria-current] .is-passed")
    assert "card-canary-4111" not in page.content()


def test_a_journey_shows_its_history_and_what_differs_between_versions(tab):
    page = tab.page
    go(page, "#/journey/orders")
    page.wait_for_selector(".changes li")
    assert "step pay: request.url changed" in page.inner_text(".changes")
    assert page.locator("[data-plot=durations] rect").count() >= 1
    assert page.locator("[data-plot=pass-rate] polyline").count() == 1
    page.select_option("[aria-label=before]", index=0)
    page.wait_for_selector("text=No difference in meaning.")
    page.click("[data-part=versions] td a")
    page.wait_for_selector("h1:has-text('artifact_')")
    assert "create" in page.inner_text("main table")


def test_texts_of_others_are_only_texts(tab):
    page = tab.page
    go(page, f"#/run/run_{3:032x}")
    page.wait_for_selector(".step")
    assert "<img src=x onerror='window.owned=1'>" in page.inner_text("h1")
    go(page, "#/journey/pay")
    page.wait_for_selector("[data-plot=durations] rect")
    assert page.locator("img").count() == 0
    go(page, f"#/run/{HOSTILE}")
    go(page, "#/schedules")
    page.wait_for_selector("text=An embedded store has no schedules")
    go(page, "#/workers")
    page.wait_for_selector("text=An embedded store has no workers")


def test_the_page_outlives_its_server_and_goes_on_with_it(tab):
    page, context = tab.page, tab.page.context
    shown = page.locator(".run").count()
    context.set_offline(True)
    page.wait_for_selector(".trouble:has-text('The server does not answer.')")
    assert page.locator(".run").count() == shown
    context.set_offline(False)
    page.click("text=Ask now")
    page.wait_for_selector(".trouble", state="hidden")
    # What a server that was started anew says to an old page.
    context.clear_cookies()
    page.wait_for_selector(".trouble:has-text('The server was started anew')")
    assert page.locator(".run").count() == shown
    tab.complaints.clear()  # the browser itself tells of each answer that it missed


def test_no_page_of_a_stranger_reads_it(server, new_tab):
    page = new_tab().page
    page.goto(server.address)
    page.wait_for_selector(".run")
    page.goto("about:blank")
    read = page.evaluate(
        """async url => {
          try { return await (await fetch(url, { credentials: "include" })).text(); }
          catch (error) { return error.name; }
        }""",
        f"{server.origin}/api/runs",
    )
    assert read == "TypeError"
    page.set_content(f"<iframe src='{server.origin}/'></iframe>")
    _, frame = page.frames
    assert frame.url.startswith("chrome-error:")
