"""T25: the page of `reqflo ui` is read by whoever was told its token, on this machine, and by no other page."""

from __future__ import annotations

import json
import re
import socket
from datetime import UTC, datetime

import pytest
from html_pages import broken, result
from recorded import ARTIFACT, order, records_in
from ui_server import UiServer, record
from waiting import until

from pytest_reqflo.artifact.codec import artifact_digest, artifact_id
from pytest_reqflo.artifact.store import ArtifactStore, VersionRecord
from pytest_reqflo.cli.main import main
from pytest_reqflo.evidence_store.layout import make_session_id
from pytest_reqflo.evidence_store.write import SessionWriter

HOSTILE = "</script><img src=x onerror=alert(1)>"
RUN = f"run_{1:032x}"
KEPT = f"run_{2:032x}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A project with a recorded run, a kept one with hostile names, and a version."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "secret.txt").write_text("canary-file")
    store = folder / ".reqflo"
    artifacts = ArtifactStore(store)
    artifacts.put(ARTIFACT, {})
    digest = artifact_digest(ARTIFACT)
    artifacts.record_version(VersionRecord(journey_id="orders", digest=digest, name="Orders"))
    with records_in(store) as records:
        record(records, order(RUN), result(1), ARTIFACT)
    writer = SessionWriter(store, make_session_id(datetime.now(UTC), "00000001"))
    writer.write(broken(2, case=HOSTILE, journey_name=HOSTILE))
    writer.close()
    return folder


@pytest.fixture(scope="module")
def server(folder):
    browser = folder / "browser"
    browser.write_text('#!/bin/sh\necho "$1" > opened.txt.part && mv opened.txt.part opened.txt\n')
    browser.chmod(0o700)
    with UiServer(folder, "--open", BROWSER=f"{browser} %s") as server:
        yield server
        # Ctrl-C ends it, and nothing was printed but the address.
        assert server.interrupt() == (0, "")


def test_the_address_is_printed_once_and_its_token_becomes_a_cookie(server):
    assert re.fullmatch(rf"{server.origin}/\?token=[\w-]{{43}}", server.address)
    status, headers, body = server.ask(server.target)
    assert (status, headers["location"], body) == (303, "/", b"")
    assert re.fullmatch(
        rf"reqflo_ui_{server.port}=[\w-]{{43}}; HttpOnly; SameSite=Strict; Path=/",
        headers["set-cookie"],
    )
    assert server.address.partition("token=")[2] not in headers["set-cookie"]
    status, headers, page = server.get("/")
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert b"set-cookie" not in str(headers).encode()
    assert server.address.partition("token=")[2].encode() not in page


def test_the_address_of_the_opened_browser_works_once(server, folder):
    opened = folder / "opened.txt"
    until(opened.exists, "a browser that was opened")
    address = opened.read_text().strip()
    assert address.startswith(f"{server.origin}/?token=")
    assert address != server.address
    target = address.removeprefix(server.origin)
    assert [server.ask(target)[0] for _ in range(2)] == [303, 403]
    assert [server.ask(server.target)[0] for _ in range(2)] == [303, 303]


@pytest.mark.parametrize(
    ("headers", "method", "target", "expected"),
    [
        ({}, "GET", "/", 403),
        ({}, "GET", "/api/runs", 403),
        ({}, "GET", "/?token=" + "x" * 43, 403),
        ({}, "GET", "/api/runs?token=x", 403),
        ({"Cookie": "reqflo_ui_0=x"}, "GET", "/api/runs", 403),
        ({"Host": "evil.test"}, "GET", "/", 400),
        ({"Host": "evil.test", "X-Forwarded-Host": "127.0.0.1"}, "GET", "/", 400),
        ({"Host": ""}, "GET", "/", 400),
        ({}, "POST", "/api/runs", 405),
        ({}, "OPTIONS", "/api/runs", 405),
        ({}, "DELETE", "/", 405),
    ],
)
def test_strangers_get_nothing(server, headers, method, target, expected):
    status, answered, body = server.ask(target, headers, method)
    assert status == expected
    assert len(body) < 100
    assert "set-cookie" not in answered
    assert "access-control-allow-origin" not in answered


def test_a_request_of_another_page_gets_nothing_even_with_the_cookie(server):
    for site in ("cross-site", "same-site"):
        status, _, _ = server.get("/api/runs", **{"Sec-Fetch-Site": site})
        assert status == 403
    status, headers, _ = server.get("/api/runs", Origin="https://evil.test")
    assert status == 200
    assert not [name for name in headers if name.startswith("access-control")]


def test_every_answer_says_that_it_is_not_to_be_kept_framed_or_guessed(server):
    answers = [server.get("/"), server.get("/api/runs"), server.get("/nothing"), server.ask("/")]
    for _, headers, _ in answers:
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert headers["x-frame-options"] == "DENY"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cross-origin-embedder-policy"] == "require-corp"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "server" not in headers
    policy = answers[0][1]["content-security-policy"]
    assert "connect-src 'self'" in policy
    assert "unsafe" not in policy
    assert len(re.findall("'sha256-[^']{44}'", policy)) == 2
    assert "script-src" not in answers[1][1]["content-security-policy"]


