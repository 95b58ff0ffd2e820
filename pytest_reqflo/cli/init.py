"""`reqflo init`: writes a small project that passes at once; overwrites nothing."""

from __future__ import annotations

import argparse
import importlib.resources
import os
from collections.abc import Iterator, Mapping
from importlib.resources.abc import Traversable
from pathlib import Path

from pytest_reqflo.cli.arguments import Command, ExitCode, Options
from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.errors import UsageProblem


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder", nargs="?", type=Path, default=Path(), metavar="DIR", help="default: here"
    )


def _perform(options: Options) -> int:
    folder: Path = options.folder
    files = starter_files()
    _refuse_overwriting(folder, files)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(content)
        print(f"wrote {path}")
    enter = "" if folder.resolve() == Path.cwd() else f"cd {folder}\n  "
    print(f"\nNow run\n  {enter}pytest")
    return ExitCode.OK


def starter_files() -> Mapping[str, bytes]:
    """Return the files of the project by their path in it."""
    return dict(_read(importlib.resources.files("pytest_reqflo.cli") / "starter", ""))


def _read(folder: Traversable, prefix: str) -> Iterator[tuple[str, bytes]]:
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        if entry.is_dir():
            yield from _read(entry, f"{prefix}{entry.name}/")
        else:
            # A conftest.py in the package would be one: it carries another suffix there.
            yield prefix + entry.name.removesuffix(".txt"), entry.read_bytes()


def _refuse_overwriting(folder: Path, files: Mapping[str, bytes]) -> None:
    taken = [name for name in files if os.path.lexists(folder / name)]
    if taken:
        title = f"`{folder}` already has {', '.join(taken)}; nothing was written"
        hint = "name a new folder: reqflo init shop"
        raise UsageProblem(Diagnostic(code="RF801", title=title, hint=hint))


COMMAND = Command(
    name="init",
    summary="Write a small working project.",
    description=(
        "A journey with two cases, an environment, a template, and a conftest.py that starts a\n"
        "demonstration server on a free port. `pytest` passes at once. Nothing is overwritten."
    ),
    examples="  reqflo init shop\n  cd shop && pytest",
    add_arguments=_add_arguments,
    perform=_perform,
)
