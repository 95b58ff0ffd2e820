"""Whatever a file holds or is called: a clear collection error, and every other file runs."""

from __future__ import annotations

import json
import os
import re
from collections import Counter

import pytest
from hostile import WORKERS, attack

GOOD = "journey: {name: good, steps: [{id: s1, template: GET /status/200}]}\n"


def _bomb() -> str:
    lines = ["x0: &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9]"]
    lines += [f"x{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    return "\n".join([*lines, "journey: {name: x, steps: [*a11]}"])


BAD: dict[str, bytes] = {
    "empty": b"",
    "blank": b" \n\t\n",
    "comment": b"# nothing",
    "null": b"journey:\n",
    "scalar": b"journey: 7\n",
    "list": b"- journey\n",
    "binary": bytes(range(256)) * 40,
    "nul": b"journey:\n  name: a\0b\n",
    "nul_escape": b'journey: {name: "a\\0b", steps: [{id: "s\\0", template: "GET /\\0"}]}\n',
    "escape": b'journey: {name: "\\e[31mred", "\\e[2J": 1, steps: []}\n',
    "bidi": "journey: {name: \"\u202eevil\", 'k\u202ey': 1, steps: []}\n".encode(),
    "surrogate_escape": b'journey: {name: "\\ud800", steps: [{template: "GET /\\udfff"}]}\n',
    "workflow": b'journey: {name: x, "\\n::error::boo": 1, steps: ["\\n##vso[task.complete]"]}\n',
    "huge_line": b"journey: {name: " + b"x" * 900_000 + b", stepz: []}\n",
    "too_large": b"journey: {name: x, steps: []}\n" + b"#" * 1_100_000,
    "utf16": "journey: {name: x}".encode("utf-16"),
    "utf16_no_mark": "journey: {name: x}".encode("utf-16-le"),
    "latin1": "journey: {name: caf\xe9}\n".encode("latin-1"),
    "late_byte": b"journey: {name: x}\n" + b"# fine\n" * 500 + b"# \xff\n",
    "mark_only": b"\xef\xbb\xbf",
    "two_marks": b"\xef\xbb\xbf\xef\xbb\xbfjourney: {name: x}\n",
    "deep_flow": b"journey: " + b"[" * 50_000,
    "deep_map": b"journey: " + b"{a: " * 30_000 + b"1" + b"}" * 30_000,
    "deep_block": b"journey:\n" + b"".join(b" " * n + b"a:\n" for n in range(1, 900)),
    "deep_dash": b"journey:\n  " + b"- " * 40_000 + b"x\n",
    "bomb": _bomb().encode(),
    "alias_to_self": b"journey: &a {name: x, steps: *a}\n",
    "unknown_alias": b"journey: *nothing\n",
    "python_tag": b"journey: !!python/object/apply:os.system [id]\n",
    "merge_key": b"x: &x {name: a}\njourney: {<<: *x, steps: []}\n",
    "two_documents": b"journey: {name: a, steps: []}\n---\njourney: {name: b}\n",
    "complex_key": b"journey: {? [a, b] : 1}\n",
    "huge_int": b"journey: {name: x, version: " + b"9" * 5000 + b", settings: {timeout_s: "
    + b"9" * 5000 + b"}, steps: []}\n",
    "infinity": b"journey: {name: x, settings: {timeout_s: .inf, finally_timeout_s: .nan},"
    b" steps: [{template: GET /, delay_s: 1e400}]}\n",
    "directives": b"%YAML 9.9\n%TAG ! tag:x,2000:\n--- !foo\njourney: 1\n",
    "unclosed": b'journey: {name: "x\n',
    "tabs": b"journey:\n\tname: x\n",
    "wrong_types": b"journey: {name: [], id: {}, tags: {a: 1}, cases: 3, data: [1], inputs: x,"
    b" variables: {}, settings: [], steps: {a: b}, finally: 1, overlays: 3, base_template: []}\n",
    "odd_step": b"journey: {name: x, steps: [1, null, [], {}, {id: 3, template: 4, request: 5,"
    b" values: 6, assertions: 7, outputs: 8, retry: 9, poll: 10, when: [], auth: x}]}\n",
    "odd_expressions": b"journey: {name: x, steps: [{id: a, template: 'GET /{{', values: {b: '{{"
    b" inputs. }}', c: '{{ " + b"(" * 3000 + b" }}', d: '{{ steps." + b"x." * 5000 + b"y }}'}}]}\n",
    "odd_patterns": b"journey: {name: x, steps: [{id: a, template: GET /, assertions: [{type:"
    b" body_matches, expected: '" + b"(" * 3000 + b"'}, {type: json_path, path: '$" + b"[?(@"
    b"" * 1 + b"'}, {type: json_path, path: '$" + b"[0]" * 20_000 + b"', operator: exists}, {type:"
    b" json_schema, schema: {$ref: 'http://127.0.0.1:9/x', type: 7}}]}]}\n",
    "odd_files": b"journey: {name: x, data: {file: '../../../../etc/passwd'}, steps: [{id: a,"
    b' request: {method: GET, url: /, body_file: /etc/passwd, json_file: "a\\0b"}},'
    b" {id: b, request: {method: POST, url: /, body_file: '" + b"y" * 5000 + b"'}}]}\n",
    "odd_url": b"journey: {name: x, steps: [{id: a, template: 'GET http://[::1'}, {id: b, template:"
    b" 'GET //evil:99999/'}, {id: c, template: 'G\xc3\x89T /'}, {id: d, template: 'GET'}]}\n",
    "odd_marks": b'journey: {name: x, tags: [parametrize, "\\e[31m", skip, "", "a b", __class__],'
    b" steps: [{template: GET /}]}\n",
    "odd_ids": b'journey: {name: "///", id: "../../x", steps: [{id: "..", template: GET /}, {id:'
    b' "..", template: GET /}, {id: "\\e[0m", template: GET /}]}\n',
    "reserved": b"journey: {name: x, steps: [{for_each: 1}, {repeat: 2}, {journey: 3}]}\n",
}  # fmt: skip
GOOD_ONES: dict[str, bytes] = {
    "good": GOOD.encode(),
    "good_mark": b"\xef\xbb\xbf" + GOOD.encode(),
    "good_crlf": GOOD.replace("steps", "\r\n steps").encode(),
    "same_id": GOOD.encode(),
}


NAMES: tuple[bytes, ...] = (
    b"new\nline", b"\x1b[31mred", b"\xff\xfe", "\u202ebidi".encode(), "\U0001f4a5".encode(),
    b"::error::boo", b"\n::error::boo", b"[x-y]", b"a::b", b"<img onerror=alert(1)>", b"]]>&amp;",
    b" ", b"-k", b"@file", b"%s{}", b"x" * 240, b"'\"", b"\\", b"\x07\x7f", "e\u0301".encode(),
)  # fmt: skip
FAILING = "journey: {name: bad, steps: [{template: GET /status/500, assertions: [{type: status_code, expected: 200}]}]}\n"


def test_every_unusable_file_is_one_collection_error(project) -> None:
    for name, content in {**BAD, **GOOD_ONES}.items():
        (project.path / f"{name}.journey.yaml").write_bytes(content)
    result = attack(project.path, "--continue-on-collection-errors", *WORKERS)
    assert result.code == pytest.ExitCode.TESTS_FAILED
    lines = result.text.splitlines()
    explained = {
        found[1]: lines[number + 1]
        for number, line in enumerate(lines)
        if (found := re.fullmatch("_+ ERROR collecting (.+) _+", line))
    }
    assert {name.removesuffix(".journey.yaml") for name in explained} == set(BAD)
    assert [text for text in explained.values() if not text.startswith("error[RF")] == []
    passed = [name for name, reason in result.reasons.items() if not reason]
    assert len(passed) == len(GOOD_ONES)


def test_no_file_name_breaks_a_run_or_a_report(project) -> None:
    for number, name in enumerate(NAMES):
        path = os.fsencode(project.path) + b"/" + name + b".journey.yaml"
        with open(path, "wb") as file:
            file.write((GOOD, FAILING, "journey: {nam: x}\n")[number % 3].encode())
    result = attack(
        project.path, "--continue-on-collection-errors", "--reqflo-output=out.json", *WORKERS
    )
    assert result.code == pytest.ExitCode.TESTS_FAILED
    assert Counter(result.reasons.values()) == {
        "": 7,
        "step `step-1`: expected status 200, got 500": 7,
        "collection failure": 6,
    }
    assert len(json.loads((project.path / "out.json").read_text())["results"]) == 14


def test_what_is_no_regular_file_neither_blocks_nor_breaks(project) -> None:
    folder = project.path
    (folder / "folder.journey.yaml").mkdir()
    (folder / "folder.journey.yaml" / "inner.yaml").write_text(GOOD)
    os.mkfifo(folder / "pipe.journey.yaml")
    os.mkfifo(folder / "pipe.yaml")
    (folder / "dangling.journey.yaml").symlink_to("nowhere")
    (folder / "circle.journey.yaml").symlink_to("circle.journey.yaml")
    (folder / "link.journey.yaml").symlink_to("folder.journey.yaml/inner.yaml")
    (folder / "device.journey.yaml").symlink_to("/dev/zero")
    strange = os.fsencode(folder) + b"/dir\xff\n\x1b[31m"
    os.mkdir(strange)
    for name, text in {b"/a.journey.yaml": GOOD, b"/b.yaml": FAILING}.items():
        with open(strange + name, "w") as file:
            file.write(text)
    result = attack(folder, *WORKERS)
    assert Counter(result.reasons.values()) == {
        "": 3,
        "step `step-1`: expected status 200, got 500": 1,
    }


def test_a_file_named_as_argument_that_cannot_be_read_is_explained(project) -> None:
    project.write("good.journey.yaml", GOOD)
    os.mkfifo(project.path / "pipe.journey.yaml")
    (project.path / "device.journey.yaml").symlink_to("/dev/zero")
    (project.path / "artifact_0123456789ab.json").write_bytes(b"\xff{")
    (project.path / "artifact_1123456789ab.json").write_text("[" * 100_000)
    (project.path / "artifact_2123456789ab.json").write_text('{"format": 99, "steps": "\\ud800"}')
    os.mkfifo(project.path / "artifact_3123456789ab.json")
    names = sorted(path.name for path in project.path.glob("artifact_[012]*"))
    result = attack(project.path, "--continue-on-collection-errors", "good.journey.yaml", *names)
    assert Counter(result.reasons.values()) == {"": 1, "collection failure": 3}
    assert len(re.findall(r"^error\[RF60[12]\]", result.text, re.MULTILINE)) == 3
    pipes = ("pipe.journey.yaml", "device.journey.yaml", "artifact_3123456789ab.json")
    assert attack(project.path, *pipes).code == pytest.ExitCode.USAGE_ERROR


BROKEN = (
    b"",
    b"\xff",
    b"[",
    b"- 1",
    b"x: 1",
    b"name: [" * 200,
    b"environment: 1",
    b"template: {method: 7}",
)


def test_broken_files_of_the_library_are_explained_to_all_that_need_them(project) -> None:
    for room in ("templates", "presets", "overlays"):
        for number, content in enumerate(BROKEN):
            path = project.write(f"{room}/f{number}.yaml", "")
            path.write_bytes(content)
        os.mkfifo(project.path / room / "pipe.yaml")
        (project.path / room / "circle.yaml").symlink_to("circle.yaml")
        (project.path / room / "dir.yaml").mkdir()
    project.write("good.journey.yaml", GOOD)
    project.write(
        "a.journey.yaml", "journey: {name: a, overlays: [x], steps: [{template: GET /}]}\n"
    )
    project.write(
        "b.journey.yaml",
        "journey: {name: a, cases: [{name: x, presets: [x]}], steps: [{template: GET /}]}\n",
    )
    project.write("c.journey.yaml", "journey: {name: a, steps: [{template: x}]}\n")
    result = attack(project.path, "--continue-on-collection-errors", *WORKERS)
    assert result.code == pytest.ExitCode.TESTS_FAILED
    assert result.text.count("--> templates/f7.yaml:1:20") >= 4
    for what in ("overlay", "preset"):
        assert f"there is no {what} `x`" in result.text
