"""`Artifact`: one compiled journey, self-contained and immutable, as frozen data.

It holds everything that decides what a run sends and checks, and nothing else: no names of people,
no positions, no values of inputs, environments or secrets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal, TypeAlias, Union

from pytest_reqflo.frozen import dataclass
from pytest_reqflo.lang.expression import Segment, Value
from pytest_reqflo.values import Digest, Json

ARTIFACT_FORMAT = 1

InputType = Literal["any", "string", "integer", "number", "boolean", "array", "object"]
VariableSource = Literal["environment", "me", "preset", "secret", "manual", "value"]
InFlight = Literal["repeat", "repeat_with_key", "fail"]
ErrorKind = Literal["assertion", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class InputDeclaration:
    """A run input: required unless it has a default or says otherwise."""

    name: str
    type: InputType = "any"
    required: bool = True
    has_default: bool = False
    default: Json = None
    sensitive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableDeclaration:
    """A journey variable; *key* is its name in its source, *value* belongs to source ``value``."""

    name: str
    source: VariableSource
    key: str
    value: Value | None = None
    required: bool = True
    has_default: bool = False
    default: Json = None
    sensitive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
class JsonBody:
    value: Value
    kind: Literal["json"] = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormBody:
    """``application/x-www-form-urlencoded``; a list repeats its name, null is left out."""

    fields: Mapping[str, Value]
    kind: Literal["form"] = "form"


@dataclass(frozen=True, slots=True, kw_only=True)
class MultipartPart:
    """One part in order; *blob* is the digest of a stored file, else *value* is sent."""

    name: str
    value: Value | None = None
    blob: Digest | None = None
    filename: str | None = None
    content_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MultipartBody:
    parts: tuple[MultipartPart, ...]
    kind: Literal["multipart"] = "multipart"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextBody:
    text: Value
    kind: Literal["text"] = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class BytesBody:
    """A body from ``body_file`` or ``body_base64``, stored as a blob."""

    blob: Digest
    filename: str = ""
    kind: Literal["bytes"] = "bytes"


BodySpec: TypeAlias = Union[JsonBody, FormBody, MultipartBody, TextBody, BytesBody]


@dataclass(frozen=True, slots=True, kw_only=True)
class BasicAuth:
    username: Value
    password: Value
    kind: Literal["basic"] = "basic"


@dataclass(frozen=True, slots=True, kw_only=True)
class BearerAuth:
    token: Value
    kind: Literal["bearer"] = "bearer"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSpec:
    """The resolved request of a step.

    Shape: *url* is a path with ``{name}`` placeholders filled from *path_params*, or one lone
        expression that gives a whole URL. *service* names the base URL; None: the environment's only
        service, else ``default``. A query or header value that renders to a list is repeated, null is
        left out. *follow_redirects* is the number of hops, 0 for none; None leaves it to the
        environment. *jar* is the cookie jar, None for no jar.
    """

    method: str
    url: Value
    service: str | None = None
    path_params: Mapping[str, Value] = field(default_factory=dict)
    query: Mapping[str, Value] = field(default_factory=dict)
    headers: Mapping[str, Value] = field(default_factory=dict)
    cookies: Mapping[str, Value] = field(default_factory=dict)
    body: BodySpec | None = None
    auth: BasicAuth | BearerAuth | None = None
    timeout_s: float | None = None
    follow_redirects: int | None = None
    jar: str | None = "default"
    removed_headers: tuple[str, ...] = ()


AssertionType = Literal[
    "status_code", "json_path", "header", "cookie", "body_contains", "body_equals",
    "body_matches", "json_schema", "response_time", "value",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class AssertionSpec:
    """One assertion.

    Shape: *target* is the JSONPath, header name or cookie name; *attribute* the cookie attribute;
        *value* what a ``value`` assertion looks at; *schema* the JSON Schema (a document, its local
        references already inlined). *expected* is None when the operator takes none.
        *index* counts among the assertions of its *origin* in the author's file.
    """

    type: AssertionType
    index: int
    operator: str = "equals"
    target: str = ""
    attribute: str = ""
    all: bool = False
    expected: Value | None = None
    value: Value | None = None
    schema: Json = None
    soft: bool = False
    message: str = ""
    origin: Literal["step", "template", "overlay"] = "step"


OutputSource = Literal[
    "status", "headers", "headers_all", "cookies", "body", "json_path", "url", "request"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputSpec:
    """A value kept from a response.

    Shape: a declared output is used as ``steps.X.outputs.<name>``. An implicit one has
        *is_declared* false and its name is the canonical text of its path (``body.order.id``).
        *query* is the JSONPath of source ``json_path``. *pattern* captures with a regular expression.
    """

    name: str
    source: OutputSource
    path: tuple[Segment, ...] = ()
    query: str = ""
    pattern: str = ""
    sensitive: bool = False
    required: bool = True
    is_declared: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrySpec:
    """*count* extra tries after the first, *delay_s* times *backoff* to the power of the try."""

    count: int
    delay_s: float = 0.0
    backoff: float = 1.0
    on: tuple[ErrorKind, ...] = ("assertion", "error")


@dataclass(frozen=True, slots=True, kw_only=True)
class PollSpec:
    until: tuple[AssertionSpec, ...]
    stop_on: tuple[AssertionSpec, ...] = ()
    every_s: float = 1.0
    timeout_s: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionSpec:
    """``when``: *value* must be true, or hold against *expected* by *operator*."""

    value: Value
    operator: str | None = None
    expected: Value | None = None


@dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
class StepSpec:
    """One step; *clear_cookies* names the jars to empty before it."""

    id: str
    name: str
    request: RequestSpec
    template: str = ""
    assertions: tuple[AssertionSpec, ...] = ()
    outputs: tuple[OutputSpec, ...] = ()
    retry: RetrySpec | None = None
    poll: PollSpec | None = None
    when: ConditionSpec | None = None
    delay_s: float = 0.0
    in_flight: InFlight | None = None
    clear_cookies: tuple[str, ...] = ()
    parse: Literal["auto", "text"] = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings:
    on_failure: Literal["stop", "continue"] = "stop"
    timeout_s: float | None = None
    finally_timeout_s: float = 30.0
    on_interrupt: Literal["resume", "restart", "fail"] = "resume"


@dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
class Artifact:
    """A compiled journey; see the module text.

    Shape: *secrets*, *me_values* and *environment_values* are the sorted names it reads; *services*
        the sorted services whose base URL it needs (``""``: the default service); *origins* the
        sorted origins written literally; *blobs* the sorted digests of the files stored beside it.
    """

    journey_id: str
    steps: tuple[StepSpec, ...]
    finally_steps: tuple[StepSpec, ...] = ()
    inputs: tuple[InputDeclaration, ...] = ()
    variables: tuple[VariableDeclaration, ...] = ()
    settings: RunSettings = RunSettings()
    secrets: tuple[str, ...] = ()
    me_values: tuple[str, ...] = ()
    environment_values: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    blobs: tuple[Digest, ...] = ()
    format: int = ARTIFACT_FORMAT
