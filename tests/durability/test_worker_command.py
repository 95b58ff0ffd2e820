"""`reqflo worker` as a person starts it: real processes, a real Postgres, signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from commands import ReqfloProcess, variables_with
from durability import MASTER_KEY, Store, journey, step
from waiting import until

from pytest_reqflo.cli.main import main

GOLDEN = Path(__file__).parents[1] / "golden/messages"
THREE = journey(step("a"), step("b"), step("c"))


class Project:
    """A project at a migrated database, whose workers are commands; keeper: admin and worker."""

    def __init__(self, folder, cloud, server):
        self.folder = folder
        self.cloud = cloud
        self.server = server
        self.store = Store(cloud.url)
        self.started = []

    def variables(self, login="worker", **more):
        given = {"REQFLO_DATABASE_URL": self.cloud.url_of(login), "REQFLO_MASTER_KEY": MASTER_KEY}
        return variables_with(**{**given, "XDG_CONFIG_HOME": str(self.folder), **more})

    def push(self, name):
        self.cloud.push({"name": name, "services": {"default": {"base_url": self.server.url}}})

    def worker(self, *arguments, **more):
        process = ReqfloProcess(
            "worker", *arguments, cwd=self.folder, variables=self.variables(**more)
        )
        self.started.append(process)
        return process

    def live(self):
        rows = self.store.query("SELECT worker_id, pid FROM {worker} WHERE state = 'live'")
        return {row[0]: row[1] for row in rows}

    def close(self):
        for process in self.started:
            process.close()
        self.store.close()


@pytest.fixture
def project(tmp_path, cloud, server):
    project = Project(tmp_path, cloud, server)
    yield project
    project.close()


@pytest.fixture
def refused(project, monkeypatch, capsys):
    """The command in this process: nothing is started before all is checked."""

    def run(*arguments, login="worker", **more):
        monkeypatch.chdir(project.folder)
        for name, value in project.variables(login, **more).items():
            monkeypatch.setenv(name, value)
        code = main(["worker", *arguments])
        out, err = capsys.readouterr()
        return SimpleNamespace(code=code, out=out, err=err)

    return run


# --- it serves -----------------------------------------------------------------------------------


def test_it_carries_out_runs_and_one_that_falls_is_replaced(project, server):
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
    worker.signal(signal.SIGTERM)
    assert worker.ended() == 0
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


def test_told_to_end_it_lets_runs_end(project, server):
    project.push("test")
    worker = project.worker("--grace", "30")
    worker.ready()
    released = server.hold("GET /b")
    project.store.dispatch(THREE, "run-1")
    server.wait_held()
    worker.signal(signal.SIGINT)
    released.set()
    assert worker.ended() == 0
    assert project.store.result("run-1").outcome == "passed"
    assert server.lines == ["GET /a", "GET /b", "GET /c"]


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


# --- it cannot start -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "login", "more", "code", "messages"),
    [
        ((), "worker", {"REQFLO_MASTER_KEY": ""}, 4, ["error[RF801]: there is no master key"]),
        ((), "worker", {"REQFLO_DATABASE_URL": ""}, 4, ["error[RF801]: no database is named"]),
        (("--environment", "prod"), "worker", {}, 1, ["error[RF618]: there is no environment `prod`"]),
        (("--db", "sqlite:///runs.db"), "worker", {}, 4, ["a worker needs a Postgres"]),
        (("--db", "postgresql://me@127.0.0.1:1/x"), "worker", {}, 3, ["no server answers there"]),
        (("--processes", "0"), "worker", {}, 4, ["--processes: 0 is not within 1 to 64"]),
        (("--ttl", "1"), "worker", {}, 4, ["--ttl: 1 is not within 5"]),
        ((), "worker", {"REQFLO_WORKER_SECRETS": "vault"}, 4, ["`vault` is not one of"]),
    ],
)  # fmt: skip
def test_why_it_cannot_start(refused, arguments, login, more, code, messages):
    done = refused(*arguments, login=login, **more)

    assert (done.code, done.out) == (code, "")
    for message in messages:
        assert message in done.err
    assert done.err.count("error[") == 1


def test_the_role_of_a_client(refused, project):
    done = refused(login="client")

    assert project.cloud.shown(done.err, "client") == (GOLDEN / "RF626/expected.txt").read_text()


def test_tables_that_are_not_there_or_of_another_version(refused, project, bare_url):
    done = refused(REQFLO_DATABASE_URL=bare_url)
    assert done.code == 3
    assert "its tables are not made yet" in done.err
    assert "reqflo db migrate" in done.err

    project.cloud.execute("UPDATE reqflo.meta SET value = '99' WHERE name = 'version'")
    done = refused()
    assert done.code == 3
    assert "its tables have version 99, and this pytest-reqflo knows" in done.err


def test_what_only_a_process_notices_ends_all_of_them_with_one_exit_code(project):
    project.cloud.execute("UPDATE dbos.dbos_migrations SET version = 1")

    worker = project.worker("--processes", "2")

    assert worker.ended() == 3
    assert any("error[RF615]: the database" in line for line in worker.lines)
    assert any("the engine's tables are too old" in line for line in worker.lines)
    assert not any("Traceback" in line for line in worker.lines)


# --- what it is made of --------------------------------------------------------------------------


def test_a_worker_process_reads_no_journey_files_and_imports_no_pydantic_or_pytest():
    # The engine itself imports yaml; ours is not read with it on a worker.
    script = (
        "import sys, pytest_reqflo.engine.durable.worker\n"
        "names = {'pydantic', 'pytest', '_pytest', 'pytest_reqflo.syntax', 'pytest_reqflo.compile'}\n"
        "print(sorted(names & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], text=True, capture_output=True, check=True
    )
    assert done.stdout.strip() == "[]"
