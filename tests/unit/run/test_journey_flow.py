"""The order of steps, tries and waits: scripted outcomes in, addresses and whole results out."""

from __future__ import annotations

import journeys as make
import pytest

from pytest_reqflo.artifact.model import ConditionSpec, PollSpec, RetrySpec, RunSettings
from pytest_reqflo.result import CheckResult, JourneyResult, Problem, StepResult, TryResult
from pytest_reqflo.run.cookies import Cookie, CookieJars
from pytest_reqflo.run.effects import Captured, Interrupted

INTERRUPTED = Interrupted(reason="interrupted from the keyboard")
CONTINUE = RunSettings(on_failure="continue")


def outcomes(result: JourneyResult) -> dict[str, str]:
    return {step.id: step.outcome for step in result.steps}


def step_of(result: JourneyResult, id: str) -> StepResult:
    return next(step for step in result.steps if step.id == id)


POLL = PollSpec(until=(make.assertion("status_code", 200),), every_s=2.0, timeout_s=10.0)


def test_the_checkpoint_log_of_a_journey_with_every_kind_of_effect() -> None:
    plan = make.plan(
        make.step("create", delay_s=0.5),
        make.step("flaky", retry=RetrySpec(count=3, delay_s=1.0, backoff=2.0)),
        make.step("wait-paid", poll=POLL),
        finally_steps=[make.step("cleanup")],
    )
    script = {
        "001:flaky#1": make.done("error"),
        "001:flaky#2": make.done("failed"),
        "002:wait-paid#1": make.done("failed", poll="again"),
        "002:wait-paid#2": make.done("passed", poll="done"),
    }
    result, log = make.play(plan, script)
    assert log == [
        "wait 000:create:delay 0.5",
        "try 000:create#1",
        "try 001:flaky#1",
        "wait 001:flaky#2:wait 1",
        "try 001:flaky#2",
        "wait 001:flaky#3:wait 2",
        "try 001:flaky#3",
        "try 002:wait-paid#1",
        "wait 002:wait-paid#2:wait 2",
        "try 002:wait-paid#2",
        "try 003:cleanup#1",
        "finish passed",
    ]
    assert result.outcome == "passed"
    assert result.elapsed_s == pytest.approx(0.5 + 3 + 2 + 0.1 * 7)


def test_the_whole_result_of_a_passed_journey() -> None:
    plan = make.plan(make.step("create"), names={"sku": make.resolved("sku", "a-1")})
    result, _ = make.play(plan)
    assert result == JourneyResult(
        identity=plan.identity,
        outcome="passed",
        started_at=make.START.started_at,
        finished_at="2026-01-02T03:05:00.000000Z",
        elapsed_s=0.1,
        steps=(
            StepResult(
                id="create",
                name="create",
                pointer="/steps/0",
                outcome="passed",
                tries=(TryResult(number=1, outcome="passed", started_at=make.NOW, elapsed_s=0.1),),
                elapsed_s=0.1,
            ),
        ),
        values=(plan.names["sku"].origin,),
        seed="00ff",
    )


def test_a_failure_skips_the_rest_and_names_its_cause_and_finally_runs() -> None:
    plan = make.plan(
        make.step("a"), make.step("b"), make.step("c"), finally_steps=[make.step("cleanup")]
    )
    result, log = make.play(plan, {"000:a#1": make.done("failed")})
    assert log == ["try 000:a#1", "try 003:cleanup#1", "finish failed"]
    assert outcomes(result) == {"a": "failed", "b": "skipped", "c": "skipped", "cleanup": "passed"}
    assert step_of(result, "c").cause == "a"
    assert step_of(result, "c").skip_reason == "step `a` failed"
    assert step_of(result, "cleanup").phase == "finally"
    assert step_of(result, "cleanup").pointer == "/finally/0"
    assert result.category == "assertion"
    assert len(result.fingerprint) == 16


