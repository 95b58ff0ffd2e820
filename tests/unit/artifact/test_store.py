from __future__ import annotations

import json
import multiprocessing
import os
import stat

import pytest
from storing import make, race, record

from pytest_reqflo.artifact.codec import artifact_digest, artifact_id, to_bytes
from pytest_reqflo.artifact.model import Artifact
from pytest_reqflo.artifact.store import ArtifactStore
from pytest_reqflo.errors import ArtifactError
from pytest_reqflo.values import Digest, digest_of


@pytest.fixture
def store(tmp_path):
    return ArtifactStore(tmp_path / ".reqflo")


def code_of(caught):
    (diagnostic,) = caught.value.diagnostics
    return diagnostic.code


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_what_was_put_is_loaded_by_id_digest_and_prefix(store):
    artifact = make("orders", b"body")
    path = store.put(artifact, {digest_of(b"body"): b"body"})
    digest = artifact_digest(artifact)
    assert path == store.directory / "artifacts" / f"{artifact_id(digest)}.json"
    for name in (artifact_id(digest), digest, digest[:12], f"artifact_{digest[:6]}"):
        assert store.load(name) == (artifact, digest)
    assert store.load_blobs(artifact) == {digest_of(b"body"): b"body"}


def test_the_store_is_private_read_only_and_ignored_by_git(store):
    path = store.put(make("orders", b"body"), {digest_of(b"body"): b"body"})
    store.record_version(record(1))
    assert mode_of(store.directory) == 0o700
    assert mode_of(path) == 0o400
    assert {mode_of(each) for each in store.directory.glob("*/*") if each.is_file()} == {0o400}
    assert (store.directory / ".gitignore").read_text() == "*\n"


def test_an_artifact_is_written_once(store):
    assert not store.has_artifact(artifact_digest(make()))
    path = store.put(make(), {})
    before = path.stat()
    assert store.has_artifact(artifact_digest(make()))
    store.put(make(), {})
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"\xff", b'{"format":1,"journey_id":"other","steps":[]}'],
)
def test_an_altered_artifact_is_refused(store, content):
    path = store.put(make(), {})
    path.unlink()
    path.write_bytes(content)
    with pytest.raises(ArtifactError) as caught:
        store.load(path.stem)
    assert code_of(caught) == "RF601"


def test_an_artifact_whose_bytes_are_right_but_not_canonical_is_refused(store):
    path = store.put(make(), {})
    spaced = json.dumps(json.loads(path.read_bytes())).encode()
    path.unlink()
    path.write_bytes(spaced)
    with pytest.raises(ArtifactError) as caught:
        store.load(path.stem)
    assert code_of(caught) == "RF601"


def test_a_missing_or_altered_blob_is_refused(store):
    artifact = make("orders", b"body")
    store.put(artifact, {digest_of(b"body"): b"body"})
    (blob,) = (store.directory / "blobs").iterdir()
    blob.unlink()
    with pytest.raises(ArtifactError) as missing:
        store.load_blobs(artifact)
    blob.write_bytes(b"other")
    with pytest.raises(ArtifactError) as altered:
        store.load_blobs(artifact)
    assert (code_of(missing), code_of(altered)) == ("RF601", "RF601")


def test_blobs_named_like_paths_read_nothing_outside_of_the_store(store, tmp_path):
    (tmp_path / "outside").write_bytes(b"x")
    artifact = Artifact(journey_id="a", steps=(), blobs=(Digest("../../outside"),))
    with pytest.raises(ArtifactError) as caught:
        store.load_blobs(artifact)
    assert code_of(caught) == "RF601"


@pytest.mark.parametrize("name", ["artifact_0123456789ab", "", "../x", "artifact_zz", "abc", "é\0"])
def test_an_unknown_name_is_refused_with_our_error(store, name):
    store.put(make(), {})
    with pytest.raises(ArtifactError) as caught:
        store.load(name)
    assert code_of(caught) == "RF602"


