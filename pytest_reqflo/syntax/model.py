"""The journey format as its authors write it: pydantic models, one field per key.

These models are the single source of `journey.schema.json`, of the key lists in error messages and
of the reference page. Every field has a description; the editor shows it on hover.
Values in which expressions are legal have the type `Json`: the compiler parses them.
"""

import functools
from typing import Annotated, Any, ClassVar, Literal, Self, Union

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from pytest_reqflo.frozen import dataclass
from pytest_reqflo.values import Json

Name = Annotated[str, Field(min_length=1, max_length=200)]
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_-]*$", max_length=100)]
Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
PositiveSeconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]

Method = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9-]*$", max_length=32)]

Operator = Literal[
    "exists", "not_exists", "equals", "not_equals", "contains", "not_contains", "greater_than",
    "greater_or_equal", "less_than", "less_or_equal", "matches", "not_matches", "starts_with",
    "ends_with", "in", "not_in", "has_type", "has_length", "is_empty", "not_empty",
]  # fmt: skip


def _no_entries() -> list[Any]:
    # pydantic asks for the signature of each factory, and that of `list` takes very long to find.
    return []


def _no_keys() -> dict[str, Any]:
    return {}


def _shape(value: Any) -> str:
    """Choose the member of a union by what the author wrote, so that one mistake is one message."""
    if isinstance(value, (dict, BaseModel)):
        return "mapping"
    if isinstance(value, list):
        return "list"
    return "scalar"


class _Part(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        use_attribute_docstrings=False,
        # A session meets two or three of the kinds of files: only these get their validators.
        defer_build=True,
    )


@dataclass(frozen=True, slots=True)
class Rule:
    """At most one of *keys*; exactly one when *is_needed*. A null counts when *null_counts*."""

    keys: tuple[str, ...]
    is_needed: bool = False
    null_counts: bool = False


class _Ruled(_Part):
    """A part of which some keys exclude or need each other; `exclusions` finds the words for it."""

    rule: ClassVar[Rule]

    @model_validator(mode="after")
    def _keep_rule(self) -> Self:
        if not self._is_kept():
            raise PydanticCustomError(RULE_BROKEN, "keys exclude or need each other")
        return self

    def _is_kept(self) -> bool:
        rule, given = self.rule, self.model_fields_set & _names_of(type(self))
        count = len(given)
        if count and not rule.null_counts:
            count = sum(getattr(self, name) is not None for name in given)
        return count == 1 or (count == 0 and not rule.is_needed)


RULE_BROKEN = "rule_broken"
"""Type of pydantic's complaint about a `Rule`."""


@functools.cache
def _names_of(model: type[_Ruled]) -> frozenset[str]:
    """Return the attributes that hold the keys of the rule of *model*."""
    return frozenset(
        name
        for name, field in model.model_fields.items()
        if (field.alias or name) in model.rule.keys
    )


# --- assertions ----------------------------------------------------------------------------------


class _Assertion(_Part):
    soft: bool = Field(False, description="Report a failure as a warning; the step still passes.")
    message: str | None = Field(None, description="Your own sentence, shown first when it fails.")


class _RuledAssertion(_Assertion, _Ruled):
    pass


class StatusCodeAssertion(_Assertion):
    """The response status."""

    type: Literal["status_code"] = Field(description="Checks the response status.")
    expected: Json = Field(
        description='A status (201), a list of them, a class ("2xx"), a range ("200-204") or an expression.'
    )


class JsonPathAssertion(_RuledAssertion):
    """A JSONPath over the response body."""

    rule = Rule(("expected", "expected_file"), null_counts=True)

    type: Literal["json_path"] = Field(description="Checks what a JSONPath selects from the body.")
    path: str = Field(description='RFC 9535 JSONPath, for example "$.items[*].id".')
    operator: Operator = Field("equals", description="How to compare; default equals.")
    expected: Json = Field(None, description="What to compare with; may be an expression.")
    expected_file: str | None = Field(None, description="JSON file that holds the expected value.")