def test_continue_skips_only_steps_that_need_what_a_failed_step_did_not_give() -> None:
    plan = make.plan(
        make.step("create", outputs=(make.output("order_id", "body.id"),)),
        make.step("read", "/orders/{{ steps.create.outputs.order_id }}"),
        make.step("read_again", "/orders/{{ variables.path }}"),
        make.step("list"),
        settings=CONTINUE,
        names={"path": make.resolved("path", "{{ steps.create.outputs.order_id }}")},
    )
    missing = {"outputs.order_id": Captured(missing="step `create` got no usable answer")}
    result, log = make.play(plan, {"000:create#1": make.done("error", captured=missing)})
    assert log == ["try 000:create#1", "try 003:list#1", "finish error"]
    read = step_of(result, "read")
    assert (read.outcome, read.cause) == ("skipped", "create")
    assert read.skip_reason == (
        "`steps.create.outputs.order_id` has no value: step `create` got no usable answer"
    )
    assert step_of(result, "read_again").cause == "create"


def test_a_step_skipped_by_when_takes_those_with_it_that_need_its_outputs() -> None:
    plan = make.plan(
        make.step(
            "create",
            when=ConditionSpec(value=make.value("{{ inputs.create }}")),
            outputs=(make.implicit("body.id"),),
        ),
        make.step("read", "/orders/{{ steps.create.body.id }}"),
        names={"create": make.resolved("create", False)},
    )
    result, log = make.play(plan)
    assert log == ["finish skipped"]
    assert step_of(result, "create").skip_reason == "`when` does not hold"
    assert step_of(result, "read").cause == "create"
    assert step_of(result, "read").skip_reason == (
        "`steps.create.body.id` has no value: step `create` was skipped"
    )


def test_a_value_that_a_passed_step_did_not_give_is_an_error_and_no_skip() -> None:
    plan = make.plan(
        make.step("create", outputs=(make.implicit("body.id"),)),
        make.step("read", "/orders/{{ steps.create.body.id }}"),
    )
    missing = {"body.id": Captured(missing="`body.id` does not exist; `body` has the keys order")}
    result, _ = make.play(plan, {"000:create#1": make.done(captured=missing)})
    read = step_of(result, "read")
    assert read.outcome == "error"
    assert read.problems == (
        Problem(
            code="RF506",
            category="values",
            message="`steps.create.body.id` has no value: `body.id` does not exist; "
            "`body` has the keys order",
            pointer="/steps/1",
        ),
    )


def test_a_default_replaces_a_missing_value() -> None:
    plan = make.plan(
        make.step("create", outputs=(make.implicit("body.id"),)),
        make.step("read", "/orders/{{ steps.create.body.id | default('none') }}"),
    )
    missing = {"body.id": Captured(missing="gone")}
    result, _ = make.play(plan, {"000:create#1": make.done(captured=missing)})
    assert outcomes(result) == {"create": "passed", "read": "passed"}


def test_finally_steps_without_their_values_are_skipped_and_failing_ones_fail_the_run() -> None:
    plan = make.plan(
        make.step("create", outputs=(make.output("id", "body.id"),)),
        finally_steps=[
            make.step("delete", "/orders/{{ steps.create.outputs.id }}"),
            make.step("logout"),
            make.step("tidy"),
        ],
    )
    missing = {"outputs.id": Captured(missing="gone")}
    script = {
        "000:create#1": make.done(captured=missing),
        "002:logout#1": make.done("failed"),
    }
    result, log = make.play(plan, script)
    assert log == ["try 000:create#1", "try 002:logout#1", "try 003:tidy#1", "finish failed"]
    assert outcomes(result) == {
        "create": "passed", "delete": "skipped", "logout": "failed", "tidy": "passed",
    }  # fmt: skip


