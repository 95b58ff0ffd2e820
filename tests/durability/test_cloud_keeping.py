"""Environments, secrets and keys in a real Postgres, each written and read by its own role."""

from __future__ import annotations

import getpass
import io
import json
import shutil
import sys
import textwrap
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
import sqlalchemy as sa
from driving import carry_out
from servers import ScriptedServer, json_reply

from pytest_reqflo.artifact.codec import artifact_digest
from pytest_reqflo.cli.main import main
from pytest_reqflo.compile.project import Project
from pytest_reqflo.engine.durable.orders import Dispatch, order_of
from pytest_reqflo.engine.durable.public_keys import SealToWorkers
from pytest_reqflo.engine.durable.records import Records
from pytest_reqflo.engine.durable.sealing import Keyring
from pytest_reqflo.lang.expression import LiteralValue
from pytest_reqflo.plan.model import GivenValue, RunRequest
from pytest_reqflo.result import RunIdentity

DOCS = Path(__file__).parents[2] / "docs"
GOLDEN = Path(__file__).parents[1] / "golden/messages/RF620/expected.txt"
OLD, NEW = "11" * 32, "22" * 32
TOKEN, PIN = "canary-token-7f3a91", "canary-pin-55d1"

ENVIRONMENT = """\
environment:
  name: staging
  services:
    default: {{base_url: "{url}"}}
    other: {{base_url: "{other}"}}
  allowed_origins: ["https://elsewhere.example"]
  secrets: {{providers: [dotenv, dir], dotenv: private.env, dir: mounted}}
  redact: {{keys: [otp]}}
  queue: {{concurrency: 5, starts_per_s: 2.5}}
"""
JOURNEY = """\
journey:
  name: Log in
  inputs:
    - {{name: pin, type: string, sensitive: true}}
  steps:
    - id: login
      request:
        method: POST
        url: /login
        service: {service}
        headers: {{X-Token: "{{{{ secrets.SHOP_TOKEN }}}}"}}
        json: {{pin: "{{{{ inputs.pin }}}}"}}
      assertions: [{{type: status_code, expected: 200}}]
"""


class Input(io.TextIOWrapper):
    """A standard input that can be a terminal."""

    is_terminal = False

    def isatty(self):
        return self.is_terminal


@pytest.fixture
def servers():
    with ScriptedServer(lambda *_: json_reply({})) as one, ScriptedServer(lambda *_: json_reply({})) as two:  # fmt: skip
        yield SimpleNamespace(url=one.url, other=two.url, one=one, two=two)


@pytest.fixture
def project(tmp_path, monkeypatch, servers):
    """A project whose environment names two servers; `reqflo` runs in it, with a master key."""
    (tmp_path / "environments").mkdir()
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    text = ENVIRONMENT.format(url=servers.url, other=servers.other)
    (tmp_path / "environments/staging.yaml").write_text(text)
    (tmp_path / "environments/private.env").write_text("SHOP_TOKEN=canary-dotenv-value\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REQFLO_MASTER_KEY", NEW)
    return tmp_path


@pytest.fixture
def reqflo(cloud, monkeypatch, capsys):
    def run(*arguments, login="admin", given=None):
        monkeypatch.setenv("REQFLO_DATABASE_URL", cloud.url_of(login))
        monkeypatch.setattr(sys, "stdin", Input(io.BytesIO((given or "").encode())))
        code = main(list(arguments))
        out, err = capsys.readouterr()
        return SimpleNamespace(code=code, text=out + err)

    return run


