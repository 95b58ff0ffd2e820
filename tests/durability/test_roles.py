"""What each role may do in a real Postgres, and that everything else is refused."""

from __future__ import annotations

import psycopg
import pytest
import sqlalchemy as sa

from pytest_reqflo.engine.durable.database import open_database, usable
from pytest_reqflo.engine.durable.migrating import Migrated, migrate
from pytest_reqflo.engine.durable.roles import role_statements
from pytest_reqflo.engine.durable.tables import SCHEMA_VERSION, tables_for
from pytest_reqflo.errors import EngineError


@pytest.fixture
def cloud(shared_cloud):
    return shared_cloud


def refused(cloud, login, statement):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        cloud.execute(statement, login)


OUR_TABLES = sorted(table.name for table in tables_for(True).metadata.tables.values())
RECORDS = sorted(table.name for table in tables_for(True).append_only)
LOGINS = ("client", "worker", "admin")


# --- migration -----------------------------------------------------------------------------------


def test_a_migration_makes_all_tables_and_may_be_repeated(bare_url):
    database = open_database(bare_url)
    first, again = migrate(database), migrate(database)
    database.close()

    assert (first.before, first.after) == (None, SCHEMA_VERSION)
    assert again == Migrated(SCHEMA_VERSION, SCHEMA_VERSION, first.engine)


def test_tables_of_a_newer_version_are_left_alone(bare_url):
    database = open_database(bare_url)
    migrate(database)
    with database.begin() as connection:
        connection.execute(sa.text("UPDATE reqflo.meta SET value = '99' WHERE name = 'version'"))

    with pytest.raises(EngineError, match="its tables have version 99, and this"):
        migrate(database)
    database.close()


def test_the_roles_may_be_made_again(cloud):
    for statement in role_statements():
        cloud.execute(statement)


# --- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize("table", RECORDS)
@pytest.mark.parametrize("login", LOGINS)
def test_no_role_changes_or_deletes_a_record(cloud, login, table):
    column = next(iter(tables_for(True).metadata.tables[f"reqflo.{table}"].columns)).name

    refused(cloud, login, f"UPDATE reqflo.{table} SET {column} = {column}")
    refused(cloud, login, f"DELETE FROM reqflo.{table}")
    refused(cloud, login, f"TRUNCATE reqflo.{table}")


@pytest.mark.parametrize("table", RECORDS)
def test_not_even_the_owner_changes_a_record_while_the_triggers_are_on(cloud, table):
    with pytest.raises(psycopg.errors.RaiseException, match="never changed"):
        cloud.execute(f"TRUNCATE reqflo.{table}")


@pytest.mark.parametrize(
    ("login", "allowed"),
    [
        ("client", {"artifact", "blob", "batch", "run", "attempt", "cancel"}),
        ("worker", {"batch", "run", "attempt", "result", "step", "public_key", "worker", "orphan"}),
        ("admin", {"environment", "secret", "public_key", "artifact", "blob"}),
    ],
)
def test_each_role_inserts_into_its_own_tables_only(cloud, login, allowed):
    query = "SELECT has_table_privilege('test_{}', 'reqflo.{}', 'INSERT')"
    found = {t for t in OUR_TABLES if cloud.execute(query.format(login, t))[0][0]}

    assert found == allowed
    for table in set(OUR_TABLES) - allowed:
        refused(cloud, login, f"INSERT INTO reqflo.{table} DEFAULT VALUES")


@pytest.mark.parametrize("statement", [
    "SELECT * FROM reqflo.secret",
    "SELECT sealed FROM reqflo.secret",
    "SELECT name FROM reqflo.secret",
    "SELECT document FROM reqflo.environment",
    "UPDATE reqflo.worker SET state = 'dead'",
    "UPDATE dbos.workflow_status SET status = 'CANCELLED'",
    "UPDATE dbos.workflow_status SET executor_id = 'me'",
    "DELETE FROM dbos.workflow_status",
    "SELECT inputs FROM dbos.workflow_input",
    "UPDATE dbos.workflow_input SET inputs = ''",
    "INSERT INTO dbos.operation_outputs (workflow_uuid, function_id) VALUES ('r.1', 1)",
    "UPDATE dbos.queues SET concurrency = 1000",
    "DELETE FROM dbos.queues",
    "INSERT INTO dbos.workflow_schedules (schedule_id) VALUES ('s')",
    "INSERT INTO dbos.notifications (destination_uuid, message) VALUES ('r.1', '')",
    "CREATE TABLE reqflo.mine (x int)",
    "CREATE TABLE dbos.mine (x int)",
    "DROP TABLE reqflo.result",
    "ALTER TABLE reqflo.result DISABLE TRIGGER ALL",
])  # fmt: skip
def test_a_client_dispatches_and_reads_and_that_is_all(cloud, statement):
    refused(cloud, "client", statement)


