"""What pyreqwest is asked for, and what its answers and errors mean. No I/O.

Whatever it would send otherwise than it was asked to, or cannot tell, is refused here.
"""

from __future__ import annotations

import os
import re
from datetime import timedelta
from typing import Any

from pyreqwest import exceptions as raised
from pyreqwest.client import Client, ClientBuilder
from pyreqwest.http import Url
from pyreqwest.proxy import ProxyBuilder

from pytest_reqflo.engine.dialogue import Headers
from pytest_reqflo.engine.failures import (
    NO_ENCODING,
    bad_answer,
    broken_off,
    no_tunnel,
    not_sendable,
    unreachable,
    unresolved,
)
from pytest_reqflo.engine.lanes import IDLE_EXPIRY_S, MAX_IDLE_CONNECTIONS
from pytest_reqflo.engine.proxies import read_proxy
from pytest_reqflo.engine.routes import Route
from pytest_reqflo.engine.tls import tls_failure
from pytest_reqflo.engine.transport import Deadline, ResponseHead, TransportFailed, TransportRequest
from pytest_reqflo.run.effects import SendFailure

OTHER_TRANSPORT = "the default transport can: run with `--reqflo-transport default`"

# --- clients --------------------------------------------------------------------------------------


def make_client(route: Route) -> Client:
    """Return a client for requests of *route* that does nothing behind our back.

    Raises: TransportFailed for what pyreqwest cannot do.
    """
    builder = (
        ClientBuilder()
        .http1_only()
        .follow_redirects(False)
        .referer(False)
        .default_cookie_store(False)
        .gzip(False)
        .brotli(False)
        .zstd(False)
        .deflate(False)
        .no_proxy()
        .pool_idle_timeout(timedelta(seconds=IDLE_EXPIRY_S))
        .pool_max_idle_per_host(MAX_IDLE_CONNECTIONS)
        .danger_accept_invalid_certs(not route.verify_tls)
    )
    if route.proxy is not None:
        builder = builder.proxy(_proxy(route.proxy))
    return builder.build()


_PID = os.getpid()


def is_forked() -> bool:
    """Say whether this process is a copy of the one whose threads carry the requests."""
    return os.getpid() != _PID


def check_route(route: Route) -> None:
    """Raise TransportFailed for a policy that pyreqwest would not keep to the letter."""
    if route.scheme == "https" and route.verify_tls and route.ca_file is not None:
        reason = "the fast transport cannot trust the authorities of `ca_file` and no others"
        raise TransportFailed(_unable("RF403", "tls", reason))


def _proxy(url: str) -> ProxyBuilder:
    proxy = read_proxy(url)
    if proxy.url.startswith("https:"):
        raise TransportFailed(
            _unable("RF401", "connection", "the fast transport uses no proxy by https")
        )
    built = ProxyBuilder.all(proxy.url)
    if proxy.username or proxy.password:
        built = built.basic_auth(proxy.username, proxy.password)
    return built


def _unable(code: str, category: Any, message: str) -> SendFailure:
    return SendFailure(code=code, category=category, message=message, hint=OTHER_TRANSPORT)


# --- requests -------------------------------------------------------------------------------------


def build_request(client: Client, request: TransportRequest, deadline: Deadline) -> Any:
    """Return what pyreqwest sends for *request*. Raises: TransportFailed RF402, RF405."""
    if is_forked():
        reason = "the fast transport sends nothing from a process that was forked"
        raise TransportFailed(_unable("RF401", "connection", reason))
    if request.method == "CONNECT":
        reason = "the fast transport does not send CONNECT"
        raise TransportFailed(_unable("RF405", "protocol", reason))
    left_s = deadline.remaining_s()
    if left_s <= 0:
        raise TransportFailed(deadline.failure(OPENING))
    try:
        built = (
            client.request(request.method, _url(request))
            .timeout(timedelta(seconds=left_s))
            .headers(_headers(request))
            # The head of an answer is told when it is there, whatever becomes of the body.
            .streamed_read_buffer_limit(0)
        )
        if request.body is not None:
            built = built.body_bytes(request.body)
        return built.build_streamed()
    except (ValueError, raised.PyreqwestError):
        # What they say may quote the value of a header.
        raise TransportFailed(not_sendable(_refusal(request))) from None


OPENING = "connecting, sending or waiting for the answer"

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def _refusal(request: TransportRequest) -> str:
    try:
        request.method.encode("ascii")
        for name, value in request.headers:
            (name + value).encode()
    except UnicodeError:
        return NO_ENCODING
    if not _TOKEN.fullmatch(request.method):
        return "its method is no word that HTTP allows"
    return "a header of it has a name or value that HTTP does not allow"


