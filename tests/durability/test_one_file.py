"""Many processes on one SQLite file: pytest with eight workers, and others beside it."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections import Counter

import pytest
from gates import DurableProject, GatedServer

pytestmark = pytest.mark.timeout(300)

JOURNEYS = 12
JOURNEY = """\
journey:
  name: order%(number)02d
  steps:
    - {id: a, request: {method: POST, url: /a/%(number)02d}}
    - {id: b, request: {method: GET, url: /b/%(number)02d}}
"""


def test_pytest_processes_and_their_workers_share_a_file(tmp_path):
    with GatedServer() as server:
        project = DurableProject(tmp_path, server)
        for number in range(JOURNEYS):
            project.write(f"order{number:02d}.journey.yaml", JOURNEY % {"number": number})
        begun = [project.start("-n", "8"), project.start(), project.start()]
        ended = [(process, process.communicate(timeout=240)[0]) for process in begun]
        lines = Counter(server.lines())

    for process, output in ended:
        assert process.returncode == 0, output
        assert f"{JOURNEYS} passed" in output
        assert "locked" not in output
    assert set(lines.values()) == {len(begun)}
    assert len(lines) == 2 * JOURNEYS
    with contextlib.closing(sqlite3.connect(tmp_path / ".reqflo" / "runs.db")) as connection:
        results = connection.execute("SELECT outcome, document FROM reqflo_result").fetchall()
        states = connection.execute("SELECT DISTINCT status FROM workflow_status").fetchall()
    assert len(results) == len(begun) * JOURNEYS
    assert {outcome for outcome, _ in results} == {"passed"}
    assert len({json.loads(document)["identity"]["run_id"] for _, document in results}) == len(
        results
    )
    assert states == [("SUCCESS",)]