def test_a_prefix_of_several_artifacts_names_them(store):
    names = sorted(store.put(make(f"j{number}"), {}).stem for number in range(400))
    heads = [name.removeprefix("artifact_")[:4] for name in names]
    head = next((each for each in heads if heads.count(each) > 1), None)
    if head is None:  # the digests are fixed, so this is decided once and for all
        (store.directory / "artifacts" / f"{names[0][:13]}00000000.json").write_bytes(b"{}")
        head = names[0].removeprefix("artifact_")[:4]
    with pytest.raises(ArtifactError) as caught:
        store.load(head)
    assert code_of(caught) == "RF602"
    assert "2 artifacts" in str(caught.value)


def test_versions_count_distinct_definitions_and_return_with_them(store):
    versions = [store.record_version(record(number)).version for number in (1, 2, 1, 3, 2)]
    assert versions == ["v1", "v2", "v1", "v3", "v2"]
    assert [each.version for each in store.versions("orders")] == ["v1", "v2", "v3"]
    assert store.find_version("orders", digest_of(b"2")).version == "v2"
    assert store.find_version("orders", digest_of(b"9")) is None
    assert store.versions("never") == ()


def test_versions_of_journeys_do_not_mix(store):
    assert store.record_version(record(1, "a")).version == "v1"
    assert store.record_version(record(2, "b")).version == "v1"
    assert store.journey_ids() == ("a", "b")


def test_a_version_is_found_by_id_short_id_and_name(store):
    from pytest_reqflo.artifact.codec import journey_short_id

    store.record_version(record(1, label="1.0"))
    newest = store.record_version(record(2))
    for name in ("orders", "Orders", journey_short_id("orders")):
        assert store.find_journey(name) == "orders"
        assert store.load_version(name) == newest
    assert store.load_version("orders@v1").label == "1.0"


@pytest.mark.parametrize("name", ["ordres", "orders@v9", "orders@", "@v1", "..@v1", "orders@1"])
def test_a_version_that_is_not_there_is_refused_with_our_error(store, name):
    store.record_version(record(1))
    if name == "orders@":
        assert store.load_version(name).version == "v1"
        return
    with pytest.raises(ArtifactError) as caught:
        store.load_version(name)
    assert code_of(caught) == "RF602"


def test_a_damaged_version_record_does_not_stop_the_counting(store):
    store.record_version(record(1))
    store.record_version(record(2))
    path = store.directory / "versions" / "orders" / "v2.json"
    path.unlink()
    path.write_bytes(b"\xff{")
    assert [each.version for each in store.versions("orders")] == ["v1"]
    assert store.record_version(record(3)).version == "v3"


def test_a_store_that_cannot_be_written_is_an_os_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    store = ArtifactStore(tmp_path / "file" / "store")
    with pytest.raises(OSError, match="file"):
        store.put(make(), {})
    with pytest.raises(OSError, match="file"):
        store.record_version(record(1))


def test_processes_that_race_agree_on_artifacts_and_versions(tmp_path):
    """Every process sees the same number for a definition, and no number is given twice or skipped."""
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(4), context.Queue()
    directory = tmp_path / "store"
    orders = [list(range(12)), list(range(11, -1, -1)), [*range(6, 12), *range(6)], list(range(12))]
    workers = [
        context.Process(target=race, args=(directory, barrier, order, results)) for order in orders
    ]
    for worker in workers:
        worker.start()
    seen = [results.get(timeout=60) for _ in range(48)]
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0, 0, 0]
    assert len(set(seen)) == 12
    assert {version for _, version in seen} == {f"v{number}" for number in range(1, 13)}
    store = ArtifactStore(directory)
    assert [each.number for each in store.versions("orders")] == list(range(1, 13))
    for number in range(12):
        artifact = make(f"j{number}", b"shared")
        assert store.load(artifact_digest(artifact))[0] == artifact
    left_over = [path for path in directory.rglob(".*") if path.name != ".gitignore"]
    assert left_over == []


def test_a_symbolic_link_in_place_of_an_artifact_is_not_written_through(store, tmp_path):
    artifact = make()
    path = store.artifact_path(artifact_digest(artifact))
    path.parent.mkdir(parents=True)
    os.symlink(tmp_path / "elsewhere", path)
    store.put(artifact, {})
    assert not (tmp_path / "elsewhere").exists()
    assert not os.path.lexists(tmp_path / "elsewhere")


def test_bytes_in_the_store_are_those_of_the_digest(store):
    artifact = make()
    assert store.put(artifact, {}).read_bytes() == to_bytes(artifact)