def dispatch(cloud, project, *, service="default", run_id="run-1"):
    """Register a run as a client does: with the client's role, and without any key."""
    path = project / "login.journey.yaml"
    path.write_text(JOURNEY.format(service=service))
    compiled = Project(project).compile_file(path, "login.journey.yaml")
    artifact = compiled.artifact
    request = RunRequest(
        artifact=artifact_digest(artifact),
        identity=RunIdentity(
            run_id=run_id, journey_id="log-in", journey_name="Log in", artifact="artifact_0"
        ),
        environment="staging",
        given=(GivenValue(name="pin", layer="set", value=LiteralValue(PIN)),),
    )
    with cloud.open("client") as database:
        seal, records = SealToWorkers(database), Records(database)
        order = order_of(request, artifact, Dispatch(batch_id="b", trigger="command"), seal)
        with database.begin() as connection:
            records.put_artifact(connection, artifact, {})
            records.put_batch(connection, "b", "command", "somebody")
            return records.register(connection, order)


def carried_out(cloud, run_id, *, keys=(NEW,), **variables):
    with cloud.open("worker") as database:
        keyring = Keyring(*map(bytes.fromhex, keys))
        return carry_out(database, keyring, run_id, variables)


def codes(result):
    found = [p.code for p in result.problems]
    return found + [p.code for s in result.steps for t in s.tries for p in t.problems]


# --- environments --------------------------------------------------------------------------------


def test_a_push_is_a_version_and_the_same_again_is_not(reqflo, project):
    assert reqflo("env", "push", "staging").text == "environment staging, version 1\n"
    assert reqflo("env", "push", "environments/staging.yaml").text.endswith("version 1\n")

    path = project / "environments/staging.yaml"
    path.write_text(path.read_text().replace("elsewhere", "nowhere"))

    assert reqflo("env", "push", "staging").text.endswith("version 2\n")
    assert "elsewhere" in reqflo("env", "show", "staging", "--version", "1", login="worker").text
    assert "nowhere" in reqflo("env", "show", "staging", login="worker").text
    listed = reqflo("env", "list").text
    assert listed.startswith("staging  v2  ")
    assert listed.endswith("test_admin\n")


def test_what_is_pushed_names_no_places_of_the_machine_it_came_from(reqflo, project, cloud):
    assert reqflo("env", "push", "staging").code == 0

    document = json.loads(cloud.execute("SELECT document FROM reqflo.environment")[0][0])
    assert "secrets" not in document
    assert document["redact"] == {"headers": [], "keys": ["otp"]}
    for text in ("private.env", "mounted", "canary-dotenv-value", "dotenv", "providers"):
        assert text not in cloud.contents()


def test_grants_and_authorities_go_along(reqflo, project, cloud):
    pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
    key = "-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----"
    (project / "environments/ca.pem").write_text(f"{key}\n{pem}\n")
    (project / "environments/staging.yaml").write_text(
        textwrap.dedent("""\
        environment:
          name: staging
          services:
            default: {base_url: "https://shop.example", tls: {ca_file: ca.pem}}
          secrets:
            grants: {SHOP_*: {tags: [shop]}}
        """)
    )

    assert reqflo("env", "push", "staging").code == 0

    document = json.loads(cloud.execute("SELECT document FROM reqflo.environment")[0][0])
    assert document["services"]["default"]["tls"] == {"verify": True, "ca_pem": pem}
    assert document["secrets"]["grants"]["SHOP_*"]["tags"] == ["shop"]
    assert "PRIVATE KEY" not in cloud.contents()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("values_from_env: {a: HOME}", "`values_from_env` of environments/staging.yaml cannot be"),
        ("services: {a: {base_url: 'https://u:canary-pw@h'}}", "`services.a.base_url` of"),
        ("services: {a: {base_url: 'https://h', tls: {ca_file: no.pem}}}", "`no.pem` of service `a`"),
    ],
)  # fmt: skip
def test_what_only_one_machine_has_cannot_be_pushed(reqflo, project, cloud, text, message):
    path = project / "environments/staging.yaml"
    path.write_text(f"environment:\n  name: staging\n  {text}\n")

    done = reqflo("env", "push", "staging")

    assert done.code == 1
    assert done.text.startswith("error[RF619]: ")
    assert message in done.text
    assert "canary" not in done.text
    assert cloud.execute("SELECT count(*) FROM reqflo.environment") == [(0,)]


