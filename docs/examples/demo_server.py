"""A tiny order service for the examples of the documentation; standard library only."""

from __future__ import annotations

import itertools
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, Any]


class Shop:
    """The state of the service: orders and exports."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.numbers = itertools.count(1)
        self.orders: dict[str, dict[str, Any]] = {}
        self.polls: dict[str, int] = {}

    def answer(self, method: str, path: str, body: Any, headers: Any) -> Answer:
        """Return status and JSON for one request."""
        with self.lock:
            match method, *path.strip("/").split("/"):
                case "POST", "login":
                    return self.log_in(body)
                case "GET", "me":
                    known = headers.get("Authorization") == "Bearer tok-ada-4711-0815"
                    return (200, {"name": "ada"}) if known else (401, {"error": "no valid token"})
                case "POST", "orders":
                    return self.create_order(body)
                case "GET", "orders", number:
                    return self.find_order(number)
                case "DELETE", "orders", number:
                    return (204, None) if self.orders.pop(number, None) else (404, None)
                case "POST", "exports":
                    self.polls[number := f"exp-{next(self.numbers)}"] = 0
                    return 202, {"id": number, "state": "queued"}
                case "GET", "exports", number:
                    return self.poll_export(number)
        return 404, {"error": f"no route {method} {path}"}

    def log_in(self, body: Any) -> Answer:
        if body == {"user": "ada", "password": "correct horse battery"}:
            return 200, {"token": "tok-ada-4711-0815"}
        return 401, {"error": "wrong user or password"}

    def create_order(self, body: Any) -> Answer:
        if not isinstance(body, dict) or body.get("customer") in (None, "nobody"):
            return 422, {"error": "unknown customer", "field": "customer"}
        number = f"ord-{next(self.numbers)}"
        quantity = body.get("quantity", 1)
        self.orders[number] = {
            "id": number,
            "customer": body["customer"],
            "quantity": quantity,
            "total": quantity * 12.5,
            "state": "open",
        }
        return 201, {"order": self.orders[number]}

    def find_order(self, number: str) -> Answer:
        order = self.orders.get(number)
        return (200, {"order": order}) if order else (404, {"error": f"no order {number}"})

    def poll_export(self, number: str) -> Answer:
        if number not in self.polls:
            return 404, {"error": f"no export {number}"}
        self.polls[number] += 1
        state = "done" if self.polls[number] > 2 else "running"
        return 200, {"id": number, "state": state, "rows": 200 if state == "done" else None}


@contextmanager
def running_shop() -> Iterator[str]:
    """Serve a fresh `Shop` on a free loopback port; the value is its base URL."""
    shop = Shop()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def respond(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            text = self.rfile.read(length)
            body = json.loads(text) if text else None
            path = re.sub(r"[?#].*", "", self.path)
            status, answer = shop.answer(self.command, path, body, self.headers)
            content = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = respond

        def log_message(self, *_: object) -> None:
            """Keep the terminal for pytest."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
    )
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
