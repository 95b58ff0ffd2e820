"""The only door to httpx and httpcore: URLs are parsed, and requests travel, here.

One pool of connections per TLS and proxy policy and process; nothing of httpx's client is used, so
there are no cookies, no netrc, no redirects and no decoding behind our back.

A connection that was kept may have been closed by the server just as we write. Such a request is
sent once more on another connection, if no byte of an answer had come and either the server cannot
have had all of it (a write failed) or its method may be repeated. A POST that may have arrived is
never sent twice.
"""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import os
import re
import ssl
import threading
import time
import typing
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpcore
import httpx

from pytest_reqflo.engine.proxies import find_proxy, read_proxy
from pytest_reqflo.engine.sockets import (
    BoundedSocket,
    Operation,
    SendBroken,
    connect,
    performing,
)
from pytest_reqflo.engine.transport import (
    DEFAULT_PORTS,
    Deadline,
    ResponseHead,
    Target,
    TargetProblem,
    TransportFailed,
    TransportRequest,
)
from pytest_reqflo.reading import read_regular
from pytest_reqflo.run.effects import PhaseTimes, SendFailure

REPEATABLE = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"})
"""Methods that may be sent again without harm (RFC 9110, 9.2.2)."""

_MAX_IDLE_CONNECTIONS = 20
_MAX_CA_BYTES = 4 * 1024 * 1024

_IDLE_EXPIRY_S = 4.0
"""Below the 5 s after which common servers close an idle connection."""


def parse_target(url: str) -> Target:
    """Return what *url* means to httpx: that, and nothing else, is checked and sent.

    Raises: TargetProblem for anything but an absolute http or https URL without user name.
    """
    try:
        parsed = httpx.URL(url)
        host = parsed.raw_host.decode("ascii")
        netloc = urlsplit(url).netloc
        has_user = bool(parsed.userinfo) or "@" in netloc
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        raise TargetProblem(f"it is no URL: {error}") from None
    if parsed.scheme not in DEFAULT_PORTS:
        raise TargetProblem("it is no http or https URL")
    if not host:
        raise TargetProblem("it names no host")
    if has_user:
        raise TargetProblem("it holds a user name, which is refused in URLs")
    if not _is_host(host) or not _PORT.fullmatch(netloc):
        raise TargetProblem(
            "its host or port is written in a way that is read differently elsewhere"
        )
    port = DEFAULT_PORTS[parsed.scheme] if parsed.port is None else parsed.port
    if not 0 < port < 65536:
        raise TargetProblem("its port is out of range")
    return Target(
        scheme=parsed.scheme,
        host=host,
        port=port,
        path=parsed.raw_path.decode("ascii"),
        url=str(parsed).partition("#")[0],
    )


_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?")
_PORT = re.compile(r"[^:]*(:[0-9]*)?|\[[^\]]*\](:[0-9]*)?")


def _is_host(host: str) -> bool:
    """Say whether *host* is a name or address about which no resolver, proxy or server can err."""
    if ":" not in host:
        return _HOST.fullmatch(host) is not None
    try:
        # A zone (`fe80::1%eth0`) means something on one machine only.
        return ipaddress.IPv6Address(host).scope_id is None
    except ValueError:
        return False


class HttpTransport:
    """Sends requests over pooled HTTP/1.1 connections."""

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._pools: dict[tuple[str, bool, str | None, str | None], httpcore.ConnectionPool] = {}
        self._inherited: list[object] = []
        self._proxies: dict[str, str | None] = {}
        _quieten_httpcore()

    def open(self, request: TransportRequest, deadline: Deadline) -> HttpStream:
        """Send *request* and return when the headers of its answer are there.

        Raises: TransportFailed.
        """
        pool = self._pool_for(request)
        first = Operation(deadline, time.monotonic())
        try:
            return _open(pool, request, first)
        except TransportFailed as failed:
            if not _may_resend(request, first, failed):
                raise
        return _open(pool, request, Operation(deadline, first.started_s))

    def close(self) -> None:
        """End every idle connection; the transport can be used again."""
        with self._lock:
            pools, self._pools = tuple(self._pools.values()), {}
        if self._pid == os.getpid():
            for pool in pools:
                pool.close()

    def _pool_for(self, request: TransportRequest) -> httpcore.ConnectionPool:
        proxy = self._proxy_for(request.target)
        key = (request.target.scheme, request.verify_tls, request.ca_file, proxy)
        with self._lock:
            if self._pid != os.getpid():
                self._leave_to_parent()
            pool = self._pools.get(key)
            if pool is None:
                pool = self._pools[key] = _make_pool(request, proxy)
        return pool

    def _leave_to_parent(self) -> None:
        # Kept alive: collecting them would close sockets whose other end talks to the parent.
        self._inherited.append(self._pools)
        self._pools = {}
        self._pid = os.getpid()

    def shown_proxy(self, target: Target) -> str:
        """Return the proxy for *target* as it may be shown, empty for none."""
        proxy = self._proxy_for(target)
        try:
            return read_proxy(proxy).url if proxy else ""
        except TransportFailed:
            return "unusable"

    def _proxy_for(self, target: Target) -> str | None:
        """Return the URL of the proxy that the environment variables name, None for none."""
        if target.origin not in self._proxies:
            self._proxies[target.origin] = find_proxy(target)
        return self._proxies[target.origin]


