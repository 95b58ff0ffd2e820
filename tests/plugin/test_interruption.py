"""Ctrl-C in the middle of a step: cleanup runs, the page says so, the result is kept."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from servers import ScriptedServer, json_reply

GOLDEN = Path(__file__).parents[1] / "golden" / "messages" / "RF507"

JOURNEY = """\
journey:
  name: Read a ticket
  steps:
    - id: open_ticket
      template: POST /tickets
      values: {subject: printer on fire}
    - id: read_ticket
      template: GET /never
  finally:
    - id: close_ticket
      template: DELETE /tickets/{id}
      values: {id: "{{ steps.open_ticket.body.id }}"}
"""


def test_an_interrupted_run_cleans_up_and_says_where_it_stopped(tmp_path, request):
    """The signal is sent when the server holds the request of the second step."""
    reached, gate = threading.Event(), threading.Event()

    def handle(received, connection):
        if received.path == "/never":
            reached.set()
            gate.wait(30)
            return None
        return json_reply({"id": 1})

    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "tickets.journey.yaml").write_text(JOURNEY)
    (tmp_path / "environments").mkdir()
    with ScriptedServer(handle) as server:
        (tmp_path / "environments" / "test.yaml").write_text(
            f"environment:\n  name: test\n  services:\n    tickets: {{base_url: '{server.url}'}}\n"
        )
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:randomly",
                   "--reqflo-output", "result.json"]  # fmt: skip
        process = subprocess.Popen(
            command,
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert reached.wait(60)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
        gate.set()
        assert [each.line for each in server.requests] == [
            "POST /tickets",
            "GET /never",
            "DELETE /tickets/1",
        ]
    assert process.returncode == pytest.ExitCode.INTERRUPTED
    result = json.loads((tmp_path / "result.json").read_text())
    assert result["outcome"] == "interrupted"
    assert [(step["id"], step["outcome"]) for step in result["steps"]] == [
        ("open_ticket", "passed"),
        ("read_ticket", "interrupted"),
        ("close_ticket", "passed"),
    ]
    problem = result["steps"][1]["tries"][-1]["problems"][0]
    text = f"{problem['message']}\n{problem.get('hint', '')}".rstrip() + "\n"
    if request.config.getoption("update_golden"):
        GOLDEN.mkdir(exist_ok=True)
        (GOLDEN / "expected.txt").write_text(f"error[RF507]: {text}")
    assert (GOLDEN / "expected.txt").read_text() == f"error[{problem['code']}]: {text}"
    [record] = (tmp_path / ".reqflo/runs").glob("*/run_*/run.json")
    assert json.loads(record.read_text())["lines"]["/steps/1"] == 7
    assert json.loads(record.read_text()) == result
    assert "Traceback" not in output
