"""What is removed from a database that others use."""

from __future__ import annotations

from durability import Workers, journey, step

from pytest_reqflo.engine.durable.pruning import KeepRule, find_prunable
from pytest_reqflo.engine.durable.stores import RunStore

ONE = journey(step("a"))


def test_results_stay_while_their_batch_is_waited_for(postgres_store, server, forge):
    store, everything = RunStore(postgres_store.records, None), KeepRule(newest=0)
    workers = Workers(forge, postgres_store, server)
    worker = workers.start()
    postgres_store.dispatch(ONE, "run-1")
    postgres_store.result("run-1")
    postgres_store.settled("run-1.1")
    workers.kill(worker)
    postgres_store.dispatch(ONE, "run-2")

    assert find_prunable(store, everything).finished == ()

    workers.start()
    postgres_store.result("run-2")
    postgres_store.settled("run-2.1")
    assert find_prunable(store, everything).finished == ("run-1", "run-2")
    workers.close()
