"""Messages that need a killed process, another key or an altered record; each is a golden file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from durable_project import DEADLINE_S, JOURNEY

GOLDEN = Path(__file__).parents[2] / "golden" / "messages"


@pytest.fixture
def expect(request, project):
    """Compare the part of *output* that is the message of *code* with its golden file."""

    def compare(code, output):
        blocks = [block for block in output.split("\n\n") if code in block]
        assert blocks, output
        text = re.sub(r"run_[0-9a-f]{32}", "run_0123456789ab", blocks[0].strip("\n") + "\n")
        text = re.sub(r"`[0-9a-f]{8}`", "`01234567`", text).replace(str(project.path), "/project")
        path = GOLDEN / code / "expected.txt"
        if request.config.getoption("update_golden"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return compare


def test_a_request_whose_fate_is_unknown(project, server, expect):
    project.write("orders.journey.yaml", JOURNEY.replace("PUT /held", "POST /held"))
    with project.start():
        server.wait_for_request()
    server.holds = False
    server.let_go.set()
    code, out, _ = project.reqflo("resume", project.only_run())
    assert code == 1
    assert server.lines == ["POST /orders", "POST /held", "DELETE /orders"]
    expect("RF510", out)


def test_the_extra_is_missing(monkeypatch, expect):
    from pytest_reqflo.engine.durable import extra
    from pytest_reqflo.errors import UsageProblem

    monkeypatch.setattr(extra.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UsageProblem) as caught:
        extra.require_extra()
    expect("RF610", str(caught.value))


def test_a_run_key_of_other_content(tmp_path, expect):
    from recorded import order, records_in

    from pytest_reqflo.errors import EngineError

    with records_in(tmp_path) as records, records.database.begin() as connection:
        first = records.register(connection, order("run_1", run_key="nightly-7", inputs_digest="a"))
        again = order("run_2", run_key="nightly-7", inputs_digest="a")
        assert records.register(connection, again) == first
        with pytest.raises(EngineError) as caught:
            records.register(connection, order("run_3", run_key="nightly-7", inputs_digest="b"))
    expect("RF612", str(caught.value))


def test_an_altered_result_and_another_key(project, finished_run, expect):
    code, out, err = project.reqflo("rerun", finished_run, REQFLO_MASTER_KEY="11" * 32)
    assert (code, out) == (3, "")
    assert err.startswith(f"error[RF614]: the values of run {finished_run} cannot be read: ")
    project.tamper("UPDATE reqflo_result SET document = '{}'")
    code, out, err = project.reqflo("show", finished_run)
    assert (code, out) == (3, "")
    expect("RF613", err)


def test_a_step_that_is_not_there(project, finished_run, expect):
    expect("RF628", project.reqflo("rerun", finished_run, "--from-step", "reed")[2])


def test_a_lost_run(project, left_run, expect):
    project.reqflo("prune", "--keep", "0")
    expect("RF616", project.reqflo("show", left_run)[1])


def test_a_run_that_was_cancelled_by_force(project, server, expect):
    with project.start() as process:
        server.wait_for_request()
        run_id = project.only_run()
        project.reqflo("cancel", "--force", run_id)
        server.let_go.set()
        process.communicate(timeout=DEADLINE_S)
    expect("RF617", project.reqflo("show", run_id)[1])
