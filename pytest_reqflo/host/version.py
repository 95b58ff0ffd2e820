"""The version of a journey: recorded in the store when its first item runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_reqflo.artifact.codec import to_bytes
from pytest_reqflo.artifact.store import ArtifactStore, VersionRecord
from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.values import digest_of

if TYPE_CHECKING:
    from pytest_reqflo.host.subject import Subject

UNKNOWN = "unknown"


def record_version(store: ArtifactStore, subject: Subject) -> Diagnostic | None:
    """Set the version of *subject*, storing its artifact; return a warning about the store.

    Shape: the version is ``unknown`` in a store that cannot be written.
    """
    if subject.version:
        return None
    try:
        _put(store, subject)
        subject.version = store.record_version(_record_of(subject)).version
    except OSError as error:
        subject.version = UNKNOWN
        title = f"the store {store.directory} cannot be written: {error.strerror or error}"
        hint = "the version of the journey stays unknown; --reqflo-store names another folder"
        return Diagnostic(code="RF603", title=title, hint=hint, severity="warning")
    return _warn_of_exposure(store)


def _put(store: ArtifactStore, subject: Subject) -> None:
    known = subject.known_digest
    if known and not subject.blobs and store.has_artifact(known):
        return
    # The digest is made of the bytes that are stored.
    content = to_bytes(subject.artifact)
    subject.know_digest(digest_of(content))
    store.put(subject.artifact, subject.blobs, content)


def _warn_of_exposure(store: ArtifactStore) -> Diagnostic | None:
    """Return RF604 once for a store that is not the user's own."""
    exposure = "" if store.is_exposure_told else store.find_exposure()
    if not exposure:
        return None
    store.is_exposure_told = True
    title = f"the store {store.directory} {exposure}"
    hint = f"run `chmod -R go= {store.directory}`, or let --reqflo-store name a folder of yours"
    return Diagnostic(code="RF604", title=title, hint=hint, severity="warning")


def find_version(store: ArtifactStore, subject: Subject) -> str:
    """Return the version of *subject* without recording it, ``unknown`` when it never ran."""
    if subject.version:
        return subject.version
    known = store.find_version(subject.artifact.journey_id, subject.digest)
    return known.version if known else UNKNOWN


def _record_of(subject: Subject) -> VersionRecord:
    return VersionRecord(
        journey_id=subject.artifact.journey_id,
        digest=subject.digest,
        name=subject.name,
        description=subject.compiled.head.description if subject.compiled else "",
        owner=subject.owner,
        tags=subject.tags,
        label=subject.label,
        file=subject.shown,
    )
