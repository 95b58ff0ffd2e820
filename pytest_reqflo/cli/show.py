"""`reqflo show`: a stored artifact in short, or the result of a run."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

from pytest_reqflo.artifact.model import Artifact, StepSpec
from pytest_reqflo.cli.arguments import Command, ExitCode, Options
from pytest_reqflo.cli.compile_file import summary_lines, write_canonical
from pytest_reqflo.cli.find import find_path
from pytest_reqflo.cli.kept import (
    find_kept,
    find_places,
    has_database,
    kept_lines,
    no_such_run,
    store_folder,
)
from pytest_reqflo.cli.load import load_artifact
from pytest_reqflo.cli.output import json_line
from pytest_reqflo.cli.results import result_lines, step_lines
from pytest_reqflo.cli.status import load_result
from pytest_reqflo.cli.stored import add_database_options, open_chosen
from pytest_reqflo.codec import CodecError
from pytest_reqflo.diagnostic import Diagnostic, name_hint
from pytest_reqflo.errors import ArtifactError, UsageProblem
from pytest_reqflo.evidence_store.read import list_all_runs, load_log, load_run
from pytest_reqflo.plan.expressions import shown_text
from pytest_reqflo.report.exchange import indent
from pytest_reqflo.result import JourneyResult, StepResult, result_from_json
from pytest_reqflo.values import Json, JsonProblem, parse_json, printable

_MOST_LISTED = 20

_RUN_ID = re.compile(r"run_[0-9a-f]{1,32}")


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what",
        nargs="?",
        help="artifact id, NAME@VERSION, journey, run id, or a result file of --output; "
        "nothing: the newest runs that were kept on disk",
    )
    parser.add_argument("step", nargs="?", help="of a run: the id of the step to show in full")
    parser.add_argument(
        "--print", action="store_true", help="print the artifact itself: canonical JSON"
    )
    add_database_options(parser)


def _perform(options: Options) -> int:
    if options.what is None:
        return _list_kept(options)
    path = find_path(options.what)
    if path is not None and path.suffix == ".json":
        _show_results(path)
        return ExitCode.OK
    if path is None and _RUN_ID.fullmatch(options.what):
        return _show_run(options)
    if options.step is not None:
        title = f"`{options.what}` is no run, and only runs have steps to show"
        raise UsageProblem(Diagnostic(code="RF801", title=title))
    found = load_artifact(options.what, options.store)
    if options.print:
        write_canonical(found)
    else:
        print("\n".join([*summary_lines(found), "", *artifact_lines(found.artifact)]))
    return ExitCode.OK


def artifact_lines(artifact: Artifact) -> Iterator[str]:
    """Yield what *artifact* takes and does, one thing a line."""
    for each in artifact.inputs:
        default = f" = {json_line(each.default)}" if each.has_default else ""
        yield f"input     {each.name}: {each.type}{default}"
    for variable in artifact.variables:
        yield f"variable  {variable.name} from {variable.source}"
    for name in artifact.secrets:
        yield f"secret    {name}"
    for number, step in enumerate(artifact.steps, 1):
        yield f"step {number:<4} {_step_line(step)}"
    for step in artifact.finally_steps:
        yield f"finally   {_step_line(step)}"


def _step_line(step: StepSpec) -> str:
    url = shown_text(step.request.url)
    count = len(step.assertions)
    checks = f", {count} assertion{'' if count == 1 else 's'}" if count else ""
    return printable(f"{step.id}: {step.request.method} {url}{checks}")


def _show_results(path: Path) -> None:
    for result in read_results(path):
        print("\n".join(result_lines(result)), end="\n\n")


def read_results(path: Path) -> list[JourneyResult]:
    """Return the results in a file of ``--output``. Raises: ArtifactError RF601."""
    try:
        document = parse_json(path.read_bytes())
        return [result_from_json(each) for each in _documents(document)]
    except (JsonProblem, CodecError) as error:
        title = f"`{path}` holds no result of a run: {error}"
        raise ArtifactError(Diagnostic(code="RF601", title=title)) from None


def _documents(document: Json) -> list[Json]:
    if isinstance(document, dict) and isinstance(document.get("results"), list):
        return list(document["results"])
    return [document]


def _show_run(options: Options) -> int:
    """Show a run that was kept on disk or recorded, or one step of it."""
    kept = find_kept(options, options.what)
    result = load_run(kept) if kept else _load_recorded(options)
    if options.step is None:
        print("\n".join(result_lines(result, find_places(result) if kept else None)))
        if kept and (log := load_log(kept)):
            print("\n".join(["", "log", *indent(log.rstrip("\n"))]))
        return ExitCode.OK
    print("\n".join(step_lines(_find_step(result, options.step))))
    return ExitCode.OK


def _load_recorded(options: Options) -> JourneyResult:
    if not has_database(options):
        raise no_such_run(options, options.what)
    with open_chosen(options) as store:
        from pytest_reqflo.engine.durable.history import find_run

        return load_result(store, find_run(store, options.what))


def _list_kept(options: Options) -> int:
    lines = list(kept_lines(list_all_runs(store_folder(options)), _MOST_LISTED))
    print("\n".join(lines) if lines else "no run was kept on disk")
    return ExitCode.OK if lines else ExitCode.NOTHING


def _find_step(result: JourneyResult, wanted: str) -> StepResult:
    for step in result.steps:
        if step.id == wanted:
            return step
    title = f"run {result.identity.run_id} has no step `{wanted}`"
    hint = name_hint(wanted, [step.id for step in result.steps], what="Steps")
    raise UsageProblem(Diagnostic(code="RF611", title=title, hint=hint))


COMMAND = Command(
    name="show",
    summary="Show a stored artifact, or the result of a run.",
    description=(
        "The result of a run is that of a run which was kept on disk or recorded, by its id, or the\n"
        "file that `reqflo run --output FILE` wrote. Of a failed run the failure page is shown; with\n"
        "a step, everything that the step sent and received. Alone: the newest runs kept on disk."
    ),
    examples=(
        "  reqflo show artifact_0123456789ab\n"
        "  reqflo show orders@v3 --print\n"
        "  reqflo show results.json\n"
        "  reqflo show\n"
        "  reqflo show run_0123456789abcdef0123456789abcdef\n"
        "  reqflo show run_0123 create"
    ),
    add_arguments=_add_arguments,
    perform=_perform,
)
