"""Old records leave the store; those of a session that is going on stay."""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import shutil
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from pytest_reqflo.evidence_store.keep import Keep
from pytest_reqflo.evidence_store.layout import RUNS, is_older
from pytest_reqflo.evidence_store.read import KeptRun, list_all_runs, list_runs, list_sessions
from pytest_reqflo.evidence_store.write import FOLDER


def find_prunable(store: Path, keep: Keep, now: datetime) -> tuple[KeptRun, ...]:
    """Return the runs that *keep* does not keep, the newest first."""
    return tuple(_beyond(store, keep, now))


def _beyond(store: Path, keep: Keep, now: datetime) -> Iterator[KeptRun]:
    if keep.runs is not None:
        yield from itertools.islice(list_all_runs(store), keep.runs, None)
        return
    sessions = list_sessions(store)
    if keep.last_s is not None:
        old: Iterable[str] = [each for each in sessions if is_older(each, keep.last_s, now)]
    else:
        old = sessions[keep.sessions :]
    for session_id in old:
        yield from list_runs(store, session_id)


def remove_runs(runs: Iterable[KeptRun]) -> tuple[KeptRun, ...]:
    """Remove the records of *runs* and return those that were; no session that is going on is touched.

    Shape: what cannot be removed is left for the next time.
    """
    by_session = itertools.groupby(runs, lambda run: (run.store, run.session_id))
    return tuple(run for _, group in by_session for run in _remove_of_session(list(group)))


def _remove_of_session(runs: list[KeptRun]) -> Iterator[KeptRun]:
    store, name = runs[0].store, runs[0].session_id
    with (
        contextlib.suppress(OSError),
        _opened(store) as root,
        _opened(RUNS, root) as above,
        _opened(name, above) as session,
    ):
        # Whoever writes to it has it locked.
        fcntl.flock(session, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for run in runs:
            shutil.rmtree(run.run_id, dir_fd=session)
            yield run
        _remove_rest(session)
        os.rmdir(name, dir_fd=above)


def _remove_rest(session: int) -> None:
    """Remove what processes that were killed left half written."""
    for name in os.listdir(session):
        if name.startswith("."):
            shutil.rmtree(name, dir_fd=session)


@contextlib.contextmanager
def _opened(path: str | Path, above: int | None = None) -> Iterator[int]:
    descriptor = os.open(path, FOLDER, dir_fd=above)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
