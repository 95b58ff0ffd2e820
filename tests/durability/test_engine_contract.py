"""What we rely on in the engine and it does not promise: checked for each version that is allowed."""

from __future__ import annotations

import inspect

from dbos import DBOS
from durability import journey, step
from waiting import until


def test_recovery_of_a_dead_executor_is_there_under_its_private_name():
    assert list(inspect.signature(DBOS._recover_pending_workflows).parameters) == ["executor_ids"]


def test_recovery_counts_attempts_keeps_the_queue_and_leaves_the_living_alone(
    store, server, workers
):
    server.hold("GET /a")
    server.hold("GET /b")
    first = workers.start(concurrency=1)
    store.dispatch(journey(step("a")), "dies")
    server.wait_held()
    second = workers.start(concurrency=1)
    store.dispatch(journey(step("b")), "lives")
    server.wait_held()
    workers.kill(first)
    until(lambda: store.worker_states()[first.worker_id] == "reaped", "taken over")
    sql = (
        "SELECT workflow_uuid, status, queue_name, recovery_attempts, executor_id FROM {workflows}"
    )
    rows = {row[0]: tuple(row[1:]) for row in store.query(sql)}
    assert rows == {
        "dies.1": ("ENQUEUED", "reqflo:test", 1, first.worker_id),
        "lives.1": ("PENDING", "reqflo:test", 1, second.worker_id),
    }
    workers.start()
    store.result("dies")
    rows = {row[0]: tuple(row[1:]) for row in store.query(sql)}
    assert rows["dies.1"][2] == 2  # attempts
