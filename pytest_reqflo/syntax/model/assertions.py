"""The checks of a response, one model for each type."""

from typing import Annotated, Literal, Union

from pydantic import Field

from pytest_reqflo.syntax.model.parts import Name, Part, Rule, Ruled
from pytest_reqflo.values import Json

Operator = Literal[
    "exists", "not_exists", "equals", "not_equals", "contains", "not_contains", "greater_than",
    "greater_or_equal", "less_than", "less_or_equal", "matches", "not_matches", "starts_with",
    "ends_with", "in", "not_in", "has_type", "has_length", "is_empty", "not_empty",
]  # fmt: skip


class _Assertion(Part):
    soft: bool = Field(False, description="Report a failure as a warning; the step still passes.")
    message: str | None = Field(None, description="Your own sentence, shown first when it fails.")


class _RuledAssertion(_Assertion, Ruled):
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
