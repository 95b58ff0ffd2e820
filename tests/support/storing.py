"""Artifacts and versions to store, and a process that stores them against others."""

from __future__ import annotations

from pytest_reqflo.artifact.model import Artifact
from pytest_reqflo.artifact.store import ArtifactStore, VersionRecord
from pytest_reqflo.values import digest_of


def make(name="orders", *blobs):
    return Artifact(journey_id=name, steps=(), blobs=tuple(sorted(map(digest_of, blobs))))


def record(number, journey="orders", **others):
    return VersionRecord(
        journey_id=journey, digest=digest_of(str(number).encode()), **{"name": "Orders", **others}
    )


def race(directory, barrier, wanted, results):
    store = ArtifactStore(directory)
    barrier.wait(60)
    for number in wanted:
        store.put(make(f"j{number}", b"shared"), {digest_of(b"shared"): b"shared"})
        results.put((number, store.record_version(record(number)).version))
