"""A wait of hours holds no worker, and no kill meanwhile loses it."""

from __future__ import annotations

from durability import journey, step, steps_of
from servers import json_reply
from waiting import until

from pytest_reqflo.artifact.model import AssertionSpec, PollSpec
from pytest_reqflo.lang.expression import LiteralValue

DONE = AssertionSpec(type="json_path", index=0, target="$.state", expected=LiteralValue("done"))
HOURLY = PollSpec(until=(DONE,), every_s=3600.0, timeout_s=36_000.0)
LONG = journey(step("start", "POST"), step("state", poll=HOURLY), step("end", "POST"))


def let_the_wait_be_over(store, workflow_id):
    until(lambda: store.workflows().get(workflow_id) == "DELAYED", "parked")
    sql = "UPDATE {workflows} SET delay_until_epoch_ms = 1 WHERE workflow_uuid = :id"
    store.execute(sql, id=workflow_id)


def test_a_poll_of_hours(store, server, workers):
    server.answers["GET /state"] = json_reply({"state": "pending"})
    first = workers.start(concurrency=1)
    store.dispatch(LONG, "long")
    until(lambda: store.workflows().get("long.1.w1") == "DELAYED", "parked")
    store.dispatch(journey(step("short")), "short")
    assert store.result("short").outcome == "passed"

    let_the_wait_be_over(store, "long.1.w1")
    until(lambda: store.workflows().get("long.1.w2") == "DELAYED", "parked again")
    workers.kill(first)
    server.answers["GET /state"] = json_reply({"state": "done"})
    workers.start(concurrency=1)
    let_the_wait_be_over(store, "long.1.w2")
    result = store.result("long")
    assert list(steps_of(result)) == [("start", "passed"), ("state", "passed"), ("end", "passed")]
    assert server.lines == [
        "POST /start", "GET /state", "GET /short", "GET /state", "GET /state", "POST /end",
    ]  # fmt: skip
    assert store.count("result") == 2
    sizes = store.query(
        "SELECT count(*) FROM {outputs} WHERE function_name = 'DBOS.listWorkflowSteps'"
    )
    assert sizes[0][0] == 0


def test_killed_within_the_request_after_a_long_wait(store, server, workers):
    server.answers["GET /state"] = json_reply({"state": "pending"})
    first = workers.start()
    store.dispatch(LONG, "long")
    server.hold("GET /state", nth=2)
    let_the_wait_be_over(store, "long.1.w1")
    server.wait_held()
    workers.kill(first)
    server.answers["GET /state"] = json_reply({"state": "done"})
    workers.start()
    assert store.result("long").outcome == "passed"
    assert [server.times(line) for line in ("POST /start", "GET /state", "POST /end")] == [1, 3, 1]
