"""The contract between exchanges and whatever carries them: one request out, one answer in.

A transport follows no redirects, keeps no cookies, decodes no bodies and adds no headers. Those
belong to `engine.exchange` and `engine.body`, so that every transport behaves alike.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine
from dataclasses import field
from typing import Any, Protocol, TypeAlias, TypeVar, Union

from pytest_reqflo.frozen import dataclass
from pytest_reqflo.run.effects import PhaseTimes, SendFailure

DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A URL as it goes to the wire.

    Shape: *host* is lower-case ASCII (an IPv6 address without brackets); *path* holds the query, is
        percent-encoded and has no fragment; *url* is all of it as text. *origin* is scheme, host and
        port; a default port is left out.
    """

    scheme: str
    host: str
    port: int
    path: str
    url: str = field(repr=False)
    origin: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Kept: it is asked for at every turn of an exchange.
        object.__setattr__(self, "origin", _origin_of(self.scheme, self.host, self.port))

    @property
    def authority(self) -> str:
        """Host and port as the `Host` header has them."""
        return self.origin.partition("://")[2]

    @property
    def shown_host(self) -> str:
        """The host, an IPv6 address in brackets."""
        return _shown(self.host)


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


@functools.lru_cache(maxsize=256)
def _origin_of(scheme: str, host: str, port: int) -> str:
    # Nearly always of the same few servers.
    shown_port = "" if port == DEFAULT_PORTS.get(scheme) else f":{port}"
    return f"{scheme}://{_shown(host)}{shown_port}"


class TargetProblem(ValueError):
    """A text that is no URL we send to; the message says why, and is not redacted."""


ParseTarget = Callable[[str], Target]
"""Text to target. Raises: TargetProblem."""

FindProxy = Callable[[Target], str]
"""Target to the proxy before it as it may be shown, empty for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportRequest:
    """A request as a transport gets it: headers complete and in order, TLS policy beside it."""

    method: str
    target: Target
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes | None = field(default=None, repr=False)
    verify_tls: bool = True
    ca_file: str | None = None


@dataclass(frozen=True, slots=True)
class Deadline:
    """The one moment at which everything of an exchange must be over."""

    started_s: float
    timeout_s: float
    read_clock_s: Callable[[], float]

    def elapsed_s(self) -> float:
        """Return the seconds since the exchange began."""
        return self.read_clock_s() - self.started_s

    def remaining_s(self) -> float:
        """Return the seconds that are left, negative when it is too late."""
        return self.started_s + self.timeout_s - self.read_clock_s()

    def failure(self, doing: str) -> SendFailure:
        """Return the failure of an exchange that ran out of time while *doing* something."""
        return SendFailure(
            code="RF402",
            category="timeout",
            message=f"the request ran out of time after {self.timeout_s:g} s while {doing}",
            hint="raise `timeout_s` of the step or the service when the server may take longer",
        )


class TransportFailed(Exception):
    """There is no answer, or no more of it."""

    def __init__(self, failure: SendFailure, times: PhaseTimes | None = None) -> None:
        super().__init__(failure.code)
        self.failure = failure
        self.times = times or PhaseTimes()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseHead:
    """Status line and headers, names as the server wrote them, duplicates kept."""

    status: int
    reason: str
    http_version: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)


class ResponseStream(Protocol):
    """An answer whose body is still to be read."""

    @property
    def head(self) -> ResponseHead:
        """Status line and headers."""

    @property
    def times(self) -> PhaseTimes:
        """Seconds of each phase so far."""

    def read(self) -> bytes:
        """Return the next piece of the body as it came, b"" at its end. Raises: TransportFailed."""

    def close(self) -> None:
        """Give the connection back, or end it when the body was not read to its end."""


class BlockingTransport(Protocol):
    """Carries requests while its callers wait; safe to use from several threads."""

    def open(self, request: TransportRequest, deadline: Deadline) -> ResponseStream:
        """Send *request* and return when the headers of its answer are there.

        Raises: TransportFailed.
        """

    def shown_proxy(self, target: Target) -> str:
        """Return the proxy for *target* as it may be shown, empty for none."""

    def close(self) -> None:
        """End every idle connection."""


class AsyncResponseStream(Protocol):
    """An answer whose body is still to be read, on the loop that opened it."""

    @property
    def head(self) -> ResponseHead:
        """Status line and headers."""

    @property
    def times(self) -> PhaseTimes:
        """Seconds of each phase so far."""

    async def read(self) -> bytes:
        """Return the next piece of the body as it came, b"" at its end. Raises: TransportFailed."""

    async def close(self) -> None:
        """Give the connection back, or end it when the body was not read to its end.

        It waits for nothing and does not fail, so that a cancelled task can call it too.
        """


class AsyncTransport(Protocol):
    """Carries requests of the tasks of one loop."""

    async def open(self, request: TransportRequest, deadline: Deadline) -> AsyncResponseStream:
        """Send *request* and return when the headers of its answer are there.

        Raises: TransportFailed; CancelledError passes through, the connection closed behind it.
        """

    def shown_proxy(self, target: Target) -> str:
        """Return the proxy for *target* as it may be shown, empty for none."""

    async def close(self) -> None:
        """End every idle connection."""


T = TypeVar("T")


class DrivenTransport:
    """An asynchronous transport, driven while its caller waits; safe to use from several threads.

    Shape: *awaited* is that transport. Each drive has its price, so a request and all of its answer
        are awaited in one coroutine.
    """

    def __init__(self, awaited: AsyncTransport) -> None:
        self.awaited = awaited

    def drive(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Return what *coroutine* returns, which awaits *awaited* only; Ctrl-C ends it at once."""
        raise NotImplementedError

    def shown_proxy(self, target: Target) -> str:
        """Return the proxy for *target* as it may be shown, empty for none."""
        return self.awaited.shown_proxy(target)

    def close(self) -> None:
        """End every idle connection."""
        self.drive(self.awaited.close())


Transport: TypeAlias = Union[BlockingTransport, DrivenTransport]
"""What keeps its caller waiting."""