class HeaderAssertion(_Assertion):
    """A response header."""

    type: Literal["header"] = Field(description="Checks a response header.")
    name: Name = Field(description="Name of the header; case does not matter.")
    operator: Operator | None = Field(
        None, description="How to compare; default equals, or exists without `expected`."
    )
    expected: Json = Field(None, description="What to compare with; may be an expression.")
    all: bool = Field(False, description="Compare the list of all values of a repeated header.")


class CookieAssertion(_Assertion):
    """A cookie that the response sets."""

    type: Literal["cookie"] = Field(description="Checks a cookie that the response sets.")
    name: Name = Field(description="Name of the cookie.")
    attribute: Literal[
        "value", "path", "domain", "expires", "max-age", "secure", "httponly", "samesite"
    ] = Field("value", description="What to look at; default its value.")
    operator: Operator | None = Field(
        None, description="How to compare; default equals, or exists without `expected`."
    )
    expected: Json = Field(None, description="What to compare with; may be an expression.")


class BodyContainsAssertion(_Assertion):
    """Text in the raw body."""

    type: Literal["body_contains"] = Field(description="Checks that the raw body contains a text.")
    expected: Json = Field(description="The text; may be an expression.")


class BodyEqualsAssertion(_RuledAssertion):
    """The whole raw body."""

    rule = Rule(("expected", "expected_file"), is_needed=True, null_counts=True)

    type: Literal["body_equals"] = Field(description="Checks that the raw body equals a text.")
    expected: Json = Field(None, description="The text; may be an expression.")
    expected_file: str | None = Field(None, description="File that holds the expected text.")


class BodyMatchesAssertion(_Assertion):
    """A regular expression over the raw body."""

    type: Literal["body_matches"] = Field(
        description="Checks that a regular expression is found in the raw body."
    )
    expected: str = Field(description="The regular expression (Python syntax), searched anywhere.")


class JsonSchemaAssertion(_RuledAssertion):
    """The body against a JSON Schema."""

    rule = Rule(("schema", "file"), is_needed=True)

    type: Literal["json_schema"] = Field(description="Checks the body against a JSON Schema.")
    schema_: dict[str, Json] | bool | None = Field(
        None, alias="schema", description="The schema itself."
    )
    file: str | None = Field(None, description="JSON or YAML file that holds the schema.")


class ResponseTimeAssertion(_Assertion):
    """How long the answer took."""

    type: Literal["response_time"] = Field(
        description="Checks the time of the exchange in milliseconds, without waiting for a connection of the pool."
    )
    expected: Json = Field(description="Largest time in milliseconds; may be an expression.")
    operator: Operator = Field(
        "less_or_equal", description="How to compare; default less_or_equal."
    )


class ValueAssertion(_Assertion):
    """Any value."""

    type: Literal["value"] = Field(description="Checks any value.")
    value: Json = Field(description="The value to check, usually an expression.")
    operator: Operator = Field("equals", description="How to compare; default equals.")
    expected: Json = Field(None, description="What to compare with; may be an expression.")


AssertionModel = Annotated[
    Union[
        StatusCodeAssertion, JsonPathAssertion, HeaderAssertion, CookieAssertion,
        BodyContainsAssertion, BodyEqualsAssertion, BodyMatchesAssertion, JsonSchemaAssertion,
        ResponseTimeAssertion, ValueAssertion,
    ],
    Field(discriminator="type"),
]  # fmt: skip


# --- requests ------------------------------------------------------------------------------------


class BasicAuthModel(_Part):
    """Credentials for HTTP basic authentication."""

    username: Json = Field(description="User name; may be an expression.")
    password: Json = Field(description="Password, usually an expression that names a secret.")


class AuthModel(_Ruled):
    """Authentication of a request: one of the kinds."""

    rule = Rule(("basic", "bearer"), is_needed=True)

    basic: BasicAuthModel | None = Field(None, description="HTTP basic authentication (RFC 7617).")
    bearer: Json = Field(None, description="Bearer token (RFC 6750), usually an expression.")


class MultipartPartModel(_Ruled):
    """One part of a multipart body."""

    rule = Rule(("value", "file"), is_needed=True)

    name: Name = Field(description="Field name; may be repeated.")
    value: Json = Field(None, description="Text or JSON of the part; may be an expression.")
    file: str | None = Field(None, description="File whose bytes are sent.")
    filename: str | None = Field(None, description="File name told to the server.")
    content_type: str | None = Field(None, description="Content type of the part.")


