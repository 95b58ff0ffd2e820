"""Every report that users read of a run, and what each of them states of a failure."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import haralyzer
from har_schema import validate_har
from html_pages import blocks_of
from live_markup import live_parts
from lxml import etree
from markdown_it import MarkdownIt
from markdown_it.token import Token

ARGUMENTS = (
    "--junitxml=junit.xml", "-ojunit_logging=all", "--html=report.html", "--self-contained-html", "--alluredir=allure",
    "--report-log=log.jsonl", "--json-report", "--json-report-file=report.json", "--reqflo-output=out.json",
    "--reqflo-har=out.har", "--reqflo-html=page.html", "-oreqflo_step_summary=summary.md", "-oreqflo_junit_attachments=true",
)  # fmt: skip

_SCHEMA = etree.XMLSchema(etree.parse(Path(__file__).with_name("junit-xunit2.xsd")))
_RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What failed: step, both values, line of the file; and which run of which artifact it was."""

    step: str
    expected: object
    actual: object
    line: int
    run_id: str
    artifact: str


def _facts_of_page(text: str) -> Facts:
    [sentence] = re.findall(r"\Astep `(\w+)`: expected status (\d+), got (\d+)", text)
    [line] = re.findall(r"^ +--> [\w/]+\.journey\.yaml:(\d+):", text, re.MULTILINE)
    run_id, artifact = re.findall(r"^run id (run_\w+), .* artifact (\w+)", text, re.MULTILINE)[0]
    step, expected, actual = sentence
    return Facts(
        step=step, expected=int(expected), actual=int(actual), line=int(line), run_id=run_id, artifact=artifact
    )  # fmt: skip


def _facts_of_data(failure: dict[str, Any]) -> Facts:
    [check] = failure["checks"]
    assert check["line"] == failure["line"]
    return Facts(
        step=failure["step"],
        expected=check["expected"],
        actual=check["actual"],
        line=failure["line"],
        run_id=failure["run_id"],
        artifact=failure["artifact"],
    )


# --- JUnit ---------------------------------------------------------------------------------------


def read_junit(folder: Path) -> list[Any]:
    """Return the test cases of a file that is valid."""
    document = etree.parse(folder / "junit.xml")
    _SCHEMA.assertValid(document)
    return list(document.iter("testcase"))


def properties_of(case: Any) -> dict[str, str]:
    return {each.get("name"): each.get("value") for each in case.iter("property")}


def facts_in_junit(folder: Path) -> Facts:
    [case] = [each for each in read_junit(folder) if each.find("failure") is not None]
    facts = _facts_of_page(case.find("failure").text)
    assert case.find("failure").get("message").startswith(f"step `{facts.step}`: expected")
    properties = properties_of(case)
    assert properties["reqflo.run_id"] == facts.run_id
    assert properties["reqflo.artifact"] == facts.artifact
    return facts


# --- pytest-html ---------------------------------------------------------------------------------