# --- when ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "outcome"),
    [
        (ConditionSpec(value=make.value("{{ inputs.flag }}")), "passed"),
        (ConditionSpec(value=make.value("{{ inputs.name }}"), operator="equals",
                       expected=make.value("ada")), "passed"),
        (ConditionSpec(value=make.value("{{ inputs.name }}"), operator="equals",
                       expected=make.value("bob")), "skipped"),
        (ConditionSpec(value=make.value("{{ inputs.none }}"), operator="not_exists"), "passed"),
    ],
)  # fmt: skip
def test_when_decides_whether_a_step_runs(condition: ConditionSpec, outcome: str) -> None:
    names = {"flag": make.resolved("flag", True), "name": make.resolved("name", "ada")}
    result, _ = make.play(make.plan(make.step("a", when=condition), names=names))
    assert outcomes(result) == {"a": outcome}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "{{ inputs.name }}",
            "`when` must be true or false, and it is text; write `| boolean`, or compare it",
        ),
        (
            "{{ secrets.KEY }}",
            "`when` cannot be decided: `secrets.KEY` cannot be read here; secrets are only known "
            "while a request is made",
        ),
    ],
)
def test_a_when_that_cannot_be_decided_is_an_error(text: str, message: str) -> None:
    step = make.step("a", when=ConditionSpec(value=make.value(text)))
    result, log = make.play(make.plan(step, names={"name": make.resolved("name", "ada")}))
    assert log == ["finish error"]
    assert step_of(result, "a").problems == (
        Problem(code="RF405", category="values", message=message, pointer="/steps/0"),
    )


# --- retry ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "first", "tries"),
    [
        (("assertion",), make.done("failed"), 2),
        (("error",), make.done("failed"), 1),
        (("error",), make.done("failed", error_kind="error"), 2),
        (("error",), make.done("error"), 2),
        (("assertion", "error"), make.done("error", is_retryable=False), 1),
        (("error",), make.done("passed", error_kind="error"), 2),
    ],
)
def test_a_policy_says_what_is_tried_again(on, first, tries: int) -> None:
    plan = make.plan(make.step("a", retry=RetrySpec(count=1, on=on)))
    result, log = make.play(plan, {"000:a#1": first})
    assert len(result.steps[0].tries) == tries
    assert not any(line.startswith("wait") for line in log)


def test_the_last_try_decides_and_there_are_count_more_than_one() -> None:
    plan = make.plan(make.step("a", retry=RetrySpec(count=2)))
    failed = {f"000:a#{number}": make.done("failed") for number in (1, 2, 3)}
    result, _ = make.play(plan, failed)
    assert [each.number for each in result.steps[0].tries] == [1, 2, 3]
    assert result.outcome == "failed"


def test_a_backoff_beyond_all_bounds_ends_the_retries_within_a_day() -> None:
    retry = RetrySpec(count=300, delay_s=1.0, backoff=100.0)
    script = {f"000:a#{number}": make.done("failed") for number in range(1, 302)}
    _, log = make.play(make.plan(make.step("a", retry=retry)), script)
    waits = [line for line in log if line.startswith("wait")]
    assert waits == ["wait 000:a#2:wait 1", "wait 000:a#3:wait 100", "wait 000:a#4:wait 10000"]


# --- poll ----------------------------------------------------------------------------------------


def unmet(message: str, **fields) -> make.TryDone:
    check = CheckResult(
        pointer="/steps/0/poll/until/0", type="json_path", subject="$.state", operator="equals",
        passed=False, origin="poll", message=message,
    )  # fmt: skip
    result = TryResult(number=1, outcome="failed", started_at=make.NOW, checks=(check,))
    return make.done("failed", result=result, poll="again", **fields)


def test_polling_ends_by_the_sum_of_tries_and_waits_with_the_last_state() -> None:
    pending = {f"000:a#{number}": unmet(f"state {number}", elapsed_s=1.0) for number in range(1, 9)}
    result, log = make.play(make.plan(make.step("a", poll=POLL)), pending)
    assert [line for line in log if line.startswith("try")] == [
        "try 000:a#1", "try 000:a#2", "try 000:a#3", "try 000:a#4",
    ]  # fmt: skip
    assert result.outcome == "failed"
    assert result.category == "poll"
    assert result.steps[0].problems == (
        Problem(
            code="RF504",
            category="poll",
            message="polling ended after 4 tries (10 s) without the expected state: state 4",
            pointer="/steps/0/poll",
        ),
    )


