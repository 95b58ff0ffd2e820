"""The database of durable runs: one SQLite file on one machine, or a Postgres that many share."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import sqlalchemy as sa

from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.errors import EngineError, UsageProblem
from pytest_reqflo.frozen import dataclass

SQLITE_PREFIX = "sqlite:///"

_KEEPALIVE = {
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
    "connect_timeout": "10",
}
"""Without these a peer that vanished is noticed after the minutes that the kernel allows."""

IDLE_IN_TRANSACTION_S = 15.0
"""As long as a lease. Without it a worker that is cut off between two statements holds its locks until
the server notices, and with them the runs that others are to take over."""

_REASONS = {
    "08": "no server answers there",
    "28": "the server refuses this user or its password",
    "3D000": "there is no such database",
    "3F": "its tables are not made yet",
    "42P01": "its tables are not made yet",
    "42501": "this role may not do that there",
    "53": "the server has no room left: connections, memory or disk",
    "57": "the server is shutting down",
    "XX001": "it is damaged, or no database",
}
"""By SQLSTATE or the beginning of one. What the driver says may quote values, and is not shown."""

_SQLITE_STATES = {"no such table": "42P01", "not a database": "XX001", "malformed": "XX001"}

_HINTS = {
    "3F": "run `reqflo db migrate` with the role that owns the tables",
    "42P01": "run `reqflo db migrate` with the role that owns the tables",
    "42501": "`reqflo db roles` prints which role may do what",
}

_IDLE_S = 1.0
"""After this time without use a connection is asked whether it lives."""

_PRAGMAS = ("busy_timeout=30000", "foreign_keys=ON", "journal_mode=WAL", "synchronous=FULL")


@dataclass(frozen=True, slots=True)
class Database:
    """A database and how it differs from the other kind; *shown* is its address without password."""

    engine: sa.Engine
    is_postgres: bool
    shown: str

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """Give a connection with one transaction around the block."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Give a connection for single reads; on SQLite it takes no lock that a writer waits for."""
        with self.engine.connect() as connection:
            # With SQLite a transaction begins at the first change; there is none.
            if self.is_postgres:
                connection.execution_options(isolation_level="AUTOCOMMIT")
            yield connection

    def now(self) -> sa.ColumnElement[float]:
        """Return the expression of the database's own clock, in seconds since 1970."""
        if self.is_postgres:
            return sa.cast(sa.func.extract("epoch", sa.func.clock_timestamp()), sa.Float(53))
        return sa.literal_column("((julianday('now') - 2440587.5) * 86400.0)", sa.Float)

    def close(self) -> None:
        """End all connections."""
        self.engine.dispose()


def open_database(address: str, *, pool_size: int = 8) -> Database:
    """Return the database at a Postgres URL, or in a file at ``sqlite:///PATH``.

    Raises: EngineError RF615 for an address of another form; it is not quoted, it may hold a password.
    """
    if address.startswith(SQLITE_PREFIX) and len(address) > len(SQLITE_PREFIX):
        return open_sqlite(Path(address.removeprefix(SQLITE_PREFIX)))
    if not _is_postgres_url(address):
        title = "the address of the database is not usable"
        hint = "write postgresql://USER@HOST:5432/NAME; in a password, % and two digits for / ? # @"
        raise EngineError(Diagnostic(code="RF615", title=title, hint=hint))
    return open_postgres(address, pool_size=pool_size)


@contextmanager
def usable(database: Database) -> Iterator[None]:
    """Raise EngineError RF615 for what the database refuses inside of the block.

    Raises: UsageProblem RF801 too, for texts and numbers that no database has.
    """
    try:
        yield
    except (UnicodeEncodeError, OverflowError):
        title = "an argument is no text in UTF-8, or a number that is far too large"
        raise UsageProblem(Diagnostic(code="RF801", title=title)) from None
    except sa.exc.SQLAlchemyError as error:
        raise EngineError(_problem_of(error, database)) from None


def _problem_of(error: sa.exc.SQLAlchemyError, database: Database) -> Diagnostic:
    state = _state_of(error, database)
    why = _first_of(_REASONS, state) or "it refuses what was asked"
    title = f"the database {database.shown} cannot be used: {why}"
    return Diagnostic(code="RF615", title=title, hint=_first_of(_HINTS, state))


