"""The failure page, compared whole with golden files."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_reqflo.evidence.model import Body, Exchange, RequestRecord, ResponseRecord, Timing
from pytest_reqflo.report.page import render_page
from pytest_reqflo.result import (
    CheckResult,
    Difference,
    JourneyResult,
    Problem,
    RunIdentity,
    StepResult,
    TryResult,
    ValueUse,
)
from pytest_reqflo.source import SourceMap, SourceText

GOLDEN = Path(__file__).parents[2] / "golden" / "pages"

YAML = """\
journey:
  name: Order
  steps:
    - id: create
      template: POST /orders
      assertions:
        - {type: status_code, expected: 201}
        - {type: json_path, path: $.order, expected: {id: 1}}
    - id: verify
      template: GET /orders
"""

SOURCE = SourceText("journeys/order.journey.yaml", YAML)
PLACES = SourceMap(
    SOURCE,
    values={
        "/journey": SOURCE.span(2, 3, 4),
        "/journey/steps/0": SOURCE.span(4, 7, 10),
        "/journey/steps/0/template": SOURCE.span(5, 17, 12),
        "/journey/steps/0/assertions/0": SOURCE.span(7, 11, 34),
        "/journey/steps/0/assertions/0/expected": SOURCE.span(7, 41, 3),
        "/journey/steps/0/assertions/1": SOURCE.span(8, 11, 50),
        "/journey/steps/1": SOURCE.span(9, 7, 10),
    },
    keys={},
)
IDENTITY = RunIdentity(
    run_id="01J0",
    journey_id="order",
    journey_name="Order",
    artifact="artifact_0123456789ab",
    version="v3",
    environment="local",
    case="Happy path",
    row="ord-3",
    row_number=3,
)
EXCHANGE = Exchange(
    request=RequestRecord(
        method="POST",
        url="http://127.0.0.1:1/orders",
        headers=(("content-type", "application/json"),),
        body=Body(text='{"customer_id":"c-1"}', size_bytes=21),
    ),
    response=ResponseRecord(
        status=500,
        reason="Internal Server Error",
        headers=(("content-type", "application/json"), ("x-evil", "a\r\nPASSED")),
        body=Body(text='{"order":\n= 1 passed =\n\x1b[31m', size_bytes=90_000, is_shortened=True),
    ),
    timing=Timing(total_s=0.0123),
    curl="curl -X POST http://127.0.0.1:1/orders \\\n  -H 'content-type: application/json'",
)
FAILED = TryResult(
    number=2,
    outcome="failed",
    exchanges=(EXCHANGE,),
    checks=(
        CheckResult(
            pointer="/steps/0/assertions/0",
            type="status_code",
            subject="status",
            operator="equals",
            passed=False,
            expected=201,
            actual=500,
            message="expected status 201, got 500",
        ),
        CheckResult(
            pointer="/steps/0/assertions/1",
            type="json_path",
            subject="$.order",
            operator="equals",
            passed=False,
            expected={"id": 1},
            actual={"total": 2},
            message="expected $.order to equal another value",
            author_message="the order is echoed",
            differences=(
                Difference(path="$.id", change="missing", expected=1),
                Difference(path="$.total", change="added", actual=2),
            ),
        ),
        CheckResult(
            pointer="/steps/0/assertions/2",
            type="header",
            subject="header x-id",
            operator="exists",
            passed=True,
        ),
    ),
    values_used=(
        ValueUse(expression="{{ inputs.customer_id }}", value="c-1", origin="case `Happy path`"),
    ),
)


def result_of(*steps: StepResult, **changes: object) -> JourneyResult:
    return JourneyResult(
        identity=changes.pop("identity", IDENTITY),
        outcome=changes.pop("outcome", "failed"),
        started_at="",
        finished_at="",
        elapsed_s=1.0,
        steps=steps,
        **changes,
    )


FAILED_CHECKS = result_of(
    StepResult(
        id="create",
        name="Create",
        pointer="/steps/0",
        outcome="failed",
        tries=(
            TryResult(
                number=1,
                outcome="error",
                problems=(
                    Problem(code="RF401", category="connection", message="127.0.0.1:1 refused"),
                ),
            ),
            FAILED,
        ),
    ),
    StepResult(id="verify", name="Verify", pointer="/steps/1", outcome="skipped", cause="create"),
    StepResult(id="pay", name="Pay", pointer="/steps/2", outcome="skipped", cause="create"),
    StepResult(
        id="note", name="Note", pointer="/steps/3", outcome="skipped", skip_reason="`when` is false"
    ),
)
NO_ANSWER = result_of(
    StepResult(
        id="create",
        name="Create",
        pointer="/steps/0",
        outcome="error",
        tries=(
            TryResult(
                number=1,
                outcome="error",
                exchanges=(
                    Exchange(
                        request=RequestRecord(method="GET", url="http://127.0.0.1:1/x"),
                        error="connection refused",
                    ),
                ),
                problems=(
                    Problem(
                        code="RF401",
                        category="connection",
                        message="no connection to http://127.0.0.1:1: connection refused",
                        hint="is the server running?",
                    ),
                ),
            ),
        ),
    ),
    outcome="error",
    identity=RunIdentity(
        run_id="01J0", journey_id="order", journey_name="Order", artifact="artifact_0123456789ab"
    ),
)
RUN_CHECK = result_of(
    outcome="error",
    problems=(
        Problem(
            code="RF302",
            category="run_check",
            message="secrets `A` and `B` are missing",
            notes=("looked in: environment variables, .env",),
        ),
    ),
)


@pytest.mark.parametrize(
    ("name", "result"),
    [("failed-checks", FAILED_CHECKS), ("no-answer", NO_ANSWER), ("run-check", RUN_CHECK)],
)
def test_page_reads_as_its_golden_file(name: str, result: JourneyResult) -> None:
    page = render_page(result, PLACES, shown="journeys/order.journey.yaml")
    golden = GOLDEN / f"{name}.txt"
    assert page.text + "\n" == golden.read_text(encoding="utf-8")


def test_first_line_is_the_first_line_of_the_text() -> None:
    page = render_page(FAILED_CHECKS, PLACES, shown="x")
    assert page.text.split("\n")[0] == page.first_line
    assert page.first_line == (
        "step `create` (case `Happy path`, row 3, `ord-3`): "
        "expected status 201, got 500 (and 1 more)"
    )


def test_place_is_the_expected_value() -> None:
    page = render_page(FAILED_CHECKS, PLACES, shown="x")
    assert page.span == SOURCE.span(7, 41, 3)
    assert page.code == "RF501"


def test_page_of_an_old_artifact_names_the_file_without_a_place() -> None:
    page = render_page(FAILED_CHECKS, None, shown="artifact_0123456789ab.json")
    assert page.span is None
    assert page.text.split("\n")[2] == "  --> artifact_0123456789ab.json"


def test_no_line_of_a_response_stands_at_the_start_of_a_line() -> None:
    lines = render_page(FAILED_CHECKS, PLACES, shown="x").text.split("\n")
    assert not [line for line in lines if line.startswith("=")]
    assert "\x1b" not in "".join(lines)
    assert not [line for line in lines if line.startswith("PASSED")]


def test_an_unchecked_bad_answer_before_the_failure_is_noted_on_the_page() -> None:
    warning = Problem(code="RF503", category="assertion", message="no assertion")
    unchecked = TryResult(number=1, outcome="passed", exchanges=(EXCHANGE,), warnings=(warning,))
    login = StepResult(
        id="login", name="Login", pointer="/steps/0", outcome="passed", tries=(unchecked,)
    )
    page = render_page(result_of(login, *FAILED_CHECKS.steps), PLACES, shown="x")
    note = "note: step `login` has no assertion and was answered 500 (RF503)"
    assert note in page.text.split("\n")


def test_a_failed_step_of_finally_is_called_so() -> None:
    step = StepResult(
        id="undo", name="Undo", pointer="/finally/0", outcome="failed", phase="finally",
        tries=(FAILED,),
    )  # fmt: skip
    page = render_page(result_of(step), None, shown="x")
    assert page.first_line.startswith("finally step `undo` (case ")
    assert "checks of finally step `undo`" in page.text.split("\n")


SECRET_YAML = """\
journey:
  name: Order
  variables: [{name: key, source: secret, key: "SHOP_KEY"}]
  steps:
    - id: a
      headers: {x: "Bearer {{ secrets.SHOP_TOKEN }}"}
"""


@pytest.mark.parametrize(("secret", "line"), [("SHOP_KEY", 3), ("SHOP_TOKEN", 6), ("SHOP", 2)])
def test_a_missing_secret_is_marked_where_it_is_asked_for(secret: str, line: int) -> None:
    source = SourceText("a.yaml", SECRET_YAML)
    spans = {
        "/journey": source.span(2, 3, 4),
        "/journey/variables/0/name": source.span(3, 22, 3),
        "/journey/variables/0/key": source.span(3, 48, 10),
        "/journey/steps/0/headers": source.span(6, 16, 38),
        "/journey/steps/0/headers/x": source.span(6, 20, 33),
    }
    problem = Problem(
        code="RF302", category="run_check", message=f"the secret `{secret}` is missing"
    )
    result = result_of(outcome="error", problems=(problem,))
    page = render_page(result, SourceMap(source, values=spans, keys={}), shown="a.yaml")
    marked = {3: spans["/journey/variables/0/key"], 6: spans["/journey/steps/0/headers/x"]}
    assert page.span == marked.get(line, spans["/journey"])
