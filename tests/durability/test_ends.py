"""However a run ends, it has one result that verifies: restarted, failed, cancelled, lost, broken."""

from __future__ import annotations

import base64
import dataclasses
import json

import pytest
import sqlalchemy as sa
from durability import ENVIRONMENT, codes_of, journey, step, steps_of
from waiting import until

from pytest_reqflo.engine.durable.checkpoints import APPLICATION_VERSION
from pytest_reqflo.engine.durable.ledger import LedgerEntry, StepEntry, find_faults


def faults_of(store, run_id):
    """Return what a verification finds in the record of a run."""
    result = store.result(run_id)
    with store.database.reading() as connection:
        order = store.records.find_run(connection, run_id).order
    document = json.loads(result.document)
    entry = LedgerEntry(
        execution_format=APPLICATION_VERSION,
        run_id=run_id,
        attempt=result.attempt,
        artifact=order.artifact,
        inputs_digest=order.inputs_digest,
        outcome=result.outcome,
        started_at=document["started_at"],
        finished_at=document["finished_at"],
        head=result.head,
        mac=result.mac,
    )
    sql = "SELECT number, step_id, outcome, hash FROM {step} WHERE run_id = :id"
    steps = [
        StepEntry(
            number=row[0],
            step_id=row[1],
            outcome=row[2],
            document=document["steps"][row[0] - 1],
            hash=row[3],
        )
        for row in store.query(sql, id=run_id)
    ]
    return [fault.kind for fault in find_faults(entry, steps, document, store.keyring.check_mac)]


@pytest.mark.parametrize("policy", ["restart", "fail"])
def test_a_run_that_is_not_to_be_resumed(store, server, workers, policy):
    artifact = journey(
        step("create"), step("pay"), step("ship"), last=(step("clean"),), on_interrupt=policy
    )
    server.hold("GET /pay")
    first = workers.start()
    store.dispatch(artifact, "run-1")
    server.wait_held()
    workers.kill(first)
    workers.start()
    result = store.result("run-1")
    once = ["GET /create", "GET /pay", "GET /clean"]
    again = ["GET /create", "GET /pay", "GET /ship", "GET /clean"]
    is_restart = policy == "restart"
    assert server.lines == (once + again if is_restart else once)
    assert (result.outcome, result.attempt) == (("passed", 2) if is_restart else ("interrupted", 1))
    assert store.count("attempt") == result.attempt
    names = store.query("SELECT function_name FROM {outputs} WHERE workflow_uuid = 'run-1.1'")
    assert {"000:create#1", "003:clean#1"} <= {row[0] for row in names}
    assert store.count("result") == 1
    assert faults_of(store, "run-1") == []


def test_a_run_that_always_kills_its_worker_is_lost(store, server, workers):
    deadly = {"crash_at": "recorded 001:boom#1"}
    artifact = journey(step("a"), step("boom"), step("b"), last=(step("clean"),))
    order = dataclasses.replace(store.order(artifact, "poison"), max_attempts=2)
    store.dispatcher.dispatch(store.batch(artifact, order))
    for _ in range(2):
        workers.crashed(workers.start(**deadly))
    workers.start(**deadly)
    store.dispatch(journey(step("good")), "good")
    assert store.result("good").outcome == "passed"
    result = store.result("poison")
    assert result.outcome == "lost"
    assert codes_of(result)[0] == "RF616"
    assert dict(steps_of(result))["boom"] == "passed"
    assert server.times("GET /boom") == 1
    assert server.times("GET /b") == 0
    assert store.count("result") == 2
    assert faults_of(store, "poison") == []
    until(lambda: store.workflows()["poison.1"] == "CANCELLED", "nobody takes it again")


def test_a_run_that_kills_its_worker_whenever_it_begins_anew_is_lost(store, server, workers):
    artifact = journey(step("boom"), step("b"), last=(step("clean"),), on_interrupt="restart")
    order = dataclasses.replace(store.order(artifact, "poison"), max_attempts=2)
    store.dispatcher.dispatch(store.batch(artifact, order))
    for time in (1, 2):
        server.hold("GET /boom", nth=time)
        worker = workers.start()
        server.wait_held()
        workers.kill(worker)
    workers.start()
    result = store.result("poison")
    assert (result.outcome, result.attempt, codes_of(result)) == ("lost", 2, ["RF616"])
    assert server.lines == ["GET /boom", "GET /clean"] * 2
    assert store.count("attempt") == 2


