"""`reqflo schedule`, and that each of its instants is one run: real workers, a real Postgres."""

from __future__ import annotations

import json
import signal
import sys
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from cloud import CloudDatabase
from durability import MASTER_KEY, Store, WorkerProcess
from waiting import until

from pytest_reqflo.cli.main import main
from pytest_reqflo.engine.durable.public_keys import publish_key

JOURNEY = """\
journey:
  name: Look around
  inputs:
    - {name: color, type: string, default: red}
    - {name: pin, type: string, sensitive: true, default: "0000"}
  cases:
    - {name: green, values: {color: green}}
    - {name: blue, values: {color: blue}}
  steps:
    - id: look
      request: {method: GET, url: "/look/{{ inputs.color }}", headers: {X-Pin: "{{ inputs.pin }}"}}
      assertions: [{type: status_code, expected: 200}]
"""
EVERY_SECOND = "* * * * * *"
PIN = "canary-pin-81c4"


class Cloud:
    """A project and its database, with a server that runs are sent to."""

    def __init__(self, folder, database: CloudDatabase, server, forge):
        self.folder = folder
        self.database = database
        self.server = server
        self.store = Store(database.url)
        self._forge = forge
        self._workers = []
        (folder / "look.journey.yaml").write_text(JOURNEY)
        (folder / "pytest.ini").write_text("[pytest]\n")
        database.push({"name": "staging", "services": {"default": {"base_url": server.url}}})
        with database.open("worker") as opened:
            publish_key(opened, self.store.keyring)

    def worker(self, **more):
        settings = {"is_cloud": True, **more}
        worker = WorkerProcess(self._forge, self.database.url_of("worker"), {}, **settings)
        self._workers.append(worker)
        return worker

    def runs(self, name):
        """Return the instants of a schedule whose runs are registered, with these runs."""
        rows = self.store.query(
            "SELECT run_id, origin FROM {run} WHERE trigger = 'schedule' ORDER BY dispatched_at"
        )
        origins = [(row[0], json.loads(row[1])) for row in rows]
        return [(o["at"], run_id) for run_id, o in origins if o["schedule"] == name]

    def close(self):
        for worker in self._workers:
            if not worker.has_ended:
                worker.kill()
        self.store.close()


@pytest.fixture
def project(tmp_path, cloud, server, forge):
    project = Cloud(tmp_path, cloud, server, forge)
    yield project
    project.close()


@pytest.fixture
def reqflo(project, monkeypatch, capsys):
    """The command in this process, as an administrator without the master key."""
    monkeypatch.chdir(project.folder)
    monkeypatch.delenv("REQFLO_MASTER_KEY", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(project.folder / "config"))

    def run(*arguments, login="admin"):
        monkeypatch.setenv("REQFLO_DATABASE_URL", project.database.url_of(login))
        code = main(list(arguments))
        out, err = capsys.readouterr()
        return SimpleNamespace(code=code, out=out, err=err, text=out + err)

    return run


def add(reqflo, name="often", *more, cron=EVERY_SECOND):
    return reqflo("schedule", "add", name, "look.journey.yaml", "--cron", cron, *more)


# --- instants become runs ------------------------------------------------------------------------


def test_instants_become_runs_of_the_artifact_as_it_was(project, reqflo):
    added = add(reqflo, "often", "--case", "green", "--set", f"pin={PIN}")
    assert added.code == 0, added.text
    assert added.out.startswith("schedule often: Look around, artifact_")
    (project.folder / "look.journey.yaml").write_text(JOURNEY.replace("/look/", "/changed/"))
    project.worker().ready()

    until(lambda: len(project.runs("often")) >= 2, "two instants")

    instants, runs = zip(*project.runs("often"), strict=True)
    assert len(set(instants)) == len(instants)
    assert project.store.result(runs[0]).outcome == "passed"
    first = project.server.requests[0]
    assert (first.line, first.header("x-pin")) == ("GET /look/green", PIN)
    assert PIN not in project.database.contents()

    seen = reqflo("history", "--json", login="client")
    line = json.loads(seen.out)[-1]
    assert (line["trigger"], line["journey"]) == ("schedule", "look-around")
    assert json.loads(line["origin"]) if isinstance(line["origin"], str) else line["origin"]


# --- one run per instant -------------------------------------------------------------------------


def test_two_workers_one_skewed_one_restarted_at_the_instant(project, reqflo):
    """Row 26 of the failure matrix: one run per instant."""
    assert add(reqflo, "often", "--case", "green").code == 0
    skewed = project.worker(variables={"REQFLO_TEST_CLOCK_S": "1.5"}).ready()
    # It dies within the instant: what it had begun to dispatch is left to the other.
    dying = project.worker(crash_at="instant")
    assert dying.exit_code() == -signal.SIGKILL
    again = project.worker().ready()
    until(lambda: len(project.runs("often")) >= 4, "four instants")
    assert reqflo("schedule", "remove", "often").code == 0
    project.store.expire(_id_of(project, dying))

    def all_dispatched():
        rows = project.store.query(
            "SELECT count(*) FROM {workflows} WHERE name = 'reqflo.schedule.v1' "
            "AND status <> 'SUCCESS'"
        )
        return rows[0][0] == 0

    until(all_dispatched, "nothing is left of the dead one")
    runs = project.runs("often")
    workflows = project.store.query(
        "SELECT workflow_uuid FROM {workflows} WHERE name = 'reqflo.schedule.v1'"
    )
    assert len(runs) == len(workflows) == len({at for at, _ in runs})
    results = project.store.results(*(run_id for _, run_id in runs))
    assert {each.outcome for each in results} == {"passed"}
    assert project.server.times("GET /look/green") == len(runs)
    assert {skewed.has_ended, again.has_ended} == {False}


def _id_of(project, worker):
    query = "SELECT worker_id FROM {worker} WHERE pid = :pid"
    return project.store.query(query, pid=worker.pid)[0][0]
