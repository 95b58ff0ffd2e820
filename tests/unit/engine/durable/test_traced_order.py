"""The trace in which a run was asked for is kept with it, and not handed on to a repetition."""

from __future__ import annotations

import base64

import journeys as make

from pytest_reqflo.engine.durable.orders import Dispatch, order_of, request_of
from pytest_reqflo.engine.durable.repeating import renewed
from pytest_reqflo.plan.model import RunRequest
from pytest_reqflo.values import Digest

TRACE = (("traceparent", f"00-{'a' * 32}-{'b' * 16}-01"),)


def test_a_run_that_goes_on_is_in_the_same_trace_and_one_that_repeats_it_is_not() -> None:
    plan = make.plan(make.step("a"))
    request = RunRequest(
        artifact=Digest("c" * 64), identity=plan.identity, environment="local", trace=TRACE
    )
    order = order_of(
        request,
        plan.artifact,
        Dispatch(batch_id="b", trigger="pytest"),
        lambda content, context: base64.b64encode(content).decode(),
    )
    taken_up = request_of(order, lambda text, context: base64.b64decode(text))
    assert taken_up == request
    assert renewed(taken_up, "local").trace == ()