def test_rows_that_are_no_runs_hold_nothing_up(store, server, workers):
    """Whoever may write there can name a workflow as he likes, and say that it ends in a year."""
    row = (
        "INSERT INTO {workflows} (workflow_uuid, name, status, executor_id, application_version, "
        "completed_at, recovery_attempts, priority, created_at, updated_at) "
        "VALUES (:id, 'reqflo.run.v1', :status, 'gone', 'reqflo-exec-1', 99999999999999, 1, 0, 0, 0)"
    )
    for name, status in (("x", "ERROR"), ("y", "PENDING"), ("run-0.1", "ERROR")):
        store.execute(row, id=name, status=status)
    store.dispatch(journey(step("a")), "run-0", "run-1")
    end = (
        "UPDATE {workflows} SET status = 'ERROR', completed_at = 1 WHERE workflow_uuid = 'run-1.1'"
    )
    store.execute(end)
    worker = workers.start()
    assert codes_of(store.result("run-1")) == ["RF613"]
    store.dispatch(journey(step("b")), "run-2")
    workers.kill(worker)
    workers.start()
    assert store.result("run-2").outcome == "passed"
    assert server.lines.count("GET /a") == 0


def test_a_defect_of_ours_is_told_by_its_name_only(store, server, workers):
    store.dispatch(journey(step("a")), "run-1")
    workers.start(environments={ENVIRONMENT: {"services": {"default": {"base_url": 5}}}})
    result = store.result("run-1")
    assert (result.outcome, codes_of(result)) == ("error", ["RF613"])
    (problem,) = json.loads(result.document)["problems"]
    assert problem["message"] == (
        "the run met a defect of pytest-reqflo (CodecError) and cannot be carried on"
    )
    errors = store.query("SELECT error FROM {outputs} UNION SELECT error FROM {workflows}")
    assert [each[0] for each in errors if each[0]] == []
    assert server.lines == []


def test_cancelled_while_queued_in_a_step_and_when_finished(store, server, workers):
    def cancel(run_id):
        with store.database.begin() as connection:
            store.records.ask_cancel(connection, run_id, "me")

    names = ("queued", "within", "after")
    artifacts = {n: journey(step(n), step(f"{n}-2"), last=(step(f"{n}-clean"),)) for n in names}
    released = server.hold("GET /within")
    for name, artifact in artifacts.items():
        store.dispatch(artifact, name)
    cancel("queued")
    workers.start()
    server.wait_held()
    before = store.result("after")
    cancel("after")
    cancel("within")
    released.set()
    outcomes = {result.run_id: result.outcome for result in store.results(*names)}
    assert outcomes == {"queued": "cancelled", "within": "cancelled", "after": "passed"}
    assert store.result("after") == before
    sent = {name: [x for x in server.lines if name in x] for name in ("queued", "within")}
    assert sent == {
        "queued": ["GET /queued-clean"],
        "within": ["GET /within", "GET /within-clean"],
    }
    assert [faults_of(store, name) for name in names] == [[], [], []]


def test_an_altered_artifact_is_not_executed(store, server, workers):
    store.dispatch(journey(step("a")), "run-1")
    store.unprotect("artifact")
    store.execute("UPDATE {artifact} SET content = :content", content=b"{}")
    workers.start()
    result = store.result("run-1")
    assert result.outcome == "error"
    assert codes_of(result) == ["RF613"]
    assert server.lines == []
    assert faults_of(store, "run-1") == []


def test_records_are_refused_to_change_and_what_was_changed_is_named(store, server, workers):
    store.dispatch(journey(step("a"), step("b")), "run-1")
    workers.start()
    store.result("run-1")
    for table in ("result", "step", "run", "attempt", "artifact", "batch"):
        for sql in (f"DELETE FROM {{{table}}}", f"UPDATE {{{table}}} SET created_at = created_at"):
            column = {"result": "outcome", "step": "outcome", "run": "trigger"}.get(table)
            statement = sql.replace("created_at", f'"{column}"') if column else sql
            with pytest.raises(sa.exc.DBAPIError, match="never changed"):
                store.execute(statement)
    assert faults_of(store, "run-1") == []
    for table in ("result", "step"):
        store.unprotect(table)
    store.execute("DELETE FROM {step} WHERE number = 1")
    assert faults_of(store, "run-1") == ["step missing"]
    store.execute("UPDATE {result} SET outcome = 'failed'")
    assert faults_of(store, "run-1") == ["step missing", "outcome", "mac"]


def test_a_pickled_row_runs_no_code(store, server, workers, tmp_path):
    store.dispatch(journey(step("a")), "run-1")
    spoilt = "UPDATE {workflows} SET serialization = 'py_pickle', inputs = :inputs"
    mark = tmp_path / "mark"
    code = f"cposix\nsystem\n(S'touch {mark}'\ntR."
    inputs = base64.b64encode(code.encode()).decode()
    with pytest.raises(sa.exc.DBAPIError):
        store.execute(spoilt, inputs=inputs)
    store.unprotect("workflows")
    store.execute(spoilt, inputs=inputs)
    workers.start()
    result = store.result("run-1")
    assert result.outcome == "error"
    assert codes_of(result)[0] == "RF613"
    assert server.lines == []
    assert not mark.exists()
