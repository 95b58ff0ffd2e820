"""What cloud mode keeps, without a server: documents, addresses, rates, places, and SQLite."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
import sqlalchemy as sa

from pytest_reqflo.engine.durable.database import open_database, usable
from pytest_reqflo.engine.durable.environment_document import document_of, snapshot_of
from pytest_reqflo.engine.durable.guards import create_tables
from pytest_reqflo.engine.durable.pushed import PushedEnvironments
from pytest_reqflo.engine.durable.queue_limits import limiter_of
from pytest_reqflo.engine.durable.queueing import queue_of
from pytest_reqflo.engine.durable.sealing import Keyring
from pytest_reqflo.engine.durable.secret_keeper import SecretKeeper, delete_secret, unseal_secret
from pytest_reqflo.engine.durable.secret_rows import SecretRow, SecretRows
from pytest_reqflo.engine.durable.versioned import add_version
from pytest_reqflo.engine.durable.worker_secrets import OwnPlaces, read_own_places
from pytest_reqflo.errors import EngineError, UsageProblem
from pytest_reqflo.plan.model import EnvironmentSnapshot
from pytest_reqflo.secret import Secret

SHOP = "https://shop.example"


@pytest.fixture
def database(tmp_path):
    with contextlib.closing(open_database(f"sqlite:///{tmp_path}/runs.db")) as database:
        create_tables(database)
        yield database


# --- addresses -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    ["", "runs.db", "sqlite:///", "mysql://h/n", "postgresql://u:canary/pw@h/n",
     "postgresql://u:canary?pw@h/n", "postgresql://u:canary#pw@h/n", "postgresql://u:7?canary@h/n"],
)  # fmt: skip
def test_an_unusable_address_is_not_quoted(address):
    with pytest.raises(EngineError, match="the address of the database is not usable") as caught:
        open_database(address)
    assert "canary" not in str(caught.value)


def test_a_server_that_is_not_there_is_named_without_its_password():
    database = open_database("postgresql://somebody:canary@127.0.0.1:1/runs")
    with pytest.raises(EngineError) as caught, usable(database), database.reading():
        pass

    assert str(caught.value) == (
        "error[RF615]: the database postgresql+psycopg://somebody:***@127.0.0.1:1/runs "
        "cannot be used: no server answers there"
    )


# --- environments --------------------------------------------------------------------------------


def test_a_document_becomes_the_environment_that_the_file_describes():
    data = {
        "name": "staging",
        "values": {"region": "eu"},
        "services": {"shop": {"base_url": SHOP, "tls": False, "currency": "EUR"}},
        "redact": {"keys": ["otp"]},
        "secrets": {"providers": ["env"], "grants": {"A": {"tags": ["x"]}}},
    }
    snapshot = snapshot_of(document_of(data, folder=Path(), shown="environments/staging.yaml"))

    assert snapshot.values == {"region": "eu"}
    assert (snapshot.services["shop"].verify_tls, snapshot.services["shop"].values) == (
        False,
        {"currency": "EUR"},
    )
    assert snapshot.sensitive.is_key("otp")
    assert snapshot.grants is not None
    assert snapshot.grants.file == "environments/staging.yaml"


def test_a_document_of_another_format_is_refused():
    with pytest.raises(EngineError, match=r"RF619.*was pushed by another version"):
        snapshot_of({"format": 2, "name": "staging"})


def test_versions_are_kept_and_found(database):
    pushed = PushedEnvironments(database)
    first = document_of({"name": "a", "values": {"n": 1}}, folder=Path(), shown="a.yaml")
    second = document_of({"name": "a", "values": {"n": 2}}, folder=Path(), shown="a.yaml")

    assert [pushed.push(each) for each in (first, first, second, first)] == [1, 1, 2, 3]
    assert pushed.find("a", 2)["values"] == {"n": 2}
    assert isinstance(pushed.snapshot("a"), EnvironmentSnapshot)
    with pytest.raises(EngineError, match="has no version 9"):
        pushed.find("a", 9)
    with pytest.raises(sa.exc.IntegrityError, match="never changed"), database.begin() as c:
        c.execute(sa.text("UPDATE reqflo_environment SET document = '{}'"))


@pytest.mark.parametrize(
    ("rate", "limiter"),
    [
        (None, None),
        (5, {"limit": 5, "period": 1.0}),
        (2.5, {"limit": 5, "period": 2.0}),
        (0.1, {"limit": 1, "period": 10.0}),
        (0.01, {"limit": 1, "period": 100.0}),
    ],
)
def test_a_rate_is_whole_starts_in_a_period(rate, limiter):
    assert limiter_of(rate) == limiter


def test_the_queue_is_named_after_the_environment():
    assert queue_of("staging") == "reqflo:staging"


# --- secrets -------------------------------------------------------------------------------------


def test_a_secret_is_written_found_and_deleted(database):
    rows, keyring = SecretRows(database), Keyring(bytes(32))
    SecretKeeper(rows, keyring).set(Secret("TOKEN", "hunter2-hunter2"), "a|b", [f"{SHOP}/path"])

    (found,) = rows.find_sealed("a|b", ["TOKEN", "OTHER"])
    secret = unseal_secret(found, keyring)
    assert (secret.reveal(), secret.bound_to) == ("hunter2-hunter2", frozenset({SHOP}))
    assert "hunter2" not in repr(found)
    assert rows.find_sealed("a", ["TOKEN"]) == ()

    delete_secret(rows, "a|b", "TOKEN")
    assert rows.list() == ()
    assert rows.find_sealed("a|b") == ()
    with pytest.raises(EngineError, match=r"RF621.*there is no secret `TOKEN`"):
        delete_secret(rows, "a|b", "TOKEN")


def test_of_two_writers_of_a_version_one_is_refused(database):
    rows = SecretRows(database)
    row = SecretRow(
        environment="a", name="T", version=1, source="table", origins=(SHOP,), key_id="0" * 8
    )
    assert [rows.add(row, "sealed"), rows.add(row, "sealed")] == [True, False]


def test_every_part_of_a_row_is_in_what_its_value_is_tied_to():
    row = SecretRow(
        environment="a", name="T", version=1, source="table", origins=(SHOP,), key_id="0" * 8
    )
    changes = {"environment": "b", "name": "U", "version": 2, "source": "worker", "origins": ()}
    fields = {name: getattr(row, name) for name in SecretRow.__slots__}
    contexts = {SecretRow(**{**fields, name: value}).context for name, value in changes.items()}
    assert len(contexts | {row.context}) == 6


def test_a_bound_secret_stays_bound_when_it_is_changed():
    secret = Secret("T", "text").bind(frozenset({SHOP}))
    assert secret.map(str.upper).bound_to == frozenset({SHOP})


def test_a_version_is_written_once(database):
    table = PushedEnvironments(database)._table
    row = {"name": "a", "document": "{}"}
    assert [add_version(database, table, 1, row) for _ in range(2)] == [True, False]


# --- the places of a worker ----------------------------------------------------------------------


def test_a_worker_has_no_places_unless_its_variables_say_so():
    assert read_own_places({"SHOP_TOKEN": "x"}) == OwnPlaces()
    assert read_own_places(
        {
            "REQFLO_WORKER_SECRETS": "dir, command",
            "REQFLO_WORKER_SECRETS_DIR": "/run/shop",
            "REQFLO_WORKER_SECRETS_COMMAND": "pass show 'api tests/{name}'",
        }
    ) == OwnPlaces(
        providers=("dir", "command"),
        dir=Path("/run/shop"),
        command=("pass", "show", "api tests/{name}"),
    )


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"REQFLO_WORKER_SECRETS": "dotenv"}, "`dotenv` is not one of env, dir, command"),
        ({"REQFLO_WORKER_SECRETS_COMMAND": "pass 'x"}, "a quote is opened and never closed"),
    ],
)
def test_unusable_places_are_named(variables, message):
    with pytest.raises(UsageProblem, match=message):
        read_own_places(variables)
