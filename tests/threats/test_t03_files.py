"""T3: what a journey names lies below its root, is a regular file, and has a size cap, also in a race."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest
from hostile import WORKERS
from servers import ScriptedServer, reply
from threats import Target, get

from pytest_reqflo.errors import JourneyError
from pytest_reqflo.reading import NotRegular, TooLarge, read_regular
from pytest_reqflo.syntax.read import read_bytes

SECRET = "canary-9f27d1"

# Each key of the format that names a file.
USES = {
    "data": ("[{id: a, template: GET /}]", "data: {file: %s}"),
    "short_data": ("[{id: a, template: GET /}]", "data: %s"),
    "body_file": ("[{id: a, request: {method: POST, url: /, body_file: %s}}]", ""),
    "json_file": ("[{id: a, request: {method: POST, url: /, json_file: %s}}]", ""),
    "multipart": ("[{id: a, request: {method: POST, url: /, multipart: [{name: x, file: %s}]}}]", ""),
    "schema": ("[{id: a, template: GET /, assertions: [{type: json_schema, file: %s}]}]", ""),
    "expected": ("[{id: a, template: GET /, assertions: [{type: body_equals, expected_file: %s}]}]", ""),
    "json_expected": ("[{id: a, template: GET /, assertions: [{type: json_path, path: $, expected_file: %s}]}]", ""),
}  # fmt: skip

NAMES = {
    "/etc/passwd": "RF114",
    "../../../../../../etc/passwd": "RF114",
    "x/../../../etc/passwd": "RF114",
    "./../secret.csv": "RF114",
    "\\\\host\\share\\x.csv": "RF114",
    "\\x.csv": "RF114",
    "C:\\x.csv": "RF114",
    "c:/x.csv": "RF114",
    "c:x.csv": "RF114",
    "..\\secret.csv": "RF114",
    "folder\\x.csv": "RF114",
    "file:///etc/passwd": "RF113",
    "http://127.0.0.1/x.csv": "RF113",
    "~/.ssh/id_rsa": "RF113",
    "$HOME/x.csv": "RF113",
    "a\0b": "RF113",
    "n" * 5_000: "RF113",
    "a/" * 5_000 + "x": "RF113",
    "\u202ex.csv": "RF113",
    "\x1b[2J.csv": "RF113",
    "": "RF114",
    ".": "RF114",
    "..": "RF114",
    "/": "RF114",
    "out.csv": "RF114",
    "outfolder/secret.csv": "RF114",
    "chain.csv": "RF114",
    "proc.csv": "RF114",
    "circle.csv": "RF113",
    "pipe.csv": "RF114",
    "device.csv": "RF114",
    "socket.csv": "RF114",
    "folder": "RF114",
    "large.csv": "RF114",
    ".env.csv": "RF114",
    ".git/config.csv": "RF114",
    "folder/../.git/config.csv": "RF114",
    "tohidden.csv": "RF114",
    "{{ steps.a.body.file }}": "RF204",
    "x.csv{{ inputs.x }}": "RF204",
}


@pytest.fixture
def target(tmp_path, monkeypatch):
    import socket

    (tmp_path / "secret.csv").write_text(f"a\n{SECRET}\n")
    root = tmp_path / "project"
    root.mkdir()
    target = Target(root)
    (root / "folder").mkdir()
    target.write(".env.csv", f"a\n{SECRET}\n")
    target.write(".git/config.csv", f"a\n{SECRET}\n")
    for name, to in {
        "out.csv": tmp_path / "secret.csv",
        "outfolder": tmp_path,
        "chain.csv": "out.csv",
        "proc.csv": "/proc/self/environ",
        "circle.csv": "circle.csv",
        "tohidden.csv": ".git/config.csv",
        "device.csv": "/dev/zero",
    }.items():
        (root / name).symlink_to(to)
    os.mkfifo(root / "pipe.csv")
    monkeypatch.chdir(root)  # the address of a socket is short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.csv")
    with open(root / "large.csv", "wb") as file:
        file.truncate(10 * 2**20 + 1)
    return target


@pytest.mark.parametrize("use", USES)
def test_every_key_that_names_a_file_refuses_every_such_name(target, use) -> None:
    steps, head = USES[use]
    found = {}
    for name in NAMES:
        written = json.dumps(name)
        text = f"journey:\n  name: x\n  steps: {steps}\n  {head}\n".replace("%s", written)
        found[name] = {item.code for item in target.diagnostics(text)}
        assert SECRET not in "".join(map(str, target.diagnostics(text)))
    assert found == {name: {code} for name, code in NAMES.items()}


def test_a_file_that_an_environment_takes_secrets_from_is_no_body(target) -> None:
    target.write("keep/shop.env", f"KEY={SECRET}\n")
    target.write("mounted/inner/KEY", SECRET)
    target.write(
        "environments/e.yaml",
        "environment: {name: e, secrets: {providers: [dotenv, dir],"
        " dotenv: ../keep/shop.env, dir: ../mounted}}\n",
    )
    (target.path / "link.bin").symlink_to("keep/shop.env")
    text = "journey: {name: x, steps: [{id: a, request: {method: POST, url: /, body_file: %s}}]}\n"

    for name in ("keep/shop.env", "link.bin", "mounted/inner/KEY"):
        (refused,) = target.diagnostics(text.replace("%s", name))
        assert (refused.code, refused.title) == (
            "RF114",
            f"`{name}` is where an environment keeps secrets",
        )
    target.write("keep/other.bin", "x")
    assert target.diagnostics(text.replace("%s", "keep/other.bin")) == ()


def test_what_is_hidden_is_refused_where_the_journey_is_not_hidden_too(target) -> None:
    text = "journey: {name: x, steps: [{id: a, request: {method: POST, url: /, body_file: %s}}]}\n"
    target.write(".api/body.bin", "x")
    (refused,) = target.diagnostics(text.replace("%s", ".api/body.bin"))
    assert refused.title == "`.api/body.bin` is hidden: `.api` begins with a dot"
    target.write(".api/.env", "x")
    target.write(".api/a.journey.yaml", text.replace("%s", "body.bin"))
    target.write(".api/b.journey.yaml", text.replace("%s", ".env"))
    assert target.attack(".api/a.journey.yaml", "--collect-only").code == 0
    assert target.attack(".api/b.journey.yaml", "--collect-only").code != 0


def test_names_that_are_no_text_are_refused(target) -> None:
    text = 'journey: {name: x, data: "\\ud800.csv", steps: [{template: GET /}]}\n'
    assert target.codes(text) == ["RF101"]


def test_a_file_is_read_no_further_than_its_cap_when_it_grows(tmp_path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"y" * 101)
    with pytest.raises(TooLarge):
        read_regular(path, max_bytes=100)
    path.write_bytes(b"y" * 100)
    assert len(read_regular(path, max_bytes=100)) == 100


def test_the_working_directory_is_a_root_like_any_other(tmp_path, monkeypatch) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "x").write_text("inside")
    monkeypatch.chdir(tmp_path)
    assert read_regular(Path("sub/x"), max_bytes=100, below=Path()) == b"inside"
    monkeypatch.chdir(tmp_path / "sub")
    with pytest.raises(ValueError, match="x"):
        read_regular(tmp_path / "sub" / "x", max_bytes=100, below=Path())


@pytest.mark.parametrize("put", ["link", "folder_link", "pipe", "folder"])
def test_what_takes_the_place_of_a_file_after_it_was_checked_is_not_read(tmp_path, put) -> None:
    """The check resolves the path; the reading walks it again and follows no link any more."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "x").write_text(SECRET)
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    path = root / "sub" / "x"
    if put == "folder_link":
        (root / "sub").rmdir()
        (root / "sub").symlink_to(tmp_path / "outside")
    else:
        {"link": lambda: path.symlink_to(tmp_path / "outside" / "x"),
         "pipe": lambda: os.mkfifo(path), "folder": path.mkdir}[put]()  # fmt: skip
    expected = NotRegular if put in ("pipe", "folder") else OSError
    with pytest.raises(expected):
        read_regular(path, max_bytes=100, below=root)
    with pytest.raises(JourneyError) as refused:
        read_bytes(path, "x", max_bytes=100, below=root)
    assert refused.value.diagnostics[0].code == "RF114"