def _quieten_httpcore() -> None:
    """Keep headers out of debug logs, which are captured into reports, unless someone asked."""
    logger = logging.getLogger("httpcore")
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.WARNING)


class HttpStream:
    """An answer on a connection of the pool."""

    def __init__(self, response: httpcore.Response, operation: Operation) -> None:
        self._response = response
        self._operation = operation
        self._pieces: Iterator[bytes] = iter(typing.cast("Iterable[bytes]", response.stream))
        self.head = _head_of(response)

    @property
    def times(self) -> PhaseTimes:
        """Seconds of each phase so far."""
        return self._operation.times()

    def read(self) -> bytes:
        """Return the next piece of the body as it came, b"" at its end. Raises: TransportFailed."""
        with performing(self._operation), _translated(self._operation):
            for piece in self._pieces:
                if piece:
                    return piece
        self._operation.ended_s = time.monotonic()
        return b""

    def close(self) -> None:
        """Give the connection back, or end it when the body was not read to its end."""
        self._response.close()


def _open(
    pool: httpcore.ConnectionPool, request: TransportRequest, operation: Operation
) -> HttpStream:
    wire = _wire_request(request)
    with performing(operation), _translated(operation):
        response = pool.handle_request(wire)
    return HttpStream(response, operation)


def _wire_request(request: TransportRequest) -> httpcore.Request:
    try:
        return _encode(request)
    except UnicodeError:
        message = "the request cannot be sent as HTTP: it holds characters that have no encoding"
        failure = SendFailure(code="RF405", category="protocol", message=message)
        raise TransportFailed(failure) from None


def _encode(request: TransportRequest) -> httpcore.Request:
    target = request.target
    return httpcore.Request(
        method=request.method.encode("ascii"),
        url=httpcore.URL(
            scheme=target.scheme.encode(),
            host=target.host.encode(),
            port=None if target.port == DEFAULT_PORTS[target.scheme] else target.port,
            target=target.path.encode(),
        ),
        headers=[(name.encode(), value.encode("utf-8")) for name, value in request.headers],
        content=request.body,
    )


def _head_of(response: httpcore.Response) -> ResponseHead:
    extensions = response.extensions
    return ResponseHead(
        status=response.status,
        reason=extensions.get("reason_phrase", b"").decode("latin-1"),
        http_version=extensions.get("http_version", b"HTTP/1.1").decode("latin-1"),
        headers=tuple(
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers
        ),
    )


def _may_resend(request: TransportRequest, operation: Operation, failed: TransportFailed) -> bool:
    is_reused = operation.connect_started_s is None
    if not is_reused or operation.first_byte_s is not None or failed.failure.code != "RF404":
        return False
    return operation.is_write_broken or request.method in REPEATABLE


@contextlib.contextmanager
def _translated(operation: Operation) -> Iterator[None]:
    """Turn what httpcore raises into TransportFailed, with the times so far."""
    try:
        yield
    except TransportFailed as failed:
        failed.times = operation.times()
        raise
    except _HTTPCORE_ERRORS as error:
        raise TransportFailed(_failure_of(error, operation), operation.times()) from None


_HTTPCORE_ERRORS = (
    httpcore.ProxyError,
    httpcore.ProtocolError,
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.UnsupportedProtocol,
)


