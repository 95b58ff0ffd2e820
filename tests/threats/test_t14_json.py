"""T14: JSON of every shape, as an answer and as a file: its value, or "not usable JSON"; never a defect."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hostile import HERE, WORKERS
from json_texts import ACCEPTED, EITHER, REFUSED
from servers import ScriptedServer, reply
from threats import Target, get, grown_mib

from pytest_reqflo.values import JsonProblem, canonical_json, parse_json

TEXTS = {**{name: text for name, (text, _) in ACCEPTED.items()}, **REFUSED, **EITHER}
JSON = [("Content-Type", "application/json")]


def test_the_corpus_is_as_large_as_it_says() -> None:
    assert len(TEXTS) >= 150


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_must_be_accepted_has_the_value_that_was_meant(name) -> None:
    text, meant = ACCEPTED[name]
    assert canonical_json(parse_json(text)) == canonical_json(meant)


@pytest.mark.parametrize("name", REFUSED)
def test_what_must_be_refused_is_refused_with_our_error(name) -> None:
    with pytest.raises(JsonProblem):
        parse_json(REFUSED[name])


@pytest.mark.parametrize("workers", [HERE, WORKERS], ids=["alone", "xdist"])
def test_every_text_as_an_answer(tmp_path, workers) -> None:
    """Each is captured whole and sent on as JSON: what arrives is what the server had meant."""

    def handle(request, connection):
        if request.method == "POST":
            return reply(200, b"{}", JSON)
        return reply(200, TEXTS[request.path.strip("/")], JSON)

    with ScriptedServer(handle) as server:
        target = Target(tmp_path, server.url)
        target.journey(
            "texts",
            get(
                "take",
                "/{{ inputs.name }}",
                assertions=[
                    {"type": "value", "value": "{{ response.body }}", "operator": "exists"},
                    {"type": "json_path", "path": "$", "operator": "exists"},
                ],
                outputs=[{"name": "all", "path": "body"}],
            ),
            {
                "id": "give",
                "request": {
                    "method": "POST",
                    "url": "/back/{{ inputs.name }}",
                    "json": {"got": "{{ steps.take.outputs.all }}"},
                },
            },
            inputs=[{"name": "name"}],
            cases=[{"name": name, "values": {"name": name}} for name in TEXTS],
        )
        result = target.attack(
            "--reqflo-output=out.json", "--html=report.html", "-o", "junit_logging=all", *workers,
            timeout_s=170,
        )  # fmt: skip
        back = {
            each.path.removeprefix("/back/"): each.body
            for each in server.requests
            if each.method == "POST"
        }
    reasons = {
        name.rpartition("::")[2]: _without_case(reason) for name, reason in result.reasons.items()
    }
    assert reasons.keys() == TEXTS.keys()
    wrong = [
        name
        for name, (_, meant) in ACCEPTED.items()
        if reasons[name] or canonical_json(parse_json(back[name])) != canonical_json({"got": meant})
    ]
    assert wrong == []
    assert [name for name in REFUSED if "the body is not JSON" not in reasons[name]] == []
    refused = "step `take`: $: the body is not JSON"
    assert [n for n in EITHER if reasons[n] and not reasons[n].startswith(refused)] == []
    assert "<html" in (tmp_path / "report.html").read_text()
    results = json.loads((tmp_path / "out.json").read_text())["results"]
    assert {each["identity"]["case"] for each in results} == TEXTS.keys()


def _without_case(reason: str) -> str:
    return re.sub(r" \(case `[^`]+`\)", "", reason, count=1)


def test_keys_that_stand_twice_are_told_in_the_evidence(tmp_path) -> None:
    body = b'{"state": "open", "state": "paid", "id": 1, "\x1b[31m": 1, "id": 2}'.replace(
        b"\x1b", rb"\u001b"
    )
    with ScriptedServer(lambda request, connection: reply(200, body, JSON)) as server:
        target = Target(tmp_path, server.url)
        target.journey(
            "twice",
            get(
                "a", "/", assertions=[{"type": "json_path", "path": "$.state", "expected": "open"}]
            ),
        )
        result = target.attack("--reqflo-output=out.json")  # fmt: skip
    assert result.reason("twice") == 'step `a`: $.state: expected "open", got "paid"'
    assert "(twice in one object, of which the last was taken: `state`, `id`)" in result.text
    answer = target.results()["twice"]["steps"][0]["tries"][0]["exchanges"][0]["response"]
    assert answer["body"]["repeated_keys"] == ["state", "id"]


FILES = {
    "deep": "[" * 50_000, "digits": "[" + "9" * 5_000 + "]", "nan": "[NaN]", "infinity": "[-Infinity]", "large": "[1e400]",
    "twice": '{"a": 1, "a": 2}', "twice_inside": '[{"b": {"c": 1, "c": 1}}]', "trailing": "[] x", "nul": "[]\0", "byte": b'["\xff"]', "empty": "",
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_the_author_that_is_no_json_is_a_collection_error(tmp_path, name) -> None:
    target = Target(tmp_path)
    text = FILES[name]
    target.write("x.json", text if isinstance(text, bytes) else text.encode())
    codes = target.codes(
        """
        - id: a
          request: {method: POST, url: /, json_file: x.json}
          assertions:
            - {type: json_path, path: $.a, expected_file: x.json}
            - {type: json_schema, file: x.json}
        """,
        head="",
    )
    assert sorted(codes) == ["RF115", "RF115", "RF209"]


def test_values_that_only_json_has_reach_a_worker_and_the_next_step(tmp_path) -> None:
    text = r'{"half": "\ud800", "\udfff": 1, "big": %s, "tiny": -1e-999}' % ("7" * 4_000)
    with ScriptedServer(lambda request, connection: reply(200, text.encode(), JSON)) as server:
        target = Target(tmp_path, server.url)
        names = ("half", "big", "tiny")
        outputs = [{"name": name, "path": f"body.{name}"} for name in names]
        given = {name: f"{{{{ steps.a.outputs.{name} }}}}" for name in names}
        for number in range(4):
            target.journey(
                f"kept{number}",
                get("a", "/", outputs=outputs),
                {"id": "b", "request": {"method": "POST", "url": "/", "json": given},
                 "assertions": [{"type": "status_code", "expected": 299}]},
            )  # fmt: skip
        result = target.attack("--reqflo-output=out.json", *WORKERS)
        sent = [json.loads(each.body) for each in server.requests if each.method == "POST"]
    assert set(result.reasons.values()) == {"step `b`: expected status 299, got 200"}
    assert sent == [{"half": "\ud800", "big": int("7" * 4_000), "tiny": -0.0}] * 4


def test_the_memory_of_a_bomb_of_small_values_is_bounded() -> None:
    """Ten MiB, the most an answer may have, of the shape that takes most room for its bytes."""
    imports = "import contextlib\nfrom pytest_reqflo.values import JsonProblem, parse_json_noting"
    text = "b'[' + b'[],' * (10 * 2**20 // 3 - 1) + b'1]'"
    work = f"with contextlib.suppress(JsonProblem):\n    parse_json_noting({text})"
    assert grown_mib(imports, work) < 60


def test_the_memory_of_a_try_that_checks_and_keeps_such_a_bomb_is_bounded() -> None:
    """As many values as an answer may have, to look for secrets in each."""
    imports = (
        f"import sys\nsys.path.insert(0, {str(Path(__file__).parents[1] / 'support')!r})\n"
        "from journeys import assertion, attempt, output, response, step"
    )
    work = (
        "check = assertion('json_path', 'x', target='$', operator='equals')\n"
        "spec = step('a', '/', assertions=(check,), outputs=(output('all', 'body'),))\n"
        "attempt(spec, response(b'[' + b'[],' * 249_000 + b'1]'))"
    )
    assert 10 < grown_mib(imports, work) < 180
