"""Runs of pytest as a person starts it, and what must hold of each, whatever the input was."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

HERE: tuple[str, ...] = ()
WORKERS = ("-n", "2")

# Tab, newline and carriage return are the only control characters pytest itself prints here.
_RAW = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_DEFECTS = (
    "INTERNALERROR",
    "Traceback (most recent call last)",
    "crashed while running",
    "node down",
    "no active workers",
    "Replacing crashed worker",
    "pytest_reqflo/",  # a frame of ours
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run of pytest left: exit code, all it printed, the reasons in its JUnit file."""

    code: int
    text: str
    reasons: dict[str, str]
    """Test name to the first line of its failure or error, empty when it passed."""

    def reason(self, part: str) -> str:
        """Return the one reason whose test name holds *part*."""
        [found] = {reason for name, reason in self.reasons.items() if part in name}
        return found


def attack(
    folder: Path, *arguments: str | bytes, env: dict[str, str] | None = None, timeout_s: float = 120
) -> Outcome:
    """Run pytest in *folder*, hold it to what must always hold, and return what it left.

    Raises: AssertionError when pytest, a worker or this package broke, or hung.
    """
    junit = folder / "junit.xml"
    junit.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-p", "no:randomly", "-p", "no:cacheprovider"]
    # Never a color or a progress bar of pytest: each escape in the output is then a leak.
    options = ["--color=no", "--junitxml=junit.xml", "-ra"]
    process = subprocess.Popen(
        [*command, *options, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONUTF8": "1", "COLUMNS": "120", **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise AssertionError(f"pytest hung: {process.communicate()[0][-2000:]!r}") from None
    text = output.decode("utf-8", "surrogateescape")
    reasons = _read_junit(junit) if junit.exists() else {}
    hold(text, process.returncode)
    return Outcome(process.returncode, text, reasons)


def hold(text: str, code: int) -> None:
    """Hold what a run of pytest printed, and its exit code, to what must always hold."""
    for defect in _DEFECTS:
        assert defect not in text, f"{defect!r} in:\n{_around(text, text.index(defect))}"
    raw = _RAW.search(text)
    assert raw is None, f"raw {raw.group()!r} in:\n{_around(text, raw.start())!r}"
    commands = re.findall(r"^(?:::|##vso\[|##\[).*", text, re.MULTILINE)
    assert commands == [], "a line that a CI system obeys"
    assert code in (0, 1, 2, 4, 5), f"exit code {code}:\n{text[-3000:]}"


def _around(text: str, position: int) -> str:
    return text[max(0, position - 1500) : position + 1500]


def _read_junit(path: Path) -> dict[str, str]:
    reasons = {}
    for case in ElementTree.parse(path).iter("testcase"):
        name = f"{case.get('classname')}::{case.get('name')}"
        problems = [child for child in case if child.tag in ("failure", "error")]
        message = (problems[0].get("message") or "") if problems else ""
        reasons[name] = message.strip().split("\n")[0]
        assert not problems or reasons[name], f"{name} fails without a reason"
    return reasons
