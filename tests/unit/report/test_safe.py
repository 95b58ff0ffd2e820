"""What reports may hold."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from pytest_reqflo.report.properties import properties_of
from pytest_reqflo.report.safe import to_line, to_report
from pytest_reqflo.result import CheckResult, JourneyResult, RunIdentity, StepResult, TryResult


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (None, None),
        (True, True),
        (3, 3),
        (1.5, 1.5),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (2**80, hex(2**80)),
        ("\ud800", "\\ud800"),
        ("\x1b[0m", "\\x1b[0m"),
        (Path("/x"), "/x"),
        (Decimal("1.0"), "1.0"),
        ((1, ("a",)), [1, ["a"]]),
        ({1: {"\ud800": Path("b")}}, {"1": {"\\ud800": "b"}}),
        ("x" * 11, "xxxxxxxxxx… (11 characters in all)"),
    ],
)
def test_every_value_becomes_plain_data(value: object, plain: object) -> None:
    result = to_report(value, max_text=10 if value == "x" * 11 else 1000)
    assert result == plain
    assert type(result) is type(plain)
    json.dumps(result, allow_nan=False).encode("utf-8")


def test_an_integer_too_long_for_decimal_text_is_shown_in_hexadecimal() -> None:
    assert to_report(10**5000).startswith("0x")


def test_deep_nesting_ends_in_an_ellipsis() -> None:
    value: object = "deep"
    for _ in range(5000):
        value = [value]
    assert "…" in json.dumps(to_report(value), ensure_ascii=False)


def test_a_line_has_no_line_breaks() -> None:
    assert to_line("a\nb\r\n\tc") == "a b c"


def test_properties_are_texts_and_name_only_what_the_run_has() -> None:
    identity = RunIdentity(
        run_id="01J0", journey_id="order", journey_name="Order", artifact="artifact_1", version="v2"
    )
    soft = CheckResult(
        pointer="/steps/0/assertions/0",
        type="status_code",
        subject="status",
        operator="equals",
        passed=False,
        soft=True,
        message="expected 200, got 404",
    )
    step = StepResult(
        id="a",
        name="a",
        pointer="/steps/0",
        outcome="passed",
        tries=(TryResult(number=1, outcome="passed", checks=(soft,)),),
    )
    result = JourneyResult(
        identity=identity,
        outcome="passed",
        started_at="",
        finished_at="",
        elapsed_s=0.0,
        steps=(step,),
    )
    assert properties_of(result) == (
        ("reqflo.journey", "order"),
        ("reqflo.version", "v2"),
        ("reqflo.artifact", "artifact_1"),
        ("reqflo.run_id", "01J0"),
        ("reqflo.soft_failures", "a: expected 200, got 404"),
    )