def _state_of(error: sa.exc.SQLAlchemyError, database: Database) -> str:
    """Return the SQLSTATE of what the driver raised, or what comes nearest."""
    cause = getattr(error, "orig", None)
    if not database.is_postgres:
        return next((state for text, state in _SQLITE_STATES.items() if text in str(cause)), "")
    # Without a connection there is no server that could have given one.
    return getattr(cause, "sqlstate", None) or "08"


def _first_of(table: Mapping[str, str], state: str) -> str:
    return next((text for key, text in table.items() if state.startswith(key)), "")


def open_sqlite(path: Path) -> Database:
    """Return the database in the file *path*, made readable for its owner only before it is opened.

    Raises: EngineError RF615 for a file that cannot be opened.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # The files of the journal take their mode from this one.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600))
    except OSError as error:
        title = f"the database {path} cannot be opened: {error.strerror or error}"
        raise EngineError(Diagnostic(code="RF615", title=title)) from None
    engine = sa.create_engine(f"{SQLITE_PREFIX}{path}", hide_parameters=True)

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: object) -> None:
        connection.isolation_level = "IMMEDIATE"
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return Database(engine, is_postgres=False, shown=str(path))


def open_postgres(
    url: str,
    *,
    pool_size: int = 8,
    session: str = "reqflo",
    idle_in_transaction_s: float = IDLE_IN_TRANSACTION_S,
) -> Database:
    """Return the Postgres database at *url*.

    Shape: *session* is the name under which the server lists our sessions; it ends one that says
        nothing within a transaction for *idle_in_transaction_s*, and gives its locks to others.
    """
    engine = sa.create_engine(
        _with_driver(url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=30,
        hide_parameters=True,
    )
    # The engine sets this on connections that it makes itself; these are ours.
    settings = {
        "application_name": session,
        "idle_in_transaction_session_timeout": str(int(idle_in_transaction_s * 1000)),
    }

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: object) -> None:
        for setting in settings.items():
            connection.execute("SELECT set_config(%s, %s, false)", setting)
        # What is not committed is undone when the connection goes back to the pool.
        connection.commit()

    _ping_when_idle(engine)
    shown = engine.url.render_as_string(hide_password=True).partition("?")[0]
    return Database(engine, is_postgres=True, shown=shown)


def forbid_changes(database: Database) -> None:
    """Let the database itself refuse every change by way of connections that are made from now on."""
    postgres = "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"
    statement = postgres if database.is_postgres else "PRAGMA query_only=ON"

    @sa.event.listens_for(database.engine, "connect")
    def _forbid(connection: Any, _: object) -> None:
        cursor = connection.cursor()
        cursor.execute(statement)
        cursor.close()
        connection.commit()


def _ping_when_idle(engine: sa.Engine) -> None:
    """Let a connection that was idle prove that it lives before it is used.

    One that was used a moment ago need not: a run would spend a tenth of its time on asking. Should
    it be dead all the same, whoever uses it tries again, as for one that dies under way.
    """

    @sa.event.listens_for(engine, "checkin")
    def _note(_: Any, record: Any) -> None:
        record.info["used_at"] = time.monotonic()

    @sa.event.listens_for(engine, "checkout")
    def _ping(connection: Any, record: Any, _: Any) -> None:
        if time.monotonic() - record.info.get("used_at", math.inf) < _IDLE_S:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error:
            raise sa.exc.DisconnectionError from None


def _is_postgres_url(address: str) -> bool:
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018  # raises for what is no number, which is where a bad password ends up
    except ValueError:
        return False
    has_stray_sign = parts.fragment or "@" in parts.path + parts.query
    return parts.scheme in ("postgresql", "postgres") and not has_stray_sign


def _with_driver(url: str) -> str:
    parts = urlsplit(url)
    given = dict(parse_qsl(parts.query))
    # A socket of this machine has no peer that could vanish; libpq ignores them there.
    query = urlencode({**_KEEPALIVE, **given})
    return urlunsplit(("postgresql+psycopg", parts.netloc, parts.path, query, ""))
