"""A request as it is written in a step, and the defaults of all."""

from typing import Annotated, Literal

from pydantic import Field

from pytest_reqflo.syntax.model.parts import (
    Identifier,
    Method,
    Name,
    Part,
    PositiveSeconds,
    Rule,
    Ruled,
)
from pytest_reqflo.values import Json


class BasicAuthModel(Part):
    """Credentials for HTTP basic authentication."""

    username: Json = Field(description="User name; may be an expression.")
    password: Json = Field(description="Password, usually an expression that names a secret.")


class AuthModel(Ruled):
    """Authentication of a request: one of the kinds."""

    rule = Rule(("basic", "bearer"), is_needed=True)

    basic: BasicAuthModel | None = Field(None, description="HTTP basic authentication (RFC 7617).")
    bearer: Json = Field(None, description="Bearer token (RFC 6750), usually an expression.")


class MultipartPartModel(Ruled):
    """One part of a multipart body."""

    rule = Rule(("value", "file"), is_needed=True)

    name: Name = Field(description="Field name; may be repeated.")
    value: Json = Field(None, description="Text or JSON of the part; may be an expression.")
    file: str | None = Field(None, description="File whose bytes are sent.")
    filename: str | None = Field(None, description="File name told to the server.")
    content_type: str | None = Field(None, description="Content type of the part.")


BODIES = ("json", "json_file", "form", "multipart", "text", "body_file", "body_base64")


class RequestModel(Ruled):
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


class RequestDefaultsModel(Part):
    """Defaults of every step's request."""

    headers: dict[str, Json] | None = Field(None, description="Headers of every request.")
    timeout_s: PositiveSeconds | None = Field(
        None, description="Deadline of each exchange in seconds."
    )
    follow_redirects: bool | Annotated[int, Field(ge=0, le=20)] | None = Field(
        None, description="Follow redirects: true for 5 hops, or the number of hops."
    )
