"""A run in a Postgres is repeated by workers; who asks for that holds no key."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from durability import MASTER_KEY, codes_of, journey, step

from pytest_reqflo.cli.main import main

GOLDEN = Path(__file__).parents[1] / "golden/messages/RF629/expected.txt"
THREE = journey(step("a"), step("b"), step("c"), last=(step("clean"),))


@pytest.fixture
def store(postgres_store):
    return postgres_store


@pytest.fixture
def reqflo(store, monkeypatch, capsys, tmp_path):
    """Run a command against the Postgres, where no key is."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("REQFLO_MASTER_KEY", raising=False)
    monkeypatch.setenv("REQFLO_DATABASE_URL", store.address)

    def run(*arguments):
        code = main(list(arguments))
        out, err = capsys.readouterr()
        return SimpleNamespace(code=code, out=out, text=out + err)

    return run


@pytest.fixture
def finished(store, server, workers):
    workers.start()
    store.dispatch(THREE, "run-1", given=[("pin", "canary-pin-55d1")])
    store.result("run-1")
    store.settled("run-1.1")


def test_the_whole_run_and_again(reqflo, store, server, finished):
    done = reqflo("rerun", "run-1", "--wait")

    assert done.code == 0, done.text
    new = done.out.split()[1].rstrip(",")
    assert server.lines == ["GET /a", "GET /b", "GET /c", "GET /clean"] * 2
    assert reqflo("rerun", new, "--wait").code == 0
    (origin,) = store.query("SELECT origin FROM {run} WHERE run_id = :id", id=new)
    assert json.loads(origin[0]) == {"run": "run-1", "sealed_for": "run-1"}
    assert reqflo("verify", "--all").code == 0


def test_from_a_step_on(reqflo, store, server, finished):
    done = reqflo("rerun", "run-1", "--from-step", "b")
    new = done.out.split()[1].rstrip(",")

    result = store.result(new)

    assert done.code == 0, done.text
    assert result.outcome == "passed"
    assert server.lines[4:] == ["GET /b", "GET /c", "GET /clean"]
    extra = json.loads(result.document)["extra"]
    assert extra == {"taken_over": {"run": "run-1", "steps": ["a"]}}


def test_a_worker_is_killed_while_it_repeats(reqflo, store, server, workers, finished):
    server.hold("GET /b", nth=2)
    new = reqflo("rerun", "run-1", "--from-step", "b").out.split()[1].rstrip(",")
    server.wait_held()
    workers.kill(workers.started[0])
    workers.start()

    assert store.result(new).outcome == "passed"
    assert server.lines[4:] == ["GET /b", "GET /b", "GET /c", "GET /clean"]


def test_another_environment_needs_the_key(
    reqflo, store, server, workers, finished, monkeypatch, request
):
    store.execute(
        "INSERT INTO reqflo.environment (name, version, document, written_by, created_at) "
        "VALUES ('other', 1, '{{}}', 'me', 0)"
    )
    assert "error[RF618]" in reqflo("rerun", "run-1", "--env", "othr").text
    done = reqflo("rerun", "run-1", "--env", "other")
    assert done.code == 4
    if request.config.getoption("update_golden"):
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(done.text)
    assert GOLDEN.read_text() == done.text

    monkeypatch.setenv("REQFLO_MASTER_KEY", MASTER_KEY)
    done = reqflo("rerun", "run-1", "--env", "other")
    assert done.code == 0, done.text
    (row,) = store.query("SELECT environment FROM {run} WHERE trigger = 'rerun'")
    assert row[0] == "other"


@pytest.mark.parametrize("change", ["journey", "environment"])
def test_values_are_not_lent_to_a_run_of_another_kind(store, server, workers, finished, change):
    import dataclasses

    artifact = journey(step("stolen")) if change == "journey" else THREE
    with store.database.reading() as connection:
        old = store.records.find_run(connection, "run-1").order
    own = store.order(artifact, "run-2", environment="more" if change == "environment" else "test")
    order = dataclasses.replace(
        own, given=old.given, inputs_digest=old.inputs_digest, origin='{"sealed_for": "run-1"}'
    )
    more = {**workers.environments, "more": workers.environments["test"]}
    workers.start(environments=more)
    sent = len(server.lines)

    store.dispatcher.dispatch(store.batch(artifact, order))
    result = store.result("run-2")

    assert (result.outcome, codes_of(result)) == ("error", ["RF629"])
    assert len(server.lines) == sent


def test_values_that_a_row_does_not_tell_of_are_not_used(store, server, workers):
    """What a row tells of its values is what others are compared with; its writer may lie."""
    import dataclasses

    workers.start()
    order = dataclasses.replace(store.order(THREE, "run-2"), inputs_digest="0" * 64)
    store.dispatcher.dispatch(store.batch(THREE, order))
    result = store.result("run-2")

    assert (result.outcome, codes_of(result)) == ("error", ["RF629"])
    assert server.lines == []


def test_workers_carry_runs_on_and_nobody_else(reqflo, store, server, workers):
    store.dispatch(THREE, "run-1")

    done = reqflo("resume", "run-1")

    assert done.code == 4
    assert "error[RF611]: run run-1 is queued: workers carry it on by themselves" in done.text
    assert store.workflows() == {"run-1.1": "ENQUEUED"}