BODIES = ("json", "json_file", "form", "multipart", "text", "body_file", "body_base64")


class RequestModel(_Ruled):
    """A request, or changes to the template's, key by key."""

    rule = Rule(BODIES)  # a null takes an inherited body away, so it excludes nothing

    method: Method | None = Field(None, description="HTTP method, for example GET.")
    url: str | None = Field(
        None,
        description="Path below the service's base URL with {name} placeholders, or one expression that gives a whole URL.",
    )
    service: Name | None = Field(None, description="Service of the environment to send to.")
    path_params: dict[str, Json] | None = Field(None, description="Values of the placeholders.")
    query: dict[str, Json] | None = Field(
        None, description="Query parameters; a list repeats the name, null removes it."
    )
    headers: dict[str, Json] | None = Field(
        None, description="Headers; a list repeats the header, null removes an inherited one."
    )
    cookies: dict[str, Json] | None = Field(
        None, description="Cookies of this request only, beside those of the jar."
    )
    json_: Json = Field(None, alias="json", description="JSON body.")
    json_file: str | None = Field(None, description="File that holds the JSON body.")
    form: dict[str, Json] | None = Field(
        None, description="Form body (application/x-www-form-urlencoded)."
    )
    multipart: list[MultipartPartModel] | None = Field(
        None, description="Multipart form body, parts in order."
    )
    text: Json = Field(None, description="Text body.")
    body_file: str | None = Field(None, description="File whose bytes are the body.")
    body_base64: str | None = Field(None, description="Bytes of the body in base64.")
    auth: AuthModel | None = Field(None, description="Authentication of this request.")
    timeout_s: PositiveSeconds | None = Field(
        None, description="Deadline of the whole exchange in seconds."
    )
    follow_redirects: bool | Annotated[int, Field(ge=0, le=20)] | None = Field(
        None, description="Follow redirects: true for 5 hops, or the number of hops; default false."
    )
    jar: Literal[False] | Identifier | None = Field(
        None, description="Cookie jar to use; false sends and keeps no cookies."
    )


class RequestDefaultsModel(_Part):
    """Defaults of every step's request."""

    headers: dict[str, Json] | None = Field(None, description="Headers of every request.")
    timeout_s: PositiveSeconds | None = Field(
        None, description="Deadline of each exchange in seconds."
    )
    follow_redirects: bool | Annotated[int, Field(ge=0, le=20)] | None = Field(
        None, description="Follow redirects: true for 5 hops, or the number of hops."
    )


# --- steps ---------------------------------------------------------------------------------------


class OutputModel(_Part):
    """A value kept from the response."""

    name: Identifier = Field(description="Name, used as steps.<id>.outputs.<name>.")
    path: str = Field(
        description="Where it is: body.a.b[0], headers.x-id, cookies.sid, status, or a JSONPath."
    )
    pattern: str | None = Field(
        None,
        description="Regular expression applied to the value; group 1, or all named groups, are kept.",
    )
    sensitive: bool = Field(False, description="Hide the value everywhere.")
    required: bool = Field(True, description="Whether the step fails when the value is not there.")


class RetryModel(_Part):
    """More tries of a step that failed."""

    count: Annotated[int, Field(ge=0, le=1000)] = Field(description="Extra tries after the first.")
    delay_s: Seconds = Field(0.0, description="Wait before the next try, in seconds.")
    backoff: Annotated[float, Field(ge=1, le=100)] = Field(
        1.0, description="Factor by which the delay grows with each try."
    )
    on: list[Literal["assertion", "error"]] | Literal["assertion", "error"] = Field(
        ["assertion", "error"],
        description="What is tried again: assertion (a check failed), error (no answer, or 5xx).",
    )


class PollModel(_Part):
    """Repeat a step until its answer shows a state."""

    until: list[AssertionModel] = Field(min_length=1, description="Done when all of these hold.")
    stop_on: list[AssertionModel] = Field(
        default_factory=_no_entries, description="Fail at once when all of these hold."
    )
    every_s: PositiveSeconds = Field(1.0, description="Wait between two tries, in seconds.")
    timeout_s: PositiveSeconds = Field(60.0, description="Give up after this time, in seconds.")


