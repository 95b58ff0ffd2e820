"""The documentation says what the code does."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "ARCHITECTURE.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="argparse lays help out in another way")
def test_included_and_generated_parts_are_up_to_date():
    run = subprocess.run(
        [sys.executable, "docs/build.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stdout) == (0, "")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page):
    text = page.read_text(encoding="utf-8")
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", text)
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_yaml_and_python_block_is_a_file_that_the_tests_run(page):
    """A block typed into a page rots; included files are run by the tests."""
    text = page.read_text(encoding="utf-8")
    included = re.sub(r"<!-- (include|generate): .*?<!-- end -->", "", text, flags=re.DOTALL)
    assert re.findall(r"```(yaml|python|ini)\n", included) == []


def test_every_option_is_documented():
    from pytest_reqflo import plugin

    source = Path(plugin.__file__).read_text(encoding="utf-8")
    options = set(re.findall(r'"(--reqflo-[a-z-]+)"', source))
    settings = set(re.findall(r'"(reqflo_[a-z_]+)"', source))
    page = (ROOT / "docs/reference/options.md").read_text(encoding="utf-8")
    assert {name for name in options | settings if f"`{name}" not in page} == set()
