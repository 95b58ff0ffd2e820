"""The records of runs on disk: written whole, read with mistrust, removed when they are old."""

from __future__ import annotations

import fcntl
import json
import os
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import jsonschema
import pytest

from pytest_reqflo.errors import EngineError
from pytest_reqflo.evidence.model import Body, Exchange, RequestRecord, ResponseRecord
from pytest_reqflo.evidence_store.bodies import HEAD, MAX_INLINE
from pytest_reqflo.evidence_store.keep import Keep
from pytest_reqflo.evidence_store.layout import make_session_id
from pytest_reqflo.evidence_store.prune import find_prunable, remove_runs
from pytest_reqflo.evidence_store.read import (
    find_faults,
    find_runs,
    list_all_runs,
    list_sessions,
    load_document,
    load_log,
    load_run,
)
from pytest_reqflo.evidence_store.write import SessionWriter
from pytest_reqflo.result import JourneyResult, RunIdentity, StepResult, TryResult
from pytest_reqflo.syntax.schema import schema_path

NOW = datetime(2026, 11, 27, 9, 15, tzinfo=UTC)
SESSION = make_session_id(NOW, "1a2b3c4d")
LARGE = "é\ud800" + "x" * MAX_INLINE


def run_id(number: int) -> str:
    return f"run_{number:032x}"


def result_of(number: int = 1, *bodies: Body) -> JourneyResult:
    exchanges = tuple(
        Exchange(
            request=RequestRecord(method="POST", url="http://x", body=body),
            response=ResponseRecord(status=200, body=body),
        )
        for body in bodies
    )
    step = StepResult(
        id="a", name="A", pointer="/steps/0", outcome="failed",
        tries=(TryResult(number=1, outcome="failed", exchanges=exchanges),),
    )  # fmt: skip
    identity = RunIdentity(
        run_id=run_id(number), journey_id="j", journey_name="J", artifact="artifact_0123456789ab"
    )
    return JourneyResult(
        identity=identity, outcome="failed", started_at="s", finished_at="f", elapsed_s=1.0,
        steps=(step,), lines={"/steps/0": 4}, extra={"evidence": "x"},
    )  # fmt: skip


def body_of(text: str, **keys) -> Body:
    return Body(text=text, size_bytes=len(text), **keys)


def keep(store, number: int = 1, session_id: str = SESSION, result=None) -> None:
    writer = SessionWriter(store, session_id)
    writer.write(result or result_of(number))
    writer.close()


def kept(store) -> list[str]:
    return [run.run_id for run in list_all_runs(store)]


@pytest.fixture
def store(tmp_path):
    return tmp_path / ".reqflo"


def test_what_is_written_is_read_back_whole_and_its_owner_alone_can(store):
    result = result_of(
        1, body_of("small"), body_of(LARGE), body_of("A" * 20_000, encoding="base64")
    )
    previous = os.umask(0)
    try:
        writer = SessionWriter(store, SESSION)
        writer.write(result, "a line\n")
        writer.close()
    finally:
        os.umask(previous)

    [run] = list_all_runs(store)
    assert load_run(run) == result
    assert load_log(run) == "a line\n"
    assert find_faults(run) == ()
    names = sorted(str(path.relative_to(run.folder)) for path in run.folder.rglob("*.*"))
    assert names == [
        "bodies/2-request.txt", "bodies/2-response.txt",
        "bodies/3-request.base64", "bodies/3-response.base64",
        "log.txt", "manifest.json", "run.json",
    ]  # fmt: skip
    assert os.listdir(run.folder.parent) == [run.run_id]
    modes = {stat.S_IMODE(p.stat().st_mode) for p in (store / "runs").rglob("*") if p.is_file()}
    folders = {stat.S_IMODE(p.stat().st_mode) for p in store.rglob("*") if p.is_dir()}
    assert (modes, folders) == ({0o600}, {0o700})


def test_the_document_fits_the_published_schema_and_holds_heads(store):
    keep(store, result=result_of(1, body_of(LARGE)))
    [run] = list_all_runs(store)
    document = load_document(run)
    schema = json.loads(schema_path("result").read_bytes())
    jsonschema.validate(document, schema)
    body = document["steps"][0]["tries"][0]["exchanges"][0]["response"]["body"]
    assert body == {"text": LARGE[:HEAD], "size_bytes": len(LARGE), "file": "bodies/1-response.txt"}


@pytest.mark.parametrize("name", ["../../x", "run_" + "0" * 31, "run_" + "0" * 32 + "\n", ""])
def test_a_run_id_that_is_none_of_ours_becomes_no_name(store, name):
    result = result_of()
    hostile = replace(result, identity=replace(result.identity, run_id=name))
    with pytest.raises(ValueError, match="no run id"):
        keep(store, result=hostile)
    assert not store.exists()


@pytest.mark.parametrize("link", ["", "runs", f"runs/{SESSION}"])
def test_nothing_is_written_or_removed_through_a_symbolic_link(store, tmp_path, link):
    """Not even what has a name of ours."""
    aim = tmp_path / "aim"
    keep(aim)
    here = store / link
    here.parent.mkdir(parents=True, exist_ok=True)
    here.symlink_to(aim / link)
    with pytest.raises(OSError, match=r"symbolic|Too many levels|Not a directory"):
        keep(store, 2)
    remove_runs(find_prunable(store, Keep(sessions=0), NOW))
    assert kept(aim) == [run_id(1)]


