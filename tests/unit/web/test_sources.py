"""The runs of a folder and of a database, found, paged and shown from files that were really written."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from html_pages import broken, result
from recorded import ARTIFACT, order, records_in
from storing import record as version_of
from ui_server import record

from pytest_reqflo.artifact.codec import artifact_digest, artifact_id
from pytest_reqflo.artifact.store import ArtifactStore
from pytest_reqflo.errors import EngineError
from pytest_reqflo.evidence_store.layout import make_session_id
from pytest_reqflo.evidence_store.write import SessionWriter
from pytest_reqflo.web.database_source import DatabaseDoor, DatabaseSource
from pytest_reqflo.web.kept_source import KeptSource
from pytest_reqflo.web.source import RunQuery
from pytest_reqflo.web.sources import open_sources

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)


def run_id(number):
    return f"run_{number:032x}"


def keep(store, *results, session=0, log=""):
    writer = SessionWriter(store, make_session_id(NOW, f"{session:08x}"))
    for one in results:
        writer.write(one, log)
        folder = next((store / "runs").glob(f"*/{one.identity.run_id}"))
        at = NOW.timestamp() + int(one.identity.run_id[4:], 16)
        os.utime(folder, (at, at))
    writer.close()


def numbers(page):
    return [int(run.run_id[4:], 16) for run in page.runs]


def read_all(source, **query):
    before = None
    while True:
        page = source.runs(RunQuery(before=before, **query))
        yield from numbers(page)
        before = page.stopped_at
        if before is None:
            return


@pytest.fixture
def store(tmp_path):
    return tmp_path / ".reqflo"


def test_what_sessions_kept_is_one_list_by_time(store):
    keep(store, broken(1), broken(4), session=1)
    keep(store, broken(2), result(3, journey_id="pay", journey_name="Pay"), session=2)
    source = KeptSource(store)
    assert list(read_all(source, limit=3)) == [4, 3, 2, 1]
    assert list(read_all(source, limit=1, statuses=("failed",))) == [4, 2, 1]
    assert list(read_all(source, journey="pay")) == [3]
    assert {each.id: dict(each.outcomes) for each in source.journeys()} == {
        "orders": {"failed": 3}, "pay": {"passed": 1},
    }  # fmt: skip
    assert {each.id: each.is_failures_alone for each in source.journeys()} == {
        "orders": True, "pay": False,
    }  # fmt: skip
    keep(store, broken(9), session=2)
    assert list(read_all(source, limit=2)) == [9, 4, 3, 2, 1]


def test_a_kept_run_is_shown_with_its_log_and_a_damaged_one_is_left_out(store):
    keep(store, broken(1), broken(2), log="a line\n")
    (damaged,) = (store / "runs").glob(f"*/{run_id(2)}/run.json")
    damaged.chmod(0o600)
    damaged.write_text("{")
    source = KeptSource(store)
    assert list(read_all(source, limit=50)) == [1]
    seen = source.run(run_id(1))
    assert (seen.log, seen.is_over, seen.line["status"]) == ("a line\n", True, "failed")
    assert source.run(run_id(7)) is None
    with pytest.raises(EngineError, match="RF613"):
        source.run(run_id(2))


def test_links_among_the_sessions_lead_nowhere(store, tmp_path):
    keep(store, broken(1))
    (session,) = (store / "runs").iterdir()
    keep(tmp_path / "other", broken(5))
    (elsewhere,) = (tmp_path / "other/runs").glob("*/run_*")
    (session / run_id(5)).symlink_to(elsewhere)
    assert list(read_all(KeptSource(store), limit=50)) == [1]


def dispatch(records, *results):
    for one in results:
        identity = one.identity
        changes = {"journey_id": identity.journey_id, "environment": identity.environment}
        record(records, order(identity.run_id, **changes), one, ARTIFACT)


@pytest.fixture
def database(store):
    """A store with five runs that are over, and what reads them."""
    store.mkdir()
    with records_in(store) as records:
        dispatch(records, result(1), broken(2), result(3, environment="local"))
        dispatch(records, result(4, journey_id="pay", journey_name="Pay"), broken(5))
    with contextlib.closing(DatabaseDoor(store)) as door:
        yield DatabaseSource(door)


def test_recorded_runs_are_paged_and_found(database):
    assert list(read_all(database, limit=2)) == [5, 4, 3, 2, 1]
    assert list(read_all(database, limit=1, statuses=("failed", "error"))) == [5, 2]
    assert list(read_all(database, limit=2, text="ORDERS stag")) == [5, 2, 1]
    assert list(read_all(database, environment="local")) == [3]
    assert list(read_all(database, text="100%_")) == []
    page = database.runs(RunQuery(limit=1))
    assert page.runs[0].line["message"].startswith("step `create`:")
    assert page.runs[0].line["journey"]["name"] == "Orders"


def test_journeys_are_counted_with_their_latest_runs(database):
    orders, pay = database.journeys()
    assert (orders.id, dict(orders.outcomes), orders.environments) == (
        "orders", {"failed": 2, "passed": 2}, ("local", "staging"),
    )  # fmt: skip
    assert [(name, outcome) for _, name, outcome in orders.recent] == [
        (run_id(5), "failed"), (run_id(3), "passed"), (run_id(2), "failed"), (run_id(1), "passed"),
    ]  # fmt: skip
    assert (pay.id, dict(pay.outcomes)) == ("pay", {"passed": 1})


def test_a_recorded_run_and_its_artifact_are_shown(database):
    seen = database.run(run_id(2))
    assert (seen.line["status"], seen.is_over) == ("failed", True)
    assert seen.document == broken(2).to_json()
    assert database.run(run_id(7)) is None
    (version,) = database.versions("orders")
    assert version.artifact == artifact_id(artifact_digest(ARTIFACT))
    assert database.artifact(version.artifact) == ARTIFACT
    assert database.artifact("artifact_ffffffffffff") is None
    assert (database.schedules(), database.workers()) == (None, None)


def test_the_database_itself_refuses_a_change(database, store):
    with contextlib.closing(DatabaseDoor(store)) as door:
        opened = door.find().database
        with pytest.raises(sa.exc.OperationalError, match="readonly"), opened.begin() as connection:
            connection.execute(sa.text("CREATE TABLE t (x INTEGER)"))


def test_an_altered_result_is_named_in_the_list_and_refused_by_itself(store):
    store.mkdir()
    with records_in(store) as records:
        dispatch(records, result(1))
        with records.database.begin() as connection:
            for name in connection.execute(
                sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            ).scalars():
                connection.execute(sa.text(f"DROP TRIGGER {name}"))
            connection.execute(sa.text("UPDATE reqflo_result SET document = '{'"))
    with contextlib.closing(DatabaseDoor(store)) as door:
        source = DatabaseSource(door)
        (run,) = source.runs(RunQuery()).runs
        assert run.line["message"] == "its result is missing or was altered"
        with pytest.raises(EngineError, match="RF613"):
            source.run(run_id(1))


def test_a_store_may_be_made_after_the_page(store):
    with contextlib.closing(DatabaseDoor(store)) as door:
        source = open_sources(store, door)
        assert (source.runs(RunQuery()).runs, source.journeys(), source.run(run_id(1))) == (
            (),
            (),
            None,
        )
        keep(store, broken(8))
        with records_in(store) as records:
            dispatch(records, result(1))
        assert sorted(numbers(source.runs(RunQuery()))) == [1, 8]


def test_versions_are_counted_by_the_folder_and_dated_by_the_database(store):
    store.mkdir()
    folder = ArtifactStore(store)
    digest = artifact_digest(ARTIFACT)
    folder.put(ARTIFACT, {})
    folder.record_version(dataclasses.replace(version_of(1), digest=digest, name="Orders"))
    with records_in(store) as records:
        dispatch(records, result(1))
    with contextlib.closing(DatabaseDoor(store)) as door:
        source = open_sources(store, door)
        (version,) = source.versions("orders")
        assert (version.number, version.name, version.seen_at > 0) == (1, "Orders", True)
        assert source.artifact(version.artifact) == ARTIFACT
