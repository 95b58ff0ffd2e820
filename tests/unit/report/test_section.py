"""The section of exchanges beside the failure page."""

from __future__ import annotations

import pytest

from pytest_reqflo.evidence.model import Body, Exchange, RequestRecord, ResponseRecord
from pytest_reqflo.report.section import MAX_STEP, render_section
from pytest_reqflo.result import (
    CheckResult,
    JourneyResult,
    Outcome,
    RunIdentity,
    StepResult,
    TryResult,
)


def exchange(url: str, body: str = "") -> Exchange:
    return Exchange(
        request=RequestRecord(method="GET", url=url, headers=(("x-long", body),)),
        response=ResponseRecord(status=200, body=Body(text=body, size_bytes=len(body))),
    )


def step(name: str, outcome: Outcome, *tries: tuple[Exchange, ...]) -> StepResult:
    return StepResult(
        id=name,
        name=name,
        pointer="/steps/0",
        outcome=outcome,
        elapsed_s=0.01,
        tries=tuple(
            TryResult(number=number, outcome=outcome, exchanges=exchanges)
            for number, exchanges in enumerate(tries, 1)
        ),
    )


def result(*steps: StepResult) -> JourneyResult:
    return JourneyResult(
        identity=RunIdentity(run_id="1", journey_id="a", journey_name="a", artifact="artifact_1"),
        outcome="failed",
        started_at="",
        finished_at="",
        elapsed_s=0.0,
        steps=steps,
    )


def test_the_exchange_of_the_page_is_left_out_and_its_earlier_tries_are_not() -> None:
    text = render_section(
        result(
            step("one", "passed", (exchange("/1"),)),
            step("two", "failed", (exchange("/2"),), (exchange("/3"),)),
            step("three", "skipped"),
        )
    )
    assert [line for line in text.split("\n") if line.startswith(("step", "try", "  GET"))] == [
        "step `one`: passed, 10 ms",
        "  GET /1",
        "step `two`: failed, 10 ms",
        "try 1: failed",
        "  GET /2",
    ]


def test_nothing_is_left_of_a_journey_that_failed_in_its_only_exchange() -> None:
    assert render_section(result(step("one", "failed", (exchange("/1"),)))) == ""


@pytest.mark.parametrize("count", [1, 50])
def test_the_section_is_bounded(count: int) -> None:
    hops = tuple(exchange("/x", "y" * 2000) for _ in range(50))
    text = render_section(result(*(step(f"s{n}", "passed", hops) for n in range(count))))
    assert len(text) <= min(count, 4) * (MAX_STEP + 60)
    assert text.endswith("characters in all)")


def polled(outcome: Outcome, count: int) -> StepResult:
    unmet = CheckResult(
        pointer="", type="json_path", subject="$.x", operator="equals", passed=False, origin="poll"
    )
    tries = tuple(
        TryResult(number=n, outcome="failed", exchanges=(exchange(f"/{n}"),), checks=(unmet,))
        for n in range(1, count)
    )
    last = TryResult(number=count, outcome=outcome, exchanges=(exchange(f"/{count}"),))
    return StepResult(
        id="poll", name="poll", pointer="/steps/0", outcome=outcome, tries=(*tries, last)
    )


def shown(text: str) -> list[str]:
    """Return the lines that tell tries apart, and the blank lines before them."""
    lines = text.split("\n")
    marks = ("try", "...", "  GET")
    return [
        line
        for line, following in zip(lines, [*lines[1:], ""], strict=True)
        if line.startswith(marks) or (not line and following.startswith(marks[:2]))
    ]


def test_a_long_poll_shows_its_first_and_last_try() -> None:
    text = render_section(result(polled("passed", 36), step("b", "failed", (exchange("/b"),))))
    assert shown(text) == [
        "try 1: not yet", "  GET /1", "", "... 34 tries in between", "",
        "try 36: passed", "  GET /36",
    ]  # fmt: skip


def test_the_last_try_of_a_failed_poll_is_not_repeated() -> None:
    text = render_section(result(polled("failed", 3)))
    assert shown(text) == [
        "try 1: not yet", "  GET /1", "", "... 1 try in between", "", "try 3: failed, as shown above",
    ]  # fmt: skip


def test_a_blank_line_stands_before_the_second_try() -> None:
    text = render_section(result(polled("passed", 2), step("b", "failed", (exchange("/b"),))))
    assert shown(text) == ["try 1: not yet", "  GET /1", "", "try 2: passed", "  GET /2"]
