"""A shop that needs time: a report is ready when the file `release` exists."""

from __future__ import annotations

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Shop(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        self._answer(201, {"id": "ord-1"})

    def do_GET(self) -> None:
        never = threading.Event()
        while self.path.endswith("/report") and not Path("release").exists():
            never.wait(0.1)
        self._answer(200, {"pages": 3})

    def _answer(self, status: int, document: object) -> None:
        content = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        """Stay silent about answers: requests are told when they arrive."""

    def parse_request(self) -> bool:
        is_usable = super().parse_request()
        print(self.command, self.path, flush=True)
        return is_usable


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *args: object) -> None:
        """Stay silent about clients that are gone."""


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
    server = Server(("127.0.0.1", port), Shop)
    print(f"listening on http://127.0.0.1:{port}", flush=True)
    server.serve_forever()
