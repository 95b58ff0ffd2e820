"""What goes wrong on the wire, told alike whichever transport sends. Pure."""

from __future__ import annotations

import os
import ssl

from pytest_reqflo.engine.operation import Operation
from pytest_reqflo.engine.tls import tls_failure, tls_reason
from pytest_reqflo.engine.transport import TransportFailed
from pytest_reqflo.run.effects import SendFailure


def unresolved(host: str) -> SendFailure:
    """Return the failure of a request to a name that nobody knows."""
    return SendFailure(
        code="RF401",
        category="connection",
        message=f"the host name `{host}` cannot be resolved",
        hint="check the base URL of the service in the environment",
    )


def unreachable(host: str, port: int, reason: str) -> SendFailure:
    """Return the failure of a request to a place that takes no connection."""
    shown = f"[{host}]" if ":" in host else host
    return SendFailure(
        code="RF401",
        category="connection",
        message=f"nothing can be reached at {shown}:{port}: {reason}",
        hint="is the server running, and is the base URL of the service right?",
    )


def connect_reason(problem: OSError | None) -> str:
    """Return why no address took a connection, None when there was no address."""
    if problem is None:
        return "no address"
    return _reason_of(problem, "timed out")


def _reason_of(error: Exception, otherwise: str) -> str:
    # By its number: loops write texts of their own.
    number = getattr(error, "errno", None)
    return ((os.strerror(number) if number else str(error)) or otherwise).lower()


def no_tunnel(reason: str) -> SendFailure:
    """Return the failure of a request whose proxy refuses to pass it on."""
    message = f"the proxy did not open a tunnel: {reason}"
    return SendFailure(code="RF401", category="connection", message=message)


def not_sendable(reason: str) -> SendFailure:
    """Return the failure of a request that HTTP has no form for."""
    message = f"the request cannot be sent as HTTP: {reason}"
    return SendFailure(code="RF405", category="protocol", message=message)


NO_ENCODING = "it holds characters that have no encoding"


def broken(error: Exception, operation: Operation, doing: str) -> TransportFailed:
    """Return the failure of a request whose connection raised *error* while *doing* something."""
    if isinstance(error, TimeoutError) and error.errno is None:
        return operation.too_late(doing)
    if isinstance(error, ssl.SSLError):
        return TransportFailed(tls_failure("the server", tls_reason(error)))
    reason = _reason_of(error, "broken off")
    return TransportFailed(broken_off(f"the connection broke while {doing}: {reason}"))


def bad_answer(reason: str, *, is_begun: bool) -> SendFailure:
    """Return the failure of a request whose answer, if it *is_begun*, is not one."""
    if not is_begun:
        return broken_off("the server closed the connection without an answer")
    if "peer closed connection" in reason or "disconnected" in reason:
        return broken_off(
            f"the server closed the connection in the middle of its answer ({reason})"
        )
    return broken_off(f"the answer is not HTTP/1.1: {reason}")


def broken_off(message: str) -> SendFailure:
    """Return the failure of a request that has no answer, or half of one."""
    return SendFailure(code="RF404", category="protocol", message=message)
