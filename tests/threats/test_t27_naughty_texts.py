"""T16, T18, T19, T20, T24, T27: naughty texts everywhere; every item is reported, and nothing obeys them.

One run, with all reports on, of journeys, cases, rows and files that are called by each text and
that send it, receive it, and fail because of it.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter

import pytest
from hostile import WORKERS, attack
from live_markup import live_parts
from naughty import NAUGHTY
from servers import ScriptedServer, reply
from threats import Target, get, written

JSON = [("Content-Type", "application/json")]

# Writes each report as pytest-reportlog does: one line of JSON, in UTF-8 without exception.
RECORDER = """
import json

class Recorder:
    def __init__(self, config):
        self.config = config
        self.file = open("log.jsonl", "w", encoding="utf-8")

    def pytest_runtest_logreport(self, report):
        make = self.config.hook.pytest_report_to_serializable
        data = make(config=self.config, report=report)
        self.file.write(json.dumps(data, ensure_ascii=False, default=str) + "\\n")
        self.file.flush()

def pytest_configure(config):
    if not hasattr(config, "workerinput") and not config.option.collectonly:
        config.pluginmanager.register(Recorder(config))
"""


def _can_be_written(text: str) -> bool:
    """Say whether YAML can hold it; two braces begin an expression there."""
    return "{{" not in text and not any("\ud800" <= each <= "\udfff" for each in text)


def _can_be_a_file(text: str) -> bool:
    # pytest itself takes a backslash for a slash, and so two names for one.
    return (
        _can_be_written(text)
        and "/" not in text
        and "\\" not in text
        and "\0" not in text
        and 0 < len(text.encode()) <= 200
        and text.strip("\n\r\t ") == text
        and text not in (".", "..", "...")
    )


TEXTS = [text for text in NAUGHTY if _can_be_written(text)]
FILES = [text for text in NAUGHTY if _can_be_a_file(text)]
NAMES = [text for text in TEXTS if len(text) <= 200]
KEYS = [text for text in NAUGHTY if text.strip()]


def _echo(request, connection) -> bytes:
    if request.path == "/plain":
        return reply(200, request.body, [("Content-Type", "text/plain; charset=utf-8")])
    return reply(200, request.body or b"{}", JSON)


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """The outcome of the one run, its folder, and what the server received."""
    path = tmp_path_factory.mktemp("naughty")
    with ScriptedServer(_echo) as server:
        target = Target(path, server.url)
        target.write("conftest.py", RECORDER)
        target.write("rows.json", json.dumps([{"ref": key, "other": key} for key in KEYS]))
        send = {
            "id": "send",
            "request": {"method": "POST", "url": "/", "json": {"x": "{{ inputs.x }}"}},
            "assertions": [
                {"type": "json_path", "path": "$.x", "expected": "{{ inputs.x }}"},
                {"type": "json_path", "path": "$.x", "expected": "something else", "soft": True},
            ],
            "outputs": [{"name": "back", "path": "body.x"}],
        }
        fail = {
            "id": "fail",
            "request": {
                "method": "POST",
                "url": "/",
                "json": {"x": "{{ steps.send.outputs.back }}"},
            },
            "assertions": [{"type": "body_contains", "expected": "never in it"}],
        }
        cases = [{"name": text, "values": {"x": text}} for text in NAMES]
        target.journey("cases", send, fail, inputs=[{"name": "x"}], cases=cases)
        by_row = json.loads(json.dumps([send, fail]).replace("inputs.x", "inputs.ref"))
        target.journey("rows", *by_row, inputs=[{"name": "ref"}, {"name": "other"}],
                       data={"file": "rows.json", "key": "ref"})  # fmt: skip
        for number, text in enumerate(FILES):
            step = get(
                "a",
                "/",
                name=text,
                assertions=[{"type": "status_code", "expected": 418, "message": text}],
            )
            step["request"] |= {"query": {"x": text, text: "y"}, "cookies": {"c": "v"}}
            tree = {
                "name": text,
                "id": f"j{number}",
                "description": text,
                "owner": text,
                "version": text,
                "steps": [step],
            }
            name = os.fsencode(str(path)) + b"/" + text.encode() + b".journey.yaml"
            with open(name, "w") as file:
                file.write(f"journey: {written(tree)}\n")
        plain = {
            "id": "a",
            "request": {
                "method": "POST",
                "url": "/plain",
                "text": "{{ inputs.x }}",
                "headers": {"x-text": "{{ inputs.x }}"},
            },
            "assertions": [{"type": "body_equals", "expected": {"no": "{{ inputs.x }}"}}],
        }
        given = [{"name": f"n{number}", "values": {"x": text}} for number, text in enumerate(TEXTS)]
        target.journey("headers", plain, inputs=[{"name": "x"}], cases=given)
        result = attack(
            path, "--reqflo-output=out.json", "--html=report.html", "-o", "junit_logging=all", "-v", "-rA",
            *WORKERS, timeout_s=170,
        )  # fmt: skip
        yield result, target, server.requests


def test_every_item_is_reported_once_with_a_reason(ran) -> None:
    result, target, _ = ran
    assert len(result.reasons) == len(NAMES) + len(TEXTS) + len(KEYS) + len(FILES)
    assert len(json.loads((target.path / "out.json").read_text())["results"]) == len(result.reasons)
    assert [reason for reason in result.reasons.values() if not reason.startswith("step `")] == []


def test_ids_are_safe_and_stand_for_one_item_each(ran) -> None:
    _, target, _ = ran
    lines = (target.path / "log.jsonl").read_text(encoding="utf-8").split("\n")
    reports = [json.loads(line) for line in lines if line]
    calls = Counter(each["nodeid"] for each in reports if each["when"] == "call")
    assert set(calls.values()) == {1}
    ids = [name.rpartition("::")[2] for name in calls]
    assert [each for each in ids if not re.fullmatch(r"[A-Za-z0-9_.-]{1,60}", each)] == []


def test_values_arrive_as_they_were_meant(ran) -> None:
    _, _, requests = ran
    bodies = [each.body for each in requests if each.path == "/" and each.body]
    sent = Counter(json.loads(body)["x"] for body in bodies)
    assert sent == Counter({text: 2 * ((text in NAMES) + (text in KEYS)) for text in NAUGHTY})


def test_nothing_in_the_page_of_pytest_html_runs(ran, tmp_path) -> None:
    _, target, _ = ran
    (tmp_path / "test_plain.py").write_text("def test_x(): assert False\n")
    attack_free = Target(tmp_path)
    attack(attack_free.path, "--html=report.html")
    plain = live_parts((tmp_path / "report.html").read_text())
    assert live_parts((target.path / "report.html").read_text(encoding="utf-8")) == plain


def test_collecting_alone_prints_nothing_that_obeys(ran) -> None:
    result, target, _ = ran
    listed = attack(target.path, "--collect-only", "-q")
    assert listed.code == 0
    found = [line for line in listed.text.splitlines() if "::" in line]
    assert len(found) == len(result.reasons)


def test_nothing_was_run_or_written_because_of_a_text(ran) -> None:
    _, target, _ = ran
    names = {path.name for path in target.path.iterdir() if not path.name.endswith(".journey.yaml")}
    assert names <= {
        "pytest.ini", "environments", "conftest.py", "rows.json", "log.jsonl", "report.html", "out.json",
        "junit.xml", ".reqflo", "assets", "__pycache__",
    }  # fmt: skip
    assert {path.name for path in (target.path / ".reqflo").iterdir()} == {
        ".gitignore",
        "artifacts",
        "blobs",
        "runs",
        "versions",
    } - {"blobs"}
