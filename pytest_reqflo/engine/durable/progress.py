"""How far a run came, from what it recorded. Pure; needs no key, because results are not sealed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pytest_reqflo.artifact.model import Artifact, StepSpec
from pytest_reqflo.codec import from_json
from pytest_reqflo.engine.durable.checkpoints import BEGIN, TRY_NAME, from_text
from pytest_reqflo.result import JourneyResult, RunIdentity, StepResult, TryResult
from pytest_reqflo.run.effects import RunStart
from pytest_reqflo.run.verdict import worst_of
from pytest_reqflo.run.volume import thin_out
from pytest_reqflo.values import Json

NOT_REACHED = "not reached"
"""Why a step without any record is skipped, when no later step has one."""


def result_so_far(
    identity: RunIdentity, artifact: Artifact, recorded: Mapping[str, str]
) -> JourneyResult:
    """Return what is known of a run that has no result: the tries that it recorded.

    Shape: *recorded* holds the checkpoints by name. All steps are there; those without a record are
        skipped. `finished_at` is empty.
    """
    begin = from_text(recorded[BEGIN]).get("start") if BEGIN in recorded else None
    start = from_json(RunStart, begin) if begin else RunStart(seed="", started_at="")
    tries = _tries_of(recorded)
    steps = tuple(_steps(artifact, tries))
    return JourneyResult(
        identity=identity,
        outcome=worst_of(step.outcome for step in steps if step.skip_reason != NOT_REACHED),
        started_at=start.started_at,
        finished_at="",
        elapsed_s=sum(step.elapsed_s for step in steps),
        steps=steps,
        seed=start.seed,
    )


def _tries_of(recorded: Mapping[str, str]) -> dict[int, list[Json]]:
    """Return the documents of the tries of each step, by the number of the step from 0."""
    found: dict[int, list[tuple[int, Json]]] = {}
    for name, text in recorded.items():
        match = TRY_NAME.fullmatch(name)
        if match is not None:
            numbered = (int(match["number"]), from_text(text))
            found.setdefault(int(match["index"]), []).append(numbered)
    return {
        index: [document for _, document in sorted(tries, key=lambda each: each[0])]
        for index, tries in found.items()
    }


def _steps(artifact: Artifact, tries: Mapping[int, list[Json]]) -> Iterator[StepResult]:
    last = max(tries, default=-1)
    main = len(artifact.steps)
    for index, step in enumerate((*artifact.steps, *artifact.finally_steps)):
        place = f"/steps/{index}" if index < main else f"/finally/{index - main}"
        if index in tries:
            yield _step(step, place, tries[index])
        else:
            reason = NOT_REACHED if index > last else "no try is recorded"
            yield _empty(step, place, reason)


def _step(step: StepSpec, pointer: str, documents: list[Json]) -> StepResult:
    kept: list[TryResult] = []
    for document in documents:
        if "result" in document:
            kept.append(from_json(TryResult, document["result"]))
            thin_out(kept)
    is_interrupted = "interrupted" in documents[-1]
    return StepResult(
        id=step.id,
        name=step.name,
        pointer=pointer,
        outcome="interrupted" if is_interrupted else kept[-1].outcome,
        phase="main" if pointer.startswith("/steps") else "finally",
        tries=tuple(kept),
        elapsed_s=sum(float(document.get("elapsed_s", 0.0)) for document in documents),
    )


def _empty(step: StepSpec, pointer: str, reason: str) -> StepResult:
    return StepResult(
        id=step.id,
        name=step.name,
        pointer=pointer,
        outcome="skipped",
        phase="main" if pointer.startswith("/steps") else "finally",
        skip_reason=reason,
    )
