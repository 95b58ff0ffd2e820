"""`reqflo compile`: what a journey file is compiled to, and under which names it is known."""

from __future__ import annotations

import argparse

from pytest_reqflo.artifact.codec import artifact_id, journey_short_id, to_bytes
from pytest_reqflo.cli.arguments import Command, ExitCode, Options, add_store_option
from pytest_reqflo.cli.load import Found, load_artifact
from pytest_reqflo.cli.output import write_bytes


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("journey", help="path, name or id of the journey")
    parser.add_argument(
        "--print", action="store_true", help="print the artifact itself: canonical JSON"
    )
    add_store_option(parser)


def _perform(options: Options) -> int:
    found = load_artifact(options.journey, options.store)
    if options.print:
        write_canonical(found)
    else:
        print("\n".join(summary_lines(found)))
    return ExitCode.OK


def write_canonical(found: Found) -> None:
    """Write the bytes whose SHA-256 is the artifact's digest, and nothing else."""
    write_bytes(to_bytes(found.artifact))


def summary_lines(found: Found) -> list[str]:
    """Return the names of an artifact, one a line."""
    journey_id = found.artifact.journey_id
    record = found.store.find_version(journey_id, found.digest)
    return [
        f"journey   {journey_id} ({journey_short_id(journey_id)})",
        f"version   {record.version if record else 'not recorded yet; the first run does it'}",
        f"artifact  {artifact_id(found.digest)}",
        f"digest    {found.digest}",
    ]


COMMAND = Command(
    name="compile",
    summary="Compile a journey and show the names of its artifact.",
    description=(
        "Comments, key order and names of people change nothing: the same meaning has the same\n"
        "digest. Nothing is written."
    ),
    examples=(
        "  reqflo compile journeys/orders.journey.yaml\n"
        "  reqflo compile orders --print | python -m json.tool"
    ),
    add_arguments=_add_arguments,
    perform=_perform,
)