def read_html(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the tests of the page, by their ids."""
    [blob] = re.findall(r'data-jsonblob="([^"]*)"', (folder / "report.html").read_text("utf-8"))
    return json.loads(html.unescape(blob))["tests"]


def extras_of(test: dict[str, Any]) -> dict[str, str]:
    """Return the texts and addresses that were added to a test, by their names."""
    head = "data:text/plain;charset=utf-8;base64,"
    found = {}
    for extra in test["extras"]:
        assert extra["format_type"] in ("text", "url")
        content = extra["content"]
        is_text = extra["format_type"] == "text"
        found[extra["name"]] = (
            base64.b64decode(content.removeprefix(head)).decode() if is_text else content
        )
    return found


def facts_in_html(folder: Path) -> Facts:
    [test] = [each for tests in read_html(folder).values() for each in tests if each["extras"]]
    return _facts_of_page(extras_of(test)["failure"])


# --- Allure --------------------------------------------------------------------------------------


def read_allure(folder: Path) -> list[dict[str, Any]]:
    """Return the results, in order of their names; every file that they name is there."""
    results = [json.loads(path.read_bytes()) for path in (folder / "allure").glob("*-result.json")]
    for step in steps_below(results):
        assert step["start"] <= step["stop"]
        for each in step.get("attachments", ()):
            assert each["type"] in ("text/plain", "application/json")
            assert (folder / "allure" / each["source"]).is_file()
    return sorted(results, key=lambda each: each["name"])


def steps_below(tree: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for node in tree for each in (node, *steps_below(node.get("steps", [])))]


def attached(folder: Path, step: dict[str, Any]) -> dict[str, str]:
    """Return what is attached to a step, by name."""
    return {
        each["name"]: (folder / "allure" / each["source"]).read_text("utf-8")
        for each in step.get("attachments", ())
    }


def named(parts: list[dict[str, Any]]) -> dict[str, str]:
    return {each["name"]: each["value"] for each in parts}


def facts_in_allure(folder: Path) -> Facts:
    [result] = [each for each in read_allure(folder) if each["status"] == "failed"]
    [step] = [each for each in result["steps"] if each["status"] == "failed"]
    [check] = [each for each in step["steps"] if each["status"] == "failed"]
    values, about = named(check["parameters"]), named(result["parameters"])
    return Facts(
        step=step["name"],
        expected=int(values["expected"]),
        actual=int(values["actual"]),
        line=_facts_of_page(result["statusDetails"]["trace"]).line,
        run_id=about["run id"].strip("'"),
        artifact=about["artifact"].strip("'"),
    )


# --- files of lines and of JSON --------------------------------------------------------------------


def read_log(folder: Path) -> list[dict[str, Any]]:
    """Return the reports of calls that pytest-reportlog wrote."""
    lines = [
        json.loads(line) for line in (folder / "log.jsonl").read_text("utf-8").split("\n") if line
    ]
    return [each for each in lines if each.get("when") == "call"]


def facts_in_reportlog(folder: Path) -> Facts:
    [report] = [each for each in read_log(folder) if each["outcome"] == "failed"]
    return _facts_of_data(report["reqflo"]["failure"])


def facts_in_json_report(folder: Path) -> Facts:
    tests = json.loads((folder / "report.json").read_bytes())["tests"]
    [test] = [each for each in tests if each["outcome"] == "failed"]
    return _facts_of_data(test["metadata"]["reqflo"]["failure"])


def facts_in_results(folder: Path) -> Facts:
    results = json.loads((folder / "out.json").read_bytes())["results"]
    [result] = [each for each in results if each["outcome"] == "failed"]
    [step] = [each for each in result["steps"] if each["outcome"] == "failed"]
    [check] = [each for each in step["tries"][-1]["checks"] if not each["passed"]]
    return Facts(
        step=step["id"],
        expected=check["expected"],
        actual=check["actual"],
        line=result["lines"][check["pointer"]],
        run_id=result["identity"]["run_id"],
        artifact=result["identity"]["artifact"],
    )


def facts_on_page(folder: Path) -> Facts:
    blocks = blocks_of((folder / "page.html").read_text("utf-8"))
    index = blocks["index"]
    [run] = [each for each in index["runs"] if each["status"] == "failed"]
    [step] = [each for each in blocks[run["detail"]]["steps"] if each["outcome"] == "failed"]
    [check] = [each for each in step["tries"][-1]["checks"] if not each.get("passed")]
    assert run["step"] == step["id"]
    return Facts(
        step=step["id"],
        expected=int(check["expected"]),
        actual=int(check["actual"]),
        line=check["line"],
        run_id=run["id"],
        artifact=index["journeys"][run["journey"]]["artifact"],
    )


def read_har(folder: Path) -> dict[str, Any]:
    """Return the log of a file that is valid, and that a reader of others can open."""
    document = json.loads((folder / "out.har").read_bytes())
    validate_har(document)
    opened = haralyzer.HarParser(document)
    shown = [len(page.entries) for page in opened.pages]
    assert sum(shown) == len(document["log"]["entries"])
    return document["log"]


def facts_in_har(folder: Path) -> Facts:
    log = read_har(folder)
    [entry] = [each for each in log["entries"] if each["_reqflo"]["outcome"] == "failed"]
    [check] = [each for each in entry["_reqflo"]["checks"] if not each["passed"]]
    [page] = [each for each in log["pages"] if each["id"] == entry["pageref"]]
    return Facts(
        step=entry["_reqflo"]["step"],
        expected=check["expected"],
        actual=check["actual"],
        line=check["line"],
        run_id=entry["_reqflo"]["run_id"],
        artifact=page["_reqflo"]["artifact"],
    )


# --- our page ------------------------------------------------------------------------------------


# --- GitHub --------------------------------------------------------------------------------------


def read_summary(folder: Path) -> list[Token]:
    """Return the inline parts of the page, which holds no markup but our own."""
    text = (folder / "summary.md").read_text("utf-8")
    assert len(text.encode()) <= 256 * 1024
    blocks = MarkdownIt("commonmark").enable("table").parse(text)
    kinds = {"heading", "bullet_list", "list_item", "paragraph", "inline"}
    kinds |= {"table", "thead", "tbody", "tr", "th", "td"}
    assert {re.sub("_(open|close)$", "", each.type) for each in blocks} <= kinds
    parts = [part for block in blocks for part in block.children or ()]
    assert {each.type for each in parts} <= {
        "text", "code_inline", "strong_open", "strong_close", "link_open", "link_close", "softbreak",
    }  # fmt: skip
    for part in parts:
        # What others wrote stands in code; the words are ours.
        assert part.type != "text" or re.fullmatch(r"[\w ,.:|]*", part.content), part.content
    return parts


def facts_in_summary(folder: Path) -> Facts:
    codes = [each.content for each in read_summary(folder) if each.type == "code_inline"]
    sentence, place, _, run_id, artifact, subject, expected, actual = codes[:8]
    assert subject == "status equals"
    [step] = re.findall(r"\Astep `(\w+)`: expected", sentence)
    return Facts(
        step=step,
        expected=int(expected),
        actual=int(actual),
        line=int(place.rpartition(":")[2]),
        run_id=run_id,
        artifact=artifact,
    )


FACTS: dict[str, Callable[[Path], Facts]] = {
    "junit": facts_in_junit,
    "pytest-html": facts_in_html,
    "allure": facts_in_allure,
    "reportlog": facts_in_reportlog,
    "json-report": facts_in_json_report,
    "results": facts_in_results,
    "page": facts_on_page,
    "har": facts_in_har,
    "summary": facts_in_summary,
}
"""What reads the facts of the one failure of a run from each report; annotations hold fewer of them."""


# --- what is hostile -----------------------------------------------------------------------------


def hold_inert(folder: Path) -> None:
    """Hold every report of a run to what must hold whatever a server answered."""
    read_junit(folder)
    read_har(folder)
    read_summary(folder)
    page = (folder / "report.html").read_text("utf-8")
    empty = re.sub(r'data-jsonblob="[^"]*"', 'data-jsonblob="{}"', page)
    # The links are those to our texts, which are looked at below.
    assert set(live_parts(page) - live_parts(empty)) == {"@href"}
    ours = (folder / "page.html").read_text("utf-8")
    assert dict(live_parts(ours)) == {"meta": 6, "style": 1, "script": ours.count("<script")}
    _hold_printable([json.dumps(blocks_of(ours), ensure_ascii=False)])
    for tests in read_html(folder).values():
        for test in tests:
            _hold_printable(extras_of(test).values())
    for result in read_allure(folder):
        for step in steps_below([result]):
            _hold_printable([json.dumps(step, ensure_ascii=False)])
            _hold_printable(attached(folder, step).values())
    for report in read_log(folder):
        _hold_printable([json.dumps({**report["reqflo"], "result": ""}, ensure_ascii=False)])


def _hold_printable(texts: Any) -> None:
    for text in texts:
        raw = _RAW.search(text)
        assert raw is None, (
            f"raw {raw.group()!r} in {text[max(0, raw.start() - 200) : raw.end()]!r}"
        )
        assert re.search(r"^(?:::|##)", text, re.MULTILINE) is None, text[:500]