def _url(request: TransportRequest) -> Url:
    text = request.target.origin + request.target.path
    url = Url(text)
    if str(url) != text and str(url) != _quotes_escaped(text):
        reason = "the fast transport would change the URL, such as `..` or `%2e` in its path"
        raise TransportFailed(_unable("RF405", "protocol", reason))
    return url


def _quotes_escaped(text: str) -> str:
    """Return the one change that is let pass: an apostrophe in a query means the same either way."""
    path, mark, query = text.partition("?")
    return path + mark + query.replace("'", "%27")


def _headers(request: TransportRequest) -> Headers:
    """Return the headers, the length of the body once and last."""
    headers = request.headers
    names = [name.lower() for name, _ in headers]
    if "transfer-encoding" in names:
        reason = "the fast transport sends bodies with their length, never with `Transfer-Encoding`"
        raise TransportFailed(_unable("RF405", "protocol", reason))
    if "content-length" not in names:
        return headers
    length = ("Content-Length", str(len(request.body or b"")))
    if names.count("content-length") == 1 and headers[-1] == length:
        return headers
    pairs = tuple(zip(names, headers, strict=True))
    if {value for name, (_, value) in pairs if name == "content-length"} != {length[1]}:
        raise TransportFailed(not_sendable("`Content-Length` is not the length of its body"))
    return (*(header for name, header in pairs if name != "content-length"), length)


# --- answers --------------------------------------------------------------------------------------


def head_of(response: Any) -> ResponseHead:
    """Return the head of an answer as pyreqwest tells it: no reason, names in lower case.

    Raises: TransportFailed RF404 for a header that it does not tell.
    """
    try:
        headers = tuple(response.headers.items())
    except ValueError:
        failure = broken_off("a header of the answer holds bytes that are no ASCII text")
        raise TransportFailed(_with_hint(failure)) from None
    return ResponseHead(
        status=response.status, reason="", http_version=response.version, headers=headers
    )


def _with_hint(failure: SendFailure) -> SendFailure:
    return _unable(failure.code, failure.category, failure.message)


def may_be_kept(head: ResponseHead) -> bool:
    """Say whether the connection of an answer that was read is kept for the next request."""
    if head.http_version != "HTTP/1.1" or head.status == 101:
        return False
    return not [1 for name, value in head.headers if name == "connection" and "close" in value]


# --- errors ---------------------------------------------------------------------------------------

ERRORS = (raised.PyreqwestError,)


def failure_of(error: Exception, request: TransportRequest, deadline: Deadline) -> SendFailure:
    """Return what an error before the head of the answer means."""
    causes = _causes(error)
    if isinstance(error, raised.RequestTimeoutError):
        return deadline.failure(OPENING)
    if any("(Connect)" in cause for cause in causes):
        return _connect_failure(causes, request)
    last = causes[-1]
    if "closed before message completed" in last:
        return broken_off(UNANSWERED)
    if isinstance(error, raised.DecodeError):
        return bad_answer(last, is_begun=True)
    return broken_off(f"the connection broke while waiting for the answer: {_plain(last)}")


UNANSWERED = "the server closed the connection without an answer, or in the first lines of one"


def body_failure_of(error: Exception, deadline: Deadline) -> SendFailure:
    """Return what an error in the body of an answer means."""
    doing = "reading the answer"
    if isinstance(error, raised.RequestTimeoutError):
        return deadline.failure(doing)
    last = _causes(error)[-1]
    if "end of file" in last or "EOF" in last:
        return broken_off(f"the server closed the connection in the middle of its answer ({last})")
    if "os error" in last:
        return broken_off(f"the connection broke while {doing}: {_plain(last)}")
    return bad_answer(last, is_begun=True)


def _connect_failure(causes: list[str], request: TransportRequest) -> SendFailure:
    target, last = request.target, causes[-1]
    if "dns error" in causes:
        return unresolved(target.host)
    if any("tunnel" in cause for cause in causes):
        return no_tunnel(last.removeprefix("tunnel error: "))
    if "tcp connect error" in causes:
        return unreachable(target.host, target.port, _plain(last))
    return tls_failure(
        target.host, last.replace(_BAD_CERTIFICATE, "the certificate was not accepted, ")
    )


_BAD_CERTIFICATE = "invalid peer certificate: "


def _causes(error: Exception) -> list[str]:
    details = getattr(error, "details", None) or {}
    return [cause["message"] for cause in details.get("causes") or ()] or [type(error).__name__]


def _plain(reason: str) -> str:
    return reason.partition(" (os error")[0].lower()