def test_the_limits_of_an_environment_are_those_of_its_queue(reqflo, project, cloud):
    reqflo("env", "push", "staging")

    query = (
        "SELECT name, concurrency, rate_limit_max, rate_limit_period_sec, application_name "
        "FROM dbos.queues"
    )
    assert cloud.execute(query) == [("reqflo:staging", 5, 5, 2.0, "reqflo")]

    path = project / "environments/staging.yaml"
    path.write_text(path.read_text().partition("  queue:")[0])
    reqflo("env", "push", "staging")

    assert cloud.execute(query) == [("reqflo:staging", None, None, None, "reqflo")]


@pytest.mark.parametrize("login", ["client", "worker"])
def test_only_an_admin_pushes(reqflo, project, login):
    done = reqflo("env", "push", "staging", login=login)

    assert done.code == 3
    assert "error[RF615]" in done.text
    assert "this role may not do that there" in done.text


# --- secrets -------------------------------------------------------------------------------------


@pytest.fixture
def pushed(reqflo, project):
    assert reqflo("env", "push", "staging").code == 0
    assert reqflo("secrets", "publish-key").code == 0
    return project


def test_a_client_without_a_key_runs_a_journey_with_secrets(
    reqflo, pushed, cloud, servers, monkeypatch
):
    done = reqflo("secrets", "set", "SHOP_TOKEN", "--origin", servers.url, given=f"{TOKEN}\n")
    assert done.text == f"staging: SHOP_TOKEN set, version 1, for {servers.url}\n"
    monkeypatch.delenv("REQFLO_MASTER_KEY")

    result, recorded = carried_out(cloud, dispatch(cloud, pushed))

    assert (result.outcome, codes(result)) == ("passed", [])
    assert servers.one.requests[0].header("X-Token") == TOKEN
    assert servers.one.requests[0].json() == {"pin": PIN}
    everything = cloud.contents() + recorded + str(result)
    assert "[secret:SHOP_TOKEN]" in everything
    for value in (TOKEN, PIN):
        assert value not in everything


def test_a_secret_is_sent_to_its_origins_only(reqflo, pushed, cloud, servers, request):
    reqflo("secrets", "set", "SHOP_TOKEN", "--origin", servers.url, given=TOKEN)

    result, recorded = carried_out(cloud, dispatch(cloud, pushed, service="other"))

    assert codes(result) == ["RF620"]
    assert servers.two.requests == []
    (problem,) = result.steps[0].tries[0].problems
    text = f"error[{problem.code}]: {problem.message}\nhint: {problem.hint}\n"
    text = text.replace(servers.other, "https://other.example").replace(servers.url, "https://shop.example")  # fmt: skip
    if request.config.getoption("update_golden"):
        GOLDEN.write_text(text)
    assert GOLDEN.read_text() == text
    assert TOKEN not in cloud.contents() + recorded + str(result)


def test_without_origins_a_secret_is_for_the_services_and_not_for_what_else_is_allowed(
    reqflo, pushed, servers
):
    done = reqflo("secrets", "set", "SHOP_TOKEN", given=TOKEN)

    origins = ", ".join(sorted((servers.url, servers.other)))
    assert done.text.endswith(f"for {origins}\n")


def test_a_secret_that_is_missing_or_deleted_ends_the_run_before_anything_is_sent(
    reqflo, pushed, cloud, servers
):
    result, _ = carried_out(cloud, dispatch(cloud, pushed))
    assert codes(result) == ["RF302"]

    reqflo("secrets", "set", "SHOP_TOKEN", given=TOKEN)
    assert reqflo("secrets", "delete", "SHOP_TOKEN").code == 0
    assert reqflo("secrets", "list").code == 5

    result, _ = carried_out(cloud, dispatch(cloud, pushed, run_id="run-2"))
    assert codes(result) == ["RF302"]
    assert servers.one.requests == []


