"""Workers that seem dead, are told to end, or have a wrong clock, another version, no network."""

from __future__ import annotations

import signal
import time
from urllib.parse import urlsplit, urlunsplit

import pytest
import sqlalchemy as sa
from durability import Workers, journey, step
from proxying import TcpProxy
from waiting import until

from pytest_reqflo.engine.durable.database import open_postgres
from pytest_reqflo.engine.durable.sessions import session_of

LOST_LEASE = 75
THREE = journey(step("a"), step("b"), step("c"))


def test_one_that_was_stopped_wakes_up_to_leave(store, server, workers):
    first_b = server.hold("GET /b")
    first = workers.start()
    store.dispatch(THREE, "run-1")
    server.wait_held()
    first.signal(signal.SIGSTOP)
    store.expire(first.worker_id)
    workers.start()
    result = store.result("run-1")
    first_b.set()
    first.signal(signal.SIGCONT)
    assert first.exit_code() == LOST_LEASE
    assert store.result("run-1") == result
    assert (result.outcome, store.count("result")) == ("passed", 1)
    assert server.lines == ["GET /a", "GET /b", "GET /b", "GET /c"]


def test_told_to_end_it_finishes_what_is_under_way(store, server, workers):
    released = server.hold("GET /b")
    worker = workers.start(grace_s=30)
    store.dispatch(THREE, "run-1")
    server.wait_held()
    worker.signal(signal.SIGTERM)
    released.set()
    assert worker.exit_code() == 0
    assert store.result("run-1").outcome == "passed"
    assert server.lines == ["GET /a", "GET /b", "GET /c"]
    assert store.worker_states()[worker.worker_id] in ("dead", "reaped")


def test_told_to_end_it_leaves_a_long_step_to_another_at_once(store, server, workers):
    server.hold("GET /b")
    first = workers.start(grace_s=1, ttl_s=600.0)
    store.dispatch(THREE, "run-1")
    server.wait_held()
    first.signal(signal.SIGINT)
    second = workers.begin(ttl_s=600.0)
    assert first.exit_code() == 0
    second.ready()
    assert store.result("run-1").outcome == "passed"
    assert server.lines == ["GET /a", "GET /b", "GET /b", "GET /c"]


def test_clocks_of_workers_that_are_off(store, server, workers):
    offsets = ("120", "-120")
    both = [workers.begin(variables={"REQFLO_TEST_CLOCK_S": each}) for each in offsets]
    for worker in both:
        worker.ready()
    runs = [f"run-{number}" for number in range(20)]
    store.dispatch(journey(step("a"), step("b", delay_s=0.2), timeout_s=60.0), *runs)
    assert {result.outcome for result in store.results(*runs)} == {"passed"}
    assert (server.times("GET /a"), server.times("GET /b")) == (20, 20)
    assert {store.worker_states()[each.worker_id] for each in both} == {"live"}


@pytest.mark.parametrize("step_s", ["7200", "-7200"])
def test_a_clock_that_is_set_while_a_run_is_under_way(store, server, workers, tmp_path, step_s):
    clock = tmp_path / "clock"
    clock.write_text("0")
    released = server.hold("GET /b")
    worker = workers.start(variables={"REQFLO_TEST_STEP": str(clock)})
    store.dispatch(journey(step("a"), step("b"), step("c", delay_s=0.2), timeout_s=60.0), "run-1")
    server.wait_held()
    atomically(clock, step_s)
    released.set()
    assert store.result("run-1").outcome == "passed"
    # What comes after is taken and carried out, too.
    store.dispatch(THREE, "run-2")
    assert store.result("run-2").outcome == "passed"
    assert server.times("GET /c") == 2
    assert store.worker_states()[worker.worker_id] == "live"


@pytest.mark.parametrize("offset_s", [7200, -7200])
def test_the_clock_of_a_client_that_is_off(store, server, workers, monkeypatch, offset_s):
    real = time.time
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: real() + offset_s)
        store.dispatch(THREE, "run-1")
    with store.database.reading() as connection:
        dispatched_at = store.records.find_run(connection, "run-1").dispatched_at
    workers.start()
    assert store.result("run-1").outcome == "passed"
    assert abs(dispatched_at - real()) < 120


