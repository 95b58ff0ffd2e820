from __future__ import annotations

import json

from pytest_reqflo.artifact.model import Artifact, RequestSpec, StepSpec
from pytest_reqflo.codec import to_json
from pytest_reqflo.engine.durable.progress import NOT_REACHED, result_so_far
from pytest_reqflo.lang.expression import LiteralValue
from pytest_reqflo.result import RunIdentity, TryResult
from pytest_reqflo.run.effects import RunStart

IDENTITY = RunIdentity(run_id="run_1", journey_id="j", journey_name="J", artifact="artifact_1")


def step(name):
    return StepSpec(
        id=name, name=name, request=RequestSpec(method="GET", url=LiteralValue(value="/"))
    )


def tried(number, outcome, elapsed_s=1.0):
    result = to_json(TryResult(number=number, outcome=outcome))
    return json.dumps({"result": result, "live": "sealed", "elapsed_s": elapsed_s})


ARTIFACT = Artifact(
    journey_id="j", steps=(step("a"), step("b"), step("c")), finally_steps=(step("z"),)
)


def test_tries_are_put_together_by_step_without_any_key():
    start = {"start": to_json(RunStart(seed="ab", started_at="2026-05-01T00:00:00Z"))}
    result = result_so_far(
        IDENTITY,
        ARTIFACT,
        {
            "000:begin": json.dumps({**start, "environment": "sealed"}),
            "000:a#1": tried(1, "passed"),
            "002:c#10": tried(10, "passed"),
            "002:c#2:wait:over": json.dumps({"elapsed_s": 9.0}),
            "002:c#2": tried(2, "failed"),
            "002:c#1:intent": json.dumps("somebody"),
            "002:c#1": tried(1, "error"),
        },
    )
    assert (result.started_at, result.seed, result.finished_at) == (
        "2026-05-01T00:00:00Z", "ab", ""
    )  # fmt: skip
    assert [(each.id, each.outcome, each.skip_reason) for each in result.steps] == [
        ("a", "passed", ""),
        ("b", "skipped", "no try is recorded"),
        ("c", "passed", ""),
        ("z", "skipped", NOT_REACHED),
    ]
    assert [each.number for each in result.steps[2].tries] == [1, 2, 10]
    assert [each.pointer for each in result.steps] == [
        "/steps/0", "/steps/1", "/steps/2", "/finally/0"
    ]  # fmt: skip
    assert result.elapsed_s == 4.0


def test_an_interrupted_step_says_so():
    recorded = {"000:a#1": json.dumps({"interrupted": "cancelled"}), "003:z#1": tried(1, "passed")}
    result = result_so_far(IDENTITY, ARTIFACT, recorded)
    assert [each.outcome for each in result.steps] == [
        "interrupted", "skipped", "skipped", "passed"
    ]  # fmt: skip
    assert result.outcome == "interrupted"


def test_a_run_that_recorded_nothing_has_only_steps_that_were_not_reached():
    result = result_so_far(IDENTITY, ARTIFACT, {})
    assert {each.skip_reason for each in result.steps} == {NOT_REACHED}
    assert (result.started_at, result.elapsed_s) == ("", 0)