def test_a_secret_of_another_environment_is_not_there(reqflo, pushed, cloud):
    path = pushed / "environments/other.yaml"
    path.write_text("environment: {name: other, services: {a: {base_url: 'https://a.example'}}}\n")
    reqflo("env", "push", "other")
    reqflo("secrets", "set", "SHOP_TOKEN", "--env", "other", given=TOKEN)

    result, _ = carried_out(cloud, dispatch(cloud, pushed))

    assert codes(result) == ["RF302"]


def test_rotation_keeps_the_origins(reqflo, pushed, cloud, servers):
    reqflo("secrets", "set", "SHOP_TOKEN", "--origin", servers.url, given="canary-token-before")
    done = reqflo("secrets", "rotate", "SHOP_TOKEN", given=TOKEN)
    assert done.text == f"staging: SHOP_TOKEN rotated, version 2, for {servers.url}\n"

    carried_out(cloud, dispatch(cloud, pushed))

    assert servers.one.requests[0].header("X-Token") == TOKEN


def test_rekey_seals_anew_what_another_key_sealed(reqflo, pushed, cloud, servers, monkeypatch):
    monkeypatch.setenv("REQFLO_MASTER_KEY", OLD)
    reqflo("secrets", "set", "SHOP_TOKEN", given=TOKEN)
    monkeypatch.setenv("REQFLO_MASTER_KEY", NEW)

    done = reqflo("secrets", "rekey", login="keeper")
    assert done.code == 3
    assert "error[RF614]: the secret `SHOP_TOKEN` of environment `staging` cannot be read" in done.text  # fmt: skip

    monkeypatch.setenv("REQFLO_MASTER_KEY", f"{NEW},{OLD}")
    assert reqflo("secrets", "rekey", login="keeper").text.endswith("1 secrets sealed anew\n")
    assert reqflo("secrets", "rekey", login="keeper").text == "0 secrets sealed anew\n"

    carried_out(cloud, dispatch(cloud, pushed))
    assert servers.one.requests[0].header("X-Token") == TOKEN


def test_rekey_needs_to_read_and_an_admin_alone_does_not(reqflo, pushed):
    reqflo("secrets", "set", "SHOP_TOKEN", given=TOKEN)

    assert "error[RF615]" in reqflo("secrets", "rekey").text


def test_a_worker_with_another_key_sends_nothing(reqflo, pushed, cloud, servers, monkeypatch):
    monkeypatch.setenv("REQFLO_MASTER_KEY", OLD)
    reqflo("secrets", "set", "SHOP_TOKEN", given=TOKEN)

    result, _ = carried_out(cloud, dispatch(cloud, pushed))

    assert codes(result) == ["RF307"]
    assert "the master key with the id" in str(result)
    assert servers.one.requests == []


def test_inputs_sealed_for_another_key_end_the_run(pushed, cloud, servers):
    result, _ = carried_out(cloud, dispatch(cloud, pushed), keys=(OLD,))

    assert codes(result) == ["RF614"]
    assert servers.one.requests == []


@pytest.mark.parametrize(
    "change",
    [
        "origins = '[\"https://thief.example\"]'",
        "environment = 'production'",
        "name = 'SHOP_OTHER'",
        "source = 'worker'",
    ],
)
def test_a_row_that_was_moved_or_widened_does_not_open(reqflo, pushed, cloud, change):
    reqflo("env", "push", "staging")
    reqflo("secrets", "set", "SHOP_TOKEN", given=TOKEN)
    cloud.execute(
        "ALTER TABLE reqflo.secret DISABLE TRIGGER ALL;"
        f"UPDATE reqflo.secret SET {change};"
        "ALTER TABLE reqflo.secret ENABLE TRIGGER ALL"
    )

    result, _ = carried_out(cloud, dispatch(cloud, pushed))

    assert codes(result) in (["RF307"], ["RF302"])