class ConditionModel(_Part):
    """A comparison that decides whether a step runs."""

    value: Json = Field(description="The value to look at, usually an expression.")
    operator: Operator = Field("equals", description="How to compare; default equals.")
    expected: Json = Field(None, description="What to compare with; may be an expression.")


class StepModel(_Ruled):
    """One HTTP request with its values, checks and outputs."""

    rule = Rule(("retry", "poll"))

    id: Identifier | None = Field(
        None, description="Name used in expressions; default: slug of `name`."
    )
    name: Name | None = Field(None, description="Label for people; default: the id.")
    description: str | None = Field(None, description="What the step is for.")
    type: Literal["http_request"] = Field("http_request", description="Kind of step.")
    template: Name | None = Field(
        None, description='Library entry by name or "METHOD /path", or an ad-hoc "METHOD /path".'
    )
    request: (
        Annotated[
            Union[
                Annotated[Name, Tag("scalar")],
                Annotated[RequestModel, Tag("mapping")],
            ],
            Discriminator(_shape),
        ]
        | None
    ) = Field(
        None,
        description="The request in full or changes to the template's; a text is a template name.",
    )
    service: Name | None = Field(None, description="Service of the environment to send to.")
    values: dict[str, Json] = Field(
        default_factory=_no_keys, description="Template values by name; literals or expressions."
    )
    assertions: list[AssertionModel] = Field(
        default_factory=_no_entries, description="Checks of the response; all are evaluated."
    )
    outputs: list[OutputModel] = Field(
        default_factory=_no_entries, description="Values kept for later steps."
    )
    when: (
        Annotated[
            Union[
                Annotated[str | bool, Tag("scalar")],
                Annotated[ConditionModel, Tag("mapping")],
            ],
            Discriminator(_shape),
        ]
        | None
    ) = Field(None, description="Run the step only if this is true.")
    retry: RetryModel | None = Field(None, description="More tries when the step fails.")
    poll: PollModel | None = Field(None, description="Repeat until a state is reached.")
    delay_s: Seconds = Field(0.0, description="Wait before the step, in seconds.")
    in_flight: Literal["repeat", "repeat_with_key", "fail"] | None = Field(
        None, description="What a durable run does when it was cut off inside this step."
    )
    clear_cookies: bool | Identifier = Field(
        False, description="Empty the cookie jar (or the named one) before the step."
    )
    parse: Literal["auto", "text"] = Field(
        "auto", description="auto: the body is JSON when it parses; text: never."
    )

    def _is_kept(self) -> bool:
        # A text under `request` is another spelling of `template`.
        is_named_twice = self.template is not None and isinstance(self.request, str)
        return not is_named_twice and super()._is_kept()


# --- journey -------------------------------------------------------------------------------------


class InputModel(_Part):
    """A value supplied for each run."""

    name: Identifier = Field(
        description="Name, used as inputs.<name>, by --set and by data columns."
    )
    description: str | None = Field(None, description="What it means.")
    type: Literal["any", "string", "integer", "number", "boolean", "array", "object"] = Field(
        "any", description="Type that cells, --set and cases are read as."
    )
    required: bool | None = Field(
        None, description="Whether a run needs it; default: true unless it has a default."
    )
    default: Json = Field(None, description="Value when nothing else supplies one.")
    sensitive: bool = Field(False, description="Hide the value everywhere.")


class VariableModel(_Ruled):
    """A named value shared by the steps."""

    rule = Rule(("source", "value"), null_counts=True)

    name: Identifier = Field(description="Name, used as variables.<name>.")
    description: str | None = Field(None, description="What it means.")
    source: Literal["environment", "me", "preset", "secret", "manual"] | None = Field(
        None, description="Where it comes from; leave out with `value`."
    )
    key: Name | None = Field(None, description="Its name in the source; default: its own name.")
    value: Json = Field(None, description="A literal, or an expression evaluated where it is used.")
    default: Json = Field(None, description="Value when the source has none.")
    required: bool | None = Field(
        None, description="Whether a run needs it; default: true unless it has a default."
    )
    sensitive: bool = Field(False, description="Hide the value everywhere.")


