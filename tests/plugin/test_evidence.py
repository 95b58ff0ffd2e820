"""What a session keeps of its runs on disk: which, where, and how reports lead there."""

from __future__ import annotations

import contextlib
import io
import json
from xml.etree import ElementTree

import jsonschema
import pytest
from packages import install

from pytest_reqflo.evidence_store.read import find_faults, list_all_runs, load_log, load_run
from pytest_reqflo.result import JourneyResult, result_from_json
from pytest_reqflo.syntax.schema import schema_path

WORKERS = pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["here", "workers"])
OLD = "20200101T000000Z-00000000"
UNKNOWN = f"run_{'f' * 32}"

# In files full of times and ids a shorter one may stand by chance.
NUMBER = "7304915826647193"
SENDING = """\
journey:
  name: a
  steps:
    - id: s1
      request: {method: POST, url: /login, json: {key: "{{ secrets.API_KEY }}", code: CAPTURED-4711}}
      outputs: [{name: code, path: body.body.code, sensitive: true}]
"""
LATER = """\
journey:
  name: c
  steps:
    - id: s1
      request: {method: POST, url: /first, json: {code: LATER-777, number: NUMBER}}
      outputs: [{name: plain, path: body.body.code}, {name: number, path: body.body.number}]
    - id: s2
      request: {method: POST, url: /second, json: {code: LATER-777, number: NUMBER}}
      assertions: [{type: json_path, path: $.body.number, expected: 1}]
      outputs:
        - {name: code, path: body.body.code, sensitive: true}
        - {name: number, path: body.body.number, sensitive: true}
"""
SOFT = """\
journey:
  name: soft
  steps:
    - id: s1
      template: GET /status/200
      assertions: [{type: status_code, expected: 201, soft: true}]
"""


def kept(project) -> dict[str, list[JourneyResult]]:
    """Return the results on disk by their journey; each record is as it was written."""
    found: dict[str, list[JourneyResult]] = {}
    for run in list_all_runs(project.path / ".reqflo"):
        assert find_faults(run) == ()
        found.setdefault((result := load_run(run)).identity.journey_id, []).append(result)
    return found


def reqflo(*arguments: str) -> tuple[int, str]:
    from pytest_reqflo.cli.main import main

    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        code = main(arguments)
    return code, out.getvalue()


@WORKERS
def test_failed_runs_are_kept_and_every_report_says_where(project, workers, monkeypatch) -> None:
    project.ini("reqflo_soft = fail", "reqflo_evidence_keep = 0")
    project.write("a.journey.yaml", SOFT)
    project.journey("b.journey.yaml", "/status/200", "/status/500")
    project.journey("c.journey.yaml", "/status/200")
    project.journey("d.journey.yaml", "/{{ inputs.x }}", head="inputs: [{name: x}]")
    project.write(f".reqflo/runs/{OLD}/run_{'0' * 32}/run.json", "{}")

    run = project.run(*workers, "--junitxml=out.xml", "--reqflo-output=out.json")

    run.assert_outcomes(failed=3, passed=1)
    found = {name: result for name, [result] in kept(project).items()}
    assert sorted(found) == ["b", "d", "soft"]
    # One session, whoever ran the test; no older one is to stay.
    [session] = (project.path / ".reqflo/runs").iterdir()
    text, results = run.stdout.str(), json.loads((project.path / "out.json").read_text())["results"]
    reported = {each.identity.journey_id: each for each in map(result_from_json, results)}
    schema = json.loads(schema_path("result").read_bytes())
    for name, result in found.items():
        place = f".reqflo/runs/{session.name}/{result.identity.run_id}/run.json"
        assert result == reported[name]
        assert result.extra["evidence"] == place
        assert f"evidence: {place} (`reqflo show {result.identity.run_id[:12]}`)" in text
        jsonschema.validate(json.loads((project.path / place).read_text()), schema)
    cases = ElementTree.parse(project.path / "out.xml").iter("testcase")
    properties = [{p.get("name"): p.get("value") for p in c.iter("property")} for c in cases]
    named = {p["reqflo.run_id"]: p.get("reqflo.evidence") for p in properties}
    assert {path for path in named.values() if path} == {
        result.extra["evidence"] for result in found.values()
    }

    monkeypatch.chdir(project.path)
    failed = found["b"].identity.run_id
    code, page = reqflo("show", failed[:12])
    assert code == 0
    assert "step `s2`: expected status 200, got 500" in page
    assert "b.journey.yaml:11:41\n" in page
    code, step = reqflo("show", failed, "s1")
    assert (code, step.count("GET"), step.splitlines()[-1]) == (0, 1, "passed: status equals 200")
    assert "1 result checked: no faults" in reqflo("verify", failed)[1]
    assert "3 results checked: no faults" in reqflo("verify", "--all")[1]
    assert reqflo("verify", UNKNOWN)[0] == 4
    assert len(reqflo("show")[1].splitlines()) == 3
    code, text = reqflo("show", UNKNOWN)
    assert (code, text.count("= kept: run_")) == (4, 3)
    for command in (["status", failed], ["history"], ["rerun", failed]):
        code, text = reqflo(*command)
        assert (code, text.count("= ")) == (4, 1)
        assert ".reqflo has runs that sessions kept on disk" in text
    assert reqflo("prune", "--keep", "1")[1].count("removed from disk") == 2
    assert reqflo("prune", "--keep", "0d")[0] == 0
    assert not any((project.path / ".reqflo/runs").iterdir())


