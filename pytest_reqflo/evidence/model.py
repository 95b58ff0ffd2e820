"""What was seen, already redacted: exchanges, bodies, timings. Plain frozen data."""

from __future__ import annotations

from typing import Literal

from pytest_reqflo.frozen import dataclass
from pytest_reqflo.noted import late
from pytest_reqflo.values import Digest

Header = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A redacted body.

    Shape: *text* is UTF-8 text, or base64 when *encoding* says so (a body that is not text);
        *size_bytes* is the size before redaction and shortening; *is_shortened* when *text* is
        only the head; *repeated_keys* are names that stand twice in one object of a JSON body, of
        which the last was taken; *file* is set in the record of a run on disk: the file beside it that holds
        the body of which *text* is then the head.
    """

    text: str
    size_bytes: int
    encoding: Literal["utf-8", "base64"] = "utf-8"
    is_shortened: bool = False
    sha256: Digest | None = None
    repeated_keys: tuple[str, ...] = ()
    file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Seconds of each phase of one exchange; None for a phase that did not happen."""

    total_s: float
    pool_s: float | None = None
    connect_s: float | None = None
    tls_s: float | None = None
    send_s: float | None = None
    wait_s: float | None = None
    receive_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRecord:
    """A request as it was sent, redacted."""

    method: str
    url: str
    headers: tuple[Header, ...] = ()
    body: Body | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseRecord:
    """A response as it was received, redacted."""

    status: int
    reason: str = ""
    http_version: str = "HTTP/1.1"
    headers: tuple[Header, ...] = ()
    body: Body | None = None


# Of most runs nobody reads it.
@late("curl")
@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and its response (None: no answer); *error* says why there is none.

    Shape: *proxy* is the one it went through, without user name; empty for none.
    """

    request: RequestRecord
    response: ResponseRecord | None = None
    timing: Timing | None = None
    error: str = ""
    curl: str = ""
    proxy: str = ""
