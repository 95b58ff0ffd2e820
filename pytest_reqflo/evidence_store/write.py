"""Runs to their folders: each appears whole or not at all, readable by its owner alone."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

from pytest_reqflo.evidence_store.bodies import split_bodies
from pytest_reqflo.evidence_store.layout import (
    BODIES,
    LOG,
    MANIFEST,
    RESULT,
    RUNS,
    is_run_id,
)
from pytest_reqflo.result import JourneyResult
from pytest_reqflo.values import digest_of
from pytest_reqflo.writing import make_store_folder, write_in

FOLDER = os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY | os.O_NOFOLLOW
"""How a folder is opened below another: never by way of a symbolic link."""


class SessionWriter:
    """The folder of one session, made at its first run and locked until the process ends.

    Several processes write to one session; who prunes leaves alone what is locked.
    """

    def __init__(self, store: Path, session_id: str) -> None:
        self._store = store
        self._session_id = session_id
        self._folder: int | None = None

    def write(self, result: JourneyResult, log: str = "") -> None:
        """Write the record of a run.

        Raises: OSError when the store cannot be written; ValueError for a run id that is none of ours.
        """
        if not is_run_id(result.identity.run_id):
            raise ValueError("no run id")
        files = files_of(result, log)
        try:
            _write_folder(self._open(), result.identity.run_id, files)
        except FileNotFoundError:
            # Somebody has removed the session meanwhile.
            self.close()
            _write_folder(self._open(), result.identity.run_id, files)

    def close(self) -> None:
        """Let go of the folder."""
        if self._folder is not None:
            os.close(self._folder)
            self._folder = None

    def _open(self) -> int:
        if self._folder is None:
            make_store_folder(self._store)
            self._folder = _open_session(self._store, self._session_id)
            # Not every file system can lock.
            with contextlib.suppress(OSError):
                fcntl.flock(self._folder, fcntl.LOCK_SH)
        return self._folder


def files_of(result: JourneyResult, log: str = "") -> Mapping[str, bytes]:
    """Return the files of the record of a run, by their names below its folder."""
    result, bodies = split_bodies(result)
    document = json.dumps(result.to_json(), separators=(",", ":")) + "\n"
    files = {RESULT: document.encode("ascii"), **bodies}
    if log:
        files[LOG] = log.encode(errors="backslashreplace")
    digests = {name: digest_of(content) for name, content in files.items()}
    manifest = json.dumps({"format": 1, "sha256": digests}, indent=2) + "\n"
    return {**files, MANIFEST: manifest.encode("ascii")}


def _open_session(store: Path, session_id: str) -> int:
    above = os.open(store, FOLDER)
    for name in (RUNS, session_id):
        try:
            with contextlib.suppress(FileExistsError):
                os.mkdir(name, 0o700, dir_fd=above)
            below = os.open(name, FOLDER, dir_fd=above)
        finally:
            os.close(above)
        above = below
    return above


def _write_folder(session: int, name: str, files: Mapping[str, bytes]) -> None:
    aside = f".{secrets.token_hex(8)}"
    os.mkdir(aside, 0o700, dir_fd=session)
    try:
        folder = os.open(aside, FOLDER, dir_fd=session)
        try:
            _write_files(folder, files)
        finally:
            os.close(folder)
        os.rename(aside, name, src_dir_fd=session, dst_dir_fd=session)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True, dir_fd=session)
        raise


def _write_files(folder: int, files: Mapping[str, bytes]) -> None:
    if any(name.startswith(f"{BODIES}/") for name in files):
        os.mkdir(BODIES, 0o700, dir_fd=folder)
    for name, content in files.items():
        write_in(folder, name, content)
