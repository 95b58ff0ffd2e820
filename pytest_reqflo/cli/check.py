"""`reqflo check`: the static Run check of journey files, without network, secrets or pytest."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_reqflo.cli.arguments import Command, ExitCode, Options
from pytest_reqflo.cli.find import find_journey_files
from pytest_reqflo.cli.load import shown_path
from pytest_reqflo.cli.settings import load_settings
from pytest_reqflo.diagnostic import Diagnostic, render_diagnostic
from pytest_reqflo.errors import JourneyError, UsageProblem
from pytest_reqflo.values import Json

if TYPE_CHECKING:
    from pytest_reqflo.compile.project import Project
    from pytest_reqflo.syntax.library import Library


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths", nargs="*", type=Path, metavar="PATH", help="files and folders (default: here)"
    )
    parser.add_argument("--json", action="store_true", help="print the findings as a JSON list")


def _perform(options: Options) -> int:
    paths = options.paths or [Path()]
    for path in paths:
        if not path.exists():
            raise UsageProblem(Diagnostic(code="RF802", title=f"`{path}` does not exist"))
    files = list(find_journey_files(paths))
    found = list(check_files(files))
    if options.json:
        print(json.dumps([_to_json(item) for item in found], indent=2))
    else:
        _print_report(found, len(files))
    if any(item.severity == "error" for item in found):
        return ExitCode.FAILED
    return ExitCode.OK if files else ExitCode.NOTHING


def check_files(files: Iterable[Path]) -> Iterator[Diagnostic]:
    """Yield what is wrong with journey *files*, and once per root with the files beside them."""
    projects: dict[Path, Project] = {}
    seen: set[str] = set()
    for path in files:
        for diagnostic in _check_file(path, projects):
            # A broken template is met by each journey that uses it.
            if (text := render_diagnostic(diagnostic)) not in seen:
                seen.add(text)
                yield diagnostic


def _check_file(path: Path, projects: dict[Path, Project]) -> Iterator[Diagnostic]:
    from pytest_reqflo.plan.items import Selection, make_items

    try:
        compiled = _project_of(path, projects).compile_file(path.absolute(), shown_path(path))
        yield from compiled.warnings
        make_items(compiled, Selection())
    except JourneyError as error:
        yield from error.diagnostics
    else:
        yield from _check_library(compiled.library)


def _project_of(path: Path, projects: dict[Path, Project]) -> Project:
    from pytest_reqflo.compile.project import Project

    settings = load_settings(path.absolute())
    if settings.rootdir not in projects:
        projects[settings.rootdir] = Project(
            settings.rootdir, configured_root=settings.root, adhoc=settings.adhoc
        )
    return projects[settings.rootdir]


def _check_library(library: Library) -> Iterator[Diagnostic]:
    kinds: tuple[Callable[[], object], ...] = (
        library.environment_names,
        library.templates,
        lambda: library.presets,
        lambda: library.overlays,
    )
    for load in kinds:
        try:
            load()
        except JourneyError as error:
            yield from error.diagnostics


def _print_report(found: list[Diagnostic], file_count: int) -> None:
    for diagnostic in found:
        print(render_diagnostic(diagnostic), end="\n\n")
    errors = sum(item.severity == "error" for item in found)
    print(
        f"{_count(file_count, 'journey')} checked: {_count(errors, 'error')}, "
        f"{_count(len(found) - errors, 'warning')}"
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _to_json(diagnostic: Diagnostic) -> Json:
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.title,
        "notes": list(diagnostic.notes),
        "hint": diagnostic.hint,
        "places": [
            {
                "file": label.span.file,
                "line": label.span.start.line,
                "column": label.span.start.column,
                "end_line": label.span.end.line,
                "end_column": label.span.end.column,
                "text": label.text,
            }
            for label in diagnostic.labels
        ],
    }


COMMAND = Command(
    name="check",
    summary="Check journeys without running them.",
    description=(
        "Every problem that can be known without a network, secrets or values is shown with file,\n"
        "line and column: unknown keys, references to nothing, bad JSONPath, rows of wrong types."
    ),
    examples="  reqflo check\n  reqflo check journeys tickets.journey.yaml\n  reqflo check --json",
    exit_codes=(
        "exit codes: 0 no errors (there may be warnings), 1 errors were found, 4 wrong usage,\n"
        "5 no journey was found"
    ),
    add_arguments=_add_arguments,
    perform=_perform,
)
