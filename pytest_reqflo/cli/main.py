"""Arguments of the `reqflo` command to an exit code; no mistake of a user ends in a traceback."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence

from pytest_reqflo.cli import (
    cancel,
    check,
    compile_file,
    db,
    diff,
    env,
    explain,
    history,
    init,
    prune,
    replay,
    rerun,
    resume,
    run,
    schedule,
    schema,
    secrets,
    show,
    status,
    ui,
    verify,
    versions,
    worker,
)
from pytest_reqflo.cli.arguments import EXIT_CODES, Command, Parser
from pytest_reqflo.cli.arguments import ExitCode as Exit
from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.errors import ArtifactError, EngineError, ReqfloError, UsageProblem
from pytest_reqflo.values import printable

COMMANDS: tuple[Command, ...] = (
    run.COMMAND,
    check.COMMAND,
    explain.COMMAND,
    compile_file.COMMAND,
    versions.COMMAND,
    show.COMMAND,
    diff.COMMAND,
    status.COMMAND,
    history.COMMAND,
    ui.COMMAND,
    resume.COMMAND,
    rerun.COMMAND,
    replay.COMMAND,
    cancel.COMMAND,
    verify.COMMAND,
    prune.COMMAND,
    schema.COMMAND,
    init.COMMAND,
    db.COMMAND,
    env.COMMAND,
    secrets.COMMAND,
    worker.COMMAND,
    schedule.COMMAND,
)


_ASKED_WRONGLY = frozenset({"RF618", "RF619", "RF620", "RF621", "RF625"})
"""Problems of what was to be written to a store that itself can be used."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with *argv* (default: those of the process) and return its exit code."""
    _make_streams_safe()
    arguments, extra = _split(sys.argv[1:] if argv is None else list(argv))
    try:
        options = make_parser().parse_args(arguments)
        if extra is not None and not options.takes_extra:
            raise UsageProblem(
                Diagnostic(code="RF801", title="only `reqflo run` passes arguments on after `--`")
            )
        options.extra = extra or []
        code = options.perform(options)
        sys.stdout.flush()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else Exit.OK
    except ReqfloError as error:
        return _refuse(error)
    except BrokenPipeError:
        # The reader has gone; the interpreter's own flush at exit must not complain about it.
        _point_stdout_at_nothing()
        return Exit.OK
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return Exit.INTERRUPTED
    except OSError as error:
        return _refuse(UsageProblem(_os_problem(error)))
    return int(code)


def make_parser() -> Parser:
    """Return the parser of all subcommands."""
    parser = Parser(
        prog="reqflo",
        description="Check, run and compare API journeys written in YAML.",
        epilog=f"{EXIT_CODES}\n\n`reqflo COMMAND --help` explains a command.",
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True, title="commands")
    for command in COMMANDS:
        child = commands.add_parser(
            command.name,
            help=command.summary,
            description=f"{command.summary}\n\n{command.description}".strip(),
            epilog=f"examples:\n{command.examples}\n\n{command.exit_codes or EXIT_CODES}",
        )
        command.add_arguments(child)
        child.set_defaults(perform=command.perform, takes_extra=command.takes_extra)
    return parser


def _split(argv: list[str]) -> tuple[list[str], list[str] | None]:
    if "--" not in argv:
        return argv, None
    at = argv.index("--")
    return argv[:at], argv[at + 1 :]


def _refuse(error: ReqfloError) -> Exit:
    print(str(error), file=sys.stderr)
    if isinstance(error, EngineError) and error.diagnostics[0].code not in _ASKED_WRONGLY:
        return Exit.INTERNAL
    is_usage = isinstance(error, (UsageProblem, ArtifactError))
    return Exit.USAGE if is_usage else Exit.FAILED


def _os_problem(error: OSError) -> Diagnostic:
    name = printable(os.fsdecode(error.filename)) if error.filename else ""
    reason = (error.strerror or type(error).__name__).lower()
    return Diagnostic(code="RF801", title=f"{name}: {reason}" if name else reason)


def _make_streams_safe() -> None:
    """Show what the terminal's encoding lacks as escapes instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _point_stdout_at_nothing() -> None:
    nothing = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, sys.stdout.fileno())
    except (OSError, ValueError):
        pass
    finally:
        os.close(nothing)
