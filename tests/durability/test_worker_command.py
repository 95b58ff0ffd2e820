"""`reqflo worker` as a person starts it: real processes, a real Postgres, signals."""

from __future__ import annotations

import os
import signal

import pytest
from durability import journey, step
from waiting import until
from worker_project import Project

THREE = journey(step("a"), step("b"), step("c"))


@pytest.fixture
def project(tmp_path, cloud, server):
    project = Project(tmp_path, cloud, server)
    yield project
    project.close()


# --- it serves -----------------------------------------------------------------------------------


def test_it_carries_out_runs_replaces_a_process_that_falls_and_lets_runs_end(project, server):
    project.push("test")
    worker = project.worker("--processes", "2", "--ttl", "5")
    first = {worker.ready(), worker.ready()}
    assert project.live().keys() == first
    # Clients seal to the key that they find there.
    keys = project.store.query("SELECT key FROM reqflo.public_key")
    assert [row[0] for row in keys] == [project.store.keyring.public_key()]
    project.store.dispatch(THREE, "run-1")
    assert project.store.result("run-1").outcome == "passed"

    released = server.hold("GET /b", nth=2)
    project.store.dispatch(THREE, "run-2")
    server.wait_held()
    holder = project.store.query(
        "SELECT executor_id FROM {workflows} WHERE workflow_uuid = 'run-2.1'"
    )[0][0]
    os.kill(project.live()[holder], signal.SIGKILL)
    assert worker.ready() not in first
    released.set()

    assert project.store.result("run-2").outcome == "passed"
    assert (server.times("GET /a"), server.times("GET /b")) == (2, 3)

    released = server.hold("GET /b", nth=4)
    project.store.dispatch(THREE, "run-3")
    server.wait_held()
    worker.signal(signal.SIGINT)
    released.set()
    assert worker.ended() == 0
    assert project.store.result("run-3").outcome == "passed"
    assert server.times("GET /b") == 4
    assert project.live() == {}
    assert len(worker.lines) == 3


def test_once_it_has_begun_it_waits_for_a_database_that_is_away(project):
    project.push("test")
    worker = project.worker()
    worker_id = worker.ready()
    pid = project.live()[worker_id]
    project.cloud.admit(is_open=False)
    os.kill(pid, signal.SIGKILL)
    until(lambda: any("error[RF615]" in line for line in worker.lines), "one that cannot begin")
    project.cloud.admit(is_open=True)
    until(lambda: worker.lines[-1].endswith(" is ready"), "one that can")
    worker.signal(signal.SIGTERM)
    assert worker.ended() == 0


def test_a_second_signal_ends_it_at_once(project, server):
    project.push("test")
    worker = project.worker("--grace", "600")
    worker_id = worker.ready()
    pid = project.live()[worker_id]
    server.hold("GET /b")
    project.store.dispatch(THREE, "run-1")
    server.wait_held()
    worker.signal(signal.SIGTERM)
    worker.signal(signal.SIGINT)
    assert worker.ended() == 2
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_without_the_process_that_started_it_a_worker_ends(project):
    project.push("test")
    worker = project.worker()
    worker_id = worker.ready()
    pid = project.live()[worker_id]
    worker.process.kill()
    worker.process.wait(20)
    until(lambda: not project.live(), "the lease is given back")
    until(
        lambda: not os.path.exists(f"/proc/{pid}/stat") or _is_zombie(pid), "the worker has ended"
    )


def _is_zombie(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_which_environments_are_served(project):
    for name in ("test", "staging"):
        project.push(name)
    one = project.worker("--environment", "staging")
    one.ready()
    project.store.dispatch(THREE, "run-1")
    project.store.dispatch(THREE, "run-2", environment="staging")
    assert project.store.result("run-2").outcome == "passed"
    assert project.store.workflows()["run-1.1"] == "ENQUEUED"
    one.signal(signal.SIGTERM)

    project.worker("--concurrency", "3").ready()
    assert project.store.result("run-1").outcome == "passed"
    project.push("later")
    project.store.dispatch(THREE, "run-3", environment="later")
    assert project.store.result("run-3").outcome == "passed"
    query = "SELECT worker_concurrency FROM dbos.queues WHERE name = 'reqflo:later'"
    until(lambda: project.store.query(query)[0][0] == 3, "the limit of a process")