def test_a_race_of_links_never_reads_what_lies_outside(tmp_path) -> None:
    (tmp_path / "outside").write_text(SECRET)
    root = tmp_path / "root"
    root.mkdir()
    path, good, link = root / "x", root / "good", root / "link"
    good.write_text("inside")
    done = threading.Event()

    def swap():
        while not done.is_set():
            for make in (lambda: os.link(good, link), lambda: link.symlink_to("../outside")):
                make()
                os.replace(link, path)

    path.write_text("inside")
    thread = threading.Thread(target=swap)
    thread.start()
    seen = set()
    for _ in range(3_000):
        try:
            seen.add(read_regular(path, max_bytes=100, below=root))
        except OSError:
            seen.add(b"")
    done.set()
    thread.join()
    assert seen <= {b"", b"inside"}


def test_journeys_libraries_and_me_values_behind_links_out_are_not_shown(tmp_path) -> None:
    """The lines of a message, and what is sent, could tell a stranger what lies on this machine."""
    outside = tmp_path / "outside"
    (outside / "room").mkdir(parents=True)
    (outside / "secret.yaml").write_text(f"token: {SECRET}\n")
    (outside / "room" / "t.yaml").write_text(f"template: {{naem: {SECRET}}}\n")
    (outside / "room" / "good.journey.yaml").write_text(f"journey: {{nmae: {SECRET}}}\n")
    with ScriptedServer(lambda request, connection: reply(200, b"{}")) as server:
        target = Target(tmp_path / "project", server.url)
        root = target.path
        (root / "link.journey.yaml").symlink_to(outside / "secret.yaml")
        (root / "linked").symlink_to(outside / "room")
        (root / "templates").symlink_to(outside / "room")
        (root / "presets").mkdir()
        (root / "presets" / "p.yaml").symlink_to(outside / "room" / "t.yaml")
        (root / "presets" / "q.yaml").write_text("preset: {name: q}\n")
        (root / ".reqflo").mkdir()
        (root / ".reqflo" / "me.yaml").symlink_to(outside / "secret.yaml")
        target.journey("me", get("a", "/{{ me.token }}"))
        target.journey("template", {"id": "a", "template": "named"})
        target.journey("plain", get("a", "/"))
        result = target.attack("--continue-on-collection-errors", *WORKERS)
        assert [each.target for each in server.requests] == []
    assert SECRET not in result.text
    assert result.text.count("reached by a symbolic link that leaves") >= 4
    assert "the folder `templates` lies outside of the root" in result.text


def test_a_link_that_stays_inside_is_followed(tmp_path) -> None:
    with ScriptedServer(lambda request, connection: reply(200, b"{}")) as server:
        target = Target(tmp_path, server.url)
        target.write("rows/real.csv", "x\n1\n")
        (tmp_path / "rows.csv").symlink_to("rows/real.csv")
        real = target.write(
            "real/a.journey.yaml", "journey: {name: a, inputs: [x], data: rows.csv}"
        )
        real.write_text(
            "journey:\n  name: a\n  inputs: [{name: x}]\n  data: rows.csv\n  steps: [{template: GET /}]\n"
        )
        (tmp_path / "linked.journey.yaml").symlink_to("real/a.journey.yaml")
        result = target.attack("linked.journey.yaml")
    assert (result.code, list(result.reasons.values())) == (0, [""])


def test_values_of_me_that_cannot_be_read_are_not_quoted(tmp_path) -> None:
    target = Target(tmp_path)
    target.write(".reqflo/me.yaml", f"token: [{SECRET}\n{SECRET}: {{ x }} }}\n")
    target.journey("me", get("a", "/{{ me.token }}"))
    result = target.attack()
    assert "error[RF101]: the file cannot be used" in result.text
    assert SECRET not in result.text
