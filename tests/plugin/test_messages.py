"""Each code has a folder with the mistake and the message that it gives.

`--update-golden` rewrites the messages; read their difference as a user would.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pytest_reqflo.errors import CODES

GOLDEN = Path(__file__).parents[1] / "golden" / "messages"
SHOWN_ELSEWHERE = {
    "RF507": "tests/plugin/test_interruption.py, which sends the signal",
    "RF620": "tests/durability/test_cloud_keeping.py, which has a worker",
    "RF625": "tests/durability/test_schedules.py, which has a Postgres",
    "RF626": "tests/durability/test_worker_start.py, which has a Postgres",
    "RF629": "tests/durability/test_cloud_rerun.py, which has a worker",
    **dict.fromkeys(("RF622", "RF623"), "tests/durability/test_cloud_client.py, which has one too"),
    **dict.fromkeys(
        ("RF510", "RF610", "RF612", "RF613", "RF616", "RF617", "RF628"),
        "tests/durability/history, which kills processes and alters records",
    ),
}


@pytest.fixture(scope="module")
def tickets():
    """A ticket service with one route per misfortune."""
    gate = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self):
            match self.path:
                case "/never":
                    gate.wait(30)
                case "/hangs-up":
                    self.close_connection = True
                case "/circle":
                    self.answer(302, b"", location="/circle")
                case "/huge":
                    self.answer(200, b"x" * (11 * 1024 * 1024))
                case "/nowhere":
                    self.answer(404, b'{"error": "no such page"}')
                case _:
                    self.answer(
                        200, b'{"ticket": {"id": 1, "state": "open", "subject": "printer on fire"}}'
                    )

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.answer(201, b'{"ticket": {"id": 1}}')

        do_DELETE = do_POST

        def answer(self, status, body, location=None):
            self.send_response_only(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            if location:
                self.send_header("location", location)
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(body)

        def log_message(self, *_):
            pass

        def log_error(self, *_):
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_):
            """Say nothing when the client hangs up on an answer that is too large."""

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"127.0.0.1:{server.server_address[1]}"
    gate.set()
    server.shutdown()
    server.server_close()
    thread.join()


def run_line(pytester, monkeypatch, line):
    """Run a line as a shell would: variables before the command, `< FILE` after it."""
    command, _, given = line.partition(" < ")
    words = shlex.split(command)
    while "=" in words[0]:
        monkeypatch.setenv(*words.pop(0).split("=", 1))
    if given:
        content = (pytester.path / given.strip()).read_bytes()
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
    return run_command(pytester, *words)


def run_command(pytester, program, *arguments):
    if program == "pytest":
        result = pytester.runpytest("-p", "no:cacheprovider", "-W", "default", *arguments)
        return result.stdout.str() + "\n" + result.stderr.str()
    from pytest_reqflo.cli.main import main

    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        main(arguments)
    return out.getvalue()


def message_in(output, code):
    """Return the lines from the first that names *code* to the end of its section."""
    lines = output.splitlines()
    first = next((i for i, line in enumerate(lines) if code in line), None)
    assert first is not None, output
    # The page of a failure begins with its sentence; the code stands in the line below.
    if first and lines[first - 1] and not re.match(r"(={4,}|_{4,}|  )", lines[first - 1]):
        first -= 1
    rest = lines[first:]
    end = next(
        (
            i
            for i, line in enumerate(rest)
            if re.match(r"(={4,}|_{4,}|-- Docs|(FAILED|ERROR) )", line)
        ),
        len(rest),
    )
    return "\n".join(line.rstrip() for line in rest[:end]).rstrip() + "\n"


def made_stable(text, server):
    text = text.replace(server, "server")
    text = re.sub(r"\brun[_-][0-9a-zA-Z-]{8,}", "run_0123456789ab", text)
    text = re.sub(r"\b\d+(\.\d+)? ms\b", "12 ms", text)
    return re.sub(r"\b\d+\.\d+ s\b", "0.12 s", text)


@pytest.mark.parametrize("code", [code for code in CODES if code not in SHOWN_ELSEWHERE])
def test_message(code, pytester, tickets, request, monkeypatch):
    if re.match("RF6[1-9]", code):
        pytest.importorskip("dbos")  # the lowest versions go without the engine
    monkeypatch.delenv("TICKETS_TOKEN", raising=False)
    # The line that names the record of the run is the same in all of them.
    monkeypatch.setenv("REQFLO_EVIDENCE", "none")
    shutil.copytree(GOLDEN / code, pytester.path, dirs_exist_ok=True)
    for path in pytester.path.rglob("*.yaml"):
        path.write_bytes(path.read_bytes().replace(b"//server", f"//{tickets}".encode()))
    command = pytester.path / "command.txt"
    lines = command.read_text().splitlines() if command.exists() else ["pytest"]
    output = "\n".join(run_line(pytester, monkeypatch, line) for line in lines)
    output = output.replace(str(pytester.path), "/project")
    actual = made_stable(message_in(output, code), tickets)
    expected = GOLDEN / code / "expected.txt"
    if request.config.getoption("update_golden"):
        expected.write_text(actual, encoding="utf-8")
    assert actual == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*/expected.txt")), ids=lambda p: p.parent.name)
def test_messages_hold_no_traceback(path):
    text = path.read_text(encoding="utf-8")
    assert "Traceback" not in text
    assert ".py:" not in text
