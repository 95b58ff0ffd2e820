"""A small project whose journeys are run durably by processes of their own, and killed.

project = DurableProject(folder, server.url)
with project.start() as run:
    server.arrived.wait(...)
    run.kill()
code, out, err = project.reqflo("status", run_id)
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from servers import ReceivedRequest, ScriptedServer, json_reply

DEADLINE_S = 120

_COMMAND = "from pytest_reqflo.cli.main import main; raise SystemExit(main())"

JOURNEY = """\
journey:
  name: Orders
  inputs:
    - {name: customer, default: c-1}
    - {name: card, sensitive: true, default: card-canary-4111}
  steps:
    - id: create
      template: POST /orders
      values: {customer: "{{ inputs.customer }}", card: "{{ inputs.card }}"}
      assertions: [{type: status_code, expected: 200}]
      outputs: [{name: order, path: body.order}]
    - id: pay
      template: PUT /held
      values: {order: "{{ steps.create.outputs.order }}"}
      assertions: [{type: status_code, expected: 200}]
    - id: read
      template: GET /orders
      assertions: [{type: status_code, expected: 200}]
  finally:
    - {id: cleanup, template: DELETE /orders}
"""


class HoldingServer:
    """Answers at once, but for ``/held``: that waits for `let_go`, when `holds`."""

    def __init__(self) -> None:
        self.arrived = threading.Semaphore(0)
        self.let_go = threading.Event()
        self.holds = True
        self._server = ScriptedServer(self._answer)

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.let_go.set()
        self._server.__exit__(None, None, None)

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def lines(self) -> list[str]:
        """What arrived, as ``METHOD /path``."""
        return [request.line for request in self._server.requests]

    def wait_for_request(self) -> None:
        assert self.arrived.acquire(timeout=DEADLINE_S), "no request to /held arrived"

    def _answer(self, request: ReceivedRequest, connection: object) -> bytes:
        if request.path == "/held" and self.holds:
            self.arrived.release()
            self.let_go.wait(DEADLINE_S)
        return json_reply({"order": f"o-{len(self.lines)}"})


class DurableProject:
    """Files of a project, and the commands run in it."""

    def __init__(self, path: Path, url: str, journey: str = JOURNEY) -> None:
        self.path = path
        self.database = path / ".reqflo" / "runs.db"
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("REQFLO_")},
            "XDG_CONFIG_HOME": str(path / "config"),
        }
        self.write("pytest.ini", "[pytest]\naddopts = -p no:randomly -p no:cacheprovider\n")
        self.write("orders.journey.yaml", journey)
        self.use(url)

    def use(self, url: str, environment: str = "local") -> None:
        """Point an environment at the server at *url*."""
        self.write(
            f"environments/{environment}.yaml",
            f"environment:\n  name: {environment}\n  services: {{default: {{base_url: '{url}'}}}}\n",
        )

    def write(self, name: str, text: str) -> None:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    @contextlib.contextmanager
    def start(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """Start ``pytest --reqflo-durable``; it is killed at the end of the block, if not before."""
        command = [sys.executable, "-m", "pytest", "--reqflo-durable", *arguments]
        process = subprocess.Popen(
            command, cwd=self.path, env=self.environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            yield process
        finally:
            kill(process)

    def pytest(self, *arguments: str) -> tuple[int, str]:
        with self.start(*arguments) as process:
            out, _ = process.communicate(timeout=DEADLINE_S)
            return process.returncode, out

    def reqflo(self, *arguments: str, **variables: str) -> tuple[int, str, str]:
        """Run the command in a process of its own."""
        done = subprocess.run(
            [sys.executable, "-c", _COMMAND, *arguments],
            cwd=self.path, env={**self.environment, **variables}, text=True,
            capture_output=True, timeout=DEADLINE_S, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    def reqflo_json(self, *arguments: str) -> object:
        code, out, err = self.reqflo(*arguments, "--json")
        assert code in (0, 1, 2), err
        return json.loads(out)

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with contextlib.closing(sqlite3.connect(self.database)) as connection:
            return connection.execute(query).fetchall()

    def tamper(self, *statements: str) -> None:
        """Change the file as someone does who owns it: without its triggers."""
        with contextlib.closing(sqlite3.connect(self.database)) as connection, connection:
            names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (name,) in names.fetchall():
                connection.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                connection.execute(statement)

    def only_run(self) -> str:
        ((run_id,),) = self.rows("SELECT run_id FROM reqflo_run")
        return str(run_id)


def kill(process: subprocess.Popen[str]) -> None:
    """Kill *process* as the kernel does when memory is short, and wait until it is gone."""
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
        process.wait(DEADLINE_S)
    if process.stdout is not None and not process.stdout.closed:
        process.stdout.close()
