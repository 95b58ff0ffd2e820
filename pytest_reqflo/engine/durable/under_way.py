"""Which step a run is at, from what it recorded. Pure; a guess where the record cannot say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from pytest_reqflo.artifact.model import Artifact, StepSpec
from pytest_reqflo.engine.durable.checkpoints import TRY_NAME, from_text
from pytest_reqflo.values import Json

_ADDRESS = re.compile(
    r"(?P<index>\d{3,}):.+?(?:#(?P<number>\d+)(?::intent|:wait(?::over)?)?|:delay(?::over)?)"
)


class Position(NamedTuple):
    """Number of a step from 0, the steps of ``finally`` after the others, and of its try from 1."""

    step: int
    attempt: int


def find_position(artifact: Artifact, recorded: Mapping[str, str]) -> Position | None:
    """Return where a run is that recorded this, None when nothing of it can be left to do.

    Shape: a step that its `when` skips leaves no record, and is taken for the one under way.
    """
    last = _last_of(recorded)
    if last is None:
        return Position(0, 1)
    document = _tries_in(recorded).get(last)
    if document is None:
        return last  # its request was about to be sent, or it waited for its turn
    steps = (*artifact.steps, *artifact.finally_steps)
    if _comes_again(steps[last.step], last, document):
        return Position(last.step, last.attempt + 1)
    following = _following(artifact, last.step, document)
    return Position(following, 1) if following < len(steps) else None


def _last_of(recorded: Mapping[str, str]) -> Position | None:
    found = (_ADDRESS.fullmatch(name) for name in recorded)
    return max((Position(int(m["index"]), int(m["number"] or 1)) for m in found if m), default=None)


def _tries_in(recorded: Mapping[str, str]) -> Mapping[Position, Json]:
    found = ((TRY_NAME.fullmatch(name), text) for name, text in recorded.items())
    return {Position(int(m["index"]), int(m["number"])): from_text(text) for m, text in found if m}


def _comes_again(step: StepSpec, position: Position, document: Json) -> bool:
    """Say whether the step is tried once more after the try that left *document*."""
    if step.poll is not None:
        return bool(document.get("poll") == "again")
    policy = step.retry
    is_left = policy is not None and position.attempt <= policy.count
    is_kind = policy is not None and document.get("error_kind") in policy.on
    return is_left and is_kind and bool(document.get("is_retryable"))


def _following(artifact: Artifact, index: int, document: Json) -> int:
    main = len(artifact.steps)
    is_passed = document.get("result", {}).get("outcome") == "passed"
    stops = not is_passed and artifact.settings.on_failure == "stop"
    return main if stops and index < main else index + 1
