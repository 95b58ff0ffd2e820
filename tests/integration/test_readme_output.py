"""The runs that the README shows are real; `--update-golden` records them anew."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs" / "examples"
OUTPUT = DOCS / "output"


@pytest.fixture
def project(tmp_path):
    return shutil.copytree(DOCS, tmp_path / "shop", ignore=shutil.ignore_patterns("output"))


def run_pytest(folder, *arguments):
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:randomly",
            "-q",
            *arguments,
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return run.stdout


def made_stable(text):
    replacements = {
        # Columns are as wide as their longest time.
        r"(?m) +median +95 % +slowest$": "  median    95 %  slowest",
        r"(?m)(?: +[\d.,]+ m?s){3}$": "    3 ms    3 ms     3 ms",
        r"127\.0\.0\.1:\d+": "127.0.0.1:8000",
        r"\brun_[0-9a-f]{32}": "run_5f0c2a9e4b7d4f16a3c8e1d290b7465f",
        r"`reqflo show run_[0-9a-f]{8}`": "`reqflo show run_5f0c2a9e`",
        r"\b\d{8}T\d{6}Z-[0-9a-f]{8}\b": "20260504T100000Z-3e9a41c7",
        r"\b(\d+ ms|\d+\.\d\d s)\b": "3 ms",
        r"in \d+\.\d+s": "in 0.42s",
        r"Server: .*": "Server: shop",
        r"Date: .*": "Date: Mon, 04 May 2026 10:00:00 GMT",
    }
    for pattern, shown in replacements.items():
        text = re.sub(pattern, shown, text)
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def assert_shown(name, text, request):
    path = OUTPUT / name
    if request.config.getoption("update_golden"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_the_passing_run(project, request):
    text = run_pytest(project, "-v", "--no-header", "journeys")
    assert_shown("passing.txt", made_stable(text), request)


def test_the_failing_run(project, request):
    journey = project / "journeys" / "first.journey.yaml"
    journey.write_text(journey.read_text().replace("expected: 25}", "expected: 26}"))
    text = run_pytest(project, "--show-capture=no", "journeys/first.journey.yaml")
    assert_shown("failing.txt", made_stable(text), request)


def test_the_replay_of_an_edited_journey(project, request):
    journey = "journeys/login.journey.yaml"
    run_pytest(project, "--reqflo-output=run.json", journey)
    before = "      assertions: [{type: status_code, expected: 200}]\n"
    text = (project / journey).read_text()
    assert before in text
    (project / journey).write_text(
        text.replace(before, (OUTPUT / "replay-edit.txt").read_text(encoding="utf-8"))
    )
    run = subprocess.run(
        [Path(sys.executable).with_name("reqflo"), "replay", "run.json", "--journey", journey],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1, run.stderr
    assert_shown("replay.txt", made_stable(run.stdout), request)
