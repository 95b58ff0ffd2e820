"""A store of each kind with all its tables, a server that holds answers, and worker processes."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import uuid

import pytest
from cloud import CloudDatabase, make_template
from durability import GateServer, Store, Workers, migrate
from forge import Forge
from postgres import URL_VARIABLE, PostgresServer, drop_database, make_database


@pytest.fixture(scope="session")
def forge():
    forge = Forge()
    yield forge
    forge.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory, forge):
    path = tmp_path_factory.mktemp("template") / "runs.db"
    migrate(forge, str(path))
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture(scope="session")
def postgres_url():
    given = os.environ.get(URL_VARIABLE)
    if given:
        yield given
        return
    server = PostgresServer()
    yield server.url
    server.remove()


@pytest.fixture(scope="session")
def postgres_template(postgres_url, forge):
    name = f"reqflo_template_{uuid.uuid4().hex[:8]}"
    migrate(forge, make_database(postgres_url, name))
    yield name
    drop_database(postgres_url, name)


@pytest.fixture
def bare_url(postgres_url):
    """The address of a database without tables."""
    name = f"reqflo_bare_{uuid.uuid4().hex[:8]}"
    yield make_database(postgres_url, name)
    drop_database(postgres_url, name)


@pytest.fixture(scope="session")
def cloud_template(postgres_url):
    name = make_template(postgres_url)
    yield name
    drop_database(postgres_url, name)


@pytest.fixture(params=["sqlite", "postgres"])
def store(request, tmp_path):
    make = _sqlite_store if request.param == "sqlite" else _postgres_store
    yield from make(request, tmp_path)


@pytest.fixture
def sqlite_store(request, tmp_path):
    yield from _sqlite_store(request, tmp_path)


@pytest.fixture
def postgres_store(request, tmp_path):
    yield from _postgres_store(request, tmp_path)


def _sqlite_store(request, tmp_path):
    path = tmp_path / "runs.db"
    shutil.copy(request.getfixturevalue("sqlite_template"), path)
    store = Store(str(path))
    yield store
    store.close()


def _postgres_store(request, tmp_path):
    template = request.getfixturevalue("postgres_template")
    server = request.getfixturevalue("postgres_url")
    name = f"reqflo_{uuid.uuid4().hex[:8]}"
    store = Store(make_database(server, name, template=template))
    yield store
    store.close()
    drop_database(server, name)


@pytest.fixture
def server():
    with GateServer() as server:
        yield server


@pytest.fixture
def workers(forge, store, server):
    workers = Workers(forge, store, server)
    yield workers
    workers.close()


@pytest.fixture
def cloud(postgres_url, cloud_template):
    """A migrated database of its own with its roles."""
    database = CloudDatabase(postgres_url, cloud_template)
    yield database
    database.remove()


@pytest.fixture(scope="session")
def shared_cloud(postgres_url, cloud_template):
    """One that tests only read, or are refused by."""
    database = CloudDatabase(postgres_url, cloud_template)
    yield database
    database.remove()
