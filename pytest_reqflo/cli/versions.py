"""`reqflo versions`: the versions of a journey that the store knows."""

from __future__ import annotations

import argparse
from collections.abc import Iterable

from pytest_reqflo.artifact.codec import artifact_id
from pytest_reqflo.artifact.store import VersionRecord
from pytest_reqflo.cli.arguments import Command, ExitCode, Options, add_store_option
from pytest_reqflo.cli.find import find_nearby
from pytest_reqflo.cli.load import open_store
from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.errors import ArtifactError
from pytest_reqflo.values import printable


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("journey", help="path, name, id or jrn_ id of the journey")
    add_store_option(parser)


def _perform(options: Options) -> int:
    entry = find_nearby(options.journey)
    store = open_store(options.store, near=entry.path if entry else None)
    journey_id = entry.id if entry else store.find_journey(options.journey)
    records = store.versions(journey_id)
    if not records:
        title = f"journey `{journey_id}` has no version in {store.directory}"
        hint = "its first run records one"
        raise ArtifactError(Diagnostic(code="RF602", title=title, hint=hint))
    for line in version_lines(records):
        print(printable(line))
    return ExitCode.OK


def version_lines(records: Iterable[VersionRecord]) -> list[str]:
    """Return one line per version, the newest first: counter, artifact, label, name, owner."""
    rows = [
        (each.version, artifact_id(each.digest), each.label or "-", each.name, each.owner)
        for each in sorted(records, key=lambda each: -each.number)
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


COMMAND = Command(
    name="versions",
    summary="List the versions of a journey.",
    description=(
        "Each distinct definition that was run is a version, v1, v2 and so on, in the order in\n"
        "which this store met them. The third column is the author's own label."
    ),
    examples="  reqflo versions orders\n  reqflo versions jrn_1a2b3c4d --store /srv/reqflo",
    add_arguments=_add_arguments,
    perform=_perform,
)
