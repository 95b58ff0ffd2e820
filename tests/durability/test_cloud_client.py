"""pytest as a client of workers: it dispatches, waits and reports; all else is done by workers."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from cloud import CloudDatabase
from cloud_project import CloudProject
from cloud_worker import KEY, CloudWorker
from durability import GateServer
from proxying import TcpProxy
from servers import reply
from waiting import until

pytestmark = pytest.mark.timeout(150)

DOCS = Path(__file__).parents[2] / "docs"
GOLDEN = Path(__file__).parents[1] / "golden" / "messages"
TOKEN = "canary-token-7f3a91"
ENVIRONMENT = "environment: {{name: {name}, services: {{default: {{base_url: '{url}'}}}}}}\n"
LOGIN = """\
journey:
  name: Log in
  inputs:
    - {name: pin, type: string, sensitive: true}
  steps:
    - id: login
      request:
        method: POST
        url: /login
        headers: {X-Token: "{{ secrets.SHOP_TOKEN }}"}
        json: {pin: "{{ inputs.pin }}"}
      assertions: [{type: status_code, expected: 200}]
"""
ROWS = """\
journey:
  name: Rows
  inputs: [{name: number, type: integer}]
  steps:
    - id: send
      request: {method: PUT, url: "/rows/{{ inputs.number }}"}
      assertions:
        - {type: status_code, expected: 200}
  data: rows.csv
