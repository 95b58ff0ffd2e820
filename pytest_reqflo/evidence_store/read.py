"""Records of runs on disk: which there are, and one of them as a result. Trusts nothing it reads."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from pytest_reqflo.codec import CodecError
from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.errors import EngineError
from pytest_reqflo.evidence_store.bodies import join_bodies
from pytest_reqflo.evidence_store.layout import (
    LOG,
    MANIFEST,
    RESULT,
    RUNS,
    is_body_name,
    is_run_id,
    is_session_id,
)
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.reading import read_regular
from pytest_reqflo.result import JourneyResult, result_from_json
from pytest_reqflo.values import Json, JsonProblem, digest_of, parse_json

_MAX_RESULT = 256 * 1024 * 1024
_MAX_BODY = 1024 * 1024
_MAX_LOG = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRun:
    """The place of a record; nothing of it was read."""

    store: Path
    session_id: str
    run_id: str

    @property
    def folder(self) -> Path:
        """The folder of the record."""
        return self.store / RUNS / self.session_id / self.run_id


def list_sessions(store: Path) -> tuple[str, ...]:
    """Return the sessions of *store* that kept a run, the newest first."""
    return tuple(sorted(filter(is_session_id, _names(store / RUNS)), reverse=True))


def list_runs(store: Path, session_id: str) -> tuple[KeptRun, ...]:
    """Return the runs that a session kept, the newest first."""
    runs = [
        KeptRun(store=store, session_id=session_id, run_id=name)
        for name in _names(store / RUNS / session_id)
        if is_run_id(name)
    ]
    return tuple(sorted(runs, key=_written_at, reverse=True))


def list_all_runs(store: Path) -> Iterator[KeptRun]:
    """Yield every run that was kept, the newest first."""
    for session_id in list_sessions(store):
        yield from list_runs(store, session_id)


def find_runs(store: Path, beginning: str) -> tuple[KeptRun, ...]:
    """Return the runs whose id begins with *beginning*."""
    return tuple(run for run in list_all_runs(store) if run.run_id.startswith(beginning))


def load_run(run: KeptRun) -> JourneyResult:
    """Return the result of *run*, with the bodies that lie in files of their own.

    Raises: EngineError RF613 when it cannot be read.
    """
    try:
        result = result_from_json(load_document(run))
    except CodecError as error:
        raise _unusable(run, str(error)) from None
    return join_bodies(result, lambda name: _find_body(run, name))


def load_document(run: KeptRun) -> Json:
    """Return the JSON of *run* as it was written, with the heads of large bodies.

    Raises: EngineError RF613.
    """
    try:
        return parse_json(_read(run, RESULT, _MAX_RESULT))
    except OSError as error:
        raise _unusable(run, error.strerror or str(error)) from None
    except JsonProblem as error:
        raise _unusable(run, str(error)) from None


def load_log(run: KeptRun) -> str:
    """Return what was logged while the run was under way, empty when nothing was."""
    try:
        return _read(run, LOG, _MAX_LOG).decode(errors="replace")
    except OSError:
        return ""


def find_faults(run: KeptRun) -> tuple[str, ...]:
    """Return a sentence for each file of *run* that is not as it was written.

    Shape: a digest shows damage. Whoever changes a record on purpose writes the digest anew.
    """
    try:
        manifest = parse_json(_read(run, MANIFEST, _MAX_BODY))
        digests = {str(name): digest for name, digest in manifest["sha256"].items()}
    except (OSError, JsonProblem, TypeError, KeyError, ValueError, AttributeError):
        return (f"{run.run_id}: {MANIFEST} cannot be read",)
    names = sorted({RESULT, *filter(_is_ours, digests)})
    return tuple(
        f"{run.run_id}: {name} is missing or was altered"
        for name in names
        if _find_digest(run, name) != digests.get(name)
    )


def _is_ours(name: str) -> bool:
    return name in (RESULT, LOG) or is_body_name(name)


def _find_digest(run: KeptRun, name: str) -> str:
    try:
        return digest_of(_read(run, name, _MAX_RESULT))
    except OSError:
        return ""


def _find_body(run: KeptRun, name: str) -> bytes | None:
    if not is_body_name(name):
        return None
    try:
        return _read(run, name, _MAX_BODY)
    except OSError:
        return None


def _read(run: KeptRun, name: str, max_bytes: int) -> bytes:
    return read_regular(run.folder / name, max_bytes=max_bytes, below=run.store)


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _written_at(run: KeptRun) -> tuple[float, str]:
    try:
        return run.folder.stat().st_mtime, run.run_id
    except OSError:
        return 0.0, run.run_id


def _unusable(run: KeptRun, why: str) -> EngineError:
    title = f"the record of {run.run_id} cannot be read: {why}"
    return EngineError(Diagnostic(code="RF613", title=title))