def test_a_poll_bounds_its_tries_by_what_it_has_left() -> None:
    flow = make.run_journey(make.plan(make.step("a", poll=POLL)), make.START)
    first = next(flow)
    flow.send(unmet("pending", elapsed_s=3.0))
    second = flow.send(make.Waited(elapsed_s=2.0))
    assert (first.budget_s, second.budget_s) == (10.0, 5.0)
    assert second.first_started_at == make.NOW


def test_a_state_that_ends_polling_fails_at_once() -> None:
    problem = Problem(code="RF505", category="poll", message="stopped")
    stopped = TryResult(number=1, outcome="failed", problems=(problem,))
    script = {"000:a#1": make.done("failed", result=stopped, poll="stop")}
    result, log = make.play(make.plan(make.step("a", poll=POLL)), script)
    assert log == ["try 000:a#1", "finish failed"]
    assert result.category == "poll"


def test_polling_goes_on_after_a_try_without_an_answer() -> None:
    script = {"000:a#1": make.done("error", poll="again"), "000:a#2": make.done(poll="done")}
    result, _ = make.play(make.plan(make.step("a", poll=POLL)), script)
    assert result.outcome == "passed"


# --- budgets -------------------------------------------------------------------------------------


def out_of_time(owner: str, limit: str, pointer: str) -> Problem:
    return Problem(
        code="RF508",
        category="timeout",
        message=f"the time budget of {owner} ({limit} s) is used up",
        pointer=pointer,
    )


def test_a_step_whose_try_uses_up_the_budget_says_so_and_stops_the_run() -> None:
    plan = make.plan(
        make.step("a"), make.step("b"), make.step("c"),
        settings=RunSettings(timeout_s=2.0, on_failure="continue"),
    )  # fmt: skip
    timeout = Problem(code="RF402", category="timeout", message="the request ran out of time")
    late = TryResult(number=1, outcome="error", problems=(timeout,))
    script = {
        "000:a#1": make.done(elapsed_s=0.5),
        "001:b#1": make.done("error", result=late, elapsed_s=1.5),
    }
    result, log = make.play(plan, script)
    assert log == ["try 000:a#1", "try 001:b#1", "finish error"]
    assert step_of(result, "b").tries[0].problems == (out_of_time("the journey", "2", "/steps/1"),)
    assert step_of(result, "c").cause == "b"


def test_no_step_begins_without_time_and_a_wait_that_is_too_long_is_not_begun() -> None:
    settings = RunSettings(timeout_s=2.0)
    used_up = make.plan(make.step("a"), make.step("b"), settings=settings)
    result, _ = make.play(used_up, {"000:a#1": make.done(elapsed_s=2.0)})
    assert outcomes(result) == {"a": "passed", "b": "error"}
    assert step_of(result, "b").problems == (out_of_time("the journey", "2", "/steps/1"),)
    waiting = make.plan(make.step("a", delay_s=5.0), settings=settings)
    result, log = make.play(waiting)
    assert log == ["finish error"]
    assert step_of(result, "a").problems == (out_of_time("the journey", "2", "/steps/0"),)


def test_a_try_is_bounded_by_what_is_left_and_finally_has_time_of_its_own() -> None:
    plan = make.plan(
        make.step("a"),
        make.step("b"),
        finally_steps=[make.step("c"), make.step("d"), make.step("e")],
        settings=RunSettings(timeout_s=2.0, finally_timeout_s=3.0),
    )
    flow = make.run_journey(plan, make.START)
    budgets = [next(flow).budget_s]
    budgets += [flow.send(make.done(elapsed_s=0.5)).budget_s]
    budgets += [flow.send(make.done(elapsed_s=1.5)).budget_s]
    finish = flow.send(make.done("error", elapsed_s=3.0))
    assert budgets == [2.0, 1.5, 3.0]
    assert outcomes(finish.result) == {
        "a": "passed", "b": "passed", "c": "error", "d": "skipped", "e": "skipped",
    }  # fmt: skip


