"""What every report carries of a run as plain data."""

from __future__ import annotations

import json

import results as make

from pytest_reqflo.report.facts import FailureReason, render_facts, render_outcome, share_keys
from pytest_reqflo.source import SourceMap, SourceText

SOURCE = SourceText("order.journey.yaml", "journey:\n  steps:\n    - x\n")
PLACES = SourceMap(SOURCE, values={"/journey/steps/0/assertions/0": SOURCE.span(3, 5, 1)}, keys={})
CAUSE = FailureReason(sentence="step `pay`: expected status 200, got 500", code="RF501", line=3)


def test_the_facts_of_a_failure() -> None:
    failed = make.result(
        make.step("pay", make.tried(make.exchange(), outcome="failed")),
        category="assertion",
        fingerprint="f1",
        extra={"evidence": "runs/run.json"},
    )
    assert render_facts(failed, CAUSE, PLACES) == {
        "step": "pay",
        "sentence": "step `pay`: expected status 200, got 500",
        "code": "RF501",
        "category": "assertion",
        "file": "order.journey.yaml",
        "line": 3,
        "checks": [
            {
                "subject": "status",
                "operator": "equals",
                "expected": 200,
                "actual": 500,
                "is_actual_missing": False,
                "line": 3,
            }
        ],
        "run_id": "run_1",
        "artifact": "artifact_1",
        "version": "v3",
        "fingerprint": "f1",
        "evidence": "runs/run.json",
    }


def test_they_are_bounded_and_can_cross_to_any_process() -> None:
    checks = tuple(make.check(passed=False, actual="\ud800" * 9_000) for _ in range(500))
    tried = make.tried(make.exchange(), outcome="failed", checks=checks)
    facts = render_facts(make.result(make.step("pay", tried)), CAUSE, None)
    text = json.dumps(facts, ensure_ascii=False)
    assert len(text.encode()) < 20 * 30_000
    assert len(facts["checks"]) == 20
    assert {check["line"] for check in facts["checks"]} == {None}


def test_a_check_of_a_template_has_no_line_in_the_journey() -> None:
    tried = make.tried(outcome="failed", checks=(make.check(passed=False, origin="template"),))
    facts = render_facts(make.result(make.step("pay", tried)), CAUSE, PLACES)
    assert facts["checks"][0]["line"] is None


def test_the_outcome_is_flat_and_plain() -> None:
    outcome = render_outcome(make.result(make.step("pay", make.tried())))
    assert outcome["outcome"] == "passed"
    assert all(value is None or isinstance(value, (str, int)) for value in outcome.values())


def test_dicts_that_share_their_keys_are_dicts_of_their_own() -> None:
    given = [{"run_id": f"r{number}", "outcome": "passed", "row": None} for number in range(3)]
    shared = [share_keys(each) for each in given]
    assert shared == given
    assert [type(each) for each in shared] == [dict, dict, dict]
    assert list(shared[0]) == ["run_id", "outcome", "row"]
    shared[0]["row"] = "row-1"
    shared[1].pop("outcome")
    assert shared[1:] == [{"run_id": "r1", "row": None}, given[2]]
    assert json.dumps(shared[0]) == '{"run_id": "r0", "outcome": "passed", "row": "row-1"}'
