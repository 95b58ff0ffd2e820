"""The most memory that a run of pytest takes, measured in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from servers import reply

MIB = 1024 * 1024
SMALL = reply(200, b"[1]", [("Content-Type", "application/json")])

STEPS = """    - id: a
      request: {method: GET, url: /x, timeout_s: 60, follow_redirects: 20}
      outputs: [{name: first, path: "$[0]", required: false}]
      assertions:
        - {type: json_path, path: "$[0]", operator: exists}
        - {type: body_contains, expected: nowhere}
"""
"""A step that reads its body in every way, and fails, so that all of it is reported."""

_CONFTEST = """
import pathlib, resource, sys

def pytest_unconfigure():
    status = pathlib.Path("/proc/self/status")
    if status.exists():
        line = next(l for l in status.read_text().splitlines() if l.startswith("VmHWM"))
        peak = int(line.split()[1]) * 1024
    else:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    pathlib.Path("peak").write_text(str(peak))
"""


def run_measured(folder: Path, steps: str, url: str) -> tuple[int, str]:
    """Run a journey of *steps* against *url*; return its peak in bytes and what was printed."""
    files = {
        "conftest.py": _CONFTEST,
        "environments/local.yaml": f'environment: {{name: local, services: {{api: {{base_url: "{url}"}}}}}}\n',
        "t.journey.yaml": f"journey:\n  name: T\n  steps:\n{steps}",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    options = ["-p", "no:cacheprovider", "-p", "no:randomly", "--reqflo-output=out.json"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        cwd=folder,
        env={**os.environ, "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert "INTERNALERROR" not in run.stdout, run.stdout[-3000:]
    assert (folder / "peak").exists(), run.stdout[-3000:] + run.stderr[-3000:]
    return int((folder / "peak").read_text()), run.stdout