# --- the places of the worker --------------------------------------------------------------------


@pytest.mark.parametrize("place", ["env", "dir", "command"])
def test_a_worker_has_places_of_its_own(reqflo, pushed, cloud, servers, tmp_path, place):
    folder = tmp_path / "worker"
    folder.mkdir()
    (folder / "SHOP_TOKEN").write_text(f"{TOKEN}\n")
    done = reqflo("secrets", "set", "SHOP_TOKEN", "--from", "worker", "--origin", servers.url)
    assert done.code == 0
    variables = {
        "env": {"SHOP_TOKEN": TOKEN},
        "dir": {"REQFLO_WORKER_SECRETS_DIR": str(folder)},
        "command": {"REQFLO_WORKER_SECRETS_COMMAND": f"cat '{folder}/{{name}}'"},
    }[place]

    result, recorded = carried_out(
        cloud, dispatch(cloud, pushed), REQFLO_WORKER_SECRETS=place, **variables
    )

    assert (result.outcome, codes(result)) == ("passed", [])
    assert servers.one.requests[0].header("X-Token") == TOKEN
    assert TOKEN not in cloud.contents() + recorded + str(result)


def test_what_nobody_bound_is_not_read_from_a_worker(pushed, cloud, servers):
    result, _ = carried_out(
        cloud, dispatch(cloud, pushed), REQFLO_WORKER_SECRETS="env", SHOP_TOKEN=TOKEN
    )

    assert codes(result) == ["RF302"]
    assert servers.one.requests == []


def test_a_worker_without_places_gives_nothing_of_its_own(reqflo, pushed, cloud):
    reqflo("secrets", "set", "SHOP_TOKEN", "--from", "worker")

    result, _ = carried_out(cloud, dispatch(cloud, pushed), SHOP_TOKEN=TOKEN)

    assert codes(result) == ["RF302"]


# --- values are typed, and never shown -----------------------------------------------------------


def test_a_value_is_typed_twice_at_a_prompt(reqflo, pushed, monkeypatch):
    typed = iter([TOKEN, TOKEN, TOKEN, "canary-other"])
    monkeypatch.setattr(getpass, "getpass", lambda prompt: next(typed))
    monkeypatch.setattr(Input, "is_terminal", True)

    assert reqflo("secrets", "set", "SHOP_TOKEN").code == 0
    done = reqflo("secrets", "set", "SHOP_TOKEN")

    assert done.code == 4
    assert "the two values differ" in done.text
    assert "canary" not in done.text


@pytest.mark.parametrize(
    ("arguments", "given", "code", "message"),
    [
        (["SHOP_TOKEN"], "", "RF801", "the value is empty"),
        (["SHOP_TOKEN"], "x" * 70_000, "RF801", "larger than 64 KiB"),
        (["SHOP_TOKEN"], "abc", "RF621", "too short or too common"),
        (["REQFLO_X"], TOKEN, "RF621", "cannot be the name of a secret"),
        (["SHOP_TOKEN", "--origin", "shop.example"], TOKEN, "RF621", "`shop.example` is no origin"),
        (["SHOP_TOKEN", "--env", "stagin"], TOKEN, "RF618", "there is no environment `stagin`"),
        (["SHOP_TOKEN", TOKEN], "", "RF801", "unrecognized arguments"),
    ],
)
def test_what_no_run_could_use_is_refused(reqflo, pushed, cloud, arguments, given, code, message):
    done = reqflo("secrets", "set", *arguments, given=given)

    assert f"error[{code}]" in done.text
    assert message in done.text
    assert cloud.execute("SELECT count(*) FROM reqflo.secret") == [(0,)]


