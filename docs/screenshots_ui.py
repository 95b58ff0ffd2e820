"""Take the pictures of `reqflo ui` that the documentation shows.

    python docs/screenshots_ui.py

Runs the examples of the documentation durably, as they are and with one wrong step, and the example that waits for
a file; opens the page of their stores in Chromium and writes `docs/images/ui-*.png`. Needs `pip install --group
test-browser` and Chromium.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright
from screenshots import DOCS, IMAGES, MAX_BYTES, RIGHT, WRONG

_SIZE = {"width": 1000, "height": 560}
_PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "--reqflo-durable"]
_COMMAND = "from pytest_reqflo.cli.main import main; raise SystemExit(main(['ui']))"


def make_history(folder: Path) -> Path:
    """Run the examples several times; return their project."""
    suite = shutil.copytree(
        DOCS / "examples", folder / "shop", ignore=shutil.ignore_patterns("output")
    )
    journey = suite / "journeys" / "first.journey.yaml"
    right = journey.read_text(encoding="utf-8")
    for text in (right, right, right.replace(RIGHT, WRONG), right, right.replace(RIGHT, WRONG)):
        journey.write_text(text, encoding="utf-8")
        subprocess.run(_PYTEST, cwd=suite, check=False)
    return suite


@contextlib.contextmanager
def run_under_way(folder: Path) -> Iterator[Path]:
    """Give a project of which a run waits for the server."""
    project = shutil.copytree(DOCS / "durable-example", folder / "reports")
    server = _start(project, sys.executable, "server.py")
    assert server.stdout is not None
    server.stdout.readline()
    run = _start(project, *_PYTEST)
    while "/report" not in server.stdout.readline():
        pass
    try:
        yield project
    finally:
        (project / "release").touch()
        run.communicate()
        server.terminate()
        server.communicate()


@contextlib.contextmanager
def served(project: Path) -> Iterator[str]:
    """Give the address of the page of a project's store."""
    server = _start(project, sys.executable, "-c", _COMMAND)
    assert server.stdout is not None
    try:
        yield server.stdout.readline().strip()
    finally:
        server.terminate()
        server.communicate()


def _start(folder: Path, *command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(command, cwd=folder, text=True, stdout=subprocess.PIPE)


def open_page(browser: Any, address: str, scheme: str) -> Any:
    """Return the page, with its list."""
    page = browser.new_page(viewport=_SIZE, color_scheme=scheme)
    page.goto(address)
    page.wait_for_selector(".run")
    page.wait_for_selector("main table a")
    return page


def keep(page: Any, name: str) -> None:
    """Write the picture of *page*, and close it."""
    page.evaluate("document.querySelector('main').scrollTop = 0")
    path = IMAGES / f"ui-{name}.png"
    page.screenshot(path=path)
    page.close()
    assert path.stat().st_size < MAX_BYTES, f"{path.name} is too large"


def main() -> None:
    """Write all pictures."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        with served(make_history(Path(folder))) as address:
            keep(open_page(browser, address, "light"), "overview-light")
            page = open_page(browser, address, "dark")
            page.click("main table a:has-text('Create and find an order')")
            page.wait_for_selector("[data-plot=pass-rate]")
            keep(page, "journey-dark")
        with run_under_way(Path(folder)) as project, served(project) as address:
            page = open_page(browser, address, "light")
            page.click("[data-part=open] a")
            page.wait_for_selector(".step.is-running")
            keep(page, "live-light")
        browser.close()


if __name__ == "__main__":
    main()
