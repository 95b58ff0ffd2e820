"""The commands over recorded runs: what they say of runs, and what they do to them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from durable_project import DEADLINE_S

# --- looking -------------------------------------------------------------------------------------


def test_a_finished_run_is_listed_and_shown(project, finished_run):
    code, out, err = project.reqflo("history")
    assert (code, err) == (0, "")
    assert out.startswith(finished_run)
    assert [word in out for word in ("passed", "orders", "local")] == [True, True, True]
    code, out, _ = project.reqflo("status", finished_run[:12])
    assert code == 0
    assert "passed      pay" in out
    code, out, _ = project.reqflo("show", finished_run, "pay")
    assert code == 0
    assert "PUT" in out
    assert "response as received" in out


def test_a_running_run_shows_its_steps_so_far(project, server):
    with project.start():
        server.wait_for_request()
        run_id = project.only_run()
        code, out, _ = project.reqflo("status", run_id)
    assert code == 2
    assert "  running  " in out
    assert "passed      create" in out
    assert "1 of 4 steps have a record" in out


def test_a_run_whose_process_was_killed_is_left(project, left_run):
    document = project.reqflo_json("status", left_run)
    assert document["status"] == "left"
    outcomes = {step["id"]: step["outcome"] for step in document["so_far"]["steps"]}
    assert outcomes["create"] == "passed"
    code, out, _ = project.reqflo("status", left_run)
    assert code == 2
    assert f"`reqflo resume {left_run}` carries it on" in out


def test_history_chooses_by_each_filter(project, left_run):
    project.pytest()
    newer = project.reqflo_json("history")[0]["run_id"]

    def chosen(*arguments):
        return [run["run_id"] for run in project.reqflo_json("history", *arguments)]

    artifact = project.reqflo_json("history", "--limit", "1")[0]["artifact"]
    assert chosen("orders", "--artifact", artifact) == [newer, left_run]
    assert chosen("--status", "left") == [left_run]
    assert chosen("--status", "passed", "--status", "failed") == [newer]
    assert chosen("--env", "local", "--since", "1h", "--limit", "1") == [newer]
    assert project.reqflo("history", "--env", "staging")[0] == 5
    assert project.reqflo("history", "--since", "2200-01-01")[0] == 5


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["status", "run_00000000"], 4, "RF611"),
        (["history", "order"], 4, "did you mean `orders`?"),
        (["history", "--status", "green"], 4, "RF801"),
        (["history", "--since", "soon"], 4, "RF801"),
        (["history", "--store", "elsewhere"], 4, "RF611"),
        (["history", "--db", "postgresql://u:canary@127.0.0.1:1/x"], 3, "RF615"),
        (["history", "--env", "\udcff"], 4, "RF801"),
        (["history", "--limit", "9" * 30], 4, "RF801"),
        (["prune", "--keep", "much"], 4, "RF801"),
        (["verify"], 4, "RF801"),
    ],
)
def test_what_cannot_be_asked_is_explained(project, finished_run, arguments, code, words):
    found, out, err = project.reqflo(*arguments)
    assert (found, out) == (code, "")
    assert words in err
    assert "canary" not in err
    assert "Traceback" not in err


# --- cancelling ----------------------------------------------------------------------------------


def test_a_run_cancelled_in_a_step_ends_at_the_boundary_with_its_finally_steps(project, server):
    with project.start() as process:
        server.wait_for_request()
        run_id = project.only_run()
        code, out, _ = project.reqflo("cancel", run_id)
        assert (code, "ends at its next try" in out) == (0, True)
        server.let_go.set()
        out, _ = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 1, out
    assert server.lines == ["POST /orders", "PUT /held", "DELETE /orders"]
    code, out, _ = project.reqflo("status", run_id)
    assert code == 1
    assert "  cancelled  " in out
    assert project.reqflo("verify", run_id)[0] == 0


def test_a_run_cancelled_by_force_ends_as_it_stands(project, server):
    with project.start() as process:
        server.wait_for_request()
        run_id = project.only_run()
        assert "is cancelled" in project.reqflo("cancel", "--force", run_id)[1]
        server.let_go.set()
        out, _ = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 1, out
    assert "RF617" in out
    assert server.lines == ["POST /orders", "PUT /held"]
    assert project.reqflo("verify", "--all")[0] == 0


def test_a_finished_run_stays_as_it_is(project, finished_run):
    before = project.rows("SELECT * FROM reqflo_result")
    assert "is over already (passed)" in project.reqflo("cancel", "--force", finished_run)[1]
    assert project.rows("SELECT * FROM reqflo_result") == before


# --- carrying on ---------------------------------------------------------------------------------


def test_resume_goes_on_with_the_try_at_hand(project, server, left_run):
    code, out, err = project.reqflo("resume", left_run)
    assert (code, err) == (0, ""), out
    assert server.lines == [
        "POST /orders", "PUT /held", "PUT /held", "GET /orders", "DELETE /orders"
    ]  # fmt: skip
    assert project.reqflo("resume", left_run)[0] == 0
    assert len(server.lines) == 5
    assert project.reqflo("verify", "--all")[0] == 0


def test_with_another_key_nothing_is_carried_on(project, server, left_run):
    code, out, err = project.reqflo("resume", left_run, REQFLO_MASTER_KEY="11" * 32)
    assert (code, out, "RF614" in err) == (3, "", True)
    assert project.reqflo_json("status", left_run)["status"] == "left"
    assert project.reqflo("resume", left_run)[0] == 0


def test_a_cancelled_run_that_is_resumed_runs_its_finally_steps_only(project, server, left_run):
    assert "has gone" in project.reqflo("cancel", left_run)[1]
    code, out, _ = project.reqflo("resume", left_run)
    assert code == 1, out
    assert server.lines == ["POST /orders", "PUT /held", "DELETE /orders"]


def test_a_run_under_way_is_not_resumed_twice(project, server):
    with project.start():
        server.wait_for_request()
        code, _, err = project.reqflo("resume", project.only_run())
    assert (code, "RF611" in err) == (4, True)


def test_a_resumed_run_counts_as_running(project, server, left_run):
    server.holds = True
    server.let_go.clear()
    with project.start("--reqflo-resume"):
        server.wait_for_request()
        assert project.reqflo_json("status", left_run)["status"] == "running"


def test_rerun_runs_the_same_anew_elsewhere(project, server, finished_run):
    project.use(server.url + "/v2", "staging")
    code, out, err = project.reqflo("rerun", finished_run, "--env", "staging")
    assert (code, err) == (0, ""), out
    assert server.lines[4:] == [
        "POST /v2/orders", "PUT /v2/held", "GET /v2/orders", "DELETE /v2/orders"
    ]  # fmt: skip
    newest = project.reqflo_json("history")[0]
    assert newest["trigger"] == "rerun"
    assert json.loads(newest["origin"]) == {"run": finished_run}


# --- verifying -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE reqflo_result SET outcome = 'failed'", "the outcome of run"),
        (
            "UPDATE reqflo_result SET document = replace(document, '\"status\":200', '\"status\":201')",
            "step row 1 of run",
        ),
        ("UPDATE reqflo_step SET outcome = 'failed' WHERE number = 2", "step row 2 of run"),
        ("DELETE FROM reqflo_step WHERE number = 3", "step row 3 of run"),
        (
            "INSERT INTO reqflo_step SELECT run_id, 9, step_id, outcome, hash FROM reqflo_step LIMIT 1",
            "step row 9 of run",
        ),
        ("UPDATE reqflo_run SET inputs_digest = 'x'", "began with another artifact"),
        ("UPDATE reqflo_run SET journey_id = 'refunds'", "column `journey_id`"),
        ("UPDATE reqflo_artifact SET content = x'7b7d'", "artifact"),
        ("DELETE FROM reqflo_result", "the result of run"),
        ("DELETE FROM reqflo_run", "is missing"),
        ("UPDATE reqflo_result SET mac = replace(mac, '.', '.0')", "the MAC of run"),
    ],
    ids=lambda each: each.split(" WHERE")[0][:40] if " reqflo_" in each else "",
)
def test_verify_names_what_was_tampered_with(project, finished_run, statement, named):
    assert project.reqflo("verify", "--all")[:2] == (0, "1 result checked: no faults\n")
    project.tamper(statement)
    code, out, _ = project.reqflo("verify", "--all")
    assert code == 1
    assert named in out
    assert all(line.startswith("RF613: ") for line in out.splitlines()[:-1])


def test_without_the_key_verify_checks_the_chains_and_says_so(project, finished_run):
    (project.path / "config" / "reqflo" / "master.key").unlink()
    code, out, _ = project.reqflo("verify", finished_run)
    assert code == 0
    assert "signatures were not checked" in out
    project.tamper("UPDATE reqflo_step SET hash = 'x' WHERE number = 1")
    assert project.reqflo("verify", finished_run)[0] == 1


# --- pruning -------------------------------------------------------------------------------------


def test_prune_removes_what_is_over_and_closes_what_was_left(project, left_run):
    project.pytest()
    finished = project.reqflo_json("history", "--limit", "1")[0]["run_id"]
    would = project.reqflo("prune", "--keep", "0", "--dry-run")[1]
    assert f"{finished} would be removed\n{left_run} would be closed as lost\n" == would
    assert len(project.reqflo_json("history")) == 2
    assert project.reqflo("prune", "--keep", "1h")[1] == "no run removed\n"
    code, out, err = project.reqflo("prune", "--keep", "0")
    assert (code, err) == (0, "")
    assert out == f"{finished} removed\n{left_run} closed as lost\n"
    (kept,) = project.reqflo_json("history")
    assert (kept["run_id"], kept["status"]) == (left_run, "lost")
    assert "RF616" in project.reqflo("show", left_run)[1]
    assert project.reqflo("verify", "--all")[:2] == (0, "1 result checked: no faults\n")
    workflows = project.rows("SELECT workflow_uuid FROM workflow_status")
    assert workflows == [(f"{left_run}.1",)]


def test_a_run_under_way_is_neither_removed_nor_closed(project, server):
    with project.start() as process:
        server.wait_for_request()
        assert project.reqflo("prune", "--keep", "0")[1] == "no run removed\n"
        server.let_go.set()
        process.communicate(timeout=DEADLINE_S)
    assert [run["status"] for run in project.reqflo_json("history")] == ["passed"]


@pytest.mark.parametrize(
    "statement", ["DELETE FROM reqflo_run", "UPDATE reqflo_run SET trigger='x'"]
)
def test_nothing_but_pruning_deletes(project, finished_run, statement):
    import sqlite3

    with pytest.raises(sqlite3.IntegrityError, match="records of reqflo are never changed"):
        project.rows(statement)
    assert project.rows("SELECT count(*) FROM reqflo_pruning") == [(0,)]


# --- what is not loaded --------------------------------------------------------------------------


def test_help_loads_neither_the_engine_nor_the_database():
    script = (
        "import sys\n"
        "from pytest_reqflo.cli.main import main\n"
        "main(['--help'])\n"
        "print(sorted({'dbos', 'sqlalchemy', 'cryptography', 'pytest'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.endswith("\n[]\n")


def test_a_recorded_run_is_replayed_as_it_ended(project, finished_run):
    code, out, err = project.reqflo("replay", finished_run[:12])
    assert (code, err) == (0, "")
    assert out.endswith("\n\n4 passed\n")
