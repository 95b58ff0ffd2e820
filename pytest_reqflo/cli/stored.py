"""What the commands over recorded runs share: which store is meant, and how runs are written."""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_reqflo.cli.arguments import Options, add_store_option
from pytest_reqflo.cli.database import VARIABLE, add_database_option, shown_time
from pytest_reqflo.cli.kept import refuse_kept_only
from pytest_reqflo.cli.settings import load_settings
from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.errors import UsageProblem
from pytest_reqflo.evidence_store.keep import read_duration_s
from pytest_reqflo.values import printable_line

if TYPE_CHECKING:
    from pytest_reqflo.engine.durable.ending import RunEnder
    from pytest_reqflo.engine.durable.history import RunLine
    from pytest_reqflo.engine.durable.stores import RunStore


def add_database_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--store`` and ``--db``."""
    add_store_option(parser)
    add_database_option(parser, default=f"{VARIABLE}; else the store's runs.db")


@contextlib.contextmanager
def open_chosen(options: Options) -> Iterator[RunStore]:
    """Give the runs that *options* mean.

    Raises: UsageProblem RF610 without the extra, RF611 when there are none; EngineError RF615.
    """
    folder = options.store or load_settings(Path.cwd()).store
    # A store that is written out says more than a variable.
    url = options.db or ("" if options.store else os.environ.get(VARIABLE, ""))
    if not url:
        refuse_kept_only(folder)
    from pytest_reqflo.engine.durable.extra import require_extra

    require_extra()
    from pytest_reqflo.engine.durable.stores import open_runs

    with open_runs(folder, url) as store:
        yield store


def find_ender(store: RunStore, worker_id: str) -> RunEnder | None:
    """Return what writes results in the name of *worker_id*, None without the key to sign them."""
    from pytest_reqflo.engine.clock import SystemClock
    from pytest_reqflo.engine.durable.ending import RunEnder
    from pytest_reqflo.engine.durable.keeping import ResultKeeper
    from pytest_reqflo.engine.durable.master_key import find_keyring

    keyring = find_keyring(os.environ)
    if keyring is None:
        return None
    keeper = ResultKeeper(records=store.records, keyring=keyring, worker_id=worker_id)
    return RunEnder(keeper=keeper, now=SystemClock().now)


def read_since(text: str, now: float) -> float:
    """Return the time, in seconds since 1970, of a duration before *now* or of a date.

    Raises: UsageProblem RF801.
    """
    duration_s = read_duration_s(text)
    if duration_s is not None:
        return now - duration_s
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        title = f"--since: `{text}` is neither a duration nor a date"
        hint = "write --since 2h, 30d, 2026-05-01 or 2026-05-01T08:00+02:00"
        raise UsageProblem(Diagnostic(code="RF801", title=title, hint=hint)) from None
    # Times of the store are shown in UTC, so they can be given back as they are.
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def line_text(line: RunLine) -> str:
    """Return *line* for people: time, status, what ran, where, with what, and the id."""
    what = [line.journey_id, line.environment or "-"]
    if line.case:
        what.append(f"case `{line.case}`")
    if line.row_number is not None:
        what.append(f"row {line.row_number}")
    if line.trigger == "schedule":
        what.append("by schedule")
    cells = (line.run_id, shown_time(line.dispatched_at), f"{line.status:<11}", *what)
    return printable_line("  ".join((*cells, line.artifact)))
