from __future__ import annotations

import hashlib
import json
import subprocess
import sys

import pytest

from pytest_reqflo.artifact.store import ArtifactStore
from pytest_reqflo.cli.main import COMMANDS, main
from pytest_reqflo.cli.schema import KINDS
from pytest_reqflo.syntax import schema

JOURNEY = """
    journey:
      name: Orders
      inputs:
        - {name: customer}
        - {name: quantity, type: integer, default: 1}
        - {name: card, sensitive: true, default: 4111-1111}
      variables:
        - {name: api_key, source: secret, key: SHOP_KEY}
      cases:
        - {name: Happy path, values: {customer: "c-{{ env.zone }}"}}
      steps:
        - id: create
          template: POST /orders
          values:
            customer: "{{ inputs.customer }}"
            quantity: "{{ inputs.quantity }}"
            card: "{{ inputs.card }}"
            authorization: "Bearer {{ variables.api_key }}"
        - id: read
          template: GET /orders/{id}
          values: {id: "{{ steps.create.body.id }}"}
"""
LOCAL = """
    environment:
      name: local
      values: {zone: north}
      services:
        default: {base_url: "http://shop.test/v1"}
"""


@pytest.fixture
def here(project, monkeypatch):
    project.write("journeys/orders.yaml", JOURNEY)
    project.write("environments/local.yaml", LOCAL)
    monkeypatch.chdir(project.path)
    return project


@pytest.fixture
def reqflo(capsys):
    def run(*arguments):
        code = main(arguments)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


# --- help and wrong usage ------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_each_command_explains_itself(reqflo, command):
    code, out, _ = reqflo(command.name, "--help")
    assert code == 0
    assert command.summary in out
    assert f"reqflo {command.name}" in out.partition("examples:")[2]
    assert "exit codes:" in out


def test_the_command_lists_its_commands(reqflo):
    code, out, _ = reqflo("--help")
    assert code == 0
    assert [c.name for c in COMMANDS if f"    {c.name} " not in out] == []


