"""A recorded run is repeated from a step on: what came before is taken from its record."""

from __future__ import annotations

import json

import pytest


def test_the_steps_before_are_taken_from_the_record(project, server, finished_run):
    sent = len(server.lines)
    old = project.reqflo_json("status", finished_run)["result"]

    code, out, err = project.reqflo("rerun", finished_run, "--from-step", "pay")

    assert (code, err) == (0, ""), out
    assert server.lines[sent:] == ["PUT /held", "GET /orders", "DELETE /orders"]
    assert "anew from step pay on" in out
    newest = project.reqflo_json("history")[0]
    assert json.loads(newest["origin"]) == {"run": finished_run, "from_step": "pay"}
    result = project.reqflo_json("status", newest["run_id"])["result"]
    assert result["extra"] == {"taken_over": {"run": finished_run, "steps": ["create"]}}
    assert result["notices"] == [f"not sent by this run but taken from run {finished_run}: create"]
    assert result["steps"][0] == old["steps"][0]
    assert result["seed"] == old["seed"]
    assert project.reqflo("verify", "--all")[0] == 0

    # What it took is its own now: a run may be repeated that repeats another.
    project.reqflo("rerun", newest["run_id"], "--from-step", "read")
    assert server.lines[sent + 3 :] == ["GET /orders", "DELETE /orders"]


def test_a_run_that_was_left_may_be_repeated_from_where_it_came_to(project, server, left_run):
    code, out, _ = project.reqflo("rerun", left_run, "--from-step", "pay")

    assert code == 0, out
    assert server.lines == [
        "POST /orders", "PUT /held", "PUT /held", "GET /orders", "DELETE /orders"
    ]  # fmt: skip
    code, out, err = project.reqflo("rerun", left_run, "--from-step", "read")
    assert (code, out) == (3, "")
    assert "error[RF628]" in err
    assert "step `pay` before it" in err
    assert project.reqflo_json("status", left_run)["status"] == "left"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--from-step", "reed"], "did you mean `read`?"),
        (["--from-step", "cleanup"], "`cleanup` is a finally step, and those are always sent"),
        (["--from-step", "read", "--env", "staging"], "were sent to `local`, not `staging`"),
    ],
)
def test_what_cannot_be_repeated_is_refused(project, server, finished_run, arguments, words):
    sent = len(server.lines)
    code, out, err = project.reqflo("rerun", finished_run, *arguments)
    assert (code, out, len(server.lines)) == (4, "", sent)
    assert "error[RF628]" in err
    assert words in err