def _failure_of(error: Exception, operation: Operation) -> SendFailure:
    match error:
        case httpcore.ProxyError():
            message = f"the proxy did not open a tunnel: {error}"
            return SendFailure(code="RF401", category="connection", message=message)
        case httpcore.LocalProtocolError():
            message = f"the request cannot be sent as HTTP: {error}"
            return SendFailure(code="RF405", category="protocol", message=message)
        case httpcore.RemoteProtocolError():
            return _bad_answer(str(error), operation)
        case _:
            message = f"the connection broke: {error}"
            return SendFailure(code="RF404", category="protocol", message=message)


def _bad_answer(reason: str, operation: Operation) -> SendFailure:
    if operation.first_byte_s is None:
        message = "the server closed the connection without an answer"
    elif "peer closed connection" in reason or "disconnected" in reason:
        message = f"the server closed the connection in the middle of its answer ({reason})"
    else:
        message = f"the answer is not HTTP/1.1: {reason}"
    return SendFailure(code="RF404", category="protocol", message=message)


# --- pools ----------------------------------------------------------------------------------------


def _make_pool(request: TransportRequest, proxy: str | None) -> httpcore.ConnectionPool:
    is_https = request.target.scheme == "https"
    return httpcore.ConnectionPool(
        ssl_context=_context_for(request.verify_tls, request.ca_file) if is_https else None,
        proxy=_proxy(proxy) if proxy else None,
        max_connections=None,
        max_keepalive_connections=_MAX_IDLE_CONNECTIONS,
        keepalive_expiry=_IDLE_EXPIRY_S,
        network_backend=_Backend(),
    )


PEM_BEGINS = "-----BEGIN CERTIFICATE-----"
"""How the text of a PEM file of authorities begins; an environment from afar has no files."""

_CONTEXTS: dict[tuple[bool, str | None], ssl.SSLContext] = {}
"""Made on the first https request and shared: making one takes as long as fifteen requests."""


def _context_for(verify: bool, ca_file: str | None) -> ssl.SSLContext:
    key = (verify, ca_file)
    if key not in _CONTEXTS:
        _CONTEXTS[key] = _make_context(verify, ca_file)
    return _CONTEXTS[key]


def _make_context(verify: bool, ca_file: str | None) -> ssl.SSLContext:
    if not verify or ca_file is None:
        return httpx.create_ssl_context(verify=verify)
    is_text = ca_file.startswith(PEM_BEGINS)
    try:
        if is_text:
            text = ca_file
        else:
            text = read_regular(Path(ca_file), max_bytes=_MAX_CA_BYTES).decode("ascii", "replace")
        return ssl.create_default_context(cadata=text)
    except (OSError, ValueError) as error:
        where = "of the environment" if is_text else f"in {ca_file}"
        message = f"the authorities {where} cannot be used: {_why(error)}"
        failure = SendFailure(code="RF403", category="tls", message=message)
        raise TransportFailed(failure) from None


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def _proxy(url: str) -> httpcore.Proxy:
    proxy = read_proxy(url)
    has_credentials = bool(proxy.username or proxy.password)
    return httpcore.Proxy(
        proxy.url, auth=(proxy.username, proxy.password) if has_credentials else None
    )


class _Backend(httpcore.NetworkBackend):
    """Connections for httpcore that obey the deadline of the exchange instead of its timeouts."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: object = None,
    ) -> httpcore.NetworkStream:
        return _Stream(connect(host, port))


class _Stream(httpcore.NetworkStream):
    def __init__(self, bounded: BoundedSocket) -> None:
        self._bounded = bounded

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._bounded.read(max_bytes)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        try:
            self._bounded.write(buffer)
        except SendBroken as error:
            # httpcore then looks for an early answer, such as a 413.
            raise httpcore.WriteError(str(error)) from None

    def close(self) -> None:
        self._bounded.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        try:
            return _Stream(self._bounded.start_tls(ssl_context, server_hostname or ""))
        except BaseException:
            self.close()
            raise

    def get_extra_info(self, info: str) -> typing.Any:
        if info == "is_readable":
            return self._bounded.is_readable()
        if info == "ssl_object" and isinstance(self._bounded.sock, ssl.SSLSocket):
            return self._bounded.sock
        return None