class MarkModel(_Part):
    """A reason, and a condition over the environment."""

    reason: str = Field(description="Why; shown in reports.")
    when: Json = Field(True, description="Boolean or expression over env; default true.")


Mark = Annotated[
    Union[Annotated[str, Tag("scalar")], Annotated[MarkModel, Tag("mapping")]],
    Discriminator(_shape),
]


class CaseModel(_Part):
    """A named set of values."""

    name: Name = Field(description="Name, exact and case-sensitive for --case.")
    description: str | None = Field(None, description="What it shows.")
    values: dict[str, Json] = Field(
        default_factory=_no_keys, description="Inputs and variables by name."
    )
    presets: list[Name] = Field(
        default_factory=_no_entries, description="Presets that apply, later ones win."
    )
    skip: Mark | None = Field(None, description="Skip this case, with a reason.")
    xfail: Mark | None = Field(None, description="A failed check is expected, with a reason.")
    tags: list[Name] = Field(default_factory=_no_entries, description="Marks of this case's items.")


class DataModel(_Ruled):
    """Rows, each one a run of the whole journey."""

    rule = Rule(("file", "rows"), is_needed=True)

    file: str | None = Field(None, description="CSV, JSON or JSONL file.")
    rows: list[dict[str, Json]] | None = Field(None, description="Rows written here.")
    key: Identifier | None = Field(None, description="Column that names each row; must be unique.")
    case: Name | None = Field(None, description="Case whose values lie below each row.")


class SettingsModel(_Part):
    """How the journey runs."""

    on_failure: Literal["stop", "continue"] = Field(
        "stop", description="stop skips the remaining steps; continue runs on."
    )
    timeout_s: PositiveSeconds | None = Field(
        None, description="Time budget of all steps together, in seconds."
    )
    finally_timeout_s: PositiveSeconds = Field(
        30.0, description="Time budget of the finally steps, in seconds."
    )
    on_interrupt: Literal["resume", "restart", "fail"] = Field(
        "resume", description="What a durable run does after its worker died."
    )
    fixtures: list[Identifier] = Field(
        default_factory=_no_entries, description="pytest fixtures that each item asks for."
    )
    serial: bool = Field(False, description="Never run at the same time as other journeys.")
    group: Name | None = Field(
        None, description="Journeys of one group never run at the same time."
    )
    request: RequestDefaultsModel | None = Field(None, description="Defaults of every request.")


@functools.cache
def _no_settings() -> SettingsModel:
    # Made once: nobody can change it. Validating nothing would make a validator of its own.
    return SettingsModel.model_construct()


class JourneyModel(_Part):
    """A journey: an ordered set of requests with values and checks."""

    name: Name = Field(description="Name shown in reports.")
    id: Identifier | None = Field(None, description="Stable id; default: slug of the name.")
    description: str | None = Field(None, description="What the journey proves.")
    version: str | None = Field(None, description='Free label such as "1.2.0"; in quotes.')
    owner: str | None = Field(None, description="Team or person responsible.")
    tags: list[Name] = Field(default_factory=_no_entries, description="pytest marks of every item.")
    service: Name | None = Field(None, description="Service of every step that names none.")
    base_template: Name | None = Field(None, description="Template of each step that names none.")
    overlays: list[Name] = Field(
        default_factory=_no_entries, description="Overlays applied in order."
    )
    inputs: list[InputModel] = Field(
        default_factory=_no_entries, description="Values supplied for each run."
    )
    variables: list[VariableModel] = Field(
        default_factory=_no_entries, description="Named values shared by the steps."
    )
    cases: list[CaseModel] = Field(default_factory=_no_entries, description="Named sets of values.")
    data: (
        Annotated[
            Union[Annotated[str, Tag("scalar")], Annotated[DataModel, Tag("mapping")]],
            Discriminator(_shape),
        ]
        | None
    ) = Field(None, description="Rows, each one a run; a text is a file.")
    settings: SettingsModel = Field(
        default_factory=lambda: _no_settings(),
        description="Settings of the whole journey.",
    )
    skip: Mark | None = Field(None, description="Skip the journey, with a reason.")
    xfail: Mark | None = Field(None, description="A failed check is expected, with a reason.")
    steps: list[StepModel] = Field(min_length=1, description="The steps, in order.")
    finally_: list[StepModel] = Field(
        default_factory=_no_entries,
        alias="finally",
        description="Steps that always run at the end.",
    )


