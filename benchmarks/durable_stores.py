"""Databases and worker processes for the benchmark of durable runs."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from durable_work import BATCH, MASTER_KEY, environments

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
from postgres import DURABLE, URL_VARIABLE, PostgresServer, drop_database, make_database

from pytest_reqflo.artifact.model import Artifact
from pytest_reqflo.codec import to_json
from pytest_reqflo.engine.durable.database import open_database
from pytest_reqflo.engine.durable.dispatch import Batch, Dispatcher
from pytest_reqflo.engine.durable.migrating import migrate
from pytest_reqflo.engine.durable.records import Records, RunOrder
from pytest_reqflo.engine.durable.settings import WorkerSettings


class Stores:
    """Makes databases with all tables: files in a folder, and on one Postgres server."""

    def __init__(self, folder: Path, server_url: str) -> None:
        self._folder = folder
        self._server_url = server_url
        self._numbers = itertools.count()
        self._made: list[str] = []
        self._template = f"reqflo_bench_{os.getpid()}"
        _migrate(self._make(self._template))

    def new(self, kind: str) -> str:
        """Return the address of a new one: the path of a file, or a URL."""
        name = f"reqflo_bench_{os.getpid()}_{next(self._numbers)}"
        if kind == "Postgres":
            return self._make(name, template=self._template)
        path = self._folder / f"{name}.db"
        _migrate(f"sqlite:///{path}")
        return str(path)

    def folder(self) -> str:
        """Return a new folder for an embedded store."""
        path = self._folder / f"embedded-{next(self._numbers)}"
        path.mkdir()
        return str(path)

    def remove(self) -> None:
        """Drop the databases of the server."""
        for name in self._made:
            drop_database(self._server_url, name)

    def _make(self, name: str, *, template: str = "template1") -> str:
        self._made.append(name)
        return make_database(self._server_url, name, template=template)


@contextlib.contextmanager
def stores(folder: Path) -> Iterator[Stores]:
    """Give databases on the server that a variable names, else on one of the wheel."""
    given = os.environ.get(URL_VARIABLE)
    server = None if given else PostgresServer(DURABLE)
    made = Stores(folder, given or server.url)
    yield made
    made.remove()
    if server is not None:
        server.remove()


class Store:
    """One database, dispatched into and looked at."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._database = open_database(_url_of(address))
        self._records = Records(self._database)
        self._dispatcher = Dispatcher(self._records)

    def dispatch(self, artifact: Artifact, orders: list[RunOrder]) -> None:
        """Register the orders and put them on their queue."""
        batch = Batch(
            batch_id=BATCH,
            trigger="command",
            dispatched_by="bench",
            orders=orders,
            artifacts=((artifact, {}),),
        )
        self._dispatcher.dispatch(batch)

    def count(self, table: str, where: str = "true") -> int:
        """Return how many rows one of our tables has."""
        name = f"reqflo.{table}" if self._database.is_postgres else f"reqflo_{table}"
        with self._database.reading() as connection:
            query = f"SELECT count(*) FROM {name} WHERE {where}"
            return connection.exec_driver_sql(query).scalar_one()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._dispatcher.close()
        self._database.close()


class Worker:
    """A worker in a process of its own, as `reqflo worker` starts it; returned when it is ready."""

    def __init__(self, address: str, url: str, *, ttl_s: float = 15.0) -> None:
        settings = WorkerSettings(database=address, environments=environments(url), ttl_s=ttl_s)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pytest_reqflo.engine.durable.worker"],
            env={**os.environ, "REQFLO_MASTER_KEY": MASTER_KEY},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdin is not None
        json.dump(to_json(settings), self._process.stdin)
        self._process.stdin.close()

    def ready(self) -> Self:
        """Return when it takes runs."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.rstrip().endswith("is ready"), line
        return self

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        """End it as SIGTERM does."""
        self._process.terminate()
        self._process.wait(60)


def _url_of(address: str) -> str:
    return address if "://" in address else f"sqlite:///{address}"


def _migrate(url: str) -> None:
    with contextlib.closing(open_database(url)) as database:
        migrate(database)
