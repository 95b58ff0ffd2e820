"""What the interpreter asks for and what it is told: effects and outcomes, as data.

Two floors. `run_journey` yields `DoTry`, `Wait` and `Finish`; `run_try` yields `ReadSecrets`, `Draw`
and `Send`. Any effect of either floor may be answered with `Interrupted` instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal, TypeAlias, Union

from pytest_reqflo.artifact.model import StepSpec
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.noted import late
from pytest_reqflo.result import JourneyResult, TryResult
from pytest_reqflo.run.cookies import CookieJars
from pytest_reqflo.secret import Secret
from pytest_reqflo.values import Json

# --- the run as the driver begins it ------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStart:
    """What differs from run to run and is recorded first: seed (hex) and start time (RFC 3339)."""

    seed: str
    started_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured:
    """A value kept for later steps, live. *value* is meaningless when *missing* says why."""

    value: Json = field(default=None, repr=False)
    sensitive: bool = False
    missing: str = ""


CapturedValues: TypeAlias = Mapping[str, Mapping[str, Captured]]
"""Step id to key of output to value; `run.scope.output_key` makes the key.

It is the path that expressions write after the step: ``outputs.order_id`` for a declared output,
``body.order.id`` for an implicit one, so that neither can take the place of the other.
"""


# --- upper floor ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class DoTry:
    """Run one try of a step. *address* is the checkpoint name, such as ``003:pay#2``.

    *budget_s* is the active time left for this try, None for no bound beyond the step's own.
    """

    address: str
    step: StepSpec
    pointer: str
    number: int
    captured: CapturedValues = field(repr=False)
    jars: CookieJars = field(repr=False)
    budget_s: float | None = None
    first_started_at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TryDone:
    """The outcome of a try, and the checkpoint: never evaluated again on replay.

    *poll* is None for a step that does not poll; *error_kind* tells what a retry policy needs.
    """

    result: TryResult
    captured: Mapping[str, Captured] = field(default_factory=dict, repr=False)
    jars: CookieJars = field(default_factory=CookieJars, repr=False)
    elapsed_s: float = 0.0
    error_kind: Literal["assertion", "error"] | None = None
    is_retryable: bool = True
    poll: Literal["again", "stop", "done"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Let *duration_s* pass before the next try or step."""

    address: str
    duration_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Waited:
    elapsed_s: float


@late("result")
@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """The run is over; the driver fills in the finish time and keeps the record."""

    result: JourneyResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    finished_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Interrupted:
    """The answer to any effect when the run must end: Ctrl-C, ``-x``, cancellation."""

    reason: str


JourneyEffect: TypeAlias = Union[DoTry, Wait, Finish]
JourneyOutcome: TypeAlias = Union[TryDone, Waited, Finished, Interrupted]


# --- lower floor ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSecrets:
    """Resolve secrets by name; never checkpointed."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretsRead:
    secrets: Mapping[str, Secret] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """Read the clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """*now* as RFC 3339 in UTC with microseconds."""

    now: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WireRequest:
    """A request ready for the wire, with secrets revealed; never shown, never kept.

    Shape: *secret_headers* are lower-case names whose values came from a secret: they do not cross
        origins. *hidden_texts* are the secret and sensitive texts in any part of the request;
        *is_body_hidden* when the body holds one.
    """

    method: str
    url: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes | None = field(default=None, repr=False)
    secret_headers: frozenset[str] = frozenset()
    hidden_texts: tuple[str, ...] = field(default=(), repr=False)
    is_body_hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginTls:
    """How certificates are checked at the origin of *url*."""

    url: str
    verify: bool = True
    ca_file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Perform one exchange, following redirects as told.

    Shape: *cookies* are for this request only; *jar* is the name of the jar in *jars*, None for none.
        *tls* is for the origins that redirects may lead to; where none is named, certificates are
        checked against the usual authorities. *allows_any_origin* turns *allowed_origins* off.
    """

    request: WireRequest
    jars: CookieJars = field(repr=False)
    jar: str | None = "default"
    cookies: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    timeout_s: float = 30.0
    follow_redirects: int = 0
    allowed_origins: tuple[str, ...] = ()
    allows_any_origin: bool = False
    verify_tls: bool = True
    ca_file: str | None = None
    tls: tuple[OriginTls, ...] = ()
    max_body_bytes: int = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseTimes:
    """Seconds of each phase; None where it did not happen or is not known."""

    total_s: float = 0.0
    pool_s: float | None = None
    connect_s: float | None = None
    tls_s: float | None = None
    send_s: float | None = None
    wait_s: float | None = None
    receive_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WireResponse:
    """A response as it came; *body* is after content decoding."""

    status: int
    reason: str = ""
    http_version: str = "HTTP/1.1"
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    url: str = field(default="", repr=False)
    wire_size_bytes: int = 0
    is_cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One request of an exchange with its answer; *proxy* is the one between, without user name."""

    request: WireRequest
    response: WireResponse | None
    times: PhaseTimes
    proxy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendFailure:
    """Why there is no usable answer: a code of RF4xx, its category, one sentence (not redacted)."""

    code: str
    category: Literal["connection", "timeout", "tls", "protocol", "refused", "limit"]
    message: str = field(repr=False)
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The raw outcome of a Send; lives only until it is recorded.

    Shape: *hops* in order, the last one decides; *failure* is set when there is no usable answer.
    """

    hops: tuple[Hop, ...]
    jars: CookieJars = field(repr=False)
    elapsed_s: float = 0.0
    failure: SendFailure | None = None


TryEffect: TypeAlias = Union[ReadSecrets, Draw, Send]
TryOutcome: TypeAlias = Union[SecretsRead, Drawn, Sent, Interrupted]