"""


def documented(program):
    """Return the arguments of the only command of *program* in the how-to."""
    page = (DOCS / "how-to" / "run-on-workers.md").read_text(encoding="utf-8")
    (command,) = re.findall(rf"^\$ {program} (.*)$", page, re.MULTILINE)
    return shlex.split(command)


def one(name, *, expected=200, fixtures=""):
    """Return a journey that sends ``PUT /name``."""
    return (
        f"journey:\n  name: {name}\n  settings: {{fixtures: [{fixtures}]}}\n  steps:\n"
        f"    - {{id: send, request: {{method: PUT, url: /{name}}}, "
        f"assertions: [{{type: status_code, expected: {expected}}}]}}\n"
        f"    - {{id: after, request: {{method: GET, url: /{name}/after}}}}\n"
    )


@pytest.fixture(scope="module")
def world(postgres_url, cloud_template, tmp_path_factory):
    """A database with an environment, a secret for it, the server it leads to, and a worker."""
    cloud = CloudDatabase(postgres_url, cloud_template)
    with GateServer() as server:
        admin = CloudProject(tmp_path_factory.mktemp("admin"), cloud)
        admin.write("environments/staging.yaml", ENVIRONMENT.format(name="staging", url=server.url))
        for command, given in (
            (("env", "push", "staging"), ""),
            (("secrets", "publish-key"), ""),
            (("secrets", "set", "SHOP_TOKEN"), TOKEN),
        ):
            code, out, err = admin.reqflo(
                *command, login="admin", given=given, REQFLO_MASTER_KEY=KEY
            )
            assert code == 0, out + err
        worker = CloudWorker(cloud)
        yield cloud, server
        worker.close()
    cloud.remove()


@pytest.fixture
def cloud(world):
    return world[0]


@pytest.fixture
def server(world):
    """The server of all tests, when nothing of the one before it is under way any more."""
    cloud, server = world
    server.let_all_go()
    is_open = (
        "SELECT 1 FROM dbos.workflow_status WHERE status IN ('ENQUEUED', 'PENDING', 'DELAYED')"
    )
    until(lambda: not cloud.execute(is_open), "earlier runs are over")
    server.begin_anew()
    return server


@pytest.fixture
def project(tmp_path, cloud, server):
    return CloudProject(tmp_path, cloud)


@pytest.fixture
def expect_message(request):
    """Compare the message of a code in an output with its golden file."""

    def compare(code, output):
        found = re.search(
            rf"^(error\[{code}\]: .*\n(?:  .*\n)*(?:hint: .*\n)?)", output, re.MULTILINE
        )
        assert found, output
        text = re.sub(r"run_[0-9a-f]{32}", "run_0123456789ab", found[1])
        text = re.sub(
            r"postgresql\+psycopg://\S+/\S+ cannot.*",
            "postgresql://ci@db.example/reqflo cannot be used: no server answers there",
            text,
        )
        path = GOLDEN / code / "expected.txt"
        if request.config.getoption("update_golden"):
            path.write_text(text)
        assert path.read_text() == text

    return compare


def test_a_client_without_key_or_secret_gets_the_results_of_the_worker(project, server):
    project.write("journeys/login.journey.yaml", LOGIN)
    project.write("journeys/wrong.journey.yaml", one("wrong", expected=201))
    project.write("journeys/left_out.journey.yaml", one("left_out"))
    project.write(
        "journeys/later.journey.yaml", one("later").replace("  steps:", "  skip: not yet\n  steps:")
    )

    arguments = ("--junitxml=report.xml", "-rA", "-k", "not left_out")
    code, out = project.pytest(
        *documented("pytest"), *arguments, "--reqflo-set=pin=canary-pin-55d1"
    )

    assert code == 1, out
    assert "1 failed, 1 passed, 1 skipped, 1 deselected" in out
    assert "status_code" in out
    _, login, wrong = project.properties()
    outcomes = project.outcomes()
    assert outcomes[login["reqflo.run_id"]] == "passed"
    assert outcomes[wrong["reqflo.run_id"]] == "failed"
    assert login["reqflo.env"] == "staging"
    assert sorted(server.lines) == ["POST /login", "PUT /wrong"]
    (sent,) = (each for each in server.requests if each.path == "/login")
    assert sent.header("X-Token") == TOKEN
    assert sent.json() == {"pin": "canary-pin-55d1"}
    for text in (out, project.cloud.contents()):
        assert TOKEN not in text
        assert "canary-pin" not in text


def rows(project, count, folder=""):
    project.write(f"{folder}rows.journey.yaml", ROWS)
    project.write(
        f"{folder}rows.csv", "number\n" + "".join(f"{number}\n" for number in range(count))
    )


def test_300_rows_are_300_items_and_each_runs_once(project, server):
    rows(project, 300)

    code, out = project.pytest("--junitxml=report.xml", "-n", "2")

    assert (code, "300 passed" in out) == (0, True), out
    ids = [each["reqflo.run_id"] for each in project.properties()]
    assert len(set(ids)) == 300
    assert set(ids) <= project.outcomes().keys()
    assert sorted(server.lines) == sorted(f"PUT /rows/{number}" for number in range(300))


def test_processes_of_one_session_share_a_batch(project, server):
    rows(project, 12)
    project.write("alone.journey.yaml", one("alone"))

    code, out = project.pytest("-n", "2", "--dist=loadfile")

    assert (code, "13 passed" in out) == (0, True), out
    assert sorted(server.lines) == sorted(
        ["PUT /alone", "GET /alone/after", *(f"PUT /rows/{number}" for number in range(12))]
    )
    (batch,) = re.findall(
        r"cloud runs, (batch_[0-9a-f]+) in postgresql\+psycopg://test_client@", out
    )
    query = f"SELECT count(*) FROM reqflo.run WHERE batch_id = '{batch}'"
    assert project.cloud.execute(query) == [(13,)]


def test_the_same_run_key_attaches_and_other_content_is_refused(project, server):
    project.write("attach.journey.yaml", one("attach"))
    gate = server.hold("PUT /attach")
    with project.start("--reqflo-run-key=nightly-7", "--junitxml=first.xml") as first:
        server.wait_held()
        with project.start("--reqflo-run-key=nightly-7", "--junitxml=second.xml") as second:
            gate.set()
            for process in (first, second):
                out, _ = process.communicate(timeout=60)
                assert process.returncode == 0, out
    assert server.lines == ["PUT /attach", "GET /attach/after"]
    assert project.properties("first.xml") == project.properties("second.xml")

    project.write("attach.journey.yaml", one("attach", expected=204))
    code, out = project.pytest("--reqflo-run-key=nightly-7")
    assert (code, "RF612" in out) == (4, True), out
    assert len(server.lines) == 2


@pytest.mark.parametrize("arguments", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_ctrl_c_lets_runs_go_on_and_says_where_to_look(project, server, arguments):
    names = [f"slow_{number}_{len(arguments)}" for number in (1, 2)]
    for name in names:
        project.write(f"{name}.journey.yaml", one(name))
    gates = [server.hold(f"PUT /{name}") for name in names]
    with project.start(*arguments) as process:
        server.wait_held(2)
        project.wait_for_asking()
        # A terminal tells every process of the group.
        os.killpg(process.pid, signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 2, out
    assert "2 runs go on without pytest in batch_" in out
    (run_id, _) = re.search(r"`reqflo history` show them: (run_\w+), (run_\w+)", out).groups()
    if not arguments:
        assert "running" in project.reqflo("status", run_id)[1]
    for gate in gates:
        gate.set()
    until(lambda: project.outcomes().get(run_id) == "passed", "the run goes on")
    until(lambda: len(server.lines) == 4, "both go on")


def test_ctrl_c_cancels_where_that_is_asked_for(project, server):
    project.write("gone.journey.yaml", one("gone"))
    gate = server.hold("PUT /gone")
    with project.start("--reqflo-cancel-on-exit") as process:
        server.wait_held()
        project.wait_for_asking()
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 2, out
    (run_id,) = re.search(r"1 run that nobody waits for is cancelled: (run_\w+)", out).groups()
    gate.set()
    until(lambda: project.outcomes().get(run_id) == "cancelled", "cancelled")
    assert server.lines == ["PUT /gone"]


def test_what_is_not_needed_after_a_first_failure_is_cancelled(project, server):
    names = ["held_1", "held_2"]
    project.write("a_bad.journey.yaml", one("bad", expected=201))
    for name in names:
        project.write(f"{name}.journey.yaml", one(name))
    gates = [server.hold(f"PUT /{name}") for name in names]
    code, out = project.pytest("-x")
    assert code == 1, out
    assert "2 runs that nobody waits for are cancelled: " in out
    for gate in gates:
        gate.set()
    ids = re.search(r"are cancelled: (run_\w+), (run_\w+)", out).groups()
    until(lambda: {project.outcomes().get(each) for each in ids} == {"cancelled"}, "cancelled")
    assert not [line for line in server.lines if line.endswith("/after") and "held" in line]


def test_a_client_that_is_cut_off_says_which_run_goes_on(project, server, cloud, expect_message):
    project.write("cut.journey.yaml", one("cut"))
    gate = server.hold("PUT /cut")
    parts = urlsplit(cloud.url_of("client"))
    with TcpProxy(parts.port) as proxy:
        address = parts._replace(
            netloc=f"{parts.username}@127.0.0.1:{proxy.port}",
            query="tcp_user_timeout=1000&connect_timeout=2&keepalives_idle=1&keepalives_interval=1",
        )
        with project.start(
            "--junitxml=report.xml",
            REQFLO_DATABASE_URL=urlunsplit(address),
            REQFLO_CLOUD_PATIENCE_S="3",
        ) as process:
            server.wait_held()
            project.wait_for_asking()
            proxy.cut()
            out, _ = process.communicate(timeout=60)
    assert process.returncode == 1, out
    expect_message("RF623", out)
    (properties,) = project.properties()
    assert f"`reqflo status {properties['reqflo.run_id']}`" in out
    gate.set()
    run_id = properties["reqflo.run_id"]
    until(lambda: project.outcomes().get(run_id) == "passed", "the run completes")
    assert server.lines == ["PUT /cut", "GET /cut/after"]


def test_fixtures_give_values_and_never_an_environment(project, server, expect_message):
    project.write("rows.journey.yaml", ROWS.partition("  data:")[0])
    project.write("other/rows.journey.yaml", ROWS.partition("  data:")[0])
    project.write(
        "conftest.py",
        "import pytest\n@pytest.fixture\ndef reqflo_inputs():\n    return {'number': 7}\n",
    )
    project.write(
        "other/conftest.py",
        "import pytest\n@pytest.fixture\ndef reqflo_environment():\n"
        "    return {'base_url': 'http://127.0.0.1:9'}\n",
    )

    code, out = project.pytest("--junitxml=report.xml")

    assert (code, "1 failed, 1 passed" in out) == (1, True), out
    expect_message("RF622", out)
    assert server.lines == ["PUT /rows/7"]


def registered(project):
    return project.cloud.execute("SELECT count(*) FROM reqflo.run")[0][0]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["-k", "smoke and"], 4),
        (["-k", "smoke and", "-n", "1"], None),
        (["--reqflo-set=nobody=1"], 4),
        (["--fixtures"], 0),
        (["--fixtures-per-test"], 0),
        (["--collect-only"], 0),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else "",
)
def test_a_session_that_runs_nothing_dispatches_nothing(project, arguments, expected):
    project.write("smoke.journey.yaml", one("smoke"))
    before = registered(project)

    code, out = project.pytest(*arguments)

    assert expected in (code, None), out
    assert (registered(project), "dispatched" in out) == (before, False), out


def test_what_pytest_would_not_run_is_not_dispatched(project, server):
    project.write("marked.journey.yaml", one("marked"))
    project.write(
        "conftest.py",
        "import pytest\ndef pytest_collection_modifyitems(items):\n"
        "    items[0].add_marker(pytest.mark.xfail(run=False))\n",
    )
    before = registered(project)

    code, out = project.pytest()

    assert (code, "1 xfailed" in out, registered(project)) == (0, True, before), out
    assert server.lines == []


def test_runs_of_another_session_are_not_cancelled(project, server):
    project.write("other.journey.yaml", one("other"))
    gate = server.hold("PUT /other")
    with project.start("--reqflo-run-key=shared-1", "--junitxml=first.xml") as first:
        server.wait_held()
        project.write(
            "conftest.py", "import pytest\ndef pytest_runtest_setup():\n    pytest.skip('off')\n"
        )
        code, out = project.pytest("--reqflo-run-key=shared-1")
        assert (code, "1 skipped" in out, "cancelled" in out) == (0, True, False), out
        gate.set()
        out, _ = first.communicate(timeout=60)
    assert first.returncode == 0, out


def test_a_dispatch_that_is_refused_half_way_is_taken_back(project, server):
    project.write("z_last.journey.yaml", one("z_last"))
    assert project.pytest("--reqflo-run-key=half-1")[0] == 0
    project.write("z_last.journey.yaml", one("z_last", expected=204))
    for name in ("a", "b"):
        project.write(f"{name}.journey.yaml", one(name))
    project.write(
        "conftest.py",
        "from pytest_reqflo.engine.durable import dispatch\ndispatch.RUNS_PER_TRANSACTION = 2\n",
    )
    gates = [server.hold(f"PUT /{name}") for name in ("a", "b")]

    code, out = project.pytest("--reqflo-run-key=half-1")

    assert (code, "error[RF612]" in out) == (4, True), out
    ids = re.search(
        r"2 runs that nobody waits for are cancelled: (run_\w+), (run_\w+)", out
    ).groups()
    for gate in gates:
        gate.set()
    until(lambda: {project.outcomes().get(each) for each in ids} == {"cancelled"}, "cancelled")


def test_to_try_again_after_no_answer_starts_no_second_run(project, server, cloud):
    project.write("again.journey.yaml", one("again"))
    gate = server.hold("PUT /again")
    before = registered(project)
    parts = urlsplit(cloud.url_of("client"))
    with TcpProxy(parts.port) as proxy:
        address = parts._replace(netloc=f"{parts.username}@127.0.0.1:{proxy.port}")
        with project.start(
            *("-v", "-p", "pytest_rerunfailures", "--reruns=1", "--reruns-delay=2"),
            REQFLO_DATABASE_URL=urlunsplit(address),
            REQFLO_CLOUD_PATIENCE_S="1",
            PYTHONUNBUFFERED="1",
        ) as process:
            server.wait_held()
            project.wait_for_asking()
            proxy.cut()
            assert process.stdout is not None
            until(lambda: "RERUN" in process.stdout.readline(), "the first try is over")
            proxy.heal()
            # Not `communicate`, which knows nothing of what is read ahead.
            out = process.stdout.read()
    gate.set()
    assert "1 rerun" in out
    assert registered(project) == before + 1
    until(lambda: len(server.lines) == 2, "the run goes on")


def test_all_rows_are_one_item_where_that_is_asked_for(project, server):
    rows(project, 60)
    server.answers["PUT /rows/3"] = reply(500)

    code, out = project.pytest("--reqflo-data-mode=batch", "--junitxml=report.xml", "-n", "0")

    assert (code, "1 failed" in out) == (1, True), out
    assert "error[RF624]: 1 of 60 rows failed: 59 passed, 1 failed" in out
    run_id = re.search(r"  = row-00004: .*status.* \((run_\w+)\)", out)[1]
    assert project.outcomes()[run_id] == "failed"
    assert project.properties()[0]["reqflo.rows"] == "59 passed, 1 failed"
    assert len(server.lines) == 60


def test_detached_runs_are_registered_and_named(project, server):
    rows(project, 3, folder="journeys/")

    code, out, err = project.reqflo(*documented("reqflo"))

    assert code == 0, err
    ids = out.split()
    assert len(ids) == 3
    until(lambda: {project.outcomes().get(each) for each in ids} == {"passed"}, "all pass")
    assert len(server.lines) == 3

    project.write("journeys/asking.journey.yaml", one("asking", fixtures="clock"))
    code, out, err = project.reqflo(*documented("reqflo"), "--json")
    assert (code, "not dispatched, they need fixtures of the suite" in err) == (1, True), err
    assert len(json.loads(out)["runs"]) == 3
    assert json.loads(out)["not_dispatched"] == ["journeys/asking.journey.yaml::run"]

    code, out, err = project.reqflo(*documented("reqflo"), "--", "--co")
    assert (code, out, "error[RF801]: --detach: nothing is dispatched" in err) == (4, "", True), err


def test_to_detach_needs_no_xdist_and_does_not_use_it(project):
    rows(project, 2)
    for arguments, addopts in (((), ""), (("--", "-n2"), "-p xdist.plugin")):
        project.write("pytest.ini", f"[pytest]\naddopts = -p reqflo {addopts}\n")
        code, out, err = project.reqflo("run", "rows", "--cloud", "--detach", *arguments)
        assert (code, len(out.split())) == (0, 2), err


def test_an_environment_that_nobody_pushed_is_refused(project, server):
    project.write("unused.journey.yaml", one("unused"))

    code, out = project.pytest("--reqflo-env=stagin")

    assert (code, "error[RF618]: there is no environment `stagin`" in out) == (4, True), out
    assert server.lines == []


def test_any_name_of_a_file_and_a_case_can_be_recorded(project, server):
    project.write(
        "nul.journey.yaml",
        one("nul").replace("  steps:", '  cases: [{name: "n\\0l"}]\n  steps:', 1),
    )
    odd = os.fsencode(project.path) + b"/odd_\xff.journey.yaml"
    with open(odd, "w", encoding="utf-8") as file:
        file.write(one("odd"))

    code, out = project.pytest()

    assert (code, "2 passed" in out) == (0, True), out
    assert sorted(each for each in server.lines if "PUT" in each) == ["PUT /nul", "PUT /odd"]