def test_no_command_shows_a_value(reqflo, pushed, cloud):
    texts = [
        reqflo("secrets", *arguments, given=given, login=login).text
        for arguments, given, login in [
            (("set", "SHOP_TOKEN"), TOKEN, "admin"),
            (("rotate", "SHOP_TOKEN"), f"{TOKEN}2", "admin"),
            (("list",), None, "admin"),
            (("list",), None, "worker"),
            (("rekey",), None, "keeper"),
            (("set", "SHOP_TOKEN"), TOKEN, "client"),
            (("delete", "SHOP_TOKEN"), None, "admin"),
        ]
    ]
    assert TOKEN not in "\n".join(texts) + cloud.contents()


def test_writers_of_one_name_get_a_version_each(cloud, pushed, reqflo):
    for number in range(3):
        reqflo("secrets", "set", "SHOP_TOKEN", given=f"{TOKEN}{number}")

    rows = cloud.execute("SELECT version FROM reqflo.secret ORDER BY version")
    assert rows == [(1,), (2,), (3,)]


# --- the key of the workers ----------------------------------------------------------------------


def test_the_newest_key_is_sealed_to_and_older_ones_still_open(
    reqflo, pushed, cloud, servers, monkeypatch
):
    reqflo("secrets", "set", "SHOP_TOKEN", given=TOKEN)
    before = dispatch(cloud, pushed)
    monkeypatch.setenv("REQFLO_MASTER_KEY", f"{OLD},{NEW}")
    assert "published" in reqflo("secrets", "publish-key").text
    assert "already" in reqflo("secrets", "publish-key").text
    after = dispatch(cloud, pushed, run_id="run-2")

    for run_id in (before, after):
        result, _ = carried_out(cloud, run_id, keys=(OLD, NEW))
        assert result.outcome == "passed"
    key_ids = [row[0].split(".")[1] for row in cloud.execute("SELECT given FROM reqflo.run")]
    assert len(set(key_ids)) == 2


def test_a_client_that_finds_no_key_says_so(cloud, project):
    with pytest.raises(Exception, match="no worker has published a key"):
        dispatch(cloud, project)


def test_a_client_cannot_replace_the_key(cloud, reqflo, pushed):
    done = reqflo("secrets", "publish-key", login="client")

    # It is there already; another one could not be written.
    assert "already" in done.text
    with (
        cloud.open("client") as database,
        pytest.raises(sa.exc.ProgrammingError),
        database.begin() as connection,
    ):
        connection.execute(sa.text("INSERT INTO reqflo.public_key VALUES (9, 'k', 'me', 0)"))


# --- the documentation ---------------------------------------------------------------------------


def test_the_commands_of_the_how_to_do_what_it_says(bare_url, monkeypatch, capsys, tmp_path):
    example = tmp_path / "example"
    shutil.copytree(DOCS / "cloud-example", example)
    (example / "shop-password.txt").write_text(f"{TOKEN}\n")
    monkeypatch.chdir(example)
    monkeypatch.setenv("REQFLO_MASTER_KEY", NEW)

    def run_all(file, address):
        monkeypatch.setenv("REQFLO_DATABASE_URL", address)
        for line in (example / file).read_text().splitlines():
            command, _, given = line.partition(" < ")
            content = (example / given).read_bytes() if given else b""
            monkeypatch.setattr(sys, "stdin", Input(io.BytesIO(content)))
            assert main(command.split()[1:]) == 0, line
        return capsys.readouterr().out

    out = run_all("owner.txt", bare_url)
    with psycopg.connect(bare_url, autocommit=True) as connection:
        connection.execute(out[out.index("DO $$") :])
        connection.execute((example / "logins.sql").read_text())
    host = bare_url.rpartition("@")[2]
    try:
        out = run_all("admin.txt", f"postgresql://release_manager@{host}")
    finally:
        with psycopg.connect(bare_url, autocommit=True) as connection:
            connection.execute("DROP ROLE ci, worker, release_manager")

    assert TOKEN not in out
    assert [line.split()[:4:3] for line in out.splitlines()[-2:]] == [
        ["staging", "worker"],
        ["staging", "table"],
    ]