@pytest.mark.parametrize(
    "target",
    [
        "/secret.txt", "/../secret.txt", "/%2e%2e/secret.txt", "/api/../../secret.txt", "//etc/passwd",
        "/api/run?id=../../secret.txt", "/api/run?id=%2e%2e%2fruns.db", f"/api/run?id={RUN}%00",
        f"/api/run?id={RUN[:-1]}", "/api/artifact?id=../secret", "/api/artifact?id=artifact_ffffffffffff",
        "/api/diff?before=artifact_ffffffffffff&after=x", "/api", "/api/", "/api/runs/", "/openapi.json",
        f"/api/run?id=run_{7:032x}", "http://evil.test/",
    ],
)  # fmt: skip
def test_what_is_not_there_is_not_found(server, target):
    status, _, body = server.get(target)
    assert status == 404
    assert b"canary-file" not in body


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=x", "limit=201", "before=1", "status=nice", f"q={'x' * 201}", "journey=%00"],
)
def test_what_the_page_never_asks_is_refused_with_a_sentence(server, query):
    status, headers, body = server.get(f"/api/runs?{query}")
    assert (status, headers["content-type"]) == (400, "application/json")
    assert json.loads(body)["problem"]["title"]


def test_runs_of_the_database_and_of_the_folder_are_one_list(server):
    listed = server.json("/api/runs")
    assert {run["id"]: run["status"] for run in listed["runs"]} == {RUN: "passed", KEPT: "failed"}
    assert server.json("/api/runs?status=bad")["runs"][0]["id"] == KEPT
    assert server.json("/api/runs?q=%25")["runs"] == []
    first = server.json("/api/runs?limit=1")
    second = server.json(f"/api/runs?limit=1&before={first['next']}")
    assert [run["id"] for run in (*first["runs"], *second["runs"])] == [
        run["id"] for run in listed["runs"]
    ]
    assert second["next"] is None


def test_a_run_a_version_and_an_artifact_are_told(server):
    assert server.json(f"/api/run?id={RUN}")["detail"]["steps"][0]["outcome"] == "passed"
    (version,) = server.json("/api/versions?journey=orders")["versions"]
    name = artifact_id(artifact_digest(ARTIFACT))
    assert (version["artifact"], version["version"]) == (name, "v1")
    assert server.json(f"/api/artifact?id={name}")["journey"] == "orders"
    assert server.json(f"/api/diff?before={name}&after={name}") == {"lines": []}
    assert server.json("/api/about")["is_served"] is False
    assert server.json("/api/schedules") == {"schedules": None}


def test_hostile_texts_come_as_json_of_ascii_that_no_browser_takes_for_a_page(server):
    status, headers, body = server.get(f"/api/run?id={KEPT}")
    assert (status, headers["content-type"]) == (200, "application/json")
    assert body.isascii()
    assert json.loads(body)["run"]["case"] == HOSTILE


def test_what_has_not_changed_is_not_sent_again(server):
    _, headers, _ = server.get("/api/runs")
    status, again, body = server.get("/api/runs", **{"If-None-Match": headers["etag"]})
    assert (status, again["etag"], body) == (304, headers["etag"], b"")
    status, _, body = server.ask("/api/runs", {"Cookie": server.cookie}, "HEAD")
    assert (status, body) == (200, b"")


def test_only_this_machine_is_listened_to(server, capsys):
    with socket.socket() as other:
        # Every address of 127.0.0.0/8 is this machine; the server has one of them alone.
        assert other.connect_ex(("127.0.0.2", server.port)) != 0
    assert main(["ui", "--host", "0.0.0.0"]) == 4
    assert "`0.0.0.0` is not this machine" in capsys.readouterr().err
    assert main(["ui", "--port", str(server.port)]) == 4
    assert f"--port: {server.port} is in use" in capsys.readouterr().err


def test_without_the_extra_the_command_says_how_to_get_it(monkeypatch, capsys):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["ui"]) == 4
    assert capsys.readouterr().err == (
        "error[RF610]: `reqflo ui` needs starlette and uvicorn, which is not installed\n"
        "hint: pip install 'pytest-reqflo[ui]'\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--port", "70000"], "--port: 70000 is not within 0 to 65535"),
        (["--store", "/nowhere/at/all"], "--store: there is no folder `/nowhere/at/all`"),
        (["--db", "mysql://x/y"], "the address of the database is not usable"),
        (["--db", "sqlite:////nowhere/runs.db"], "there are no durable runs in /nowhere/runs.db"),
    ],
)
def test_what_cannot_be_shown_is_said_before_anything_is_served(arguments, message, capsys):
    assert main(["ui", *arguments]) in (3, 4)
    assert message in capsys.readouterr().err
