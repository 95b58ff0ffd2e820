"""A migrated Postgres with its roles, and what each of them sees."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from postgres import drop_database, make_database

from pytest_reqflo.engine.durable.database import Database, open_database
from pytest_reqflo.engine.durable.environment_document import document_of
from pytest_reqflo.engine.durable.migrating import migrate
from pytest_reqflo.engine.durable.pushed import PushedEnvironments
from pytest_reqflo.engine.durable.queue_limits import register_limits
from pytest_reqflo.engine.durable.roles import role_statements

LOGINS = {
    "client": "reqflo_client",
    "worker": "reqflo_worker",
    "admin": "reqflo_admin",
    "keeper": "reqflo_admin, reqflo_worker",
}
"""Roles that log in, and the group roles that each is granted."""


class CloudDatabase:
    """A database of its own on the server at *url*, made by its owner, with a login for each role."""

    def __init__(self, url: str, template: str) -> None:
        self._server = url
        self._name = f"reqflo_cloud_{uuid.uuid4().hex[:8]}"
        self.url = make_database(url, self._name, template=template)

    def url_of(self, login: str) -> str:
        """Return the address with which a role logs in."""
        parts = urlsplit(self.url)
        host = parts.netloc.rpartition("@")[2]
        return urlunsplit(parts._replace(netloc=f"test_{login}@{host}"))

    @contextlib.contextmanager
    def open(self, login: str = "") -> Iterator[Database]:
        """Give the database as a role sees it, as its owner without one."""
        database = open_database(self.url_of(login) if login else self.url)
        try:
            yield database
        finally:
            database.close()

    def push(self, data: dict) -> None:
        """Push an environment as `reqflo env push` does; *data* are the keys of its file."""
        document = document_of(data, folder=Path(), shown=f"environments/{data['name']}.yaml")
        with self.open("admin") as database:
            PushedEnvironments(database).push(document)
            register_limits(database, data["name"], data.get("queue", {}))

    def execute(self, statement: str, login: str = "") -> list[tuple]:
        """Return the rows of a statement, carried out as a role."""
        with psycopg.connect(self.url_of(login) if login else self.url) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def admit(self, *, is_open: bool) -> None:
        """Let the server take new connections to the database, or refuse them."""
        with psycopg.connect(self._server, autocommit=True) as connection:
            connection.execute(f"ALTER DATABASE {self._name} ALLOW_CONNECTIONS {is_open}")

    def contents(self) -> str:
        """Return every row of every table of ours and of the engine's as one text."""
        query = (
            "SELECT table_schema || '.' || table_name FROM information_schema.tables "
            "WHERE table_schema IN ('reqflo', 'dbos')"
        )
        names = [row[0] for row in self.execute(query)]
        return "\n".join(
            f"{name} {row!r}" for name in names for row in self.execute(f"SELECT * FROM {name}")
        )

    def shown(self, message: str, login: str) -> str:
        """Return *message* with another address in place of that of this database."""
        host = urlsplit(self.url).netloc.rpartition("@")[2]
        address = f"postgresql+psycopg://test_{login}@{host}/{self._name}"
        return message.replace(address, "postgresql+psycopg://reqflo@db.example/reqflo")

    def remove(self) -> None:
        drop_database(self._server, self._name)


def make_template(url: str) -> str:
    """Make a database that others are copied from, and return its name: to migrate takes a second."""
    name = f"reqflo_cloud_template_{uuid.uuid4().hex[:8]}"
    address = make_database(url, name)
    with contextlib.closing(open_database(address)) as database:
        migrate(database)
    with psycopg.connect(address, autocommit=True) as connection:
        for statement in role_statements():
            connection.execute(statement)
        for login, groups in LOGINS.items():
            with contextlib.suppress(psycopg.errors.DuplicateObject):
                connection.execute(f"CREATE ROLE test_{login} LOGIN")
            connection.execute(f"GRANT {groups} TO test_{login}")
    return name
