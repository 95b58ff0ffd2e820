"""What all models of the format are made of: kinds of texts and numbers, and keys that exclude each other."""

import functools
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from pytest_reqflo.frozen import dataclass

Name = Annotated[str, Field(min_length=1, max_length=200)]
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_-]*$", max_length=100)]
Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
PositiveSeconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]

Method = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9-]*$", max_length=32)]


def no_entries() -> list[Any]:
    """Return the default of a list."""
    # pydantic asks for the signature of each factory, and that of `list` takes very long to find.
    return []


def no_keys() -> dict[str, Any]:
    """Return the default of a mapping."""
    return {}


def shape_of(value: Any) -> str:
    """Choose the member of a union by what the author wrote, so that one mistake is one message."""
    if isinstance(value, (dict, BaseModel)):
        return "mapping"
    if isinstance(value, list):
        return "list"
    return "scalar"


class Part(BaseModel):
    """A mapping of the format: its keys in their types, and no others."""

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


class Ruled(Part):
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
def _names_of(model: type[Ruled]) -> frozenset[str]:
    """Return the attributes that hold the keys of the rule of *model*."""
    return frozenset(
        name
        for name, field in model.model_fields.items()
        if (field.alias or name) in model.rule.keys
    )