class JourneyDocument(_Part):
    """A journey file."""

    journey: JourneyModel = Field(description="The journey.")


# --- the other files -----------------------------------------------------------------------------


class TlsModel(_Part):
    """TLS of a service."""

    verify: bool = Field(True, description="Check the server's certificate.")
    ca_file: str | None = Field(None, description="PEM file of trusted authorities.")


class ServiceModel(BaseModel):
    """How one service is reached; further keys are values of the service."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True, defer_build=True)

    base_url: str | None = Field(None, description="Root of its URLs, with http:// or https://.")
    headers: dict[str, Json] = Field(
        default_factory=_no_keys, description="Headers of every request."
    )
    timeout_s: PositiveSeconds | None = Field(None, description="Deadline of each exchange.")
    follow_redirects: bool | Annotated[int, Field(ge=0, le=20)] | None = Field(
        None, description="Follow redirects: true for 5 hops, or the number of hops."
    )
    tls: TlsModel | bool | None = Field(None, description="TLS settings; false turns checks off.")


class GrantModel(_Part):
    """Journeys that may use the secrets of a name."""

    journeys: list[Name] = Field(
        default_factory=_no_entries, description="Ids of journeys; `*` stands for any text."
    )
    tags: list[Name] = Field(
        default_factory=_no_entries, description="Tags of journeys; `*` stands for any text."
    )
    files: list[Name] = Field(
        default_factory=_no_entries,
        description="Journey files, relative to the root; `*` within a folder, `**` for folders.",
    )


class SecretsModel(_Part):
    """Where secrets come from, in order, and who may use them."""

    providers: list[Name] = Field(
        ["env", "dotenv"],
        description="Asked in this order: env, dotenv, dir, command, keyring, or one of a package.",
    )
    dotenv: str | None = Field(None, description="Dotenv file; default .env.<name>, then .env.")
    dir: str | None = Field(
        None, description="Folder with a file for each secret; default /run/secrets."
    )
    keyring: Name | None = Field(None, description="Service in the keyring; default reqflo.")
    options: dict[str, dict[str, Json]] = Field(
        default_factory=_no_keys, description="Options of providers of packages, by provider."
    )
    grants: dict[str, GrantModel] | None = Field(
        None,
        description="Who may use which secret, by its name with `*`; what is not granted is refused.",
    )


class RedactModel(_Part):
    """What is masked in every output besides the usual credentials."""

    headers: list[Name] = Field(
        default_factory=_no_entries,
        description="Headers whose values are never shown, in any case.",
    )
    keys: list[Name] = Field(
        default_factory=_no_entries,
        description="JSON keys and form fields whose values are never shown; case, - and _ make "
        "no difference.",
    )


class QueueModel(_Part):
    """How many runs workers carry out in the environment."""

    concurrency: Annotated[int, Field(ge=1, le=100_000)] | None = Field(
        None, description="Most runs under way at once, on all workers together."
    )
    starts_per_s: Annotated[float, Field(ge=0.01, le=10_000, allow_inf_nan=False)] | None = Field(
        None, description="Most runs that begin in a second, on all workers together."
    )


class EnvironmentModel(_Part):
    """A named target: base URLs and values."""

    name: Name = Field(description="Name for --env.")
    description: str | None = Field(None, description="What it is.")
    values: dict[str, Json] = Field(default_factory=_no_keys, description="Values by name.")
    values_from_env: dict[str, str] = Field(
        default_factory=_no_keys, description="Values read from process variables; never REQFLO_*."
    )
    services: dict[str, ServiceModel] = Field(
        default_factory=_no_keys, description="Services by name."
    )
    allowed_origins: list[str] = Field(
        default_factory=_no_entries, description="Further origins that requests may go to."
    )
    secrets: SecretsModel | None = Field(None, description="Where secrets come from.")
    redact: RedactModel | None = Field(None, description="What else is masked by its name.")
    queue: QueueModel | None = Field(None, description="Limits of runs on workers.")

    def to_data(self) -> dict[str, Any]:
        """Return the environment as data, written as a part of its file.

        Its own serializer would be made for this alone.
        """
        document = EnvironmentDocument.model_construct(environment=self)
        data: dict[str, Any] = document.model_dump()["environment"]
        return data


class EnvironmentDocument(_Part):
    """An environment file."""

    environment: EnvironmentModel = Field(description="The environment.")


class PresetModel(_Part):
    """Named values for several journeys."""

    name: Name = Field(description="Name used by cases.")
    description: str | None = Field(None, description="What it is for.")
    values: dict[str, Json] = Field(description="Inputs and variables by name.")


class PresetDocument(_Part):
    """A preset file."""

    preset: PresetModel = Field(description="The preset.")


class OverlayModel(_Part):
    """Named changes to templates and steps (JSON merge patch, RFC 7396)."""

    name: Name = Field(description="Name used by journeys.")
    description: str | None = Field(None, description="What it is for.")
    templates: dict[str, dict[str, Json]] = Field(
        default_factory=_no_keys, description="Patches of templates by name."
    )
    steps: dict[str, dict[str, Json]] = Field(
        default_factory=_no_keys, description="Patches of steps by id."
    )
    add_assertions: dict[str, list[AssertionModel]] = Field(
        default_factory=_no_keys, description="Further assertions of steps by id."
    )


class OverlayDocument(_Part):
    """An overlay file."""

    overlay: OverlayModel = Field(description="The overlay.")


class TemplateValueModel(_Part):
    """A declared value of a template."""

    name: Name = Field(description="Name used in a step's values.")
    in_: Literal["path", "query", "header", "body"] = Field(
        alias="in", description="Where it goes."
    )
    required: bool = Field(False, description="Whether each step must give it.")
    description: str | None = Field(None, description="What it means.")
    default: Json = Field(None, description="Value when a step gives none.")
    recommended_source: str | None = Field(None, description="A hint for authors.")
    example: Json = Field(None, description="A typical value, for documentation.")


class TemplateBodyModel(_Ruled):
    """The fixed part of a template's body."""

    rule = Rule(("json", "form", "multipart", "text", "body_file"))

    content_type: str | None = Field(None, description="Content type; default application/json.")
    json_: Json = Field(
        None, alias="json", description="JSON body; declared body values are merged in."
    )
    form: dict[str, Json] | None = Field(
        None, description="Form body; declared body values are merged in."
    )
    multipart: list[MultipartPartModel] | None = Field(None, description="Multipart body.")
    text: Json = Field(None, description="Text body.")
    body_file: str | None = Field(None, description="File whose bytes are the body.")


