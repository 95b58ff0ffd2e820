"""T21: an artifact runs only as it was stored; whatever was altered is refused before anything is sent."""

from __future__ import annotations

import json
import os
import shutil

import pytest
from servers import ScriptedServer, reply
from threats import Target

from pytest_reqflo.values import canonical_json, digest_of

TAMPERS = (
    "other_url",
    "cut",
    "one_more_blank",
    "pipe",
    "other_blob",
    "swapped",
    "link",
    "no_blob",
)
IDS = ("../../../x", "/etc", "a\0b", "..", "\ud800", "x" * 5_000)
RECORDS = (b"", b"\xff", b"[" * 50_000, b'{"journey_id": 1}', b'{"journey_id": "x"', None)


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """A project whose journeys ran once, so that each has an artifact and a blob of its own."""
    path = tmp_path_factory.mktemp("t21") / "project"
    path.mkdir()
    with ScriptedServer(lambda request, connection: reply(200, b"{}")) as server:
        target = Target(path, server.url)
        for name in ("good", *TAMPERS):
            target.write(f"{name}.bin", f"body of {name}".encode())
            request = {"method": "POST", "url": f"/{name}", "body_file": f"{name}.bin"}
            target.journey(name, {"id": name, "request": request}, id=name)
        assert target.attack().code == 0
        yield target, server


@pytest.fixture
def stored(ran, tmp_path):
    """A copy of that project, its server, and artifact and blob by the id of the journey."""
    target, server = ran
    server.requests.clear()
    shutil.copytree(target.path, tmp_path / "project", symlinks=True)
    copy = Target(tmp_path / "project", server.url)
    store = copy.path / ".reqflo"
    found = {}
    for path in (store / "artifacts").iterdir():
        artifact = json.loads(path.read_bytes())
        found[artifact["journey_id"]] = (path, store / "blobs" / artifact["blobs"][0])
    return copy, server, found


def _replace(path, content: bytes) -> None:
    path.unlink()
    path.write_bytes(content)


def _other_url(artifact, blob) -> None:
    _replace(artifact, artifact.read_bytes().replace(b'"POST"', b'"PUT"'))


def _cut(artifact, blob) -> None:
    _replace(artifact, artifact.read_bytes()[:-1])


def _one_more_blank(artifact, blob) -> None:
    _replace(artifact, artifact.read_bytes() + b"\n")


def _pipe(artifact, blob) -> None:
    blob.unlink()
    os.mkfifo(blob)


def _other_blob(artifact, blob) -> None:
    _replace(blob, b"evil body")


def _swapped(artifact, blob) -> None:
    content = artifact.read_bytes()
    _replace(artifact, blob.read_bytes())
    _replace(blob, content)


def _link(artifact, blob) -> None:
    outside = artifact.parents[2] / "outside.json"
    outside.write_bytes(artifact.read_bytes().replace(b'"POST"', b'"PUT"'))
    artifact.unlink()
    artifact.symlink_to(outside)


def _no_blob(artifact, blob) -> None:
    blob.unlink()


TAMPER = {name: globals()[f"_{name}"] for name in TAMPERS}


def test_what_was_altered_is_refused_and_sends_nothing(stored) -> None:
    target, server, found = stored
    for name, tamper in TAMPER.items():
        tamper(*found[name])
    paths = [str(path.relative_to(target.path)) for path, _ in found.values()]
    result = target.attack("--continue-on-collection-errors", *paths)
    assert len(found) == len(TAMPERS) + 1
    assert result.text.count("error[RF601]") == len(TAMPERS)
    assert sorted(result.reasons.values()) == ["", *["collection failure"] * len(TAMPERS)]
    assert [each.body for each in server.requests] == [b"body of good"]


def test_an_artifact_made_by_hand_reads_and_writes_nothing_outside_of_the_store(stored) -> None:
    """A digest proves that nothing was altered, not who made it."""
    target, _, found = stored
    artifact, _ = found["good"]
    document = json.loads(artifact.read_bytes())
    names = []
    for id in IDS:
        content = canonical_json({**document, "journey_id": id})
        made = artifact.with_name(f"artifact_{digest_of(content)[:12]}.json")
        made.write_bytes(content)
        names.append(str(made.relative_to(target.path)))
    (target.path / "junit.xml").unlink()
    before = set(target.path.parent.rglob("*"))
    target.attack(*names)
    made_now = {*target.path.parent.rglob("*")} - before
    assert {path.name for path in made_now} == {"junit.xml"}


def test_a_damaged_record_of_a_version_is_no_version_and_no_defect(stored) -> None:
    target, _, found = stored
    records = sorted((target.path / ".reqflo" / "versions").rglob("v1.json"))
    for record, content in zip(records, RECORDS, strict=False):
        record.unlink()
        if content is None:
            os.mkfifo(record)
        else:
            record.write_bytes(content)
    assert target.attack("--reqflo-output=out.json").code == 0
    versions = [each["identity"]["version"] for each in target.results().values()]
    assert sorted(versions) == ["v1"] * (len(found) - len(RECORDS)) + ["v2"] * len(RECORDS)
