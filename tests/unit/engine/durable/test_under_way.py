"""Which step and try a run is at, from the names and outcomes that it recorded."""

from __future__ import annotations

import dataclasses
import json

import pytest

from pytest_reqflo.artifact.model import (
    Artifact,
    PollSpec,
    RequestSpec,
    RetrySpec,
    RunSettings,
    StepSpec,
)
from pytest_reqflo.engine.durable.under_way import find_position
from pytest_reqflo.lang.expression import LiteralValue


def step(name, **changes):
    request = RequestSpec(method="GET", url=LiteralValue(value="/"))
    return StepSpec(id=name, name=name, request=request, **changes)


ARTIFACT = Artifact(
    journey_id="j",
    steps=(
        step("a"),
        step("b", retry=RetrySpec(count=2, on=("error",))),
        step("c", poll=PollSpec(until=())),
    ),
    finally_steps=(step("z"),),
)
GOES_ON = dataclasses.replace(ARTIFACT, settings=RunSettings(on_failure="continue"))


def tried(outcome="passed", kind=None, *, poll=None, is_retryable=True):
    return json.dumps({
        "result": {"outcome": outcome}, "error_kind": kind, "is_retryable": is_retryable,
        "poll": poll,
    })  # fmt: skip


PASSED = tried()
ERROR = tried("error", "error")
FAILED = tried("failed", "assertion")


@pytest.mark.parametrize(
    ("recorded", "position"),
    [
        ({}, (0, 1)),
        ({"000:begin": "{}"}, (0, 1)),
        ({"000:a#1": PASSED}, (1, 1)),
        ({"000:a#1": PASSED, "001:b#1:intent": '"w"'}, (1, 1)),
        ({"000:a#1": PASSED, "001:b:delay": "{}", "001:b:delay:over": "{}"}, (1, 1)),
        ({"001:b#1": ERROR}, (1, 2)),
        ({"001:b#1": ERROR, "001:b#2:wait": "{}"}, (1, 2)),
        ({"001:b#1": ERROR, "001:b#2": ERROR, "001:b#3": ERROR}, (3, 1)),
        ({"001:b#1": FAILED}, (3, 1)),
        ({"001:b#1": tried("error", "error", is_retryable=False)}, (3, 1)),
        ({"002:c#9": tried("failed", poll="again"), "002:c#1": "{}"}, (2, 10)),
        ({"002:c#10": tried("failed", poll="again"), "002:c#9": "{}"}, (2, 11)),
        ({"002:c#1": tried(poll="done")}, (3, 1)),
        ({"000:a#1": FAILED, "003:z#1": FAILED}, None),
        ({"003:z#1": PASSED, "999:finish": "{}"}, None),
    ],
)
def test_the_step_under_way_is_the_one_after_the_last_record(recorded, position):
    assert find_position(ARTIFACT, recorded) == position


def test_after_a_failure_a_run_goes_on_where_it_is_told_to():
    assert find_position(GOES_ON, {"000:a#1": FAILED}) == (1, 1)