def atomically(path, text):
    aside = path.with_suffix(".new")
    aside.write_text(text)
    aside.replace(path)


def test_another_version_leaves_runs_and_workers_to_their_own(store, server, workers):
    server.hold("GET /b")
    old = workers.start()
    store.dispatch(THREE, "run-1")
    server.wait_held()
    workers.kill(old)
    store.execute(
        "INSERT INTO {worker} (worker_id, host, pid, version, state, expires_at) "
        "VALUES ('newer', 'here', 1, 'reqflo-exec-2', 'live', 0)"
    )
    workers.start(variables={"REQFLO_TEST_VERSION": "reqflo-exec-2"})
    store.dispatch(THREE, "run-2")
    until(lambda: store.worker_states()["newer"] == "reaped", "its own is reaped")
    assert store.workflows() == {"run-1.1": "PENDING", "run-2.1": "ENQUEUED"}
    workers.start()
    assert {each.outcome for each in store.results("run-1", "run-2")} == {"passed"}
    assert server.times("GET /b") == 3


def test_a_network_that_is_cut(postgres_store, server, forge):
    parts = urlsplit(postgres_store.address)
    with TcpProxy(parts.port) as proxy:
        workers = Workers(forge, postgres_store, server)
        through = urlunsplit(parts._replace(netloc=f"postgres@127.0.0.1:{proxy.port}"))
        released = server.hold("GET /b")
        first = workers.start(address=through, ttl_s=5.0)
        postgres_store.dispatch(THREE, "run-1")
        server.wait_held()
        proxy.cut()
        released.set()
        workers.start()
        assert first.exit_code() == LOST_LEASE
        assert server.times("GET /b") == 1
        proxy.heal()
        assert postgres_store.result("run-1").outcome == "passed"
        assert server.lines == ["GET /a", "GET /b", "GET /b", "GET /c"]
        assert postgres_store.count("result") == 1
        workers.close()


def test_what_a_silent_session_of_a_dead_worker_holds(postgres_store, server, forge):
    postgres_store.dispatch(THREE, "run-1")
    postgres_store.execute(
        "INSERT INTO {worker} (worker_id, host, pid, version, state, expires_at) "
        "VALUES ('gone', 'there', 1, 'reqflo-exec-1', 'live', 0)"
    )
    claim = "UPDATE {workflows} SET status = 'PENDING', executor_id = 'gone', recovery_attempts = 1"
    postgres_store.execute(claim)
    silent = open_postgres(postgres_store.address, session=session_of("gone"))
    with silent.engine.connect() as connection:
        lock = sa.text("UPDATE dbos.workflow_status SET priority = :p WHERE executor_id = 'gone'")
        # Several at once: the server does not count the time of a session that was sent a pipeline.
        connection.execute(lock, [{"p": 1}, {"p": 0}])
        workers = Workers(forge, postgres_store, server)
        workers.start()
        assert postgres_store.result("run-1").outcome == "passed"
        workers.close()
        connection.invalidate()
    silent.close()


def test_one_of_two_is_cut_off_in_the_middle_of_200_runs(postgres_store, server, forge):
    parts = urlsplit(postgres_store.address)
    runs = [f"run-{number}" for number in range(200)]
    in_flight = 8
    with TcpProxy(parts.port) as proxy:
        workers = Workers(forge, postgres_store, server)
        through = urlunsplit(parts._replace(netloc=f"postgres@127.0.0.1:{proxy.port}"))
        # The one that stays has a lease that a busy machine does not take from it.
        one = workers.begin(address=through, ttl_s=5.0, concurrency=in_flight)
        other = workers.begin(concurrency=in_flight)
        for worker in (one, other):
            worker.ready()
        postgres_store.dispatch(THREE, *runs)
        until(lambda: len(server.requests) > 150, "in the middle")
        proxy.cut()
        assert one.exit_code() == LOST_LEASE
        results = postgres_store.results(*runs, timeout_s=90)
        assert {result.outcome for result in results} == {"passed"}
        assert postgres_store.count("result") == 200
        assert 600 <= len(server.requests) <= 600 + in_flight
        workers.close()
