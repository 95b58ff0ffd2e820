"""What a person calls a recorded run, to its result and its artifact. Reads files, the store, a database."""

from __future__ import annotations

import re
from pathlib import Path

from pytest_reqflo.artifact.model import Artifact
from pytest_reqflo.cli.arguments import Options
from pytest_reqflo.cli.find import find_path
from pytest_reqflo.cli.kept import find_kept, has_database, no_such_run
from pytest_reqflo.cli.load import open_store
from pytest_reqflo.cli.show import read_results
from pytest_reqflo.cli.status import load_result
from pytest_reqflo.cli.stored import open_chosen
from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.errors import ArtifactError, UsageProblem
from pytest_reqflo.evidence_store.layout import RESULT, is_run_id, is_session_id
from pytest_reqflo.evidence_store.read import KeptRun, load_run
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.result import JourneyResult

_RUN_ID = re.compile(r"run_[0-9a-f]{1,32}")
_MAX_LISTED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRun:
    """The result of a run, and the artifact it was a run of; None when that is nowhere to be found."""

    result: JourneyResult
    artifact: Artifact | None


def find_recorded(options: Options) -> RecordedRun:
    """Return the run that *options* mean.

    Raises: UsageProblem RF801 and RF611, ArtifactError RF601, EngineError.
    """
    path = find_path(options.recorded)
    if path is not None and path.is_file():
        kept = _kept_at(path.absolute())
        results = [load_run(kept)] if kept else read_results(path)
        result = _choose(results, options.run, path)
        return RecordedRun(result=result, artifact=_find_artifact(result, options.store, path))
    if not _RUN_ID.fullmatch(options.recorded):
        title = f"`{options.recorded}` is neither the id of a run nor a file of results"
        hint = "`reqflo show` and `reqflo history` list runs; `reqflo run --output FILE` writes results"
        raise UsageProblem(Diagnostic(code="RF801", title=title, hint=hint))
    return _find_stored(options)


def _kept_at(path: Path) -> KeptRun | None:
    """Return the kept run whose file is *path*: its bodies may lie in files of their own."""
    session, run_id = path.parts[-3:-1] if len(path.parts) > 4 else ("", "")
    if path.name != RESULT or not (is_session_id(session) and is_run_id(run_id)):
        return None
    return KeptRun(store=path.parents[3], session_id=session, run_id=run_id)


def _find_stored(options: Options) -> RecordedRun:
    """Return a run that was kept on disk, else a durable one, by its id or the beginning of it."""
    kept = find_kept(options, options.recorded)
    if kept is not None:
        result = load_run(kept)
        artifact = _find_artifact(result, options.store, Path.cwd())
        return RecordedRun(result=result, artifact=artifact)
    if not has_database(options):
        raise no_such_run(options, options.recorded)
    with open_chosen(options) as store:
        from pytest_reqflo.engine.durable.history import find_run

        line = find_run(store, options.recorded)
        result = load_result(store, line)
        with store.database.reading() as connection:
            stored = store.records.find_run(connection, line.run_id)
            digest = stored.order.artifact if stored else None
            artifact = store.records.load_artifact(connection, digest)[0] if digest else None
    return RecordedRun(result=result, artifact=artifact)


def _choose(results: list[JourneyResult], wanted: str | None, path: Path) -> JourneyResult:
    """Return the result that *wanted* means: its number in the file, or the beginning of its run id."""
    found = results if wanted is None else _select(results, wanted)
    if len(found) == 1:
        return found[0]
    listed = [
        f"{number}: {each.identity.run_id}, {each.identity.journey_id}, {each.outcome}"
        for number, each in enumerate(results, 1)
    ]
    more = [f"and {len(listed) - _MAX_LISTED} more"] if len(listed) > _MAX_LISTED else []
    title = f"`{path}` holds {len(results)} runs"
    title += f", of which `--run {wanted}` means {len(found)}" if wanted is not None else ""
    notes = (*listed[:_MAX_LISTED], *more)
    hint = "name one with --run, by its number or run id"
    raise UsageProblem(Diagnostic(code="RF801", title=title, notes=notes, hint=hint))


def _select(results: list[JourneyResult], wanted: str) -> list[JourneyResult]:
    if wanted.isdecimal():
        numbered = {str(number): each for number, each in enumerate(results, 1)}
        return [numbered[wanted]] if wanted in numbered else []
    return [each for each in results if each.identity.run_id.startswith(wanted)]


def _find_artifact(result: JourneyResult, folder: Path | None, near: Path) -> Artifact | None:
    try:
        artifact, _ = open_store(folder, near=near).load(result.identity.artifact)
    except ArtifactError as error:
        if error.diagnostics[0].code == "RF602":
            return None
        raise
    return artifact
