"""Results of runs, and pages made of them, without running anything."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pytest_reqflo.evidence.model import Body, Exchange, RequestRecord, ResponseRecord, Timing
from pytest_reqflo.host.html_runs import HtmlRuns
from pytest_reqflo.report.html.page import render_html
from pytest_reqflo.report.html.summary import Told
from pytest_reqflo.result import (
    CapturedValue,
    CheckResult,
    Difference,
    JourneyResult,
    Problem,
    RunIdentity,
    StepResult,
    TryResult,
    ValueOrigin,
    ValueUse,
)

STARTED = "2026-05-04T10:00:00.000000Z"
FILE = "journeys/orders.journey.yaml"

SESSION = {
    "project": "shop",
    "started_at": "2026-05-04T10:00:00Z",
    "elapsed_s": 12.5,
    "exit": 1,
    "version": "0.1.0",
    "others": {},
    "notes": [],
}


def exchange(text: str = '{"id": 25.0, "tags": ["a", "b"]}', **changes: Any) -> Exchange:
    """Return an answered request whose response has *text*; *changes* go to the request."""
    request = {
        "method": "POST",
        "url": "https://shop.test/orders",
        "headers": (("Content-Type", "application/json"),),
        "body": Body(text='{"customer":"c-1"}', size_bytes=18),
    }
    return Exchange(
        request=RequestRecord(**{**request, **changes}),
        response=ResponseRecord(
            status=201,
            reason="Created",
            headers=(("X-Id", "7"),),
            body=Body(text=text, size_bytes=len(text)),
        ),
        timing=Timing(
            total_s=0.06, connect_s=0.01, tls_s=0.02, send_s=0.001, wait_s=0.025, receive_s=0.004
        ),
        curl="curl -X POST https://shop.test/orders --data-raw '{}'",
    )


HELD = CheckResult(
    pointer="/steps/0/assertions/0", type="status_code", subject="status", operator="equals",
    passed=True, expected=201, actual=201,
)  # fmt: skip
BROKEN = CheckResult(
    pointer="/steps/0/assertions/1",
    type="json_path",
    subject="$",
    operator="equals",
    passed=False,
    expected={"id": 26},
    actual={"id": 25.0},
    message="$: 1 difference from what is expected, at $.id",
    differences=(Difference(path="$.id", change="changed", expected=26, actual=25.0),),
)


def step(
    name: str, *checks: CheckResult, exchanges: Iterable[Exchange] = (), **changes: Any
) -> StepResult:
    """Return a step with one try, bad when any of *checks* is."""
    is_held = all(check.passed or check.soft for check in checks)
    outcome = "passed" if is_held else "failed"
    one = TryResult(
        number=1,
        outcome=outcome,
        started_at="2026-05-04T10:00:00.020000Z",
        elapsed_s=0.07,
        exchanges=tuple(exchanges) or (exchange(),),
        checks=checks,
        captured=(CapturedValue(name="order_id", path="body.id", value="ord-7"),),
        values_used=(ValueUse(expression="inputs.customer", value="c-1", origin="data row"),),
    )
    return StepResult(
        **{
            "id": name, "name": name, "pointer": "/steps/0", "outcome": outcome, "tries": (one,),
            "elapsed_s": 0.07, **changes,
        }
    )  # fmt: skip


def run_id(number: int) -> str:
    """Return the id of run *number*."""
    return f"run_{number:032x}"


def result(number: int = 1, *steps: StepResult, **changes: Any) -> JourneyResult:
    """Return run *number*, whose id says so; *changes* go to the identity where they fit there."""
    steps = steps or (step("create", HELD), step("find", HELD))
    is_bad = any(each.outcome == "failed" for each in steps)
    own = {key: changes.pop(key) for key in list(changes) if key in _IDENTITY}
    identity = {
        "run_id": run_id(number), "journey_id": "orders", "journey_name": "Orders",
        "artifact": "artifact_0123456789ab", "version": "v3", "environment": "staging",
        "file": FILE, **own,
    }  # fmt: skip
    given = {
        "identity": RunIdentity(**identity),
        "outcome": "failed" if is_bad else "passed",
        "started_at": STARTED,
        "finished_at": STARTED,
        "elapsed_s": 0.07 * len(steps),
        "steps": steps,
        "category": "assertion" if is_bad else None,
        "fingerprint": "6220cf30cb6b207e" if is_bad else "",
        "values": (
            ValueOrigin(
                name="customer", kind_of_name="input", layer="row", value="c-1", detail="row 1"
            ),
        ),
        "lines": {"/steps/0": 4, "/steps/0/assertions/0": 7, "/steps/0/assertions/1": 8},
    }
    return JourneyResult(**{**given, **changes})


_IDENTITY = set(RunIdentity.__dataclass_fields__)


def broken(number: int = 1, **changes: Any) -> JourneyResult:
    """Return a run whose first step failed, and whose second was skipped."""
    skipped = StepResult(
        id="find", name="find", pointer="/steps/1", outcome="skipped",
        skip_reason="step `create` failed", cause="create",
    )  # fmt: skip
    return result(number, step("create", HELD, BROKEN), skipped, **changes)


def problem(message: str) -> Problem:
    """Return why nothing usable came."""
    return Problem(code="RF401", category="connection", message=message)


def told_of(one: JourneyResult, test: str, **changes: Any) -> Told:
    """Return what pytest says of the test of *one*."""
    return Told(**{"test": test, "status": one.outcome, **changes})


def add(runs: HtmlRuns, one: JourneyResult, test: str = "", **changes: Any) -> None:
    """Add *one* to *runs* as the result of *test*, in its JSON form."""
    name = test or f"{one.identity.file}::{one.identity.run_id}"
    document = json.loads(json.dumps(one.to_json()))
    runs.add(name, document, told_of(one, name, **changes))


def write_page(path: Path, runs: HtmlRuns, **session: Any) -> Path:
    """Write the page of *runs*."""
    journeys, lines, details = runs.finish(is_sorted=False)
    index = {
        "format": 1, "session": {**SESSION, "notes": list(runs.notes()), **session},
        "journeys": journeys, "runs": lines,
    }  # fmt: skip
    with path.open("w", encoding="utf-8") as file:
        file.writelines(render_html(index, details))
    return path


_BLOCK = re.compile(r'<script type="application/json" id="(\w+)">(.*?)</script>', re.DOTALL)


def blocks_of(page: str) -> dict[str, Any]:
    """Return the data of a page: its index, and the detail of each run by key."""
    return {key: json.loads(text) for key, text in _BLOCK.findall(page)}
