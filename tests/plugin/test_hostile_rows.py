"""Whatever a data file holds: rows that run, or an error with its place; no row is lost."""

from __future__ import annotations

import json
import os

import pytest
from hostile import WORKERS, attack

KEYS = ("../../x", "\x1b[31m", "\U0001f4a5", "k" * 300, "a b", "a/b", "a-b", "A-B", "", " ", "::error::x",
        "\n::error::y", "\u202eevil", "\ud800", "run", "row-00001", "[x]", "%s", "<img>", "]]>", "\0", "\\")  # fmt: skip


def _csv(rows: list[str], encoding: str = "utf-8") -> bytes:
    return ("ref,note\n" + "\n".join(rows) + "\n").encode(encoding, "surrogatepass")


FILES: dict[str, bytes] = {
    "keys.json": json.dumps([{"ref": key, "note": "x"} for key in KEYS if key.strip()]).encode(),
    "keys.jsonl": "\n".join(json.dumps({"ref": f"{key}2", "note": key}) for key in KEYS).encode(),
    "cell.csv": _csv(["a,%s" % ("x" * 4_000_000), "b,ok"]),
    "large.csv": _csv(["a,%s" % ("x" * 11_000_000)]),
    "cells.json": json.dumps([{"ref": "a", "note": {"deep": [1, None, "\ud800\x1b[2J"]}}]).encode(),
    "nul.csv": b"ref,note\na\0b,c\0d\n",
    "columns.csv": (",".join(f"c{n}" for n in range(20_000)) + "\n" + ",".join("1" * 20_000)).encode(),
    "columns.json": json.dumps([{f"c{n}": 1 for n in range(20_000)}]).encode(),
    "columns.jsonl": (json.dumps({f"c{n}": 1 for n in range(3_000)}) + "\n").encode() * 5,
    "wide_row.csv": _csv(["a,b" + ",c" * 20_000]),
    "short_row.csv": _csv(["a"]),
    "utf16.csv": _csv(["a,b"], "utf-16"),
    "latin1.csv": _csv(["a,caf\xe9"], "latin-1"),
    "mark.csv": b"\xef\xbb\xbf" + _csv(["a,b"]),
    "surrogate.csv": _csv(["a,\ud800"]),
    "quote.csv": b'ref,note\na,"never closed\n' + b"x,y\n" * 100,
    "returns.csv": b"ref,note\ra,b\rc,d\r",
    "header.csv": b"\x1b[31m,\x00,,ref,ref\n1,2,3,4,5\n",
    "empty.csv": b"",
    "blank.csv": b"\n\n\n",
    "only_header.csv": b"ref,note\n",
    "binary.csv": bytes(range(256)) * 10,
    "long_line.csv": b"r" * 2_000_000,
    "same_keys.csv": _csv(["a,1", "a,2"]),
    "empty.json": b"",
    "number.json": b"7",
    "mapping.json": b'{"ref": 1}',
    "mixed.json": b'[1, null, {}, [], {"ref": "a", "zzz": 1}]',
    "deep.json": b"[" * 100_000,
    "deep_cell.json": b'[{"ref": "a", "note": ' + b"[" * 150 + b"]" * 150 + b"}]",
    "nan.json": b'[{"ref": "a", "note": NaN}]',
    "huge.json": b'[{"ref": "a", "note": ' + b"9" * 5_000 + b"}]",
    "twice.json": b'[{"ref": "a", "ref": "b"}]',
    "types.json": b'[{"ref": {"x": 1}, "note": 1}, {"ref": [], "note": 2}, {"ref": null}, {"ref": true}]',
    "lines.jsonl": b'{"ref": "a"}\n\n{"ref"\n[]\n\xff\n{"ref": "b"}',
    "unknown.xlsx": b"PK",
}  # fmt: skip
JOURNEY = """
journey:
  name: {name}
  inputs: [{{name: ref, required: false}}, {{name: note, required: false}}]
  data: {{file: "{name}", key: ref}}
  steps:
    - id: s1
      request: {{method: POST, url: /any, json: {{ref: "{{{{ inputs.ref }}}}"}}}}
      assertions: [{{type: status_code, expected: {expected}}}]
    - id: s2
      request: {{method: GET, url: "/at/{{{{ inputs.ref }}}}", headers: {{x-ref: "{{{{ inputs.ref }}}}"}}}}
"""


def _write(project, name: str, expected: int) -> None:
    text = JOURNEY.format(name=name, expected=expected)
    project.write(f"{name.replace('.', '_')}_{expected}.journey.yaml", text)


def test_no_data_file_breaks_a_run_or_loses_a_row(project) -> None:
    for name, content in FILES.items():
        (project.path / name).write_bytes(content)
        _write(project, name, 200)
        if name.startswith("keys"):
            _write(project, name, 418)
    os.mkfifo(project.path / "pipe.csv")
    (project.path / "folder.csv").mkdir()
    (project.path / "passwd.csv").symlink_to("/etc/passwd")
    (project.path / "circle.csv").symlink_to("circle.csv")
    for name in ("pipe.csv", "folder.csv", "passwd.csv", "circle.csv", "gone.csv"):
        _write(project, name, 200)
    result = attack(
        project.path, "--continue-on-collection-errors", "--reqflo-output=out.json", *WORKERS
    )
    assert result.code == pytest.ExitCode.TESTS_FAILED
    reasons = [reason for reason in result.reasons.values() if reason != "collection failure"]
    assert [reason for reason in reasons if reason and not reason.startswith("step `s")] == []
    rows = len([key for key in KEYS if key.strip()])
    kept = [name for name in result.reasons if "keys_json_" in name and "::row-" in name]
    assert len(kept) == 2 * rows
    results = json.loads((project.path / "out.json").read_text())["results"]
    assert len(results) == len(reasons)
