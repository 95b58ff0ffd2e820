"""What a try left and nobody has read yet: it is what was made at once before, and no more is kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import journeys as make
import pytest

from pytest_reqflo.artifact.model import JsonBody
from pytest_reqflo.codec import to_json
from pytest_reqflo.evidence.redact import Redactor
from pytest_reqflo.lang.operators import OPERATORS
from pytest_reqflo.noted import find_unread
from pytest_reqflo.result import StepResult, TryResult
from pytest_reqflo.run import attempt as attempt_module
from pytest_reqflo.run import unread
from pytest_reqflo.run.journey import run_journey
from pytest_reqflo.run.volume import size_of

LATE = ("exchanges", "checks", "captured", "values_used")
NAMES = {"customer": make.resolved("customer", "cust-canary-1")}
BODY = '{"id":7,"state":"paid","customer":"cust-canary-1","items":[{"id":1}],"none":null,"tags":[]}'
OUTPUTS = (make.output("order", "body.id"),)
HEADERS = (("Content-Type", "application/json"), ("X-Id", "7"))


def attempt(
    *assertions: Any,
    body: Any = BODY,
    redactor: Redactor | None = None,
    outputs: Any = OUTPUTS,
    sends: Any = None,
) -> TryResult:
    sent = make.value(sends or {"customer": "{{ inputs.customer }}"})
    spec = make.step(
        "create",
        request=make.request(method="POST", body=JsonBody(value=sent)),
        assertions=tuple(replace(each, index=n) for n, each in enumerate(assertions)),
        outputs=outputs,
    )
    answer = make.response(body, 201, HEADERS)
    plan = make.plan(spec, names=NAMES)
    return make.attempt(spec, answer, plan_=plan, redactor=redactor).result


def unread_of(result: TryResult) -> list[str]:
    return [name for name in LATE if find_unread(result, name) is not None]


def plain(
    target: str = "$.customer", expected: Any = "{{ inputs.customer }}", **fields: Any
) -> Any:
    return make.assertion("json_path", expected, target=target, **fields)


def test_of_a_try_that_passes_nothing_is_made_before_it_is_read() -> None:
    result = attempt(make.assertion("status_code", 201), plain())
    assert unread_of(result) == list(LATE)
    to_json(result)
    assert unread_of(result) == []


@pytest.mark.parametrize("body", [BODY, BODY.replace("id", "token"), b"\xff\xfe" * 50, ""])
def test_the_size_of_what_is_unread_is_that_of_what_is_read(body: Any) -> None:
    result = attempt(make.assertion("status_code", 201), body=body, outputs=())
    step = StepResult(id="a", name="a", pointer="", outcome="passed", tries=(result,))
    assert unread_of(result)[:2] == ["exchanges", "checks"]
    size = size_of(step)
    bodies = [result.exchanges[0].request.body, result.exchanges[0].response.body]
    assert size == size_of(step) == sum(len(each.text) for each in bodies)


def test_a_try_that_does_not_pass_or_has_a_large_answer_keeps_nothing_raw() -> None:
    assert unread_of(attempt(plain(expected="other"))) == []
    assert unread_of(attempt(plain("$.gone"))) == []
    large = BODY.replace("paid", "x" * unread.MOST_RAW)
    assert unread_of(attempt(make.assertion("status_code", 201), plain(), body=large)) == []


def test_a_try_that_sends_much_keeps_nothing_raw() -> None:
    result = attempt(make.assertion("status_code", 201), sends={"text": "x" * unread.MOST_RAW})
    assert result.outcome == "passed"
    assert unread_of(result) == []


def test_what_is_read_late_is_what_would_have_been_made_at_once(monkeypatch) -> None:
    checks = (
        make.assertion("status_code", 201),
        plain(),
        make.assertion("header", "7", target="X-ID"),
    )
    late = attempt(*checks)
    monkeypatch.setattr(attempt_module, "all_hold", lambda *_: False)
    monkeypatch.setattr(unread, "MOST_RAW", 0)
    at_once = attempt(*checks)
    assert (unread_of(late), unread_of(at_once)) == (list(LATE), [])
    assert late == at_once


def test_what_becomes_known_later_is_not_hidden_in_what_was_seen_before() -> None:
    redactor = Redactor()
    redactor.add_value("state", "paid")
    result = attempt(plain(), redactor=redactor)
    redactor.add_value("customer", "cust-canary-1")
    text = str(to_json(result))
    assert '"state":"[sensitive:state]"' in text
    assert "cust-canary-1" in text
    assert "[sensitive:customer]" not in text


def run_both(outcome: str, *results: TryResult) -> None:
    """Run two steps of which the tries have *results*; the second one has *outcome*."""
    flow = run_journey(make.plan(make.step("a"), make.step("b")), make.START)
    effect: Any = flow.send(None)
    for result in results:
        effect = flow.send(make.done(result=result))
    assert effect.result.outcome == outcome


def test_a_run_that_does_not_pass_keeps_nothing_raw() -> None:
    first, second = attempt(make.assertion("status_code", 201)), attempt(plain("$.gone"))
    run_both("failed", first, second)
    assert unread_of(first) == []


def test_a_run_that_passes_keeps_little_raw(monkeypatch) -> None:
    monkeypatch.setattr("pytest_reqflo.run.step.MOST_RAW", 200)
    first, second = (attempt(make.assertion("status_code", 201)) for _ in range(2))
    run_both("passed", first, second)
    assert (unread_of(first), unread_of(second)) == (list(LATE), [])


# --- at a glance ---------------------------------------------------------------------------------

_EXPECTED = (7, 7.0, "7", "paid", True, None, [], [7, "paid"], {"id": 1}, "{{ inputs.customer }}")
_TARGETS = (
    "$.id",
    "$.state",
    "$.none",
    "$.tags",
    "$.items[0]",
    "$.gone",
    "$.items[*].id",
    "$.customer",
)


@pytest.mark.parametrize("operator", list(OPERATORS))
@pytest.mark.parametrize("body", [BODY, "no json"])
def test_a_glance_sees_what_the_check_finds(monkeypatch, operator: str, body: str) -> None:
    asked = [
        plain(target, expected, operator=operator) for target in _TARGETS for expected in _EXPECTED
    ]
    asked += [
        make.assertion("header", expected, target=target, operator=operator)
        for target in ("x-id", "x-none")
        for expected in ("7", 7, None)
    ]
    asked += [
        make.assertion("status_code", expected) for expected in (201, "201", 200, 2010, "2xx")
    ]
    seen = [attempt(each, body=body) for each in asked]
    monkeypatch.setattr(attempt_module, "all_hold", lambda *_: False)
    assert seen == [attempt(each, body=body) for each in asked]


def test_a_glance_that_tells_nothing_notes_no_use() -> None:
    result = attempt(plain(), plain(expected="other"), plain("$.gone", "{{ inputs.customer }}"))
    assert [use.expression for use in result.values_used] == ["{{ inputs.customer }}"]
