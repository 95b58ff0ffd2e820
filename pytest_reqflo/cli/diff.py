"""`reqflo diff`: the difference in meaning between two journeys, versions or artifacts."""

from __future__ import annotations

import argparse

from pytest_reqflo.cli.arguments import Command, ExitCode, Options, add_store_option
from pytest_reqflo.cli.load import load_artifact
from pytest_reqflo.values import printable


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    what = "path, journey, NAME@VERSION or artifact id"
    parser.add_argument("before", metavar="A", help=f"{what} of the one")
    parser.add_argument("after", metavar="B", help=f"{what} of the other")
    add_store_option(parser)


def _perform(options: Options) -> int:
    from pytest_reqflo.artifact.difference import diff_artifacts

    before = load_artifact(options.before, options.store)
    after = load_artifact(options.after, options.store)
    if before.digest == after.digest:
        print("no difference in meaning")
        return ExitCode.OK
    for line in diff_artifacts(before.artifact, after.artifact):
        print(printable(line))
    return ExitCode.FAILED


COMMAND = Command(
    name="diff",
    summary="Show what differs in meaning between two versions of a journey.",
    description="Comments, key order, names of people and folders make no difference.",
    examples=(
        "  reqflo diff orders@v1 orders@v2\n"
        "  reqflo diff orders@v2 journeys/orders.journey.yaml\n"
        "  reqflo diff artifact_0123456789ab artifact_ba9876543210"
    ),
    exit_codes="exit codes: 0 the same, 1 they differ, 4 wrong usage or not found",
    add_arguments=_add_arguments,
    perform=_perform,
)
