"""`reqflo schedule`, and that each of its instants is one run: real workers, a real Postgres."""

from __future__ import annotations

import contextlib
import json
import signal
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from cloud import CloudDatabase
from durability import Store, WorkerProcess, codes_of
from waiting import until

from pytest_reqflo.cli.main import main
from pytest_reqflo.engine.durable.public_keys import publish_key
from pytest_reqflo.errors import EngineError
from pytest_reqflo.web.database_source import DatabaseDoor, DatabaseSource
from pytest_reqflo.web.source import RunQuery

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
GOLDEN = Path(__file__).parents[1] / "golden/messages"
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

    assert "staging  case `green`  by schedule  artifact_" in reqflo("history", login="client").out
    seen = reqflo("history", "--json", login="client")
    line = json.loads(seen.out)[-1]
    assert (line["trigger"], line["journey"]) == ("schedule", "look-around")
    assert json.loads(line["origin"]) == {"schedule": "often", "at": instants[0]}


# --- what a person does with schedules -----------------------------------------------------------


def test_a_schedule_is_listed_paused_resumed_and_removed(project, reqflo):
    assert reqflo("schedule", "list").code == 5
    berlin = ("--timezone", "Europe/Berlin", "--env", "staging", "--case", "blue")
    added = add(reqflo, "nightly", *berlin, cron="30 2 * * *")
    assert added.code == 0, added.text
    assert "T02:30:00+0" in added.out.splitlines()[1]

    line = reqflo("schedule", "list").out
    assert line.startswith("nightly  30 2 * * *  Europe/Berlin  next 2")
    assert "look-around  staging  case `blue`  artifact_" in line
    assert reqflo("schedule", "pause", "nightly").code == 0
    (listed,) = json.loads(reqflo("schedule", "list", "--json").out)
    assert (listed["status"], listed["next_at"]) == ("paused", None)
    assert (listed["cron"], listed["timezone"], listed["case"]) == (
        "30 2 * * *",
        "Europe/Berlin",
        "blue",
    )
    assert reqflo("schedule", "resume", "nightly").code == 0
    assert json.loads(reqflo("schedule", "list", "--json").out)[0]["status"] == "active"

    again = add(reqflo, "nightly", *berlin)
    assert again.code == 1
    assert "error[RF625]: there is a schedule `nightly` already" in again.err
    assert reqflo("schedule", "remove", "nightly").code == 0
    gone = reqflo("schedule", "pause", "nightly")
    assert gone.code == 1
    assert project.database.shown(gone.err, "admin") == (GOLDEN / "RF625/expected.txt").read_text()
    assert "error[RF625]: there is no schedule `nightly`" in gone.err


def test_a_paused_schedule_dispatches_nothing(project, reqflo):
    assert add(reqflo, "quiet", "--case", "green").code == 0
    assert reqflo("schedule", "pause", "quiet").code == 0
    assert add(reqflo, "loud", "--case", "green").code == 0
    project.worker().ready()
    until(lambda: len(project.runs("loud")) >= 2, "instants of the other")
    assert project.runs("quiet") == []


def test_values_that_no_worker_can_open_are_the_result_of_the_run(project, reqflo):
    assert add(reqflo, "often", "--case", "green", "--set", f"pin={PIN}").code == 0
    project.worker(variables={"REQFLO_MASTER_KEY": "08" * 32}).ready()
    until(lambda: project.runs("often"), "an instant")
    result = project.store.result(project.runs("often")[0][1])
    assert (result.outcome, codes_of(result)[0]) == ("error", "RF614")
    assert project.server.requests == []


def test_a_stored_artifact_has_a_schedule_too(project, reqflo):
    from pytest_reqflo.artifact.store import ArtifactStore
    from pytest_reqflo.compile.project import Project

    path = project.folder / "look.journey.yaml"
    compiled = Project(project.folder).compile_file(path, "look.journey.yaml")
    ArtifactStore(project.folder / ".reqflo").put(compiled.artifact, compiled.blobs)
    added = reqflo("schedule", "add", "old", compiled.artifact_id, "--cron", "@daily")
    assert added.code == 0, added.text


@pytest.mark.parametrize(
    ("name", "more", "cron", "message"),
    [
        ("n", ("--case", "green"), "* * *", "error[RF801]: --cron: `* * *` is no cron expression"),
        ("n", ("--case", "green"), "0 0 30 2 *", "or never comes"),
        ("n", ("--case", "green", "--timezone", "Mars/Base"), "* * * * *", "`Mars/Base` is no time"),
        ("n", ("--case", "green", "--timezone", "../etc"), "* * * * *", "`../etc` is no time zone"),
        ("a b", ("--case", "green"), "* * * * *", "the name of a schedule has letters"),
        ("n", (), "* * * * *", "the journey gives 2 runs, and a schedule dispatches one"),
        ("n", ("--case", "red"), "* * * * *", "error[RF803]: the journey has no case `red`"),
        ("n", ("--case", "green", "--env", "prod"), "* * * * *", "there is no environment `prod`"),
        ("n", ("--case", "green", "--set", "size=1"), "* * * * *", "error[RF801]"),
        ("n", ("--case", "green", "--db", "sqlite:///x.db"), "* * * * *", "schedules need a Postgres"),
    ],
)  # fmt: skip
def test_what_cannot_be_scheduled(project, reqflo, name, more, cron, message):
    done = add(reqflo, name, *more, cron=cron)

    assert done.code != 0
    assert message in done.err
    assert done.err.count("error[") == 1
    assert "Traceback" not in done.err
    assert project.store.query("SELECT count(*) FROM dbos.workflow_schedules")[0][0] == 0


