"""One real Chromium for all tests of pages; without one they are skipped, where it must be they fail."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_IS_NEEDED = "BROWSER_IS_NEEDED" in os.environ


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Start the Chromium of this machine, never one that Playwright brings."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _do_without("Playwright is not installed")
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        _do_without("there is no Chromium on the path")
    with sync_playwright() as playwright:
        # Root, as in most containers, has no sandbox; the pages are our own.
        chromium = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield chromium
        chromium.close()


def _do_without(why: str) -> None:
    if _IS_NEEDED:
        pytest.fail(why, pytrace=False)
    pytest.skip(why)


class Tab:
    """A page that is open, and all that it asked for and complained about."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.failed: list[str] = []
        page.on(
            "console", lambda message: self.complaints.append(f"{message.type}: {message.text}")
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("requestfailed", lambda request: self.failed.append(request.failure))

    def open(self, path: Any, fragment: str = "") -> Any:
        """Open the file *path* and return the page once it is drawn."""
        self.page.goto(f"{path.as_uri()}{fragment}")
        self.page.wait_for_selector("html[data-ready]", timeout=20_000)
        return self.page


@pytest.fixture
def new_tab(browser: Any) -> Iterator[Any]:
    """Return what opens a tab, with the settings of a browser context."""
    contexts = []

    def make(**settings: Any) -> Tab:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **settings})
        contexts.append(context)
        context.set_default_timeout(10_000)
        return Tab(context.new_page())

    yield make
    for context in contexts:
        context.close()
