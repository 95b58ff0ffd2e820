"""`reqflo ui`: a page of the runs of a store, on this machine alone, that changes nothing."""

from __future__ import annotations

import argparse
import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_reqflo.cli.arguments import Command, ExitCode, Options
from pytest_reqflo.cli.database import VARIABLE
from pytest_reqflo.cli.settings import load_settings
from pytest_reqflo.cli.stored import add_database_options
from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.errors import UsageProblem
from pytest_reqflo.values import Json, printable_line

if TYPE_CHECKING:
    from pytest_reqflo.web.database_source import DatabaseDoor
    from pytest_reqflo.web.source import RunSource

_LOOPBACK = ("127.0.0.1", "localhost")
_MAX_PORT = 65_535


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--port", type=int, default=0, metavar="N", help="port (default: a free one)"
    )
    parser.add_argument("--open", action="store_true", help="open the page in the browser")
    # Told apart from a mistake: whoever writes it wants what this command never does.
    parser.add_argument("--host", default="127.0.0.1", help=argparse.SUPPRESS)
    add_database_options(parser)


def _perform(options: Options) -> int:
    _check(options)
    from pytest_reqflo.web.extra import require_extra

    require_extra()
    settings = load_settings(Path.cwd())
    folder = options.store or settings.store
    url = options.db or ("" if options.store else os.environ.get(VARIABLE, ""))
    with contextlib.ExitStack() as stack:
        door = _database_door(folder, url)
        if door is not None:
            stack.callback(door.close)
        from importlib.metadata import version

        from pytest_reqflo.web.sources import open_sources

        store = door.find() if door and url else None
        about = {
            "project": printable_line(settings.rootdir.name),
            "store": printable_line(store.shown if store else _shown(folder, settings.rootdir)),
            "version": version("pytest-reqflo"),
        }
        source = open_sources(folder, door, is_database_named=bool(options.db))
        _serve(options, source, about)
    return ExitCode.OK


def _shown(folder: Path, rootdir: Path) -> str:
    """Return *folder* as it is seen from the project, where it is in it."""
    return str(folder.relative_to(rootdir) if folder.is_relative_to(rootdir) else folder)


def _check(options: Options) -> None:
    """Raise UsageProblem for what cannot be served.

    Shape: RF801 for an address that is not this machine's own and for no port, RF611 for no store.
    """
    if options.host not in _LOOPBACK:
        title = f"--host: `{options.host}` is not this machine: the page is for its user alone"
        hint = "forward the port to look from elsewhere: ssh -L 8000:127.0.0.1:8000 HOST"
        raise UsageProblem(Diagnostic(code="RF801", title=title, hint=hint))
    if not 0 <= options.port <= _MAX_PORT:
        title = f"--port: {options.port} is not within 0 to {_MAX_PORT}"
        raise UsageProblem(Diagnostic(code="RF801", title=title))
    if options.store and not options.store.is_dir():
        title = f"--store: there is no folder `{options.store}`"
        raise UsageProblem(Diagnostic(code="RF611", title=title))


def _database_door(folder: Path, url: str) -> DatabaseDoor | None:
    """Return the way to recorded runs, opened when it is named; None without what it needs.

    Raises: UsageProblem RF610, RF611; EngineError RF615 for a database that is named.
    """
    from pytest_reqflo.engine.durable.extra import require_extra

    try:
        require_extra()
    except UsageProblem:
        if url:
            raise
        return None
    from pytest_reqflo.web.database_source import DatabaseDoor

    door = DatabaseDoor(folder, url)
    door.find()
    return door


def _serve(options: Options, source: RunSource, about: Json) -> None:
    import threading
    import webbrowser

    from pytest_reqflo.web.app import make_app
    from pytest_reqflo.web.guard import Guard, make_keys
    from pytest_reqflo.web.serve import listen, serve

    listening = listen(options.port)
    keys = make_keys()
    address = f"http://127.0.0.1:{listening.port}/"

    def started() -> None:
        print(f"{address}?token={keys.token}", flush=True)
        if options.open:
            # Some browsers return when they are closed, and the page has to be served meanwhile.
            opening = (f"{address}?token={keys.ticket}",)
            threading.Thread(target=webbrowser.open, args=opening, daemon=True).start()

    app = make_app(source, Guard(keys, listening.port), about)
    with contextlib.suppress(KeyboardInterrupt):
        serve(app, listening, started)


COMMAND = Command(
    name="ui",
    summary="Show the runs of a store in the browser.",
    description=(
        "Prints the address of a page that lists runs, shows each as the file of --reqflo-html\n"
        "does, follows those under way, and compares versions. Only this machine reaches it, only\n"
        "with the token in the address, and it changes nothing. Ctrl-C ends it."
    ),
    examples=(
        "  reqflo ui\n"
        "  reqflo ui --open --store /srv/reqflo\n"
        "  reqflo ui --port 8000 --db postgresql://reqflo@db.example/reqflo"
    ),
    exit_codes=(
        "exit codes: 0 ended by Ctrl-C, 3 the database cannot be used, 4 wrong usage or not\n"
        "installed"
    ),
    add_arguments=_add_arguments,
    perform=_perform,
)