def test_a_client_adds_no_schedule(project, reqflo):
    assert add(reqflo, "n", "--case", "green").code == 0
    assert reqflo("schedule", "remove", "n", login="client").code == 3
    done = reqflo(
        "schedule", "add", "m", "look.journey.yaml", "--case", "green", "--cron", EVERY_SECOND,
        login="client",
    )  # fmt: skip

    assert done.code == 3
    assert "this role may not do that there" in done.err


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
    for worker in (skewed, again):
        worker.signal(signal.SIGTERM)
        assert worker.exit_code() == 0

    # Whoever comes next sees no schedule any more, and ends what is left.
    project.worker().ready()
    workflows = until(lambda: _dispatched(project), "nothing is left of the dead one")
    runs = project.runs("often")
    assert len(runs) == len(workflows) == len({at for at, _ in runs})
    results = project.store.results(*(run_id for _, run_id in runs))
    assert {each.outcome for each in results} == {"passed"}
    # The dead worker may have been sending the request of an instant before: that one is repeated.
    attempts = project.store.query(
        "SELECT SUM(recovery_attempts) FROM {workflows} WHERE name <> 'reqflo.schedule.v1'"
    )
    assert len(runs) <= project.server.times("GET /look/green") <= attempts[0][0]
    # The one whose clock is ahead has indeed seen instants before they came.
    dispatched = project.store.query("SELECT run_id, dispatched_at FROM {run}")
    times = {row[0]: row[1] for row in dispatched}
    ahead = [at for at, run_id in runs if times[run_id] < datetime.fromisoformat(at).timestamp()]
    assert ahead


def _dispatched(project):
    """Return the workflows of all instants once all of them have dispatched their run."""
    rows = project.store.query(
        "SELECT workflow_uuid, status FROM {workflows} WHERE name = 'reqflo.schedule.v1'"
    )
    return [row[0] for row in rows] if {row[1] for row in rows} == {"SUCCESS"} else []


def _id_of(project, worker):
    query = "SELECT worker_id FROM {worker} WHERE pid = :pid"
    return project.store.query(query, pid=worker.pid)[0][0]


# --- what the page of `reqflo ui` shows of them --------------------------------------------------


def test_the_page_shows_schedules_workers_and_their_runs_and_can_change_nothing(project, reqflo):
    assert add(reqflo, "often", "--case", "green", "--set", f"pin={PIN}").code == 0
    assert add(reqflo, "later", "--case", "blue", cron="30 2 * * *").code == 0
    assert reqflo("schedule", "pause", "later").code == 0
    project.worker().ready()
    until(lambda: project.runs("often"), "an instant")
    run_id = project.runs("often")[0][1]
    project.store.result(run_id)

    with contextlib.closing(DatabaseDoor(Path(), project.database.url)) as door:
        source = DatabaseSource(door)
        assert source.is_served()
        later, often = source.schedules()
        assert (often.name, often.journey, often.case, often.is_paused) == (
            "often", "look-around", "green", False,
        )  # fmt: skip
        assert (later.is_paused, later.next_at) == (True, "")
        (worker,) = source.workers()
        assert (worker.state, worker.expires_in_s > 0) == ("live", True)
        assert source.run(run_id).line["trigger"] == "schedule"
        assert PIN not in json.dumps(source.run(run_id).document)
        (journey,) = source.journeys()
        assert (journey.id, journey.environments) == ("look-around", ("staging",))
        assert run_id in {each.run_id for each in source.runs(RunQuery(text="LOOK")).runs}
        assert source.artifact(source.versions("look-around")[0].artifact) is not None
        opened = door.find().database
        with pytest.raises(sa.exc.DBAPIError, match="read-only"), opened.begin() as connection:
            connection.execute(sa.text("CREATE TABLE t (x INTEGER)"))

    # A role sees what its rights allow, and is told what it may not.
    with contextlib.closing(DatabaseDoor(Path(), project.database.url_of("client"))) as door:
        source = DatabaseSource(door)
        assert source.run(run_id).is_over
        assert len(source.workers()) == 1
        with pytest.raises(EngineError, match="this role may not do that there"):
            source.schedules()
