"""`reqflo show`: a stored artifact in short, or the result of a run."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from pytest_reqflo.artifact.model import Artifact, StepSpec
from pytest_reqflo.cli.arguments import Command, ExitCode, Options, add_store_option
from pytest_reqflo.cli.compile_file import summary_lines, write_canonical
from pytest_reqflo.cli.find import find_path
from pytest_reqflo.cli.load import load_artifact
from pytest_reqflo.cli.output import json_line
from pytest_reqflo.codec import CodecError
from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.errors import ArtifactError
from pytest_reqflo.plan.expressions import shown_text
from pytest_reqflo.report.page import render_page
from pytest_reqflo.result import JourneyResult, StepResult, result_from_json
from pytest_reqflo.values import Json, JsonProblem, parse_json, printable


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what", help="artifact id, NAME@VERSION, journey, or a result file of --output"
    )
    parser.add_argument(
        "--print", action="store_true", help="print the artifact itself: canonical JSON"
    )
    add_store_option(parser)


def _perform(options: Options) -> int:
    path = find_path(options.what)
    if path is not None and path.suffix == ".json":
        _show_results(path)
        return ExitCode.OK
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
    for result in _read_results(path):
        print("\n".join(result_lines(result)), end="\n\n")


def _read_results(path: Path) -> list[JourneyResult]:
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


def result_lines(result: JourneyResult) -> Iterator[str]:
    """Yield what became of a run and of each step, then why."""
    identity = result.identity
    parts = (identity.environment, identity.case, identity.row, identity.version, identity.artifact)
    yield printable(f"{result.outcome}: {identity.journey_name} ({', '.join(filter(None, parts))})")
    yield printable(f"  run {identity.run_id}, {result.started_at}, {result.elapsed_s:.2f} s")
    for step in result.steps:
        yield f"  {_result_line(step)}"
    if result.outcome in ("failed", "error", "interrupted"):
        yield ""
        yield render_page(result, None, shown=identity.file).text


def _result_line(step: StepResult) -> str:
    reason = f": {step.skip_reason}" if step.skip_reason else ""
    tries = f", {len(step.tries)} tries" if len(step.tries) > 1 else ""
    return printable(f"{step.outcome:<11} {step.id} ({step.elapsed_s:.2f} s{tries}){reason}")


COMMAND = Command(
    name="show",
    summary="Show a stored artifact, or the result of a run.",
    description="The result of a run is the file that `reqflo run --output FILE` wrote.",
    examples=(
        "  reqflo show artifact_0123456789ab\n"
        "  reqflo show orders@v3 --print\n"
        "  reqflo show results.json"
    ),
    add_arguments=_add_arguments,
    perform=_perform,
)
