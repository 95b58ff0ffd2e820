"""Small results of runs, as reports get them."""

from __future__ import annotations

from typing import Any

from pytest_reqflo.evidence.model import Body, Exchange, RequestRecord, ResponseRecord, Timing
from pytest_reqflo.result import CheckResult, JourneyResult, RunIdentity, StepResult, TryResult

START = "2026-01-02T03:04:05.000000Z"
START_MS = 1_767_323_045_000


def body(text: str, **fields: Any) -> Body:
    return Body(text=text, size_bytes=len(text), **fields)


def exchange(
    url: str = "http://shop.test/orders", answer: str = '{"a": 1}', *, status: int = 200,
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),), **fields: Any,
) -> Exchange:  # fmt: skip
    defaults = {
        "request": RequestRecord(method="GET", url=url),
        "response": ResponseRecord(status=status, reason="", headers=headers, body=body(answer)),
        "timing": Timing(total_s=0.25, wait_s=0.25),
        "curl": f"curl {url}",
    }
    return Exchange(**{**defaults, **fields})


def check(*, passed: bool = True, **fields: Any) -> CheckResult:
    defaults = {
        "pointer": "/steps/0/assertions/0", "type": "status_code", "subject": "status", "operator": "equals",
        "expected": 200, "actual": 200 if passed else 500, "message": "" if passed else "expected status 200, got 500",
    }  # fmt: skip
    return CheckResult(passed=passed, **{**defaults, **fields})


def tried(
    *exchanges: Exchange, number: int = 1, outcome: Any = "passed", **fields: Any
) -> TryResult:
    defaults = {
        "started_at": START,
        "elapsed_s": 0.5,
        "checks": (check(passed=outcome == "passed"),),
    }
    return TryResult(number=number, outcome=outcome, exchanges=exchanges, **{**defaults, **fields})


def step(id: str = "pay", *tries: TryResult, **fields: Any) -> StepResult:
    outcome = tries[-1].outcome if tries else "skipped"
    defaults = {"name": id, "pointer": "/steps/0", "outcome": outcome}
    return StepResult(id=id, tries=tries, **{**defaults, **fields})


def result(
    *steps: StepResult, identity: dict[str, Any] | None = None, **fields: Any
) -> JourneyResult:
    who = {
        "run_id": "run_1", "journey_id": "order", "journey_name": "Order", "artifact": "artifact_1", "version": "v3",
        "file": "order.journey.yaml",
    }  # fmt: skip
    defaults = {
        "outcome": steps[-1].outcome if steps else "error",
        "started_at": START,
        "finished_at": START,
    }
    return JourneyResult(
        identity=RunIdentity(**{**who, **(identity or {})}), steps=steps, elapsed_s=0.5, **{**defaults, **fields}
    )  # fmt: skip
