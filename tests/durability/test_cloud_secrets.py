"""Secrets on a worker that are missing, rotated or sealed with another key; no byte of one is left."""

from __future__ import annotations

import io
import json
import sys

import psycopg
import pytest
from canaries import Tag, find_in_bytes
from cloud_worker import cloud_worker
from servers import ScriptedServer, json_reply

from pytest_reqflo.artifact.codec import artifact_digest
from pytest_reqflo.cli.main import main
from pytest_reqflo.compile.project import Project
from pytest_reqflo.engine.durable.dispatch import Batch, Dispatcher, wait_for_results
from pytest_reqflo.engine.durable.orders import Dispatch, order_of
from pytest_reqflo.engine.durable.public_keys import SealToWorkers
from pytest_reqflo.engine.durable.records import Records
from pytest_reqflo.plan.model import RunRequest
from pytest_reqflo.result import RunIdentity

OLD, KEY, NEXT = "11" * 32, "22" * 32, "33" * 32
JOURNEY = """\
journey:
  name: Log in
  steps:
    - id: login
      request: {method: GET, url: /login, headers: {X-Token: "{{ secrets.SHOP_TOKEN }}"}}
      assertions: [{type: status_code, expected: 200}]
"""


class Cloud:
    """A database with an environment, and what is done with it by each role."""

    def __init__(self, database, folder, monkeypatch, capsys):
        self.database, self.folder = database, folder
        self.log = folder / "worker.log"
        self.printed = ""
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def reqflo(self, *arguments, key=KEY, given="", login="keeper"):
        self._monkeypatch.setenv("REQFLO_MASTER_KEY", key)
        self._monkeypatch.setenv("REQFLO_DATABASE_URL", self.database.url_of(login))
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given.encode())))
        code = main(list(arguments))
        found = self._capsys.readouterr()
        self.printed += found.out + found.err
        assert code in (0, 1), found.err
        return found.out

    def run(self, run_id):
        """Dispatch a run as a client, and return its result when a worker has ended it."""
        artifact = Project(self.folder).compile_file(self.folder / "a.yaml", "a.yaml").artifact
        identity = RunIdentity(
            run_id=run_id, journey_id="log-in", journey_name="Log in", artifact="artifact_0"
        )
        request = RunRequest(
            artifact=artifact_digest(artifact), identity=identity, environment="staging"
        )
        dispatch = Dispatch(batch_id="b", trigger="command")
        with self.database.open("client") as database:
            order = order_of(request, artifact, dispatch, SealToWorkers(database))
            dispatcher, records = Dispatcher(Records(database)), Records(database)
            artifacts = ((artifact, {}),)
            dispatcher.dispatch(
                Batch(
                    batch_id="b",
                    trigger="command",
                    dispatched_by="me",
                    orders=(order,),
                    artifacts=artifacts,
                )
            )
            dispatcher.close()
            (result,) = wait_for_results(records, [run_id], timeout_s=60)
        document = json.loads(result.document)
        steps = [try_ for step in document.get("steps", ()) for try_ in step.get("tries", ())]
        return result.outcome, [
            p["code"] for x in (document, *steps) for p in x.get("problems", ())
        ]

    def everything(self):
        """Return each column of each table, in every schema of the database, as bytes."""
        with psycopg.connect(self.database.url) as connection:
            names = connection.execute(
                "SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) "
                "FROM information_schema.tables WHERE table_type = 'BASE TABLE' "
                "AND table_schema NOT IN ('pg_catalog', 'information_schema')"
            ).fetchall()
            assert {schema.partition(".")[0] for (schema,) in names} == {"reqflo", "dbos"}
            found = [
                value if isinstance(value, bytes) else str(value).encode()
                for (name,) in names
                for row in connection.execute(f"SELECT * FROM {name}")
                for value in row
                if value is not None
            ]
        return b"\n".join(found)


@pytest.fixture
def server():
    with ScriptedServer(lambda *_: json_reply({})) as server:
        yield server


@pytest.fixture
def place(cloud, tmp_path, monkeypatch, capsys, server):
    (tmp_path / "environments").mkdir()
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "a.yaml").write_text(JOURNEY)
    (tmp_path / "environments/staging.yaml").write_text(
        f"environment: {{name: staging, services: {{default: {{base_url: '{server.url}'}}}}}}\n"
    )
    monkeypatch.chdir(tmp_path)
    place = Cloud(cloud, tmp_path, monkeypatch, capsys)
    place.reqflo("env", "push", "staging")
    place.reqflo("secrets", "publish-key")
    return place


def test_missing_rotated_and_of_another_key(place, server, cloud):
    tag = Tag()
    first, second, third = (tag.make("PLAIN") for _ in range(3))

    def sent():
        return [each.header("X-Token") for each in server.requests]

    with cloud_worker(cloud.url_of("worker"), KEY, place.log, "staging"):
        assert place.run("run_missing") == ("error", ["RF302"])
        place.reqflo("secrets", "set", "SHOP_TOKEN", given=first, key=OLD)
        assert place.run("run_wrong-key") == ("error", ["RF307"])
        assert sent() == []

        place.reqflo("secrets", "rotate", "SHOP_TOKEN", given=second)
        assert place.run("run_second") == ("passed", [])
        place.reqflo("secrets", "rotate", "SHOP_TOKEN", given=third)
        assert place.run("run_third") == ("passed", [])
        place.reqflo("secrets", "delete", "SHOP_TOKEN")
        assert place.run("run_deleted") == ("error", ["RF302"])
    assert sent() == [second, third]

    for name in ("second", "third", "wrong-key"):
        place.reqflo("status", f"run_{name}", "--json", login="client")
    for where, data in (
        ("tables", cloud_bytes := place.everything()),
        ("the worker", place.log.read_bytes()),
        ("commands", place.printed.encode()),
    ):
        assert find_in_bytes(tag, data, where) == []
    assert b"[secret:SHOP_TOKEN]" in cloud_bytes
    assert b"is ready" in place.log.read_bytes()


def test_another_master_key_keeps_old_runs_and_secrets_readable(place, server, cloud):
    tag = Tag()
    token = tag.make("PLAIN")
    both = f"{NEXT},{KEY}"
    place.reqflo("secrets", "set", "SHOP_TOKEN", given=token)
    with cloud_worker(cloud.url_of("worker"), KEY, place.log, "staging"):
        assert place.run("run_before") == ("passed", [])

    assert "1 secrets sealed anew" in place.reqflo("secrets", "rekey", key=both)
    place.reqflo("secrets", "publish-key", key=both)
    with cloud_worker(cloud.url_of("worker"), both, place.log, "staging"):
        assert place.run("run_after") == ("passed", [])
        # Its values were sealed to the key before.
        again = place.reqflo("rerun", "run_before", "--wait", login="client")
        assert "passed: Log in" in again

    assert [each.header("X-Token") for each in server.requests] == [token] * 3
    assert "no fault" in place.reqflo("verify", "--all", key=both, login="client")
    for data in (place.everything(), place.log.read_bytes(), place.printed.encode()):
        assert find_in_bytes(tag, data) == []
