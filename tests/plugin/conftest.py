"""A project folder, a loopback server that remembers, and runs of pytest inside."""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import os
import subprocess
import sys
import textwrap
import threading
import warnings
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from meeting import MeetingServer

# Modules first imported inside an in-process run are dropped after it; a class would exist twice.
import pytest_reqflo.artifact.store
import pytest_reqflo.compile.compiling
import pytest_reqflo.compile.kept_file
import pytest_reqflo.compile.project
import pytest_reqflo.engine.http
import pytest_reqflo.engine.local
import pytest_reqflo.host.ahead
import pytest_reqflo.host.ahead_hooks
import pytest_reqflo.host.air
import pytest_reqflo.host.collect
import pytest_reqflo.host.durable
import pytest_reqflo.host.header
import pytest_reqflo.host.hooks
import pytest_reqflo.host.rows_ahead
import pytest_reqflo.host.run
import pytest_reqflo.host.runner
import pytest_reqflo.host.xdist
import pytest_reqflo.plan.batches
import pytest_reqflo.plan.items
import pytest_reqflo.plan.planner
import pytest_reqflo.plugin

ROOT = Path(pytest_reqflo.plugin.__file__).parents[1]


class Server:
    """`/status/404` answers 404, `/gate` waits for `gate`; `log` holds what arrived."""

    def __init__(self) -> None:
        self.log: list[tuple[str, str, object]] = []
        self.flaky: dict[str, int] = {}
        self.arrived = threading.Event()
        self.gate = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *args: object) -> None: ...

            def _answer(self) -> None:
                size = int(self.headers.get("content-length") or 0)
                raw = self.rfile.read(size)
                body = json.loads(raw) if raw else None
                server.log.append((self.command, self.path, body))
                status, content = server.answer(self.path, body)
                with contextlib.suppress(OSError):  # the client may be gone
                    self._send(status, content)

            def _send(self, status: int, content: bytes) -> None:
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_DELETE = do_PUT = _answer

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        # Each test waits for the end of its server.
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def answer(self, path: str, body: object) -> tuple[int, bytes]:
        name, _, rest = path.partition("?")[0].strip("/").partition("/")
        if name == "status":
            return int(rest), json.dumps({"status": int(rest)}).encode()
        if name == "flaky":
            self.flaky[rest] = self.flaky.get(rest, 0) + 1
            return (200 if self.flaky[rest] > 1 else 500), b'{"flaky": true}'
        if name == "gate":
            self.arrived.set()
            self.gate.wait(60)
        if name == "raw":
            return (
                200,
                rb'{"text": "\ud800 \u001b[31m", "big": 1e300, "number": 9999999999999999999999}',
            )
        return 200, json.dumps({"path": path, "body": body}).encode()

    def close(self) -> None:
        self.gate.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


class Project:
    """Files in, `run` in process or in a subprocess, results out."""

    def __init__(self, pytester: pytest.Pytester, server: Server | MeetingServer) -> None:
        self.pytester = pytester
        self.path = pytester.path
        self.server = server
        self.write(
            "environments/local.yaml",
            f"""
            environment:
              name: local
              services:
                default: {{base_url: "{server.url}"}}
        """,
        )
        self.write("pytest.ini", "[pytest]\naddopts = -p no:randomly -p no:cacheprovider\n")

    def write(self, name: str, text: str) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
        return path

    def ini(self, *lines: str) -> None:
        text = "[pytest]\naddopts = -p no:randomly\n" + "\n".join(lines) + "\n"
        self.write("pytest.ini", text)

    def journey(self, name: str, *steps: str, head: str = "") -> Path:
        """Write a journey of GET steps such as ``/status/200`` that each expect 200."""
        text = f"journey:\n  name: {Path(name).name.partition('.')[0]}\n"
        text += textwrap.indent(textwrap.dedent(head).strip("\n"), "  ") + "\n" if head else ""
        text += "  steps:\n"
        for number, path in enumerate(steps, 1):
            request = (
                f'request: {{method: GET, url: "{path}"}}'
                if "{{" in path
                else f"template: GET {path}"
            )
            text += (
                f"    - id: s{number}\n      {request}\n"
                "      assertions:\n        - {type: status_code, expected: 200}\n"
            )
        return self.write(name, text)

    def rows(self, name: str, count: int, *steps: str, head: str = "") -> Path:
        """Write a journey with *count* rows, each with its number `n`."""
        rows = ", ".join(f"{{n: {number}}}" for number in range(1, count + 1))
        given = f"inputs: [{{name: n}}]\ndata: {{rows: [{rows}]}}\n"
        return self.journey(name, *steps, head=given + textwrap.dedent(head).strip("\n"))

    def run(self, *args: str) -> pytest.RunResult:
        # The filters of the outer run, where warnings are errors, would reach the inner one.
        with warnings.catch_warnings():
            warnings.resetwarnings()
            return self.pytester.runpytest_inprocess(*args)

    def run_apart(self, *args: str) -> pytest.RunResult:
        return self.pytester.runpytest_subprocess(*args, timeout=120)

    def start(self, *args: str) -> subprocess.Popen[str]:
        """Start pytest in a process of its own, which can be sent signals."""
        return subprocess.Popen(
            [sys.executable, "-m", "pytest", *args],
            cwd=self.path,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


@pytest.fixture
def installed(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make inner runs find the entry point, also from a checkout that is not installed."""
    paths = [str(ROOT)]
    names = {point.name for point in importlib.metadata.entry_points(group="pytest11")}
    if "reqflo" not in names:
        folder = tmp_path_factory.mktemp("site")
        info = folder / "pytest_reqflo-0.1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            "Metadata-Version: 2.1\nName: pytest-reqflo\nVersion: 0.1.0\n"
        )
        (info / "entry_points.txt").write_text("[pytest11]\nreqflo = pytest_reqflo.plugin\n")
        paths.append(str(folder))
    for path in reversed(paths):
        monkeypatch.syspath_prepend(path)
    kept = os.environ.get("PYTHONPATH")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([*paths, kept] if kept else paths))


@pytest.fixture
def few_plugins(
    request: pytest.FixtureRequest, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Spare inner runs, and each of their workers, the plugins that they do not look at."""
    if request.node.get_closest_marker("every_plugin") is None:
        monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        # `pytester` drops what was there before.
        monkeypatch.setenv("PYTEST_ADDOPTS", "-p xdist -p reqflo")


@pytest.fixture
def project(
    pytester: pytest.Pytester, server: Server, installed: None, few_plugins: None
) -> Project:
    return Project(pytester, server)


@pytest.fixture
def meeting(
    pytester: pytest.Pytester,
    installed: None,
    few_plugins: None,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Project]:
    """A project whose server shows what was under way together."""
    # Processes of their own would compile every module anew.
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    with MeetingServer() as server:
        yield Project(pytester, server)
