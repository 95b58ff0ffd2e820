"""The tree of steps for reporters that have steps of their own, and what is attached to it."""

from __future__ import annotations

import json

import results as make
from naughty import NAUGHTY

from pytest_reqflo.report.attached import Attached, attach_exchange
from pytest_reqflo.report.safe import to_line
from pytest_reqflo.report.steps import ShownStep, render_steps
from pytest_reqflo.result import ValueUse


def test_a_step_has_its_times_its_values_and_its_checks() -> None:
    use = ValueUse(expression="inputs.n", value="1")
    tried = make.tried(make.exchange(status=500), outcome="failed", values_used=(use,))
    [step] = render_steps(make.result(make.step("pay", tried, name="Pay it")), with_exchanges=True)
    assert step == ShownStep(
        name="Pay it (pay)",
        status="failed",
        start_ms=make.START_MS,
        stop_ms=make.START_MS + 500,
        message="expected status 200, got 500",
        parameters=(
            ("request", "GET http://shop.test/orders"),
            ("status", "500"),
            ("inputs.n", '"1"'),
        ),
        attachments=tuple(attach_exchange(make.exchange(status=500))),
        steps=(
            ShownStep(
                name="status equals",
                status="failed",
                start_ms=make.START_MS + 500,
                stop_ms=make.START_MS + 500,
                message="expected status 200, got 500",
                parameters=(("expected", "200"), ("actual", "500")),
            ),
        ),
    )


def test_tries_are_steps_below_and_only_the_first_and_last_of_many() -> None:
    polled = (make.check(passed=False, origin="poll"),)
    tries = [
        make.tried(make.exchange(), number=number, outcome="failed", checks=polled)
        for number in range(1, 20)
    ]
    last = make.tried(make.exchange(), number=20)
    [step] = render_steps(make.result(make.step("wait", *tries, last)), with_exchanges=True)
    assert step.attachments == ()
    assert [(each.name, each.status) for each in step.steps] == [
        ("try 1: not yet", "skipped"), ("try 2: not yet", "skipped"), ("try 3: not yet", "skipped"),
        ("try 18: not yet", "skipped"), ("try 19: not yet", "skipped"), ("try 20: passed", "passed"),
    ]  # fmt: skip


def test_a_step_does_not_reach_into_the_next_that_follows_at_once() -> None:
    """It ends 1.2 ms after the start of the run: rounded apart, its beginning and its length make 2."""
    first, second = render_steps(
        make.result(
            make.step("a", make.tried(started_at=f"{make.START[:-7]}000600Z", elapsed_s=0.0006)),
            make.step("b", make.tried(started_at=f"{make.START[:-7]}001300Z", elapsed_s=0.0006)),
        ),
        with_exchanges=False,
    )
    assert (first.start_ms, first.stop_ms) == (make.START_MS + 1, make.START_MS + 1)
    assert (second.start_ms, second.stop_ms) == (make.START_MS + 1, make.START_MS + 2)


def test_what_never_ran_stands_where_the_last_step_ended() -> None:
    first, skipped = render_steps(
        make.result(
            make.step("pay", make.tried(make.exchange())),
            make.step("b", skip_reason="because of `pay`"),
        ),
        with_exchanges=False,
    )
    assert first.attachments == ()
    assert (skipped.status, skipped.message) == ("skipped", "because of `pay`")
    assert skipped.start_ms == skipped.stop_ms == first.stop_ms


def test_request_response_body_and_curl_are_attached() -> None:
    request, response, body, curl = attach_exchange(make.exchange())
    assert request == Attached("request", "text", "GET http://shop.test/orders")
    assert response.body.split("\n") == [
        "HTTP/1.1 200", "  Content-Type: application/json", "", '  {"a": 1}',
    ]  # fmt: skip
    assert (body.kind, json.loads(body.body)) == ("json", {"a": 1})
    assert curl == Attached("curl", "text", "curl http://shop.test/orders")
    none = list(attach_exchange(make.exchange(response=None, error="refused"), " 2"))
    assert none[1] == Attached("no response 2", "text", "refused")


def test_only_json_that_is_whole_is_attached_as_json() -> None:
    for answer in ("{", "[" * 5_000, '"text"', "1", ""):
        assert [each.kind for each in attach_exchange(make.exchange(answer=answer))] == ["text"] * 3


def test_any_text_can_be_shown() -> None:
    for text in NAUGHTY:
        tried = make.tried(make.exchange(text, text, headers=((text, text),)), outcome="failed")
        answer = make.result(make.step(text, tried, name=text))
        for step in render_steps(answer, with_exchanges=True):
            assert to_line(step.name, limit=1_000) == step.name
            for each in step.attachments:
                each.body.encode()
                assert not each.body.startswith(("::", "##"))
