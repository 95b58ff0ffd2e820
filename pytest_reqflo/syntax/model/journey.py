"""A journey file."""

import functools
from typing import Annotated, Literal, Union

from pydantic import Discriminator, Field, Tag

from pytest_reqflo.syntax.model.parts import (
    Identifier,
    Name,
    Part,
    PositiveSeconds,
    Rule,
    Ruled,
    no_entries,
    no_keys,
    shape_of,
)
from pytest_reqflo.syntax.model.requests import RequestDefaultsModel
from pytest_reqflo.syntax.model.steps import StepModel
from pytest_reqflo.values import Json


class InputModel(Part):
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


class VariableModel(Ruled):
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


class MarkModel(Part):
    """A reason, and a condition over the environment."""

    reason: str = Field(description="Why; shown in reports.")
    when: Json = Field(True, description="Boolean or expression over env; default true.")


Mark = Annotated[
    Union[Annotated[str, Tag("scalar")], Annotated[MarkModel, Tag("mapping")]],
    Discriminator(shape_of),
]


class CaseModel(Part):
    """A named set of values."""

    name: Name = Field(description="Name, exact and case-sensitive for --case.")
    description: str | None = Field(None, description="What it shows.")
    values: dict[str, Json] = Field(
        default_factory=no_keys, description="Inputs and variables by name."
    )
    presets: list[Name] = Field(
        default_factory=no_entries, description="Presets that apply, later ones win."
    )
    skip: Mark | None = Field(None, description="Skip this case, with a reason.")
    xfail: Mark | None = Field(None, description="A failed check is expected, with a reason.")
    tags: list[Name] = Field(default_factory=no_entries, description="Marks of this case's items.")


class DataModel(Ruled):
    """Rows, each one a run of the whole journey."""

    rule = Rule(("file", "rows"), is_needed=True)

    file: str | None = Field(None, description="CSV, JSON or JSONL file.")
    rows: list[dict[str, Json]] | None = Field(None, description="Rows written here.")
    key: Identifier | None = Field(None, description="Column that names each row; must be unique.")
    case: Name | None = Field(None, description="Case whose values lie below each row.")


class SettingsModel(Part):
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
        default_factory=no_entries, description="pytest fixtures that each item asks for."
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


class JourneyModel(Part):
    """A journey: an ordered set of requests with values and checks."""

    name: Name = Field(description="Name shown in reports.")
    id: Identifier | None = Field(None, description="Stable id; default: slug of the name.")
    description: str | None = Field(None, description="What the journey proves.")
    version: str | None = Field(None, description='Free label such as "1.2.0"; in quotes.')
    owner: str | None = Field(None, description="Team or person responsible.")
    tags: list[Name] = Field(default_factory=no_entries, description="pytest marks of every item.")
    service: Name | None = Field(None, description="Service of every step that names none.")
    base_template: Name | None = Field(None, description="Template of each step that names none.")
    overlays: list[Name] = Field(
        default_factory=no_entries, description="Overlays applied in order."
    )
    inputs: list[InputModel] = Field(
        default_factory=no_entries, description="Values supplied for each run."
    )
    variables: list[VariableModel] = Field(
        default_factory=no_entries, description="Named values shared by the steps."
    )
    cases: list[CaseModel] = Field(default_factory=no_entries, description="Named sets of values.")
    data: (
        Annotated[
            Union[Annotated[str, Tag("scalar")], Annotated[DataModel, Tag("mapping")]],
            Discriminator(shape_of),
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
        default_factory=no_entries,
        alias="finally",
        description="Steps that always run at the end.",
    )


class JourneyDocument(Part):
    """A journey file."""

    journey: JourneyModel = Field(description="The journey.")
