"""What all subcommands share: their description, the parser, exit codes, common options."""

from __future__ import annotations

import argparse
import enum
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.errors import UsageProblem
from pytest_reqflo.frozen import dataclass


class ExitCode(enum.IntEnum):
    """The exit codes of pytest, which every subcommand keeps."""

    OK = 0
    FAILED = 1
    INTERRUPTED = 2
    INTERNAL = 3
    USAGE = 4
    NOTHING = 5


EXIT_CODES = (
    "exit codes: 0 all well, 1 something failed or was found, 2 interrupted or not collected,\n"
    "3 internal error, 4 wrong usage, 5 nothing there to do"
)

Options = argparse.Namespace


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One subcommand; *summary* is a sentence, *examples* are command lines, indented by two.

    Shape: *actions* are the words that may follow its name, each with a help of its own.
    """

    name: str
    summary: str
    description: str
    examples: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    perform: Callable[[Options], int]
    actions: tuple[str, ...] = ()
    exit_codes: str = ""
    takes_extra: bool = False


class Parser(argparse.ArgumentParser):
    """A parser that keeps the line breaks of help texts and raises our own usage problem."""

    def __init__(self, **options: object) -> None:
        options.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        options["allow_abbrev"] = False
        super().__init__(**options)  # type: ignore[arg-type]

    def error(self, message: str) -> NoReturn:
        """Raise UsageProblem instead of printing and leaving."""
        hint = f"see `{self.prog} --help`"
        raise UsageProblem(Diagnostic(code="RF801", title=message, hint=hint))


def add_store_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--store``."""
    parser.add_argument(
        "--store",
        type=Path,
        metavar="DIR",
        help="folder of artifacts and versions (default: .reqflo in pytest's rootdir)",
    )


def add_value_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose environment, cases and values."""
    parser.add_argument("--env", metavar="NAME", help="environment to use (default: the only one)")
    parser.add_argument(
        "--case",
        action="append",
        default=[],
        metavar="NAME",
        help="case to use, by its exact name; repeatable",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="value of a run input or variable; repeatable",
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="FILE",
        help="CSV, JSON or JSONL rows in place of the journey's own",
    )


def read_sets(texts: list[str]) -> tuple[tuple[str, str], ...]:
    """Return the names and texts of ``--set``. Raises: UsageProblem RF801."""
    return tuple(_read_set(text) for text in texts)


def _read_set(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name.strip():
        # The text is not shown: it may be a value whose name was forgotten.
        hint = "write --set customer_id=c-1"
        raise UsageProblem(Diagnostic(code="RF801", title="--set: one is not KEY=VALUE", hint=hint))
    return name.strip(), value


def existing_file(path: Path, option: str) -> Path:
    """Return *path*. Raises: UsageProblem RF801 when it is no file."""
    try:
        is_file = path.is_file()
    except (OSError, ValueError):
        is_file = False
    if not is_file:
        raise UsageProblem(Diagnostic(code="RF801", title=f"{option}: `{path}` is no file"))
    return path
