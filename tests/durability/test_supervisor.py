"""Several workers under one roof: started again when they fall, ended together."""

from __future__ import annotations

import os
import signal
import threading

from durability import MASTER_KEY, Workers, journey, step
from waiting import until

from pytest_reqflo.engine.durable.supervisor import Supervisor


def live_pids(store) -> dict[str, int]:
    rows = store.query("SELECT worker_id, pid FROM {worker} WHERE state = 'live'")
    return {row[0]: row[1] for row in rows}


def test_a_worker_that_falls_is_started_again(sqlite_store, server, forge, monkeypatch):
    monkeypatch.setenv("REQFLO_MASTER_KEY", MASTER_KEY)
    settings = Workers(forge, sqlite_store, server).settings(ttl_s=20.0)
    supervisor = Supervisor(settings, 1)
    keeping = threading.Thread(target=supervisor.run)
    keeping.start()
    try:
        first = until(lambda: live_pids(sqlite_store), "a worker")
        os.kill(*first.values(), signal.SIGKILL)
        until(lambda: live_pids(sqlite_store).keys() - first.keys(), "another worker")
        sqlite_store.dispatch(journey(step("a")), "run-1")
        assert sqlite_store.result("run-1").outcome == "passed"
    finally:
        supervisor.stop()
        keeping.join(60)
    assert not keeping.is_alive()
    assert live_pids(sqlite_store) == {}
