"""Take the pictures of the HTML report that the documentation shows.

    python docs/screenshots.py

Runs the examples of the documentation with one step that expects the wrong order, opens the report in
Chromium, and writes `docs/images/report-*.png`. Needs `pip install --group test-browser` and Chromium.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

DOCS = Path(__file__).parent
IMAGES = DOCS / "images"
WRONG = """\
        - type: json_path
          path: $.order
          expected: {id: ord-3, customer: c-1, quantity: 2, total: 30, state: paid}
"""
RIGHT = "        - {type: json_path, path: $.order.state, expected: open}\n"
WIDE = {"width": 1200, "height": 740}
PHONE = {"width": 390, "height": 780}
MAX_BYTES = 150_000


def make_report(folder: Path) -> Path:
    """Run the examples in *folder*; return the report."""
    suite = shutil.copytree(
        DOCS / "examples", folder / "shop", ignore=shutil.ignore_patterns("output")
    )
    journey = suite / "journeys" / "first.journey.yaml"
    text = journey.read_text(encoding="utf-8")
    assert RIGHT in text
    journey.write_text(text.replace(RIGHT, WRONG), encoding="utf-8")
    report = folder / "report.html"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", f"--reqflo-html={report}"]
    run = subprocess.run(command, cwd=suite, check=False)
    assert run.returncode == 1
    return report


def take(browser: Any, report: Path, name: str, scheme: str, size: dict[str, int]) -> None:
    """Write the picture *name* of the overview, or of the run that failed."""
    page = browser.new_page(viewport=size, color_scheme=scheme)
    page.goto(report.as_uri())
    page.wait_for_selector("html[data-ready]")
    if "run" in name:
        page.click(".failure-message")
        page.wait_for_selector(".step.is-open")
        page.evaluate("document.querySelector('main').scrollTop = 0; scrollTo(0, 0)")
    path = IMAGES / f"report-{name}-{scheme}.png"
    page.screenshot(path=path)
    page.close()
    assert path.stat().st_size < MAX_BYTES, f"{path.name} is too large"


def main() -> None:
    """Write all pictures."""
    IMAGES.mkdir(exist_ok=True)
    program = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        report = make_report(Path(folder))
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for scheme in ("light", "dark"):
            take(browser, report, "overview", scheme, WIDE)
            take(browser, report, "run", scheme, WIDE)
        take(browser, report, "run-phone", "light", PHONE)
        browser.close()


if __name__ == "__main__":
    main()
