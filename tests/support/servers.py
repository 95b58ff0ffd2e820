"""Small real servers on loopback: a handler writes the bytes, the server keeps what it received.

    def handle(request, connection):
        return json_reply({"path": request.path})

    with ScriptedServer(handle) as server:
        ...
        assert [request.line for request in server.requests] == ["GET /orders"]

Nothing here sleeps: threads wait for bytes, for gates (`threading.Event`) or for the end.
"""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

Headers = Iterable[tuple[str, str]]


@dataclass(frozen=True)
class ReceivedRequest:
    """One request as the server read it; *connection* counts from 1."""

    connection: int
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def line(self) -> str:
        return f"{self.method} {self.target}"

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    def header(self, name: str) -> str | None:
        values = self.header_list(name)
        return ", ".join(values) if values else None

    def header_list(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def json(self) -> Any:
        return json.loads(self.body)


class Connection:
    """What a handler may do beside returning bytes."""

    def __init__(self, sock: socket.socket, number: int, closing: threading.Event) -> None:
        self._socket = sock
        self.number = number
        self.closing = closing
        self.is_open = True

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def drip(self, data: bytes, every_s: float = 0.02) -> None:
        """Send one byte at a time, over and over, until the client or the server goes away."""
        with contextlib.suppress(OSError):
            while not self.closing.is_set():
                for index in range(len(data)):
                    self.send(data[index : index + 1])
                    if self.closing.wait(every_s):
                        return

    def close(self) -> None:
        """End the connection; what was sent still arrives."""
        if self.is_open:
            self.is_open = False
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()

    def reset(self) -> None:
        """Break the connection off (RST)."""
        linger = struct.pack("ii", 1, 0)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.is_open = False
        self._socket.close()


Handler = Callable[[ReceivedRequest, Connection], "bytes | None"]


class ScriptedServer:
    """A server on a free port of 127.0.0.1 that does what its handler says.

    The handler returns the bytes of an answer, or None when it has sent everything itself.
    """

    def __init__(self, handler: Handler, *, tls: ssl.SSLContext | None = None) -> None:
        self._handler = handler
        self._tls = tls
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._connections: list[Connection] = []
        self.closing = threading.Event()
        self.requests: list[ReceivedRequest] = []
        self.events: list[tuple[str, int]] = []
        self.errors: list[BaseException] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def connections(self) -> int:
        """How many connections were opened so far."""
        return sum(kind == "connect" for kind, _ in self.events)

    def wait_for(self, kind: str, *, count: int = 1, timeout_s: float = 60.0) -> None:
        """Return once *count* events of a kind (``connect``, ``request``, ``close``) were seen."""
        with self._changed:
            is_seen = self._changed.wait_for(
                lambda: sum(seen == kind for seen, _ in self.events) >= count, timeout_s
            )
        assert is_seen, f"no {count} events {kind!r} within {timeout_s} s: {self.events}"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *details: object) -> None:
        self.closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in tuple(self._connections):
            connection.close()
        for thread in tuple(self._threads):
            thread.join(10)
        if self.errors:
            raise self.errors[0]

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _note(self, kind: str, number: int, request: ReceivedRequest | None = None) -> None:
        with self._changed:
            if request is not None:
                self.requests.append(request)
            self.events.append((kind, number))
            self._changed.notify_all()

    def _accept(self) -> None:
        number = 0
        while not self.closing.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            number += 1
            self._note("connect", number)
            self._start(self._serve, sock, number)

    def _serve(self, sock: socket.socket, number: int) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = Connection(sock, number, self.closing)
        self._connections.append(connection)
        try:
            if self._tls:
                connection._socket = self._tls.wrap_socket(sock, server_side=True)
            self._converse(connection)
        except OSError:
            pass
        except BaseException as error:
            self.errors.append(error)
        finally:
            connection.close()
            self._note("close", number)

    def _converse(self, connection: Connection) -> None:
        with connection._socket.makefile("rb") as stream:
            while connection.is_open and not self.closing.is_set():
                request = read_request(stream, connection.number)
                if request is None:
                    return
                self._note("request", connection.number, request)
                answer = self._handler(request, connection)
                if answer is not None:
                    connection.send(answer)


def read_request(stream: Any, connection: int = 1) -> ReceivedRequest | None:
    """Return the next request of a buffered stream, None at its end or when it is none."""
    parts = stream.readline().decode("latin-1").split(" ")
    if len(parts) != 3 or not parts[0].isalpha():
        return None
    method, target, _ = parts
    headers = []
    while (line := stream.readline()).strip():
        name, _, value = line.decode("utf-8", "replace").partition(":")
        headers.append((name, value.strip()))
    fields = {name.lower(): value for name, value in headers}
    body = _read_body(stream, fields)
    return ReceivedRequest(connection, method, target, tuple(headers), body)


def _read_body(stream: Any, fields: Mapping[str, str]) -> bytes:
    if fields.get("transfer-encoding") != "chunked":
        return stream.read(int(fields.get("content-length", "0")))
    body = b""
    while size := int(stream.readline(), 16):
        body += stream.read(size)
        stream.readline()
    stream.readline()
    return body


def reply(status: int = 200, body: bytes = b"", headers: Headers = (), reason: str = "OK") -> bytes:
    """Return the bytes of an answer with a right Content-Length."""
    return head(status, [*headers, ("Content-Length", str(len(body)))], reason) + body


def head(status: int = 200, headers: Headers = (), reason: str = "OK") -> bytes:
    """Return the status line and headers of an answer, and nothing added."""
    lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def json_reply(value: Any, status: int = 200, headers: Headers = ()) -> bytes:
    body = json.dumps(value).encode()
    return reply(status, body, [("Content-Type", "application/json"), *headers])


def redirect_to(location: str, status: int = 302, headers: Headers = ()) -> bytes:
    return reply(status, b"", [("Location", location), *headers], "Found")


def chunked(pieces: Iterable[bytes], headers: Headers = ()) -> bytes:
    """Return a complete answer in chunks."""
    data = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return head(200, [*headers, ("Transfer-Encoding", "chunked")]) + data + b"0\r\n\r\n"


def routes(answers: Mapping[str, bytes | Handler]) -> Handler:
    """Return a handler that looks up ``GET /path``; an unknown line is answered 404."""

    def handle(request: ReceivedRequest, connection: Connection) -> bytes | None:
        answer = answers.get(f"{request.method} {request.path}")
        if answer is None:
            return reply(404, b"no such route", reason="Not Found")
        return answer if isinstance(answer, bytes) else answer(request, connection)

    return handle


def keep_port() -> socket.socket:
    """Return a socket that keeps a port of 127.0.0.1 until it is closed: nobody is given it by chance.

    A server that reuses addresses, as most do, can listen there all the same, and again later.
    """
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", 0))
    return sock


@contextlib.contextmanager
def closed_port() -> Any:
    """Yield a port of 127.0.0.1 where nothing listens, and nothing will meanwhile."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock.getsockname()[1]
