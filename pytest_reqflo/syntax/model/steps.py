"""A step of a journey: its request, values, checks and outputs."""

from typing import Annotated, Literal, Union

from pydantic import Discriminator, Field, Tag

from pytest_reqflo.syntax.model.assertions import AssertionModel, Operator
from pytest_reqflo.syntax.model.parts import (
    Identifier,
    Name,
    Part,
    PositiveSeconds,
    Rule,
    Ruled,
    Seconds,
    no_entries,
    no_keys,
    shape_of,
)
from pytest_reqflo.syntax.model.requests import RequestModel
from pytest_reqflo.values import Json


class OutputModel(Part):
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


class RetryModel(Part):
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


class PollModel(Part):
    """Repeat a step until its answer shows a state."""

    until: list[AssertionModel] = Field(min_length=1, description="Done when all of these hold.")
    stop_on: list[AssertionModel] = Field(
        default_factory=no_entries, description="Fail at once when all of these hold."
    )
    every_s: PositiveSeconds = Field(1.0, description="Wait between two tries, in seconds.")
    timeout_s: PositiveSeconds = Field(60.0, description="Give up after this time, in seconds.")


class ConditionModel(Part):
    """A comparison that decides whether a step runs."""

    value: Json = Field(description="The value to look at, usually an expression.")
    operator: Operator = Field("equals", description="How to compare; default equals.")
    expected: Json = Field(None, description="What to compare with; may be an expression.")


class StepModel(Ruled):
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
            Discriminator(shape_of),
        ]
        | None
    ) = Field(
        None,
        description="The request in full or changes to the template's; a text is a template name.",
    )
    service: Name | None = Field(None, description="Service of the environment to send to.")
    values: dict[str, Json] = Field(
        default_factory=no_keys, description="Template values by name; literals or expressions."
    )
    assertions: list[AssertionModel] = Field(
        default_factory=no_entries, description="Checks of the response; all are evaluated."
    )
    outputs: list[OutputModel] = Field(
        default_factory=no_entries, description="Values kept for later steps."
    )
    when: (
        Annotated[
            Union[
                Annotated[str | bool, Tag("scalar")],
                Annotated[ConditionModel, Tag("mapping")],
            ],
            Discriminator(shape_of),
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
