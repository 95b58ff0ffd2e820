"""Runs that sessions kept on disk, as the commands find and show them; needs no extra."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_reqflo.cli.arguments import Options
from pytest_reqflo.cli.database import VARIABLE
from pytest_reqflo.cli.settings import load_settings
from pytest_reqflo.codec import CodecError
from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.errors import EngineError, ReqfloError, UsageProblem
from pytest_reqflo.evidence_store.layout import find_start_of
from pytest_reqflo.evidence_store.read import (
    KeptRun,
    find_runs,
    list_all_runs,
    load_document,
)
from pytest_reqflo.result import JourneyResult, result_from_json
from pytest_reqflo.values import printable_line

if TYPE_CHECKING:
    from pytest_reqflo.source import SourceMap

_DATABASE = "runs.db"

_MOST_NAMED = 5


def store_folder(options: Options) -> Path:
    """Return the folder of the store that *options* mean."""
    folder: Path = options.store or load_settings(Path.cwd()).store
    return folder


def has_database(options: Options) -> bool:
    """Say whether there are recorded runs besides those that were kept on disk."""
    url = options.db or ("" if options.store else os.environ.get(VARIABLE, ""))
    return bool(url) or (store_folder(options) / _DATABASE).is_file()


def find_kept(options: Options, beginning: str) -> KeptRun | None:
    """Return the kept run whose id begins with *beginning*, None when there is none.

    Raises: UsageProblem RF611 when several do.
    """
    if options.db:
        return None
    found = find_runs(store_folder(options), beginning)
    if len(found) <= 1:
        return found[0] if found else None
    title = f"`{beginning}` means {len(found)} runs"
    hint = f"they are {', '.join(run.run_id for run in found[:_MOST_NAMED])}"
    raise UsageProblem(Diagnostic(code="RF611", title=title, hint=hint))


def refuse_kept_only(store: Path) -> None:
    """Raise UsageProblem RF611 where sessions kept runs on disk and no database has any."""
    if (store / _DATABASE).is_file() or next(list_all_runs(store), None) is None:
        return
    title = f"there are no durable runs in {store / _DATABASE}"
    notes = (f"{store} has runs that sessions kept on disk",)
    hint = (
        "`reqflo show` and `reqflo replay` know those; `pytest --reqflo-durable` keeps durable runs"
    )
    raise UsageProblem(Diagnostic(code="RF611", title=title, notes=notes, hint=hint))


def no_such_run(options: Options, beginning: str) -> UsageProblem:
    """Return what is said where neither a database nor a folder has a run."""
    store = store_folder(options)
    newest = list(kept_lines(list_all_runs(store), _MOST_NAMED))
    title = f"no run `{beginning}` was kept in `{store}`"
    hint = "" if newest else "runs that fail are kept; --reqflo-evidence=all keeps every run"
    notes = tuple(f"kept: {line}" for line in newest)
    return UsageProblem(Diagnostic(code="RF611", title=title, notes=notes, hint=hint))


def kept_lines(runs: Iterable[KeptRun], most: int) -> Iterator[str]:
    """Yield a line for each of the first *most* of *runs*: id, when its session began, what it was."""
    for _, run in zip(range(most), runs, strict=False):
        yield printable_line(f"{run.run_id}  {_time_of(run)}  {_summary_of(run)}")


def _time_of(run: KeptRun) -> str:
    started = find_start_of(run.session_id)
    return f"{started:%Y-%m-%d %H:%M:%S}" if started else run.session_id


def _summary_of(run: KeptRun) -> str:
    try:
        result = result_from_json(load_document(run))
    except (EngineError, CodecError):
        return "cannot be read"
    identity = result.identity
    row = "" if identity.row_number is None else f"row {identity.row_number}"
    case = f"case `{identity.case}`" if identity.case else ""
    what = "  ".join(filter(None, (identity.journey_id, identity.environment, case, row)))
    return f"{result.outcome:<11}  {what}"


def find_places(result: JourneyResult) -> SourceMap | None:
    """Return where the parts of the journey stand in its file, None when that is no longer the same.

    Shape: the same is what compiles to the same artifact, wherever its lines have moved.
    """
    from pytest_reqflo.cli.load import compile_file

    settings = load_settings(Path.cwd())
    try:
        path = settings.rootdir / result.identity.file
        compiled = compile_file(path, load_settings(path)) if path.is_file() else None
    except (ReqfloError, OSError, ValueError):
        return None
    is_same = compiled is not None and compiled.artifact_id == result.identity.artifact
    return compiled.source_map if compiled and is_same else None
