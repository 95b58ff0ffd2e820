"""What a run is given (`RunRequest`, `EnvironmentSnapshot`) and what the planner makes of it (`Plan`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal, TypeAlias

from pytest_reqflo.artifact.model import Artifact
from pytest_reqflo.evidence.positions import SensitiveNames
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.lang.expression import Value
from pytest_reqflo.plan.grants import Grants
from pytest_reqflo.result import RunIdentity, ValueOrigin
from pytest_reqflo.values import Digest, Json

Layer = Literal[
    "step", "row", "set", "case", "preset", "source", "default", "environment"
]  # fmt: skip
"""Where a value came from, highest precedence first; `plan.precedence` is the one table."""


TraceHeaders: TypeAlias = tuple[tuple[str, str], ...]
"""Headers by which servers see requests as parts of one trace: ``traceparent``, ``tracestate``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenValue:
    """A value for one input or variable from one layer; *detail* says where exactly.

    Shape: *value* is a Value, as case and preset values may hold expressions.
        *detail* reads well after "from": ``row 3 of data/orders.csv``, ``case `Happy path` ``.
    """

    name: str
    layer: Layer
    value: Value
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """One run as the client asks for it; everything in it may be shown.

    Shape: *file* is the path of the journey below its root, by which secrets are granted; empty when
        it is not known; *trace* is the trace in which the run was asked for.
    """

    artifact: Digest
    identity: RunIdentity
    environment: str
    file: str = ""
    given: tuple[GivenValue, ...] = ()
    case: str = ""
    row_key: str = ""
    row_number: int | None = None
    trace: TraceHeaders = ()


@dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
class Service:
    """How one service is reached in one environment.

    Shape: *ca_file* is the path of a PEM file, or the text of one.
    """

    base_url: str
    headers: Mapping[str, Value] = field(default_factory=dict)
    timeout_s: float | None = None
    follow_redirects: int | None = None
    verify_tls: bool = True
    ca_file: str | None = None
    values: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
class EnvironmentSnapshot:
    """The chosen environment as it was when the run began, made where the run executes.

    Shape: *me* holds the values of the person running; all are sensitive. *allowed_origins* are
        origins beside those of the services. *is_implicit* marks the environment used when no file
        exists: there, origins written literally in the journey are allowed. *unset_variables* maps
        the values that have none to the process variables that they should have come from. *grants*
        None: every journey may use every secret. *sensitive* names the headers and keys whose
        values are masked whatever they hold.
        *allows_any_origin* when ini ``reqflo_allow_any_host`` turns the check of origins off.
    """

    name: str
    values: Mapping[str, Json] = field(default_factory=dict)
    services: Mapping[str, Service] = field(default_factory=dict)
    allowed_origins: tuple[str, ...] = ()
    me: Mapping[str, str] = field(default_factory=dict, repr=False)
    is_implicit: bool = False
    unset_variables: Mapping[str, str] = field(default_factory=dict)
    sensitive: SensitiveNames = field(default_factory=SensitiveNames)
    grants: Grants | None = None
    allows_any_origin: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedValue:
    """The value that won for one name; a Value, because it may refer to secrets or steps."""

    name: str
    value: Value
    origin: ValueOrigin
    is_set: bool = True
    sensitive: bool = False


class PlainNames(dict[str, ResolvedValue]):
    """The names of a run in which each is a literal that may be shown: no other leads anywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything one run needs but the clock, the network and the secrets themselves.

    Shape: *names* maps every input and variable to its value; *secret_names* are all secrets that
        this run may read.
    """

    artifact: Artifact
    identity: RunIdentity
    environment: EnvironmentSnapshot
    names: Mapping[str, ResolvedValue]
    secret_names: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    case: str = ""
    row_key: str = ""
    row_number: int | None = None
    trace: TraceHeaders = ()
