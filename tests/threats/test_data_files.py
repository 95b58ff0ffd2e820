"""Data files of a stranger: CSV and JSON lines of every kind become rows, or errors with a place."""

from __future__ import annotations

import json

import pytest
from threats import grown_mib

from pytest_reqflo.errors import JourneyError
from pytest_reqflo.syntax import records
from pytest_reqflo.syntax.data import load_rows

INPUTS = {"ref": "any", "note": "any"}
MANY = 30_000

FILES: dict[str, tuple[bytes, object]] = {
    "plain.csv": (b"ref,note\na,b\n", [{"ref": "a", "note": "b"}]),
    "crlf.csv": (b"ref,note\r\na,b\r\nc,d", [{"ref": "a", "note": "b"}, {"ref": "c", "note": "d"}]),
    "mixed_ends.csv": (b"ref,note\r\na,b\nc,d\r\n", [{"ref": "a", "note": "b"}, {"ref": "c", "note": "d"}]),
    "returns.csv": (b"ref,note\ra,b\r", "RF115"),
    "return_inside.csv": (b"ref,note\na,b\rc\n", "RF115"),
    "quoted_ends.csv": (b'ref,note\na,"b\r\nc"\n', [{"ref": "a", "note": "b\r\nc"}]),
    "mark.csv": (b"\xef\xbb\xbfref,note\na,b\n", [{"ref": "a", "note": "b"}]),
    "two_marks.csv": (b"\xef\xbb\xbf\xef\xbb\xbfref,note\na,b\n", "RF116"),
    "utf16.csv": ("ref,note\na,b\n".encode("utf-16"), "RF115"),
    "utf16_be.csv": (b"\xfe\xff" + "ref\na\n".encode("utf-16-be"), "RF115"),
    "utf16_bare.csv": ("ref\na\n".encode("utf-16-le"), "RF115"),
    "utf32.csv": ("ref\na\n".encode("utf-32"), "RF115"),
    "latin1.csv": (b"ref\ncaf\xe9\n", "RF115"),
    "nul.csv": (b"ref,note\na\0b,c\n", "RF115"),
    "nul_in_header.csv": (b"r\0ef\na\n", "RF115"),
    "nul_in_quotes.csv": (b'ref\n"a\0b"\n', "RF115"),
    "formulas.csv": (b"ref,note\n=1+1,@x\n+1,-1\n", [{"ref": "=1+1", "note": "@x"}, {"ref": "+1", "note": "-1"}]),
    "expressions.csv": (b"ref\n{{ secrets.X }}\n", [{"ref": "{{ secrets.X }}"}]),
    "open_quote.csv": (b'ref\n"a\n' + b"b\n" * 1_000, "RF115"),
    "text_after_quote.csv": (b'ref\n"a"b\n', "RF115"),
    "quote_inside.csv": (b'ref\na"b\n', [{"ref": 'a"b'}]),
    "million_columns.csv": (b"c," * 1_000_000 + b"c\n", "RF115"),
    "million_cells.csv": (b"ref,note\n" + b"x," * 1_000_000 + b"x\n", "RF115"),
    "cell_9_mb.csv": (b"ref\n" + b"x" * 9_000_000 + b"\n", "RF115"),
    "quoted_9_mb.csv": (b'ref\n"' + b"x" * 9_000_000 + b'"\n', "RF115"),
    "header_9_mb.csv": (b"x" * 9_000_000 + b"\n1\n", "RF115"),
    "too_large.csv": (b"ref\n" + b"x\n" * 5_300_000, "RF102"),
    "blank_lines.csv": (b"ref,note\n\n\na,b\n\n", [{"ref": "a", "note": "b"}]),
    "unknown_columns.csv": (",".join(f"c{n}" for n in range(900)).encode() + b"\n" + b"1," * 899 + b"1\n", "RF116"),
    "lines.jsonl": (b'{"ref": "a"}\r\n\n {"ref": "b"} \n', [{"ref": "a"}, {"ref": "b"}]),
    "lines_twice.jsonl": (b'{"ref": "a", "ref": "b"}\n', "RF115"),
    "lines_list.jsonl": (b"[1]\n", "RF115"),
    "lines_two.jsonl": (b'{"ref": 1} {"ref": 2}\n', "RF115"),
    "lines_deep.jsonl": (b'{"ref": ' + b"[" * 50_000 + b"\n", "RF115"),
    "lines_nan.jsonl": (b'{"ref": NaN}\n', "RF115"),
    "lines_digits.jsonl": (b'{"ref": ' + b"9" * 5_000 + b"}\n", "RF115"),
    "lines_nul.jsonl": (b'{"ref": "a\0"}\n', "RF115"),
    "lines_mark.jsonl": (b'\xef\xbb\xbf{"ref": "a"}\n', [{"ref": "a"}]),
    "lines_half.jsonl": (rb'{"ref": "\ud800"}', [{"ref": "\ud800"}]),
    "lines_many_keys.jsonl": (json.dumps({f"k{n}": 1 for n in range(5_000)}).encode(), "RF116"),
    "twice.json": (b'[{"ref": 1, "ref": 2}]', "RF115"),
    "twice_inside.json": (b'[{"ref": {"a": 1, "a": 2}}]', "RF115"),
    "deep.json": (b"[" * 50_000, "RF115"),
    "trailing.json": (b'[{"ref": 1}] x', "RF115"),
    "commas.json": (b'[{"ref": 1},,{"ref": 2}]', "RF115"),
    "many.json": (b"[" + b'{"ref":1},' * MANY + b'{"ref":1}]', [{"ref": 1}] * (MANY + 1)),
    "many.csv": (b"ref\n" + b"x\n" * MANY, [{"ref": "x"}] * MANY),
    "many.jsonl": (b'{"ref":1}\n' * MANY, [{"ref": 1}] * MANY),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_data_file_gives_its_rows_or_its_code(tmp_path, name) -> None:
    content, expected = FILES[name]
    path = tmp_path / name
    path.write_bytes(content)
    assert _load(path) == expected


def _load(path):
    try:
        rows = load_rows(path, shown=path.name, inputs=INPUTS, key=None)
    except JourneyError as error:
        return error.diagnostics[0].code if len(error.diagnostics) <= 21 else "too many"
    return [dict(row.values) for row in rows]


def test_places_are_looked_up_only_for_what_is_shown(tmp_path, monkeypatch) -> None:
    """To look one up reads the text from its start; a file of mistakes would take hours."""
    looked = [0]
    for table in (records.CsvTable, records.JsonLinesTable, records.JsonTable):
        real = table.locate

        def locate(self, *arguments, real=real):
            looked[0] += 1
            return real(self, *arguments)

        monkeypatch.setattr(table, "locate", locate)
    for name, content in {
        "x.csv": b"ref\n" + b"x\n" * MANY,
        "x.json": b"[" + b'{"ref":"x"},' * MANY + b'{"ref":"x"}]',
        "x.jsonl": b'{"ref":"x"}\n' * MANY,
    }.items():
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(JourneyError) as caught:
            load_rows(path, shown=name, inputs={"ref": "integer"}, key=None)
        assert len(caught.value.diagnostics) == 21
    assert looked[0] <= 3 * 20


def test_the_memory_of_a_million_columns_is_bounded(tmp_path) -> None:
    imports = "import sys, pathlib\nfrom pytest_reqflo.errors import JourneyError\nfrom pytest_reqflo.syntax.data import load_rows"
    work = "try: load_rows(pathlib.Path(sys.argv[1]), shown='x', inputs={}, key=None)\nexcept JourneyError: pass"
    path = tmp_path / "x.csv"
    path.write_bytes(b",".join(b"c%d" % number for number in range(1_000_000)) + b"\n")
    assert grown_mib(imports, work, str(path)) < 250
