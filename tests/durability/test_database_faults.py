"""A database that is away, full, new to many at once, or seen from a process that was forked."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from durability import Store, Workers, journey, migrate, step
from postgres import PostgresServer, make_database
from servers import json_reply
from waiting import until

from pytest_reqflo.engine.durable.database import open_postgres

SUPPORT = Path(__file__).parents[1] / "support"
TWO = journey(step("a"), step("b"))


@pytest.fixture
def own_postgres(forge):
    """A server that a test may stop."""
    server = PostgresServer()
    migrate(forge, make_database(server.url, "reqflo"))
    yield server
    server.remove()


def test_postgres_falls_and_comes_back(own_postgres, server, forge):
    address = own_postgres.url.rpartition("/")[0] + "/reqflo"
    store = Store(address)
    workers = Workers(forge, store, server)
    released = [server.hold("GET /a", nth=number) for number in range(1, 5)]
    workers.start()
    runs = [f"run-{number}" for number in range(8)]
    store.dispatch(TWO, *runs)
    server.wait_held(4)
    own_postgres.stop()
    for gate in released:
        gate.set()
    own_postgres.start()
    results = store.results(*runs)
    assert {result.outcome for result in results} == {"passed"}
    assert [server.times(line) for line in ("GET /a", "GET /b")] == [8, 8]
    assert store.count("result") == 8
    workers.close()
    store.close()


def test_a_session_that_falls_silent_within_a_transaction(postgres_store):
    postgres_store.dispatch(TWO, "run-1")
    claim = sa.text("UPDATE dbos.workflow_status SET priority = priority WHERE workflow_uuid = :id")
    silent = open_postgres(postgres_store.address, idle_in_transaction_s=0.5)
    with silent.engine.connect() as connection:
        connection.execute(claim, {"id": "run-1.1"})
        # It waits for the lock, which nobody but the server takes away.
        with postgres_store.database.begin() as other:
            assert other.execute(claim, {"id": "run-1.1"}).rowcount == 1
        with pytest.raises(sa.exc.InternalError, match="idle-in-transaction timeout"):
            connection.execute(claim, {"id": "run-1.1"})
    silent.close()


def test_every_session_of_ours_has_that_limit(postgres_store):
    with postgres_store.database.begin() as connection:
        limit = connection.execute(sa.text("SHOW idle_in_transaction_session_timeout")).scalar()
    assert limit == "15s"


def test_postgres_falls_while_a_dead_worker_is_taken_over(own_postgres, server, forge):
    address = own_postgres.url.rpartition("/")[0] + "/reqflo"
    store = Store(address)
    workers = Workers(forge, store, server)
    first = workers.start()
    runs = [f"run-{number}" for number in range(4)]
    held = [server.hold("GET /a", nth=number) for number in range(1, 5)]
    store.dispatch(TWO, *runs)
    server.wait_held(4)
    workers.start()
    workers.kill(first)
    # The other looks for the dead once a second, and finds this one now.
    own_postgres.stop()
    own_postgres.start()
    for gate in held:
        gate.set()
    results = store.results(*runs)
    assert {result.outcome for result in results} == {"passed"}
    assert [server.times(line) for line in ("GET /a", "GET /b")] == [8, 4]
    assert store.count("result") == 4
    until(lambda: store.worker_states()[first.worker_id] == "reaped", "nothing of it is left")
    workers.close()
    store.close()


def test_a_full_disk_that_is_freed(sqlite_store, server, forge, tmp_path):
    full = tmp_path / "full"
    workers = Workers(forge, sqlite_store, server)
    # More than the free space within the pages that the file has.
    server.answers["GET /a"] = json_reply({"text": "long " * 10_000})
    released = server.hold("GET /a")
    worker = workers.start(variables={"REQFLO_TEST_FULL": str(full)}, audit_every_s=0.3)
    sqlite_store.dispatch(TWO, "run-1")
    server.wait_held()
    full.touch()
    released.set()
    # The audit, which also writes, is the first that gets on when there is space again.
    until(lambda: (tmp_path / "refused").exists(), "a write was refused")
    full.unlink()
    assert sqlite_store.result("run-1").outcome == "passed"
    assert [server.times(line) for line in ("GET /a", "GET /b")] == [2, 1]
    assert sqlite_store.count("orphan") == 1
    assert sqlite_store.query("PRAGMA integrity_check")[0][0] == "ok"
    assert not worker.has_ended
    workers.close()


def test_several_processes_make_and_use_one_new_file(tmp_path, server, forge):
    with (
        contextlib.closing(Store(str(tmp_path / "new" / "runs.db"))) as store,
        contextlib.closing(Workers(forge, store, server)) as workers,
    ):
        # What a slow machine has claimed and not yet begun must not pass for an orphan.
        begun = [workers.begin(may_migrate=True) for _ in range(6)]
        for worker in begun:
            worker.ready()
        runs = [f"run-{number}" for number in range(30)]
        store.dispatch(TWO, *runs)
        assert {result.outcome for result in store.results(*runs)} == {"passed"}
        assert [server.times(line) for line in ("GET /a", "GET /b")] == [30, 30]


def test_a_fork_of_a_process_that_carries_out_runs(tmp_path, server):
    script = SUPPORT / "forking.py"
    command = [sys.executable, str(script), str(tmp_path / "runs.db"), server.url]
    end = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert json.loads(end.stdout) == ["RF615"], end.stderr
    assert server.lines == []
