"""`reqflo replay`: the checks of a journey against the answers of a recorded run."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_reqflo.artifact.model import Artifact
from pytest_reqflo.cli.arguments import Command, ExitCode, Options, existing_file
from pytest_reqflo.cli.find import find_journey
from pytest_reqflo.cli.kept import find_places
from pytest_reqflo.cli.load import compile_entry
from pytest_reqflo.cli.recorded import RecordedRun, find_recorded
from pytest_reqflo.cli.stored import add_database_options
from pytest_reqflo.diagnostic import Diagnostic, name_hint
from pytest_reqflo.errors import ArtifactError, UsageProblem
from pytest_reqflo.writing import replace_file

if TYPE_CHECKING:
    from pytest_reqflo.run.replay_model import Replay
    from pytest_reqflo.source import SourceMap


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "recorded", metavar="RUN", help="id of a run that was kept, or a result file of --output"
    )
    parser.add_argument(
        "--journey", type=Path, metavar="FILE", help="journey to evaluate (default: as it was run)"
    )
    parser.add_argument("--step", metavar="ID", help="show the checks of this step only")
    parser.add_argument(
        "--run", metavar="N|ID", help="of a file with several results: its number or run id"
    )
    parser.add_argument(
        "--strict", action="store_true", help="fail also when the record cannot tell"
    )
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="write the verdicts as JSON to this file"
    )
    add_database_options(parser)


def _perform(options: Options) -> int:
    from pytest_reqflo.report.replay import render_replay
    from pytest_reqflo.run.replay import replay

    recorded = find_recorded(options)
    artifact, places, shown = _find_journey(options, recorded)
    found = replay(artifact, recorded.result, recorded.artifact, only=options.step or "")
    _check_step(options, artifact)
    print(render_replay(found, places, shown=shown))
    if options.output is not None:
        _write(options.output, found)
    return _exit_code(found, is_strict=options.strict)


def _find_journey(
    options: Options, recorded: RecordedRun
) -> tuple[Artifact, SourceMap | None, str]:
    """Return what is evaluated, where it stands, and the name of that file."""
    identity = recorded.result.identity
    if options.journey is not None:
        path = existing_file(options.journey, "--journey")
        compiled, _ = compile_entry(find_journey(str(path), Path.cwd()))
        return compiled.artifact, compiled.source_map, compiled.shown
    if recorded.artifact is None:
        title = f"the artifact of run {identity.run_id}, `{identity.artifact}`, is not in the store"
        hint = "name the store with --store, or a journey file with --journey"
        raise ArtifactError(Diagnostic(code="RF602", title=title, hint=hint))
    return recorded.artifact, find_places(recorded.result), identity.file


def _check_step(options: Options, artifact: Artifact) -> None:
    ids = [step.id for step in (*artifact.steps, *artifact.finally_steps)]
    if options.step is not None and options.step not in ids:
        hint = name_hint(options.step, ids, what="Steps")
        title = f"the journey has no step `{options.step}`"
        raise UsageProblem(Diagnostic(code="RF801", title=title, hint=hint))


def _write(path: Path, found: Replay) -> None:
    from pytest_reqflo.report.replay import replay_json

    # Escapes keep lone surrogates, which JSON allows and UTF-8 does not.
    replace_file(path, [json.dumps(replay_json(found), indent=2), "\n"])


def _exit_code(found: Replay, *, is_strict: bool) -> ExitCode:
    if found.has_failed or (is_strict and found.is_undecided):
        return ExitCode.FAILED
    return ExitCode.NOTHING if found.is_empty else ExitCode.OK


COMMAND = Command(
    name="replay",
    summary="Evaluate a journey against the answers of a recorded run.",
    description=(
        "Nothing is sent and no secret is read: the assertions and outputs are evaluated against\n"
        "the last answer that each step got. Edit a check and see at once whether it would hold.\n"
        "What the record cannot tell, because it is masked or shortened there, is `undecidable`;\n"
        "a step that the recorded run did not have, or did not get an answer for, has no record.\n"
        "A request that was edited is not sent anew: a note says that its answer is the old one."
    ),
    examples=(
        "  reqflo replay run_0123456789abcdef0123456789abcdef --journey journeys/orders.journey.yaml\n"
        "  reqflo replay results.json --journey orders.journey.yaml --step create\n"
        "  reqflo replay results.json --run 2 --strict --output verdicts.json"
    ),
    exit_codes=(
        "exit codes: 0 nothing failed (checks may be undecidable, unless --strict), 1 a check failed\n"
        "or a file is wrong, 3 the database cannot be used, 4 wrong usage or no such run,\n"
        "5 the record has no answer to look at"
    ),
    add_arguments=_add_arguments,
    perform=_perform,
)
