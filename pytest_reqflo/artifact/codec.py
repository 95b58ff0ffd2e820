"""Artifacts to canonical bytes and back, and the names made from their digest. Pure."""

from __future__ import annotations

from pytest_reqflo.artifact.model import ARTIFACT_FORMAT, Artifact
from pytest_reqflo.codec import CodecError, from_json, to_json
from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.errors import ArtifactError
from pytest_reqflo.values import Digest, Json, JsonProblem, canonical_json, digest_of, parse_json

ID_DIGITS = 12


def to_bytes(artifact: Artifact) -> bytes:
    """Return the one byte form of *artifact*: canonical JSON, defaults left out, format named."""
    return canonical_json(to_document(artifact))


def to_document(artifact: Artifact) -> Json:
    """Return *artifact* as JSON, defaults left out, format named."""
    return {**to_json(artifact), "format": artifact.format}


def from_bytes(content: bytes) -> Artifact:
    """Return the artifact that *content* holds.

    Raises: ArtifactError (RF601) when it is not an artifact of a format that this version reads.
    """
    try:
        document = parse_json(content)
    except JsonProblem as problem:
        raise _unusable(f"is not JSON: {problem}") from None
    if not isinstance(document, dict) or document.get("format") != ARTIFACT_FORMAT:
        found = document.get("format") if isinstance(document, dict) else None
        raise _unusable(f"has format {found!r}, this version reads {ARTIFACT_FORMAT}")
    try:
        return from_json(Artifact, document)
    except CodecError as problem:
        raise _unusable(f"has another shape: {problem}") from None


def artifact_digest(artifact: Artifact) -> Digest:
    """Return the address of *artifact*: the SHA-256 of its canonical bytes."""
    return digest_of(to_bytes(artifact))


def artifact_id(digest: Digest) -> str:
    """Return the short name of an artifact: ``artifact_`` and twelve digits of its digest."""
    return f"artifact_{digest[:ID_DIGITS]}"


def journey_short_id(journey_id: str) -> str:
    """Return the other name of a journey: ``jrn_`` and eight digits of the digest of its id."""
    return f"jrn_{digest_of(journey_id.encode('utf-8', errors='surrogatepass'))[:8]}"


def _unusable(reason: str) -> ArtifactError:
    return ArtifactError(Diagnostic(code="RF601", title=f"the artifact {reason}"))
