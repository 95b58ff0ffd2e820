"""A pytest process is killed; the next one carries its runs on, and sends no more than it must."""

from __future__ import annotations

import contextlib
import json
import signal
import sqlite3
import subprocess
import sys

import pytest
from gates import DurableProject, GatedServer, batch_in, kill, killed_while

pytestmark = pytest.mark.timeout(240)

ORDER = """\
journey:
  name: order
  steps:
    - id: login
      request: {method: GET, url: /login, headers: {x-key: "{{ secrets.API_KEY }}"}}
      outputs: [{name: token, path: body.token, sensitive: true}]
    - id: pay
      request:
        method: %(method)s
        url: /pay
        headers: {authorization: "Bearer {{ steps.login.outputs.token }}"}
        json: {number: "{{ uuid() }}", at: "{{ run.started_at }}"}
      in_flight: %(in_flight)s
    - {id: ship, request: {method: GET, url: /ship}, assertions: [{type: status_code, expected: 200}]}
  finally:
    - {id: tidy, request: {method: DELETE, url: /tidy}}
"""
FIRST = "journey: {name: first, steps: [{id: a, request: {method: GET, url: /first}}]}\n"


@pytest.fixture
def server():
    with GatedServer() as server:
        yield server
        server.gate.open()


@pytest.fixture
def project(tmp_path, server):
    return DurableProject(tmp_path, server)


def order(method="PUT", in_flight="repeat"):
    return ORDER % {"method": method, "in_flight": in_flight}


@pytest.fixture
def orders(project):
    project.write("a_first.journey.yaml", FIRST)
    project.write("b_order.journey.yaml", order())
    project.server.gate.hold("/pay")
    return project


def test_a_killed_run_goes_on_at_its_next_try_and_sends_the_same_bytes(orders, server):
    with killed_while(orders):
        pass

    code, output = orders.run("--reqflo-resume", "-rA")

    assert code == 0, output
    assert server.lines() == [
        "GET /first", "GET /login", "PUT /pay", "PUT /pay", "GET /ship", "DELETE /tidy",
    ]  # fmt: skip
    first, second = (each for each in server.requests if each.path == "/pay")
    assert (first.body, first.headers) == (second.body, second.headers)
    assert f"Bearer {server.TOKEN}" in (second.header("authorization") or "")
    assert f"sid={server.SESSION}" in (second.header("cookie") or "")
    assert "2 passed" in output


def test_runs_that_were_over_are_reported_from_the_record(orders, server):
    with killed_while(orders):
        pass
    sent = len(server.requests)
    code, output = orders.run("a_first.journey.yaml", "--reqflo-resume", "--reqflo-output=out.json")

    assert (code, len(server.requests)) == (0, sent), output
    result = json.loads((orders.path / "out.json").read_text())
    assert (result["outcome"], result["identity"]["journey_id"]) == ("passed", "first")


def test_what_must_not_be_sent_twice_is_reported_as_unknown(project, server):
    project.write("order.journey.yaml", order("POST", "fail"))
    server.gate.hold("/pay")
    with killed_while(project):
        pass

    code, output = project.run("--reqflo-resume")

    assert code == 1
    assert "the outcome of step `pay` is unknown" in output
    assert server.lines() == ["GET /login", "POST /pay", "DELETE /tidy"]


def test_a_repeated_request_carries_the_same_idempotency_key(project, server):
    project.write("order.journey.yaml", order("POST", "repeat_with_key"))
    server.gate.hold("/pay")
    with killed_while(project):
        pass

    code, output = project.run("--reqflo-resume")

    assert code == 0, output
    keys = [each.header("idempotency-key") for each in server.requests if each.path == "/pay"]
    assert len(keys) == 2
    assert keys[0] == keys[1] != None  # noqa: E711


def test_a_run_that_is_killed_again_and_again_ends_once(orders, server):
    for _ in range(2):
        with killed_while(orders, *(["--reqflo-resume"] if server.requests else [])):
            pass
        server.gate.opened.clear()
        server.gate.hold("/pay")
    server.gate.open()

    code, output = orders.run("--reqflo-resume")

    assert code == 0, output
    assert server.lines().count("PUT /pay") == 3
    assert server.lines().count("GET /login") == 1
    assert server.lines().count("GET /ship") == 1


def test_workers_of_one_session_are_carried_on_together(project, server):
    for number in range(6):
        project.write(f"order{number}.journey.yaml", order().replace("order", f"order{number}"))
    server.gate.hold("/pay")
    with killed_while(project, "-n", "2", held=2):
        pass

    code, output = project.run("--reqflo-resume", "-n", "2")

    assert code == 0, output
    assert "6 passed" in output
    lines = server.lines()
    assert (lines.count("GET /login"), lines.count("PUT /pay"), lines.count("GET /ship")) == (
        6,
        8,
        6,
    )


def test_the_header_names_what_is_unfinished_until_it_is_over(orders, server):
    with killed_while(orders) as process:
        pass
    del process
    code, output = orders.run("a_first.journey.yaml")
    assert "reqflo: 1 run is unfinished in batch_" in output
    assert code == 0

    assert orders.run("--reqflo-resume")[0] == 0
    _, output = orders.run("a_first.journey.yaml")
    assert "unfinished" not in output


