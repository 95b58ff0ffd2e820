"""One failure in every report that users read: each states the same facts, with and without workers."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from channels import (
    ARGUMENTS,
    FACTS,
    attached,
    extras_of,
    named,
    properties_of,
    read_allure,
    read_har,
    read_html,
    read_junit,
)


def write_journeys(project) -> None:
    head = "owner: team-pay\ntags: [smoke]\ncases: [{name: Gold}]"
    project.journey("failing.journey.yaml", "/status/200", "/status/500", head="owner: team-pay")
    project.rows("rows.journey.yaml", 2, "/echo/{{ inputs.n }}", head="tags: [smoke]")
    project.journey("cased.journey.yaml", "/status/200", head=head)


@pytest.mark.every_plugin
@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["here", "workers"])
def test_every_report_states_the_same_facts(project, workers, monkeypatch) -> None:
    write_journeys(project)
    # Processes of their own would compile every module anew.
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(project.path))

    result = project.run_apart(*ARGUMENTS, *workers)

    result.assert_outcomes(failed=1, passed=3)
    stated = {channel: read(project.path) for channel, read in FACTS.items()}
    facts = stated["results"]
    assert (facts.step, facts.expected, facts.actual, facts.line) == ("s2", 200, 500, 12)
    assert stated == dict.fromkeys(FACTS, facts)
    [annotation] = [line for line in result.errlines if line.startswith("::error")]
    sentence = f"step `{facts.step}`: expected status {facts.expected}, got {facts.actual}"
    assert (
        annotation
        == f"::error file=failing.journey.yaml,line={facts.line}::failing%0A%0A{sentence}"
    )
    hold_junit(project)
    hold_html(project)
    hold_allure(project)
    hold_har(project)


def hold_junit(project) -> None:
    for case in read_junit(project.path):
        output = case.findtext("system-out") or ""
        files = re.findall(r"^\[\[ATTACHMENT\|(.*)\]\]$", output, re.MULTILINE)
        is_failed = case.find("failure") is not None
        evidence = properties_of(case).get("reqflo.evidence", "")
        assert files == ([str(project.path / evidence)] if is_failed else [])
        assert all(Path(file).is_file() for file in files)


def hold_html(project) -> None:
    pages = read_html(project.path)
    extras = {name: extras_of(test) for name, [test] in pages.items()}
    failing = extras.pop("failing.journey.yaml::run")
    assert list(failing) == ["failure", "exchanges", "evidence"]
    assert failing["exchanges"].count("request as sent") == 2
    assert (project.path / unquote(failing["evidence"])).is_file()
    assert list(extras.values()) == [{}] * 3


def hold_allure(project) -> None:
    cased, failing, *rows = read_allure(project.path)
    first, second = failing["steps"]
    assert (first["name"], first["status"], second["name"]) == ("s1", "passed", "s2")
    assert named(second["parameters"])["request"] == f"GET {project.server.url}/status/500"
    parts = attached(project.path, second)
    assert list(parts) == ["request", "response", "response body", "curl"]
    assert parts["request"].startswith(f"GET {project.server.url}/status/500\n")
    assert json.loads(parts["response body"]) == {"status": 500}
    assert parts["curl"].startswith("curl ")
    assert failing["start"] <= first["start"] <= first["stop"] <= second["start"]
    assert second["stop"] <= failing["stop"]
    assert [each.get("attachments") for each in (*cased["steps"], *rows[0]["steps"])] == [None] * 2
    labels = [(each["name"], each["value"]) for each in cased["labels"]]
    assert {("owner", "team-pay"), ("tag", "smoke")} <= set(labels)
    assert named(cased["parameters"])["case"] == "'Gold'"
    assert [named(each["parameters"])["row"] for each in rows] == ["'1'", "'2'"]
    assert len({each["historyId"] for each in (cased, failing, *rows)}) == 4


def hold_har(project) -> None:
    log = read_har(project.path)
    assert [page["title"] for page in log["pages"] if "rows" in page["title"]] == [
        "rows, row 1", "rows, row 2",
    ]  # fmt: skip
    assert len(log["entries"]) == len(project.server.log) == 5
    assert all(entry["timings"]["wait"] > 0 for entry in log["entries"])
    assert (project.path / "out.har").stat().st_mode & 0o777 == 0o600
