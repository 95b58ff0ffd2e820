"""From its commit on a run is registered, once; before it, there is nothing of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from durability import Store, journey, step

from pytest_reqflo.errors import EngineError

ONE = journey(step("a"))
OTHER = journey(step("b"))
SUPPORT = Path(__file__).parents[1] / "support"


def dispatch_elsewhere(store, crash_at: str) -> int:
    """Dispatch run-1 in a process of its own, and return how that ended."""
    script = SUPPORT / "dispatching.py"
    variables = {**os.environ, "REQFLO_CRASH_AT": crash_at}
    command = [sys.executable, str(script), store.address]
    return subprocess.run(command, env=variables, check=False).returncode


@pytest.mark.parametrize("place", ["not yet committed", "committed"])
def test_a_killed_dispatcher(store, server, workers, place):
    assert dispatch_elsewhere(store, place) == -signal.SIGKILL
    is_there = int(place == "committed")
    tables = ("run", "attempt", "artifact", "batch", "workflows")
    assert [store.count(table) for table in tables] == [is_there] * 5
    store.dispatch(ONE, "run-1")
    workers.start()
    assert store.result("run-1").outcome == "passed"
    assert server.lines == ["GET /a"]


def test_the_same_content_attaches_and_other_content_is_refused(store):
    assert store.dispatch(ONE, "run-1", run_key="nightly") == ("run-1",)
    assert store.dispatch(ONE, "run-1", run_key="nightly") == ("run-1",)
    assert store.dispatch(ONE, "run-2", run_key="nightly") == ("run-1",)
    for other in ({"artifact": OTHER}, {"artifact": ONE, "environment": "elsewhere"}):
        with pytest.raises(EngineError) as caught:
            store.dispatch(other.pop("artifact"), "run-3", run_key="nightly", **other)
        assert [each.code for each in caught.value.diagnostics] == ["RF612"]
    assert store.count("run") == store.count("workflows") == store.count("attempt") == 1


def test_two_dispatchers_with_one_key(store):
    start = threading.Barrier(4)
    ids: list[str] = []

    def race(number: int) -> None:
        own = Store(store.address)
        start.wait()
        ids.extend(own.dispatch(ONE, f"run-{number}", run_key="nightly"))
        own.close()

    threads = [threading.Thread(target=race, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 4
    assert len(set(ids)) == 1
    assert store.count("run") == store.count("workflows") == 1


def test_a_worker_that_does_not_know_the_environment_says_so(store, server, workers):
    environments = {**workers.environments, "gone": {}}
    worker = workers.begin(environments=environments)
    store.dispatch(ONE, "run-1", environment="gone")
    worker.ready()
    result = store.result("run-1")
    assert result.outcome == "error"
    assert server.lines == []