def test_a_batch_can_be_named(orders, server):
    process = orders.start()
    server.gate.wait()
    batch = batch_in(kill(process))
    server.gate.open()

    code, output = orders.run(f"--reqflo-resume={batch}")

    assert code == 0, output
    assert f"carries on {batch}" in output


@pytest.mark.parametrize("given", ["--reqflo-resume", "--reqflo-resume=batch_000000000000"])
def test_there_must_be_something_to_resume(project, given):
    project.write("a.journey.yaml", FIRST)

    code, output = project.run(given)

    assert code == 4
    assert "RF611" in output


def test_a_path_after_the_option_is_not_taken_for_a_batch(project):
    project.write("a.journey.yaml", FIRST)

    code, output = project.run("--reqflo-resume", "a.journey.yaml")
    assert (code, "RF801" in output) == (4, True)


def test_an_interrupted_run_cleans_up_and_is_over(orders, server):
    process = orders.start("--reqflo-output=out.json")
    server.gate.wait()
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)

    assert process.returncode == 2, output
    assert server.lines()[-1] == "DELETE /tidy"
    assert orders.run("--reqflo-resume")[0] == 4


def test_no_file_of_the_store_holds_a_secret_or_a_token(orders, server):
    with killed_while(orders):
        pass
    files = [path for path in (orders.path / ".reqflo").rglob("*") if path.is_file()]
    for hidden in (server.TOKEN, server.SESSION, "k3y-Secret-Value-1"):
        assert [path.name for path in files if hidden.encode() in path.read_bytes()] == []
    assert {path.stat().st_mode & 0o077 for path in files} == {0}


def test_only_a_run_of_the_same_environment_and_inputs_is_carried_on(project, server):
    project.write("order.journey.yaml", order())
    for name in ("staging", "prod"):
        project.write(
            f"environments/{name}.yaml",
            f"environment: {{name: {name}, services: {{default: {{base_url: '{server.url}'}}}}}}\n",
        )
    server.gate.hold("/pay")
    with killed_while(project, "--reqflo-env=staging"):
        pass
    sent = len(server.requests)

    code, output = project.run("--reqflo-resume", "--reqflo-env=prod", "--reqflo-output=out.json")

    assert (code, server.lines()[sent]) == (0, "GET /login"), output
    identity = json.loads((project.path / "out.json").read_text())["identity"]
    assert identity["environment"] == "prod"
    assert project.run("--reqflo-resume", "--reqflo-env=staging")[0] == 0
    assert server.lines()[-3:] == ["PUT /pay", "GET /ship", "DELETE /tidy"]
    assert server.lines().count("GET /login") == 2


def test_other_inputs_and_another_try_are_run_anew(project, server):
    number = "{name: number, type: integer, default: 1}"
    project.write(
        "a.journey.yaml",
        order().replace("name: order", f"name: order\n  inputs: [{number}]"),
    )
    server.gate.hold("/pay")
    with killed_while(project, "--reqflo-set=number=1"):
        pass
    assert project.run("--reqflo-resume", "--reqflo-set=number=2")[0] == 0
    assert server.lines().count("GET /login") == 2

    project.write(
        "conftest.py",
        "import pytest\ntries = []\n@pytest.hookimpl(wrapper=True)\n"
        "def pytest_runtest_call():\n    yield\n    tries.append(1)\n    assert len(tries) > 1\n",
    )
    code, output = project.run("--reqflo-resume", "--reqflo-set=number=1", "--reruns=1")

    assert (code, "1 passed, 1 rerun" in output) == (0, True), output
    assert server.lines().count("GET /login") == 3


def test_a_run_is_not_carried_on_with_the_secrets_of_another_environment(project, server):
    (project.path / "environments" / "local.yaml").unlink()
    project.write("a.journey.yaml", FIRST.replace("/first", f"'{server.url}/pay'"))
    server.gate.hold("/pay")
    with killed_while(project):
        pass
    project.write("environments/prod.yaml", "environment: {name: prod}\n")
    query = "SELECT run_id FROM reqflo_run"
    with contextlib.closing(sqlite3.connect(project.path / ".reqflo/runs.db")) as database:
        ((run_id,),) = database.execute(query)

    command = "from pytest_reqflo.cli.main import main; raise SystemExit(main())"
    done = subprocess.run(
        [sys.executable, "-c", command, "resume", run_id],
        cwd=project.path, env=project.env, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert "is one of environment `default`, not of `prod`" in done.stderr
    assert (done.returncode, done.stdout) == (4, "")
    assert server.lines() == ["GET /pay"]


@pytest.mark.parametrize("options", [(), ("--reqflo-resume",), ("--no-header", "-q")])
@pytest.mark.parametrize("kind", ["damaged", "link"])
def test_a_store_that_cannot_be_read_is_no_crash(project, options, kind):
    project.write("a.journey.yaml", FIRST)
    project.write(".reqflo/other", "no database\n" * 100)
    path = project.path / ".reqflo" / "runs.db"
    if kind == "link":
        path.symlink_to("other")
    else:
        path.write_bytes((project.path / ".reqflo/other").read_bytes())

    code, output = project.run(*options)

    assert code == (1 if "-q" in options else 4), output
    assert "error[RF615]: the database" in output
    assert "INTERNALERROR" not in output
    assert project.server.requests == []