# --- interruption --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "script",
    [{"000:a#1": INTERRUPTED}, {"000:a:delay": INTERRUPTED}],
    ids=["in a try", "in a wait"],
)
def test_an_interruption_ends_the_step_skips_the_rest_and_runs_finally(script) -> None:
    plan = make.plan(
        make.step("a", delay_s=1.0), make.step("b"), finally_steps=[make.step("cleanup")],
        settings=CONTINUE,
    )  # fmt: skip
    result, log = make.play(plan, script)
    assert log[-2:] == ["try 002:cleanup#1", "finish interrupted"]
    assert outcomes(result) == {"a": "interrupted", "b": "skipped", "cleanup": "passed"}
    assert step_of(result, "a").problems == (
        Problem(
            code="RF507",
            category="interrupted",
            message="the run was interrupted: interrupted from the keyboard",
            pointer="/steps/0",
        ),
    )
    assert step_of(result, "b").skip_reason == "step `a` was interrupted"


def test_a_try_that_was_interrupted_inside_counts_as_well() -> None:
    plan = make.plan(make.step("a"), make.step("b"))
    result, log = make.play(plan, {"000:a#1": make.done("interrupted")})
    assert log == ["try 000:a#1", "finish interrupted"]
    assert outcomes(result) == {"a": "interrupted", "b": "skipped"}


def test_a_second_interruption_ends_the_finally_steps_and_a_first_one_does_not() -> None:
    plan = make.plan(make.step("a"), finally_steps=[make.step("b"), make.step("c")])
    twice, log = make.play(plan, {"000:a#1": INTERRUPTED, "001:b#1": INTERRUPTED})
    assert log == ["try 000:a#1", "try 001:b#1", "finish interrupted"]
    assert outcomes(twice) == {"a": "interrupted", "b": "interrupted", "c": "skipped"}
    _, log = make.play(plan, {"001:b#1": INTERRUPTED})
    assert log == ["try 000:a#1", "try 001:b#1", "try 002:c#1", "finish interrupted"]


# --- what passes from step to step ---------------------------------------------------------------


def test_captured_values_and_cookies_pass_on_and_jars_are_cleared() -> None:
    jars = CookieJars(jars={"default": (Cookie(name="sid", value="1", domain="shop.test"),)})
    plan = make.plan(make.step("a"), make.step("b"), make.step("c", clear_cookies=("default",)))
    flow = make.run_journey(plan, make.START)
    next(flow)
    captured = {"outputs.id": Captured(value=7)}
    second = flow.send(make.done(captured=captured, jars=jars))
    third = flow.send(make.done(jars=second.jars))
    assert second.captured == {"a": captured}
    assert second.jars == jars
    assert third.jars == CookieJars()


def test_a_sensitive_value_that_is_too_short_to_be_hidden_warns() -> None:
    names = {
        "pin": make.resolved("pin", "77", sensitive=True),
        "card": make.resolved("card", "4111111111111111", sensitive=True),
    }
    result, _ = make.play(make.plan(make.step("a"), names=names))
    assert [(each.code, each.message) for each in result.warnings] == [
        ("RF509", "the sensitive input `pin` is too short to be hidden everywhere")
    ]


def test_the_same_failure_has_the_same_fingerprint_whatever_was_answered() -> None:
    def fingerprint(actual: int, operator: str = "equals") -> str:
        check = CheckResult(
            pointer="/steps/0/assertions/0", type="status_code", subject="status",
            operator=operator, passed=False, actual=actual,
        )  # fmt: skip
        failed = TryResult(number=1, outcome="failed", checks=(check,))
        script = {"000:a#1": make.done("failed", result=failed)}
        return make.play(make.plan(make.step("a")), script)[0].fingerprint

    assert fingerprint(500) == fingerprint(404) != fingerprint(500, "in")
