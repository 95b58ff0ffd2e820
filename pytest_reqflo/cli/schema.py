"""`reqflo schema`: the JSON Schemas of the file formats, for editors and for readers of results."""

from __future__ import annotations

import argparse

from pytest_reqflo.cli.arguments import Command, ExitCode, Options
from pytest_reqflo.cli.output import write_bytes

KINDS = ("journey", "environment", "preset", "overlay", "template", "result")
"""Written out here so that ``--help`` of another command loads no models."""


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--kind", choices=KINDS, default=KINDS[0], help="which document (default: journey)"
    )


def _perform(options: Options) -> int:
    from pytest_reqflo.syntax.schema import schema_bytes

    write_bytes(schema_bytes(options.kind))
    return ExitCode.OK


COMMAND = Command(
    name="schema",
    summary="Print the JSON Schema of a kind of file.",
    description=(
        "Editors complete and check journey files with it. Begin a file with\n"
        "  # yaml-language-server: $schema=journey.schema.json"
    ),
    examples=(
        "  reqflo schema > journey.schema.json\n"
        "  reqflo schema --kind environment > environment.schema.json"
    ),
    add_arguments=_add_arguments,
    perform=_perform,
)
