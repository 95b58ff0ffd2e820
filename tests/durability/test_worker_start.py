"""Why a worker cannot start: said once, and for good."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from worker_project import Project

from pytest_reqflo.cli.main import main

GOLDEN = Path(__file__).parents[1] / "golden/messages"


@pytest.fixture
def project(tmp_path, cloud, server):
    project = Project(tmp_path, cloud, server)
    yield project
    project.close()


@pytest.fixture
def refused(project, monkeypatch, capsys):
    """The command in this process: nothing is started before all is checked."""

    def run(*arguments, login="worker", **more):
        monkeypatch.chdir(project.folder)
        for name, value in project.variables(login, **more).items():
            monkeypatch.setenv(name, value)
        code = main(["worker", *arguments])
        out, err = capsys.readouterr()
        return SimpleNamespace(code=code, out=out, err=err)

    return run


# --- it cannot start -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "login", "more", "code", "messages"),
    [
        ((), "worker", {"REQFLO_MASTER_KEY": ""}, 4, ["error[RF801]: there is no master key"]),
        ((), "worker", {"REQFLO_DATABASE_URL": ""}, 4, ["error[RF801]: no database is named"]),
        (("--environment", "prod"), "worker", {}, 1, ["error[RF618]: there is no environment `prod`"]),
        (("--db", "sqlite:///runs.db"), "worker", {}, 4, ["a worker needs a Postgres"]),
        (("--db", "postgresql://me@127.0.0.1:1/x"), "worker", {}, 3, ["no server answers there"]),
        (("--processes", "0"), "worker", {}, 4, ["--processes: 0 is not within 1 to 64"]),
        (("--ttl", "1"), "worker", {}, 4, ["--ttl: 1 is not within 5"]),
        ((), "worker", {"REQFLO_WORKER_SECRETS": "vault"}, 4, ["`vault` is not one of"]),
    ],
)  # fmt: skip
def test_why_it_cannot_start(refused, arguments, login, more, code, messages):
    done = refused(*arguments, login=login, **more)

    assert (done.code, done.out) == (code, "")
    for message in messages:
        assert message in done.err
    assert done.err.count("error[") == 1


def test_the_role_of_a_client(refused, project):
    done = refused(login="client")

    assert project.cloud.shown(done.err, "client") == (GOLDEN / "RF626/expected.txt").read_text()


def test_tables_that_are_not_there_or_of_another_version(refused, project, bare_url):
    done = refused(REQFLO_DATABASE_URL=bare_url)
    assert done.code == 3
    assert "its tables are not made yet" in done.err
    assert "reqflo db migrate" in done.err

    project.cloud.execute("UPDATE reqflo.meta SET value = '99' WHERE name = 'version'")
    done = refused()
    assert done.code == 3
    assert "its tables have version 99, and this pytest-reqflo knows" in done.err


def test_what_only_a_process_notices_ends_all_of_them_with_one_exit_code(project):
    project.cloud.execute("UPDATE dbos.dbos_migrations SET version = 1")

    worker = project.worker("--processes", "2")

    assert worker.ended() == 3
    assert any("error[RF615]: the database" in line for line in worker.lines)
    assert any("the engine's tables are too old" in line for line in worker.lines)
    assert not any("Traceback" in line for line in worker.lines)


# --- what it is made of --------------------------------------------------------------------------


def test_a_worker_process_reads_no_journey_files_and_imports_no_pydantic_or_pytest():
    # The engine itself imports yaml; ours is not read with it on a worker.
    script = (
        "import sys, pytest_reqflo.engine.durable.worker\n"
        "names = {'pydantic', 'pytest', '_pytest', 'pytest_reqflo.syntax', 'pytest_reqflo.compile'}\n"
        "print(sorted(names & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], text=True, capture_output=True, check=True
    )
    assert done.stdout.strip() == "[]"