def test_a_session_that_was_removed_meanwhile_is_made_again(store):
    writer = SessionWriter(store, SESSION)
    writer.write(result_of(1))
    remove = store / "runs" / SESSION
    for path in sorted(remove.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    remove.rmdir()
    writer.write(result_of(2))
    writer.close()
    assert kept(store) == [run_id(2)]


def test_a_record_that_cannot_be_finished_leaves_nothing(store, monkeypatch):
    keep(store)

    def full(descriptor, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pytest_reqflo.writing.os.write", full)
    with pytest.raises(OSError, match="No space"):
        keep(store, 2)
    assert os.listdir(store / "runs" / SESSION) == [run_id(1)]


@pytest.mark.parametrize(
    "name", ["../../../../secret", "bodies/1-link.txt", "log.txt", "/etc/passwd"]
)
def test_a_record_reads_no_file_but_its_bodies(store, tmp_path, name):
    (tmp_path / "secret").write_text("s3cret")
    keep(store, result=result_of(1, body_of(LARGE)))
    [run] = list_all_runs(store)
    path = run.folder / "run.json"
    path.write_bytes(path.read_bytes().replace(b"bodies/1-response.txt", name.encode()))
    body = load_run(run).steps[0].tries[0].exchanges[0].response.body
    assert (body.text, body.is_shortened) == (LARGE[:HEAD], True)
    assert find_faults(run) == (f"{run.run_id}: run.json is missing or was altered",)


def test_a_body_that_is_a_link_or_is_gone_leaves_its_head(store, tmp_path):
    (tmp_path / "secret").write_text("s3cret")
    keep(store, result=result_of(1, body_of(LARGE)))
    [run] = list_all_runs(store)
    for side in ("request", "response"):
        (run.folder / f"bodies/1-{side}.txt").unlink()
    (run.folder / "bodies/1-request.txt").symlink_to(tmp_path / "secret")
    exchange = load_run(run).steps[0].tries[0].exchanges[0]
    assert {exchange.request.body.text, exchange.response.body.text} == {LARGE[:HEAD]}
    assert len(find_faults(run)) == 2
    (run.folder / "bodies/1-response.txt").write_bytes(b"\xff")
    assert load_run(run).steps[0].tries[0].exchanges[0].response.body.text == "\ufffd"


@pytest.mark.parametrize("content", [b"", b"{}", b"[" * 100_000, b"\xff", b'{"format": 2}'])
def test_a_damaged_record_is_said_to_be_so(store, content):
    keep(store)
    [run] = list_all_runs(store)
    (run.folder / "run.json").write_bytes(content)
    with pytest.raises(EngineError, match="RF613"):
        load_run(run)
    (run.folder / "manifest.json").write_bytes(content)
    assert find_faults(run)


def test_runs_are_found_by_the_beginning_of_their_id_newest_first(store):
    for number in (1, 2):
        keep(store, number, make_session_id(NOW + timedelta(hours=number), "00000000"))
    (store / "runs" / "notes").mkdir()
    (store / "runs" / SESSION / "run_1").mkdir(parents=True)
    assert kept(store) == [run_id(2), run_id(1)]
    assert [run.run_id for run in find_runs(store, run_id(1)[:36])] == [run_id(1)]
    assert find_runs(store, "run_f") == ()
    assert list(list_all_runs(store / "nothing")) == []


# --- pruning -------------------------------------------------------------------------------------


@pytest.fixture
def days(store):
    """Two runs on each of three days, and what is none of ours."""
    for number in range(6):
        session_id = make_session_id(NOW - timedelta(days=number // 2), f"{number // 2:08x}")
        keep(store, number, session_id)
        # The newest of a session has the higher number.
        folder = store / "runs" / session_id / run_id(number)
        os.utime(folder, (number, number))
    (store / "runs" / "notes.txt").write_text("mine")
    return store


@pytest.mark.parametrize(
    ("rule", "left"),
    [
        (Keep(sessions=3), {0, 1, 2, 3, 4, 5}),
        (Keep(sessions=1), {0, 1}),
        (Keep(sessions=0), set()),
        (Keep(last_s=36 * 3600), {0, 1, 2, 3}),
        (Keep(runs=3), {0, 1, 3}),
    ],
)
def test_what_a_rule_does_not_keep_goes(days, rule, left):
    found = find_prunable(days, rule, NOW)
    assert set(kept(days)) == {run_id(number) for number in range(6)}
    assert remove_runs(found) == found
    assert set(kept(days)) == {run_id(number) for number in left}
    assert len(list_sessions(days)) == len({number // 2 for number in left})
    assert (days / "runs" / "notes.txt").read_text() == "mine"


def test_a_session_that_is_going_on_stays(days):
    writer = SessionWriter(days, list_sessions(days)[-1])
    writer.write(result_of(6))
    remove_runs(find_prunable(days, Keep(sessions=0), NOW))
    assert set(kept(days)) == {run_id(number) for number in (4, 5, 6)}
    writer.close()
    remove_runs(find_prunable(days, Keep(sessions=0), NOW))
    assert kept(days) == []


def test_what_a_killed_process_left_half_written_goes_with_its_session(store):
    keep(store)
    half = store / "runs" / SESSION / ".0123456789abcdef"
    half.mkdir()
    (half / "run.json").write_text("{")
    remove_runs(find_prunable(store, Keep(sessions=0), NOW))
    assert os.listdir(store / "runs") == []


def test_a_file_system_without_locks_is_written_to(store, monkeypatch):
    def no_locks(descriptor, operation):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    keep(store)
    assert kept(store) == [run_id(1)]
    # Nobody can tell whether it is still written to.
    remove_runs(find_prunable(store, Keep(sessions=0), NOW))
    assert kept(store) == [run_id(1)]
