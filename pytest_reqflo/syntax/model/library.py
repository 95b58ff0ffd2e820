"""The files beside the journeys: environments, presets, overlays and templates."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from pytest_reqflo.syntax.model.assertions import AssertionModel
from pytest_reqflo.syntax.model.parts import (
    Method,
    Name,
    Part,
    PositiveSeconds,
    Rule,
    Ruled,
    no_entries,
    no_keys,
)
from pytest_reqflo.syntax.model.requests import AuthModel, MultipartPartModel
from pytest_reqflo.values import Json


class TlsModel(Part):
    """TLS of a service."""

    verify: bool = Field(True, description="Check the server's certificate.")
    ca_file: str | None = Field(None, description="PEM file of trusted authorities.")


class ServiceModel(BaseModel):
    """How one service is reached; further keys are values of the service."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True, defer_build=True)

    base_url: str | None = Field(None, description="Root of its URLs, with http:// or https://.")
    headers: dict[str, Json] = Field(
        default_factory=no_keys, description="Headers of every request."
    )
    timeout_s: PositiveSeconds | None = Field(None, description="Deadline of each exchange.")
    follow_redirects: bool | Annotated[int, Field(ge=0, le=20)] | None = Field(
        None, description="Follow redirects: true for 5 hops, or the number of hops."
    )
    tls: TlsModel | bool | None = Field(None, description="TLS settings; false turns checks off.")


class GrantModel(Part):
    """Journeys that may use the secrets of a name."""

    journeys: list[Name] = Field(
        default_factory=no_entries, description="Ids of journeys; `*` stands for any text."
    )
    tags: list[Name] = Field(
        default_factory=no_entries, description="Tags of journeys; `*` stands for any text."
    )
    files: list[Name] = Field(
        default_factory=no_entries,
        description="Journey files, relative to the root; `*` within a folder, `**` for folders.",
    )


class SecretsModel(Part):
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
        default_factory=no_keys, description="Options of providers of packages, by provider."
    )
    grants: dict[str, GrantModel] | None = Field(
        None,
        description="Who may use which secret, by its name with `*`; what is not granted is refused.",
    )


class RedactModel(Part):
    """What is masked in every output besides the usual credentials."""

    headers: list[Name] = Field(
        default_factory=no_entries,
        description="Headers whose values are never shown, in any case.",
    )
    keys: list[Name] = Field(
        default_factory=no_entries,
        description="JSON keys and form fields whose values are never shown; case, - and _ make "
        "no difference.",
    )


class QueueModel(Part):
    """How many runs workers carry out in the environment."""

    concurrency: Annotated[int, Field(ge=1, le=100_000)] | None = Field(
        None, description="Most runs under way at once, on all workers together."
    )
    starts_per_s: Annotated[float, Field(ge=0.01, le=10_000, allow_inf_nan=False)] | None = Field(
        None, description="Most runs that begin in a second, on all workers together."
    )


class EnvironmentModel(Part):
    """A named target: base URLs and values."""

    name: Name = Field(description="Name for --env.")
    description: str | None = Field(None, description="What it is.")
    values: dict[str, Json] = Field(default_factory=no_keys, description="Values by name.")
    values_from_env: dict[str, str] = Field(
        default_factory=no_keys, description="Values read from process variables; never REQFLO_*."
    )
    services: dict[str, ServiceModel] = Field(
        default_factory=no_keys, description="Services by name."
    )
    allowed_origins: list[str] = Field(
        default_factory=no_entries, description="Further origins that requests may go to."
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


class EnvironmentDocument(Part):
    """An environment file."""

    environment: EnvironmentModel = Field(description="The environment.")


class PresetModel(Part):
    """Named values for several journeys."""

    name: Name = Field(description="Name used by cases.")
    description: str | None = Field(None, description="What it is for.")
    values: dict[str, Json] = Field(description="Inputs and variables by name.")


class PresetDocument(Part):
    """A preset file."""

    preset: PresetModel = Field(description="The preset.")


class OverlayModel(Part):
    """Named changes to templates and steps (JSON merge patch, RFC 7396)."""

    name: Name = Field(description="Name used by journeys.")
    description: str | None = Field(None, description="What it is for.")
    templates: dict[str, dict[str, Json]] = Field(
        default_factory=no_keys, description="Patches of templates by name."
    )
    steps: dict[str, dict[str, Json]] = Field(
        default_factory=no_keys, description="Patches of steps by id."
    )
    add_assertions: dict[str, list[AssertionModel]] = Field(
        default_factory=no_keys, description="Further assertions of steps by id."
    )


class OverlayDocument(Part):
    """An overlay file."""

    overlay: OverlayModel = Field(description="The overlay.")


class TemplateValueModel(Part):
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


class TemplateBodyModel(Ruled):
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


class TemplateModel(Part):
    """A reusable request."""

    name: Name = Field(description="Label; its slug names the template too.")
    description: str | None = Field(None, description="What it is for.")
    tags: list[Name] = Field(default_factory=no_entries, description="Free labels.")
    service: Name | None = Field(None, description="Service it belongs to.")
    method: Method = Field(description="HTTP method.")
    url: str = Field(description="Path with :name or {name} placeholders.")
    headers: dict[str, Json] = Field(default_factory=no_keys, description="Headers always sent.")
    query: dict[str, Json] = Field(
        default_factory=no_keys, description="Query parameters always sent."
    )
    body: TemplateBodyModel | None = Field(None, description="The fixed part of the body.")
    auth: AuthModel | None = Field(None, description="Authentication.")
    values: list[TemplateValueModel] = Field(
        default_factory=no_entries, description="Declared values."
    )
    assertions: list[AssertionModel] = Field(
        default_factory=no_entries,
        description="Checks of every step that uses it; they run first.",
    )
    timeout_s: PositiveSeconds | None = Field(None, description="Deadline of the exchange.")
    follow_redirects: bool | Annotated[int, Field(ge=0, le=20)] | None = Field(
        None, description="Follow redirects: true for 5 hops, or the number of hops."
    )
    in_flight: Literal["repeat", "repeat_with_key", "fail"] | None = Field(
        None, description="What a durable run does when it was cut off inside such a step."
    )


class TemplateDocument(Part):
    """A template file with a root key."""

    template: TemplateModel = Field(description="The template.")
