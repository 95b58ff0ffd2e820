"""`reqflo replay`: a real run is recorded, its server goes away, and edited journeys are judged."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from pytest_reqflo.cli.main import main

JOURNEY = """
    journey:
      name: Orders
      variables:
        - {name: key, source: secret, key: SHOP_KEY}
      cases:
        - {name: One, values: {n: 1}}
        - {name: Two, values: {n: 2}}
      inputs: [{name: n, type: integer}]
      steps:
        - id: create
          template: POST /orders
          values: {n: "{{ inputs.n }}", authorization: "Bearer {{ variables.key }}"}
          assertions:
            - {type: status_code, expected: 200}
            - {type: json_path, path: $.body.n, expected: "{{ inputs.n }}"}
          outputs: [{name: n, path: body.body.n}]
        - id: read
          template: GET /status/404
          assertions:
            - {type: status_code, expected: 200}
        - id: never
          template: GET /status/200
          assertions: [{type: status_code, expected: 200}]
"""

NOT_FOUND = """\
          template: GET /status/404
          assertions:
            - {type: status_code, """

_NO_SOCKET = """
import sys
def refuse(event, arguments):
    if event.startswith("socket."):
        raise SystemExit(f"a replay did {event}")
sys.addaudithook(refuse)
from pytest_reqflo.cli.main import main
code = main(sys.argv[1:])
asked = [name for name in sys.modules if name.startswith("pytest_reqflo.engine.secrets")]
raise SystemExit(f"a replay imported {asked}" if asked else code)
"""


@pytest.fixture
def recorded(project, monkeypatch):
    """A project with the results of a run, whose server and secret are gone."""
    project.write("journeys/orders.journey.yaml", JOURNEY)
    monkeypatch.setenv("SHOP_KEY", "k-canary-4711")
    run = project.run("--reqflo-output=run.json")
    run.assert_outcomes(failed=2)
    monkeypatch.delenv("SHOP_KEY")
    sent = len(project.server.log)
    project.server.close()
    yield project
    assert len(project.server.log) == sent == 4


@pytest.fixture
def reqflo(recorded, monkeypatch, capsys):
    monkeypatch.chdir(recorded.path)

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(arguments)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def edit(project, *changes: tuple[str, str]) -> str:
    text = JOURNEY
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    project.write("journeys/edited.journey.yaml", text)
    return "journeys/edited.journey.yaml"


def test_a_run_is_replayed_without_its_server_and_its_secret(recorded, reqflo):
    code, _, err = reqflo("replay", "run.json")
    assert code == 4
    assert "hint: name one with --run, by its number or run id" in err
    apart = subprocess.run(
        [sys.executable, "-c", _NO_SOCKET, "replay", "run.json", "--run", "2"],
        cwd=recorded.path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert apart.returncode == 1, apart.stderr
    assert "3 passed, 1 failed, 1 without a record\n" in apart.stdout
    results = json.loads((recorded.path / "run.json").read_text())["results"]
    kept = reqflo("replay", results[1]["identity"]["run_id"])
    (path,) = recorded.path.glob(f".reqflo/runs/*/{results[1]['identity']['run_id']}/run.json")
    assert reqflo("replay", str(path)) == kept
    # What was kept on disk says the same, and finds the unchanged file.
    assert "3 passed, 1 failed, 1 without a record\n" in kept[1]
    assert "  --> journeys/orders.journey.yaml:20:41" in kept[1].split("\n")

    mended = edit(recorded, (f"{NOT_FOUND}expected: 200}}", f"{NOT_FOUND}expected: 404}}"))
    arguments = ("replay", "run.json", "--run", "2", "--journey", mended)
    code, out, err = reqflo(*arguments)
    assert code == 0, out + err
    assert "passed       status equals 404 (was: failed)" in out
    assert reqflo(*arguments, "--strict")[0] == 1


def test_what_fails_is_shown_at_its_place_and_written_as_json(recorded, reqflo):
    edited = edit(
        recorded,
        ('expected: "{{ inputs.n }}"', "expected: 3"),
        ("id: never", "id: nevermore"),
        ("POST /orders", "POST /v2/orders"),
    )
    code, out, _ = reqflo(
        "replay", "run.json", "--run", "1", "--journey", edited, "--output", "verdicts.json"
    )
    assert code == 1
    for line in (
        "  note: the recorded answer belongs to another request: request: url changed from "
        '"/orders" to "/v2/orders"',
        "  failed       $.body.n equals 3 (was: passed)",
        "failed: step `create`: $.body.n: expected 3, got 1",
        "  --> journeys/edited.journey.yaml:15:55",
        "  hint: did `never` of the record become `nevermore`? Steps are matched by id",
        "steps of the record that the journey does not have: never",
    ):
        assert line in out.split("\n")
    document = json.loads((recorded.path / "verdicts.json").read_text())
    assert document["counts"] == {
        "passed": 2,
        "failed": 2,
        "undecidable": 0,
        "skipped": 0,
        "no_record": 1,
    }
    assert (recorded.path / "verdicts.json").stat().st_mode & 0o077 == 0

    wrong = edit(recorded, ("expected: 200", "expcted: 200"))
    code, _, err = reqflo("replay", "run.json", "--run", "1", "--journey", wrong)
    assert code == 1
    assert "unknown key `expcted`" in err


def test_what_cannot_be_replayed_is_refused(reqflo):
    for arguments, code, said in (
        (["--step", "craete"], 4, "did you mean `create`?"),
        (["--step", "never"], 5, ""),
        (["--run", "0"], 4, "`run.json` holds 2 runs, of which `--run 0` means 0"),
        (["--run", "run_x"], 4, "of which `--run run_x` means 0"),
        (["--store", "nowhere"], 4, "hint: name the store with --store, or a journey file"),
    ):
        run = reqflo("replay", "run.json", "--run", "1", *arguments)
        assert (run[0], said in run[2]) == (code, True), run
    assert reqflo("replay", "orders")[0] == 4
    assert "was kept in" in reqflo("replay", f"run_{'f' * 32}")[2]
