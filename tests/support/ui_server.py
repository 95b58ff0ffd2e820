"""`reqflo ui` in a process of its own, and requests to it as a browser or a stranger sends them.

with UiServer(folder) as server:
    status, headers, body = server.get("/api/runs")
"""

from __future__ import annotations

import functools
import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from pytest_reqflo.artifact.model import Artifact
from pytest_reqflo.engine.durable.records import Records, RunOrder, StoredResult
from pytest_reqflo.result import JourneyResult

_COMMAND = "from pytest_reqflo.cli.main import main; raise SystemExit(main())"
_DEADLINE_S = 60


class UiServer:
    """The command, with *arguments*, in the project *folder*; its cookie is at hand."""

    def __init__(self, folder: Path, *arguments: str, **variables: str) -> None:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("REQFLO_")}
        self._command = [sys.executable, "-c", _COMMAND, "ui", *arguments]
        self._folder = folder
        self._environment = {**environment, "XDG_CONFIG_HOME": str(folder / "config"), **variables}

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            self._command, cwd=self._folder, env=self._environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.address = self.process.stdout.readline().strip()
        assert self.address, self.process.communicate(timeout=_DEADLINE_S)
        self.port = urlsplit(self.address).port or 0
        self.origin = f"http://127.0.0.1:{self.port}"
        self.target = self.address.removeprefix(self.origin)
        return self

    def __exit__(self, *error: object) -> None:
        if self.process.poll() is None:
            self.interrupt()

    def interrupt(self) -> tuple[int, str]:
        """Press Ctrl-C; return the exit code and what was printed besides the address."""
        self.process.send_signal(signal.SIGINT)
        out, err = self.process.communicate(timeout=_DEADLINE_S)
        return self.process.returncode, out + err

    def ask(
        self, target: str, headers: Mapping[str, str] | None = None, method: str = "GET"
    ) -> tuple[int, dict[str, str], bytes]:
        """Send one request as it stands; return status, headers in lower case, body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_DEADLINE_S)
        try:
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            for name, value in {"Host": f"127.0.0.1:{self.port}", **(headers or {})}.items():
                if value:
                    connection.putheader(name, value)
            connection.endheaders()
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    @functools.cached_property
    def cookie(self) -> str:
        """Return the cookie that the token is exchanged for."""
        status, headers, _ = self.ask(self.target)
        assert (status, headers.get("location")) == (303, "/")
        return headers["set-cookie"].partition(";")[0]

    def get(self, target: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Ask as the page does."""
        return self.ask(target, {"Cookie": self.cookie, **headers})

    def json(self, target: str) -> Any:
        """Return the data at *target*."""
        status, _, body = self.get(target)
        assert status == 200, body
        return json.loads(body)


def record(records: Records, order: RunOrder, result: JourneyResult, artifact: Artifact) -> None:
    """Write a run that is over, as whoever carried it out does."""
    stored = StoredResult(
        run_id=order.run_id, attempt=1, outcome=result.outcome,
        document=json.dumps(result.to_json()), head="", mac="", worker_id="w",
        ended_at=result.finished_at,
    )  # fmt: skip
    with records.database.begin() as connection:
        records.put_artifact(connection, artifact, {})
        records.put_batch(connection, order.batch_id, order.trigger, "somebody")
        records.register(connection, order)
        records.keep_result(connection, stored, ())
