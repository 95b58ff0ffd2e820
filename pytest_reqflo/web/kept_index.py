"""The runs that sessions kept on disk, in order of their time; their records are not read for it."""

from __future__ import annotations

import heapq
import itertools
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pytest_reqflo.evidence_store.layout import RUNS, is_run_id
from pytest_reqflo.evidence_store.read import KeptRun, list_sessions
from pytest_reqflo.web.source import Key

_SETTLED_S = 2.0
"""Age of a folder's time from which on another entry would give it another one."""


class Place(NamedTuple):
    """Where a run stands in the list, and its record."""

    order: tuple[float, str]
    run: KeptRun

    @property
    def key(self) -> Key:
        """Its place as a source tells it."""
        return -self.order[0], self.order[1]


class KeptIndex:
    """The places of all runs below the folder of a store."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._sessions: dict[str, tuple[int, tuple[Place, ...]]] = {}

    def after(self, before: Key | None) -> Iterator[Place]:
        """Yield the places that follow *before*, the newest first."""
        sessions = list_sessions(self._store)
        for gone in self._sessions.keys() - set(sessions):
            self._sessions.pop(gone, None)
        merged = heapq.merge(*map(self._places, sessions))
        if before is None:
            return merged
        order = (-before[0], before[1])
        return itertools.dropwhile(lambda place: place.order <= order, merged)

    def find(self, run_id: str) -> KeptRun | None:
        """Return the record of a run, None when it is not here."""
        for session_id in list_sessions(self._store):
            run = KeptRun(store=self._store, session_id=session_id, run_id=run_id)
            if run.folder.is_dir():
                return run
        return None

    def _places(self, session_id: str) -> tuple[Place, ...]:
        folder = self._store / RUNS / session_id
        try:
            changed_ns = folder.stat().st_mtime_ns
            known = self._sessions.get(session_id)
            if known is not None and known[0] == changed_ns:
                return known[1]
            places = tuple(sorted(self._read(folder, session_id)))
        except OSError:
            return ()  # removed meanwhile
        if time.time() - changed_ns / 1e9 > _SETTLED_S:
            self._sessions[session_id] = (changed_ns, places)
        return places

    def _read(self, folder: Path, session_id: str) -> Iterator[Place]:
        with os.scandir(folder) as entries:
            for entry in entries:
                if is_run_id(entry.name) and entry.is_dir(follow_symlinks=False):
                    run = KeptRun(store=self._store, session_id=session_id, run_id=entry.name)
                    at = entry.stat(follow_symlinks=False).st_mtime
                    yield Place((-at, entry.name), run)
