"""A compiled journey to the text that is kept of it, and back. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pytest_reqflo.artifact.codec import to_document
from pytest_reqflo.artifact.model import Artifact
from pytest_reqflo.codec import CodecError, from_json, to_json
from pytest_reqflo.compile.head import JourneyHead
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.values import Digest


@dataclass(frozen=True, slots=True)
class JourneyRecord:
    """What is kept of a compiled journey.

    Shape: *artifact* is its document as text, in the order of the author, *digest* its address; *lines*
        are those (from 1) of the outer parts of the file; *library* holds the state of each kind of
        files of the library that compiling asked for.
    """

    head: JourneyHead
    artifact: str
    digest: Digest
    lines: Mapping[str, int]
    library: Mapping[str, Digest]


def write_record(record: JourneyRecord) -> str:
    """Return *record* as text: what is told of the journey, and its artifact as it is."""
    told = {name: item for name, item in to_json(record).items() if name != "artifact"}
    return f"{json.dumps(told, allow_nan=False)}\n{record.artifact}"


def write_artifact(artifact: Artifact) -> str:
    """Return the document of *artifact* as text."""
    # No canonical JSON: bodies and headers are sent in the order in which they were written.
    return json.dumps(to_document(artifact), allow_nan=False)


def read_record(text: str) -> JourneyRecord | None:
    """Return the record that *text* holds, None for any other text."""
    try:
        # JSON on one line: it holds no line feed.
        told, _, artifact = text.partition("\n")
        document = json.loads(told)
        head = from_json(JourneyHead, document["head"])
        return JourneyRecord(
            head, artifact, document["digest"], document["lines"], document["library"]
        )
    except (ValueError, TypeError, KeyError, RecursionError, CodecError):
        return None
