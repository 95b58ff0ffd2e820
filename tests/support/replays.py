"""Recorded runs of small journeys, as they are read back, and their replays in few words."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from journeys import START, Tried, plan

from pytest_reqflo.artifact.model import Artifact, StepSpec
from pytest_reqflo.result import (
    JourneyResult,
    RunIdentity,
    StepResult,
    TryResult,
    ValueOrigin,
    result_from_json,
)
from pytest_reqflo.run.replay import replay
from pytest_reqflo.run.replay_model import Replay
from pytest_reqflo.values import parse_json


def recorded(
    *steps: StepResult, values: Iterable[ValueOrigin] = (), **fields: Any
) -> JourneyResult:
    """Return a run with *steps*, as it comes out of a file."""
    result = JourneyResult(
        identity=RunIdentity(
            run_id="run_1", journey_id="shop", journey_name="Shop", artifact="artifact_1"
        ),
        outcome=steps[-1].outcome if steps else "passed",
        started_at=START.started_at,
        finished_at=START.started_at,
        elapsed_s=0.25,
        steps=steps,
        values=tuple(values),
        seed=START.seed,
        **fields,
    )
    return result_from_json(parse_json(json.dumps(result.to_json())))


def step_result(id: str, *tries: TryResult, **fields: Any) -> StepResult:
    outcome = fields.pop("outcome", tries[-1].outcome if tries else "skipped")
    return StepResult(id=id, name=id, pointer="/steps/0", outcome=outcome, tries=tries, **fields)


def recorded_run(spec: StepSpec, tried: Tried, **fields: Any) -> JourneyResult:
    """Return the run of a journey with one step."""
    return recorded(step_result(spec.id, tried.result), **fields)


def replayed(run: JourneyResult, *steps: StepSpec, before: Artifact | None = None) -> Replay:
    """Replay *run* with a journey of *steps*; it was a run of *before*, or of the same."""
    artifact = plan(*steps).artifact
    return replay(artifact, run, before or artifact)


def told(found: Replay) -> list[str]:
    """Return ``step verdict subject: reason`` of each assertion and output."""
    return [
        f"{step.id} {check.verdict} {check.subject}{f': {check.reason}' if check.reason else ''}"
        for step in found.steps
        for check in step.checks
    ]
