"""Rows of runs without running anything."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

from pytest_reqflo.artifact.codec import artifact_digest
from pytest_reqflo.artifact.model import Artifact
from pytest_reqflo.codec import to_json
from pytest_reqflo.engine.durable.database import open_sqlite
from pytest_reqflo.engine.durable.guards import create_tables
from pytest_reqflo.engine.durable.records import Records, RunOrder
from pytest_reqflo.plan.model import RunRequest
from pytest_reqflo.result import RunIdentity

ARTIFACT = Artifact(journey_id="orders", steps=())


@contextlib.contextmanager
def records_in(folder: Path) -> Iterator[Records]:
    """Give the records of a new store in *folder*."""
    with contextlib.closing(open_sqlite(folder / "runs.db")) as database:
        create_tables(database)
        yield Records(database)


def order(run_id: str, **changes: object) -> RunOrder:
    """Return a run to be registered."""
    digest = artifact_digest(ARTIFACT)
    identity = RunIdentity(
        run_id=run_id, journey_id="orders", journey_name="Orders", artifact="artifact_1"
    )
    request = RunRequest(artifact=digest, identity=identity, environment="local")
    values = {
        "run_id": run_id,
        "artifact": digest,
        "journey_id": "orders",
        "environment": "local",
        "request": json.dumps(to_json(request)),
        "given": "",
        "inputs_digest": "",
        "batch_id": "batch_1",
        "trigger": "pytest",
    }
    return RunOrder(**{**values, **changes})  # type: ignore[arg-type]