def test_the_page_of_a_journey_that_has_changed_shows_no_line_of_it(project, monkeypatch) -> None:
    project.journey("a.journey.yaml", "/status/500")
    project.run()
    [result] = kept(project)["a"]
    monkeypatch.chdir(project.path)
    project.write("a.journey.yaml", "# moved\n" + (project.path / "a.journey.yaml").read_text())
    assert "a.journey.yaml:8:41\n" in reqflo("show", result.identity.run_id)[1]
    project.journey("a.journey.yaml", "/status/501")
    assert "--> a.journey.yaml\n" in reqflo("show", result.identity.run_id)[1]


def test_nothing_is_kept_where_nothing_failed_or_nothing_is_to_be(project) -> None:
    project.journey("a.journey.yaml", "/status/200")
    project.run().assert_outcomes(passed=1)
    project.journey("a.journey.yaml", "/status/500")
    result = project.run("--reqflo-evidence=none")
    result.assert_outcomes(failed=1)
    assert "evidence" not in result.stdout.str()
    assert not (project.path / ".reqflo/runs").exists()


@WORKERS
def test_a_store_that_cannot_be_written_to_warns_once_and_fails_nothing(project, workers) -> None:
    for name in "abc":
        project.journey(f"{name}.journey.yaml", "/status/200")
    project.write(".reqflo/runs", "in the way")
    (project.path / ".reqflo").chmod(0o700)
    result = project.run(*workers, "--reqflo-evidence=all", "-Werror")
    result.assert_outcomes(passed=3)
    assert result.stdout.str().count("warning[RF701]: the evidence of runs could not be kept") == 1
    assert result.ret == 0


CHATTY = """
import logging
from pytest_reqflo.secret import Secret

class Vault:
    name = "vault"
    def __init__(self, settings): ...
    def get_many(self, names):
        logging.getLogger("vault").warning("found %s\\x1b[31m", "c4n4ry-of-vault")
        return {name: Secret(name, "c4n4ry-of-vault") for name in names}
    def close(self): ...
"""


@pytest.mark.parametrize("concurrency", ["1", "4"])
def test_each_row_and_each_try_has_its_record_without_secrets(
    project, concurrency, monkeypatch
) -> None:
    monkeypatch.syspath_prepend(str(install(project.path / "lib", "vault", CHATTY, vault="Vault")))
    services = f"services: {{default: {{base_url: '{project.server.url}'}}}}"
    project.write(
        "environments/local.yaml",
        f"environment:\n  name: local\n  {services}\n  secrets: {{providers: [vault]}}\n",
    )
    project.rows("a.journey.yaml", 3, "/status/50{{ inputs.n }}?key={{ secrets.key }}")
    options = (
        "--reqflo-data-mode=batch", f"--reqflo-concurrency={concurrency}",
        "-prerunfailures", "--reruns=1",
    )  # fmt: skip
    project.run(*options).assert_outcomes(failed=1)
    results = kept(project)["a"]
    assert sorted(each.identity.row_number for each in results) == [1, 1, 2, 2, 3, 3]
    assert len({each.identity.run_id for each in results}) == 6
    runs = list(list_all_runs(project.path / ".reqflo"))
    logs = [text for run in runs if (text := load_log(run))]
    said = " vault: found [secret:key]\\x1b[31m\n"
    assert [text.partition("WARNING")[2] for text in logs] == [said] * 6
    monkeypatch.chdir(project.path)
    assert f"\nlog\n  {logs[0]}" in reqflo("show", runs[0].run_id)[1]
    files = [path for path in (project.path / ".reqflo").rglob("*") if path.is_file()]
    assert not [path for path in files if b"c4n4ry" in path.read_bytes()]


@pytest.mark.every_plugin
@WORKERS
def test_what_another_run_or_a_later_step_hides_stands_in_no_file(project, workers, monkeypatch):
    monkeypatch.setenv("API_KEY", "s3cr3t-of-another-run")
    project.write("a.journey.yaml", SENDING)
    project.journey("b.journey.yaml", "/peek/s3cr3t-of-another-run/CAPTURED-4711", "/status/500")
    project.write("c.journey.yaml", LATER.replace("NUMBER", NUMBER))
    files = ("--reqflo-output=out.json", "--reqflo-har=out.har", "--reqflo-html=reports/out.html")

    run = project.run_apart(*workers, "--dist=loadgroup", *files, "--report-log=log.jsonl")

    run.assert_outcomes(passed=1, failed=2)
    assert {*kept(project)} == {"b", "c"}
    written = [*(project.path / ".reqflo" / "runs").rglob("*"), *project.path.glob("*.jsonl")]
    written += [project.path / each.partition("=")[2] for each in files]
    texts = {path: path.read_text("utf-8") for path in written if path.is_file()}
    # Result and manifest of two runs, and what was asked for.
    assert len(texts) == 8
    hidden = ("LATER-777", NUMBER)
    if not workers:  # a process knows nothing of the runs of another
        hidden += ("s3cr3t-of-another-run", "CAPTURED-4711")
    found = [
        (path.name, text[max(0, text.index(value) - 200) :][:300])
        for path, text in texts.items()
        for value in hidden
        if value in text
    ]
    assert found == []
    log = [json.loads(line) for line in (project.path / "log.jsonl").read_text().splitlines()]
    calls = [each["reqflo"] for each in log if each.get("when") == "call"]
    assert [{"result", "results"} & {*call} for call in calls] == [set()] * 3