@pytest.mark.parametrize(
    "arguments",
    [
        [], ["nothing"], ["run"], ["check", "--jsn"], ["check", "missing"], ["schema", "--kind", "x"],
        ["explain", "journeys/orders.yaml", "--set", "nothing"], ["compile", "--", "-x"],
        ["explain", "Orders", "--data", "missing.csv"], ["show", "results.json"], ["show", "a\0b"],
        ["explain", "Orders", "--case", "Hapy path"], ["explain", "Orders", "--row", "1"],
        ["versions", "Nothing"], ["versions", "Orders"], ["compile", "Orders@v1"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_mistake_on_the_command_line_is_explained_with_exit_code_4(here, reqflo, arguments):
    code, out, err = reqflo(*arguments)
    assert code == 4
    assert err.startswith("error[RF")
    assert "Traceback" not in out + err


def test_a_reader_that_goes_away_is_no_error(here):
    script = "import sys; from pytest_reqflo.cli.main import main; sys.exit(main(sys.argv[1:]))"
    with subprocess.Popen(
        [sys.executable, "-c", script, "schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_other_commands_never_import_pytest(here):
    script = (
        "import sys; from pytest_reqflo.cli.main import main\n"
        "for command in (['check'], ['compile', 'Orders'], ['explain', 'Orders'], ['schema']):\n"
        "    assert main(command) == 0, command\n"
        "sys.exit('pytest' in sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stderr) == (0, "")


# --- check ---------------------------------------------------------------------------------------


def test_check_is_content_with_a_sound_project(here, reqflo):
    assert reqflo("check") == (0, "1 journey checked: 0 errors, 0 warnings\n", "")


def test_check_finds_every_problem_of_every_file_once(here, reqflo):
    here.write("journeys/a.journey.yaml", "journey:\n  name: A\n  stepz: []\n  steps: []\n")
    here.write("presets/bad.yaml", "preset: {name: bad, valus: {}}\n")
    code, out, _ = reqflo("check", "--json")
    found = [
        (each["code"], each["places"][0]["file"], each["places"][0]["line"])
        for each in json.loads(out)
    ]
    assert code == 1
    assert ("RF104", "journeys/a.journey.yaml", 3) in found
    assert [file for _, file, _ in found].count("presets/bad.yaml") == len(
        {each for each in found if each[1] == "presets/bad.yaml"}
    )


def test_check_reads_the_rows(here, reqflo):
    here.write("journeys/rows.csv", "customer,quantty\nc,1\n")
    here.write(
        "journeys/orders.yaml",
        JOURNEY.replace("      steps:", "      data: rows.csv\n      steps:"),
    )
    code, out, _ = reqflo("check")
    assert code == 1
    assert "error[RF116]" in out
    assert out.endswith("1 journey checked: 1 error, 0 warnings\n")


def test_check_without_a_journey_says_so(here, reqflo):
    (here.path / "empty").mkdir()
    assert reqflo("check", "empty")[0] == 5


# --- explain -------------------------------------------------------------------------------------


def test_explain_shows_where_each_value_comes_from_and_what_would_be_sent(here, reqflo):
    code, out, err = reqflo("explain", "Orders", "--set", "quantity=3")
    assert (code, err) == (0, "")
    assert (
        out
        == """\
Orders (journeys/orders.yaml) in `local`

happy-path (case `Happy path`)
  values, and where each comes from
    customer  "c-north"            case `Happy path`
    quantity  3                    --set
    card      "[sensitive:card]"   default of the input
    api_key   "[secret:SHOP_KEY]"  secret `SHOP_KEY`
  requests
    1. create: POST http://shop.test/v1/orders
       authorization: Bearer [secret:SHOP_KEY]
       {
         "customer": "c-north",
         "quantity": 3,
         "card": "[sensitive:card]"
       }
    2. read: GET http://shop.test/v1/orders/{{ steps.create.body.id }}
"""
    )


def test_explain_names_what_is_missing(here, reqflo):
    here.write(
        "journeys/orders.yaml",
        JOURNEY.replace('values: {customer: "c-{{ env.zone }}"}', "tags: []"),
    )
    code, out, _ = reqflo("explain", "Orders")
    assert code == 1
    assert "error[RF301]: required input `customer` has no value" in out


def test_explain_shows_one_row(here, reqflo):
    rows = "".join(f"c-{number}\n" for number in range(1, 10))
    here.write("journeys/rows.csv", f"customer\n{rows}")
    data = "      data: {file: rows.csv, key: customer}\n      steps:"
    here.write("journeys/orders.yaml", JOURNEY.replace("      steps:", data))
    code, out, _ = reqflo("explain", "Orders", "--row", "7")
    assert code == 0
    assert "row-00007-c-7 (`c-7`)" in out
    assert '"c-7"' in out
    assert "row 7 (journeys/rows.csv:8:1)" in out
    assert "the first 3 of 9 rows" in reqflo("explain", "Orders")[1]


# --- compile, versions, show, diff, schema -------------------------------------------------------


def test_compile_prints_the_bytes_that_the_digest_is_of(here, reqflo):
    _, names, _ = reqflo("compile", "Orders")
    digest = hashlib.sha256(reqflo("compile", "Orders", "--print")[1].encode()).hexdigest()
    lines = names.splitlines()
    assert lines[0].startswith("journey   orders (jrn_")
    assert lines[1:] == [
        "version   not recorded yet; the first run does it",
        f"artifact  artifact_{digest[:12]}",
        f"digest    {digest}",
    ]
    assert not (here.path / ".reqflo").exists()


@pytest.fixture
def versions(here):
    """Record two versions of the journey, the second with another path."""
    from pytest_reqflo.artifact.store import VersionRecord
    from pytest_reqflo.cli.load import load_artifact

    store = ArtifactStore(here.path / ".reqflo")
    for text in (JOURNEY, JOURNEY.replace("GET /orders/{id}", "GET /v2/orders/{id}")):
        here.write("journeys/orders.yaml", text)
        found = load_artifact("Orders", None)
        store.put(found.artifact, {})
        store.record_version(
            VersionRecord(journey_id="orders", digest=found.digest, name="Orders", label="1.0")
        )
    return store


def test_versions_lists_the_newest_first(versions, reqflo):
    code, out, _ = reqflo("versions", "orders")
    first, second = (record.digest[:12] for record in versions.versions("orders"))
    assert code == 0
    assert out == f"v2  artifact_{second}  1.0  Orders\nv1  artifact_{first}  1.0  Orders\n"


def test_a_stored_version_is_shown_without_its_file(versions, here, reqflo):
    (here.path / "journeys/orders.yaml").unlink()
    code, out, _ = reqflo("show", "orders@v1")
    assert code == 0
    assert "version   v1" in out
    assert "step 2    read: GET /orders/{id}" in out
    assert reqflo("show", "orders@v3")[0] == 4


def test_diff_tells_versions_apart(versions, reqflo):
    code, out, _ = reqflo("diff", "orders@v1", "orders@v2")
    assert code == 1
    assert "/v2/orders/{id}" in out
    assert reqflo("diff", "orders@v2", "journeys/orders.yaml")[:2] == (
        0,
        "no difference in meaning\n",
    )


def test_schema_prints_the_published_file(reqflo):
    assert KINDS == schema.KINDS
    for kind in KINDS:
        assert reqflo("schema", "--kind", kind)[1].encode() == schema.schema_path(kind).read_bytes()