class TemplateModel(_Part):
    """A reusable request."""

    name: Name = Field(description="Label; its slug names the template too.")
    description: str | None = Field(None, description="What it is for.")
    tags: list[Name] = Field(default_factory=_no_entries, description="Free labels.")
    service: Name | None = Field(None, description="Service it belongs to.")
    method: Method = Field(description="HTTP method.")
    url: str = Field(description="Path with :name or {name} placeholders.")
    headers: dict[str, Json] = Field(default_factory=_no_keys, description="Headers always sent.")
    query: dict[str, Json] = Field(
        default_factory=_no_keys, description="Query parameters always sent."
    )
    body: TemplateBodyModel | None = Field(None, description="The fixed part of the body.")
    auth: AuthModel | None = Field(None, description="Authentication.")
    values: list[TemplateValueModel] = Field(
        default_factory=_no_entries, description="Declared values."
    )
    assertions: list[AssertionModel] = Field(
        default_factory=_no_entries,
        description="Checks of every step that uses it; they run first.",
    )
    timeout_s: PositiveSeconds | None = Field(None, description="Deadline of the exchange.")
    follow_redirects: bool | Annotated[int, Field(ge=0, le=20)] | None = Field(
        None, description="Follow redirects: true for 5 hops, or the number of hops."
    )
    in_flight: Literal["repeat", "repeat_with_key", "fail"] | None = Field(
        None, description="What a durable run does when it was cut off inside such a step."
    )


class TemplateDocument(_Part):
    """A template file with a root key."""

    template: TemplateModel = Field(description="The template.")