@pytest.mark.parametrize("changes", [
    {"status": "PENDING", "executor_id": "a-living-worker"},
    {"status": "ERROR", "completed_at": "99999999999999"},
    {"workflow_uuid": "run-1.1.w1"},
    {"workflow_uuid": "run-1.2"},
    {"name": "reqflo.schedule.v1"},
    {"queue_name": None},
])  # fmt: skip
def test_a_client_queues_new_runs_and_no_other_rows(cloud, changes):
    row = {"workflow_uuid": "run-1.1", "name": "reqflo.run.v1", "status": "ENQUEUED"}
    row |= {"queue_name": "reqflo:staging", "priority": "0"} | changes
    values = ", ".join("NULL" if each is None else f"'{each}'" for each in row.values())
    statement = f"INSERT INTO dbos.workflow_status ({', '.join(row)}) VALUES ({values})"
    with pytest.raises(psycopg.errors.RaiseException, match="only a new run may be queued"):
        cloud.execute(statement, "client")


@pytest.mark.parametrize("statement", [
    "UPDATE reqflo.meta SET value = '1'",
    "CREATE TABLE reqflo.mine (x int)",
    "DROP TABLE reqflo.result",
    "ALTER TABLE reqflo.result DISABLE TRIGGER ALL",
    "ALTER TABLE dbos.workflow_status DROP CONSTRAINT workflow_status_no_pickle",
    "UPDATE dbos.dbos_migrations SET version = 1",
])  # fmt: skip
def test_a_worker_keeps_results_and_changes_no_rules(cloud, statement):
    refused(cloud, "worker", statement)


@pytest.mark.parametrize("statement", [
    "SELECT sealed FROM reqflo.secret",
    "SELECT * FROM reqflo.secret",
    "SELECT * FROM reqflo.result",
    "SELECT * FROM reqflo.run",
    "INSERT INTO dbos.workflow_status (workflow_uuid) VALUES ('r.1')",
    "SELECT * FROM dbos.operation_outputs",
    "UPDATE reqflo.meta SET value = '1'",
])  # fmt: skip
def test_an_admin_writes_environments_and_secrets_and_reads_neither_secrets_nor_runs(
    cloud, statement
):
    refused(cloud, "admin", statement)


def test_a_stranger_sees_nothing(cloud):
    cloud.execute("DO $$ BEGIN CREATE ROLE test_stranger LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")  # fmt: skip

    refused(cloud, "stranger", "SELECT * FROM reqflo.result")
    refused(cloud, "stranger", "SELECT * FROM dbos.workflow_status")


def test_every_table_is_granted_to_someone(cloud):
    query = (
        "SELECT DISTINCT table_name::text FROM information_schema.column_privileges "
        "WHERE table_schema = 'reqflo' AND grantee LIKE 'reqflo%'"
    )
    # Only the owner of the tables removes records.
    assert {row[0] for row in cloud.execute(query)} == set(OUR_TABLES) - {"pruning"}


# --- what the problem looks like -----------------------------------------------------------------


def test_what_a_role_may_not_do_is_told_without_values(cloud):
    with (
        cloud.open("client") as database,
        pytest.raises(EngineError) as caught,
        usable(database),
        database.begin() as connection,
    ):
        connection.execute(
            sa.text("INSERT INTO reqflo.secret (name) VALUES (:name)"), {"name": "hunter2"}
        )

    text = str(caught.value)
    assert "error[RF615]" in text
    assert "this role may not do that there" in text
    assert "hunter2" not in text
    assert caught.value.__suppress_context__


def test_a_database_without_tables_is_told_to_be_migrated(bare_url):
    database = open_database(bare_url)
    with (
        pytest.raises(EngineError, match=r"its tables are not made yet(.|\n)*reqflo db migrate"),
        usable(database),
        database.begin() as connection,
    ):
        connection.execute(sa.text("SELECT * FROM reqflo.run"))
    database.close()
