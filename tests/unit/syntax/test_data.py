"""Data files and inline rows become typed rows, or messages with file, row and column."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_reqflo.errors import JourneyError
from pytest_reqflo.source import SourceText
from pytest_reqflo.syntax.data import Row, check_type, load_rows, read_typed, rows_from_inline
from pytest_reqflo.syntax.load import parse_yaml

INPUTS = {"id": "any", "n": "integer", "on": "boolean", "tags": "array", "x": "number"}


def load(tmp_path: Path, name: str, content: str | bytes, key: str | None = None, **more) -> tuple:
    data = content if isinstance(content, bytes) else content.encode()
    (tmp_path / name).write_bytes(data)
    return load_rows(tmp_path / name, shown=f"data/{name}", inputs=INPUTS, key=key, **more)


def facts(rows: tuple[Row, ...]) -> list[tuple]:
    return [(row.number, row.key, row.values, row.place) for row in rows]


def problems(
    tmp_path: Path, name: str, content: str | bytes, key: str | None = None, **more
) -> list:
    with pytest.raises(JourneyError) as caught:
        load(tmp_path, name, content, key, **more)
    return [
        (item.code, item.title, str(item.span).removeprefix(f"data/{name}:"))
        for item in caught.value.diagnostics
    ]


class TestCsv:
    def test_cells_become_values_of_their_input_types(self, tmp_path) -> None:
        text = 'id,n,on,tags,x\n001,5,true,"[1,""a""]",1e3\n"a, b",,FALSE,,-0.5\n'
        assert facts(load(tmp_path, "d.csv", text, "id")) == [
            (1, "001", {"id": "001", "n": 5, "on": True, "tags": [1, "a"], "x": 1000.0},
                "data/d.csv:2:1"),
            (2, "a, b", {"id": "a, b", "on": False, "x": -0.5}, "data/d.csv:3:1"),
        ]  # fmt: skip

    def test_rows_share_equal_cells_but_nothing_that_could_be_changed(self, tmp_path) -> None:
        text = 'id,n,tags,x\nshop,5000,"[1]",2.5\nshop,5000,"[1]",2.5\n'
        first, second = (row.values for row in load(tmp_path, "d.csv", text))
        assert first == second == {"id": "shop", "n": 5000, "tags": [1], "x": 2.5}
        assert [name for name in first if first[name] is second[name]] == ["id", "n", "x"]

    @pytest.mark.parametrize(
        "content",
        [
            b"\xef\xbb\xbfid,n\r\na,1\r\n",
            b"id,n\na,1",
            b"id,n\n\na,1\n\n",
            b"id,n\na,1\n  \n",
            b" id , n\na,1\n",
            b'"id","n"\n"a","1"\n',
            b"id,n\na, 1 \n",
        ],
        ids=["bom-crlf", "no-end", "blank", "spaces", "padded", "quoted", "padded-number"],
    )
    def test_spellings_of_one_table_give_the_same_rows(self, tmp_path, content) -> None:
        (row,) = load(tmp_path, "d.csv", content)
        assert row.values == {"id": "a", "n": 1}

    def test_a_row_that_spans_lines_keeps_the_lines_of_later_rows(self, tmp_path) -> None:
        rows = load(tmp_path, "d.csv", 'id,n\n"a\nb",1\nc,2\n')
        assert [(row.values["id"], row.place) for row in rows] == [
            ("a\nb", "data/d.csv:2:1"),
            ("c", "data/d.csv:4:1"),
        ]

    def test_braces_in_a_cell_are_text(self, tmp_path) -> None:
        assert load(tmp_path, "d.csv", "id\n{{ secrets.X }}\n")[0].values == {
            "id": "{{ secrets.X }}"
        }

    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            ("", [("RF115", "the file is empty, it needs a row of column names", "1:1")]),
            ("\n\n", [("RF115", "the file is empty, it needs a row of column names", "1:1")]),
            ("id,n\n", [("RF115", "there are no rows", "1:1")]),
            ("id,,n\na,b,c\n", [("RF115", "column 2 has no name", "1:4")]),
            ("id,n,id\na,1,b\n", [("RF115", "two columns are named `id`", "1:6")]),
            ("id,n\na\n", [("RF115", "row 1 has 1 cell, the header has 2", "2:1")]),
            ("id,n\na,1\nb,2,3\n", [("RF115", "row 2 has 3 cells, the header has 2", "3:1")]),
            ('id,n\n"a,1\n', [("RF115", "a double quote is opened in this row and never closed", "2:1")]),
            ('id,n\n"a"b,1\n', [("RF115", "text follows the closing double quote of a cell; a quote in a cell is doubled", "2:1")]),
            ("id\na\rb\n", [("RF115", "a carriage return stands inside this row, outside of quotes", "2:1")]),
            ("id\na\0b\n", [("RF115", "the file holds a NUL character", "2:2")]),
            ("id\n" + "x" * 200_000, [("RF115", "a cell of this row is too long", "2:1")]),
            ("id,m\na,1\nb,2\n", [("RF116", "column `m` is no input of the journey", "1:4")]),
            ("id;n\na;1\n", [("RF116", "column `id;n` is no input of the journey", "1:1")]),
            ("id,n\na,five\nb,1.5\n", [
                ("RF117", "`n` of row 1 must be a whole number, not the text `five`", "2:3"),
                ("RF117", "`n` of row 2 must be a whole number, not the text `1.5`", "3:3")]),
            ('id,n\n"a\n, b",z\n', [("RF117", "`n` of row 1 must be a whole number, not the text `z`", "3:6")]),
            ("on\nyes\n", [("RF117", "`on` of row 1 must be true or false, not the text `yes`", "2:1")]),
            ("tags\n[1\n", [("RF117", "`tags` of row 1 must be a JSON array: expecting ',' delimiter at line 1, column 3", "2:1")]),
            ("tags\n{}\n", [("RF117", "`tags` of row 1 must be a JSON array, not a mapping", "2:1")]),
        ],
    )  # fmt: skip
    def test_a_defect_is_named_with_its_place(self, tmp_path, content, expected) -> None:
        assert problems(tmp_path, "d.csv", content) == expected

    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            ("id,n\na,1\nb,2\na,3\n", [("RF118", "row 3 repeats the key of row 1: `a`", "4:1")]),
            ("id,n\na,1\n,2\n", [("RF115", "row 2 has no `id`, which names the rows", "3:1")]),
            ("n\n1\n", [("RF115", "there is no column `id`, which names the rows", "1:1")]),
        ],
    )
    def test_keys_name_each_row_once(self, tmp_path, content, expected) -> None:
        assert problems(tmp_path, "d.csv", content, "id") == expected

    def test_a_repeated_key_shows_both_rows(self, tmp_path) -> None:
        with pytest.raises(JourneyError) as caught:
            load(tmp_path, "d.csv", "id\na\nb\na\n", "id")
        labels = caught.value.diagnostics[0].labels
        assert [(label.span.start.line, label.text) for label in labels] == [
            (4, ""),
            (2, "first here"),
        ]

    @pytest.mark.parametrize("content", [b"id\n\xe9\n", "id\na\n".encode("utf-16")])
    def test_other_encodings_are_refused(self, tmp_path, content) -> None:
        assert [code for code, _, _ in problems(tmp_path, "d.csv", content)] == ["RF115"]

    def test_problems_beyond_twenty_are_counted(self, tmp_path) -> None:
        found = problems(tmp_path, "d.csv", "n\n" + "z\n" * 1000)
        assert len(found) == 21
        assert found[-1][1] == "980 more problems in `data/d.csv`"

    def test_rows_with_sensitive_inputs_are_not_shown(self, tmp_path) -> None:
        with pytest.raises(JourneyError) as caught:
            load(tmp_path, "d.csv", "id,n\n4111,hunter\n4111,2\n", "id", sensitive=["id"])
        text = str(caught.value)
        assert "row 2 repeats the key of row 1" in text
        assert "hunter" not in text
        assert "4111" not in text

    def test_a_hundred_thousand_rows_are_read(self, tmp_path) -> None:
        text = "id,n,on\n" + "".join(f"k{n},{n},true\n" for n in range(100_000))
        rows = load(tmp_path, "d.csv", text, "id")
        assert (len(rows), rows[-1].key, rows[-1].place) == (
            100_000,
            "k99999",
            "data/d.csv:100001:1",
        )


class TestJson:
    ROWS = ({"id": "a", "n": 1, "tags": [], "x": 2}, {"id": {"deep": None}, "on": False})

    def test_an_array_of_objects_is_rows(self, tmp_path) -> None:
        rows = load(tmp_path, "d.json", "[\n" + ",\n".join(map(json.dumps, self.ROWS)) + "\n]")
        assert [(row.values, row.place) for row in rows] == [
            (self.ROWS[0], "data/d.json:2:1"),
            (self.ROWS[1], "data/d.json:3:1"),
        ]

    def test_an_object_a_line_is_rows(self, tmp_path) -> None:
        rows = load(tmp_path, "d.jsonl", "\n".join(map(json.dumps, self.ROWS)) + "\n\n", "id")
        assert [(row.values, row.key, row.place) for row in rows] == [
            (self.ROWS[0], "a", "data/d.jsonl:1:1"),
            (self.ROWS[1], '{"deep":null}', "data/d.jsonl:2:1"),
        ]

    @pytest.mark.parametrize(
        ("name", "content", "expected"),
        [
            ("d.json", "", [("RF115", "the file is not JSON: expecting value", "1:1")]),
            ("d.json", "[]", [("RF115", "there are no rows", "1:1")]),
            ("d.json", "{}", [("RF115", "the file must hold an array of objects", "1:1")]),
            ("d.json", '[{"n": 1},\n {"n": }]', [("RF115", "the file is not JSON: expecting value", "2:8")]),
            ("d.json", '[{"n": 1},\n 5]', [("RF115", "row 2 is no object", "2:2")]),
            ("d.json", '[\n{"n": 1,"n": 2}]', [("RF115", "the key `n` stands twice in one object", "2:1")]),
            ("d.json", '[{"n": NaN}]', [("RF115", "the file is not JSON: NaN is not JSON", "1:1")]),
            ("d.json", "[" * 100_000, None),
            ("d.json", '[{"n": ' + "9" * 5000 + "}]", None),
            ("d.json", '[{"m": 1},{"m": 2}]', [("RF116", "column `m` is no input of the journey", "1:8")]),
            ("d.json", '[{"id": 1,\n  "n" : "2"}]', [("RF117", "`n` of row 1 must be a whole number, not the text `2`", "2:9")]),
            ("d.json", '[{"n": true}]', [("RF117", "`n` of row 1 must be a whole number, not true", "1:8")]),
            ("d.json", '[{"n": null}]', [("RF117", "`n` of row 1 must be a whole number, not nothing", "1:8")]),
            ("d.jsonl", "", [("RF115", "there are no rows", "1:1")]),
            ("d.jsonl", '{"n": 1}\n{"n": }', [("RF115", "the file is not JSON: expecting value", "2:7")]),
            ("d.jsonl", '{"n": 1}\n[1]', [("RF115", "row 2 is no object", "2:1")]),
            ("d.jsonl", '{"n": 1}\n\n{"n": 1, "n": 1}', [("RF115", "the key `n` stands twice in one object", "3:1")]),
            ("d.jsonl", '{"n": 1}\n{"n": "\\ud800"}', None),
            ("d.txt", "x", [("RF115", "`data/d.txt` is no data file", "None")]),
        ],
    )  # fmt: skip
    def test_a_defect_is_named_with_its_place(self, tmp_path, name, content, expected) -> None:
        found = problems(tmp_path, name, content)
        assert found == expected if expected is not None else found[0][0] in ("RF115", "RF117")

    def test_a_key_of_unusable_characters_is_no_crash(self, tmp_path) -> None:
        assert load(tmp_path, "d.json", '[{"id": ["\\ud800"]}]', "id")[0].key == '["\ud800"]'

    def test_many_wrong_rows_are_read_in_one_pass(self, tmp_path) -> None:
        rows = json.dumps([{"n": "z"}] * 50_000, indent=0)
        assert problems(tmp_path, "d.json", rows)[-1][1] == "49,980 more problems in `data/d.json`"


@pytest.mark.parametrize(("name", "code"), [("none.csv", "RF113"), ("dir.csv", "RF114")])
def test_a_file_that_cannot_be_read_is_explained(tmp_path, name, code) -> None:
    (tmp_path / "dir.csv").mkdir()
    with pytest.raises(JourneyError) as caught:
        load_rows(tmp_path / name, shown=name, inputs=INPUTS, key=None)
    assert [item.code for item in caught.value.diagnostics] == [code]


def inline(text: str, key: str | None = None) -> tuple:
    document, _ = parse_yaml(SourceText("j.yaml", f"rows:\n{text}"))
    return rows_from_inline(document.data["rows"], document, "/rows", INPUTS, key)


def test_inline_rows_are_typed_and_placed() -> None:
    assert facts(inline("  - {id: a, n: 1}\n  - {id: b}\n", "id")) == [
        (1, "a", {"id": "a", "n": 1}, "j.yaml:2:5"),
        (2, "b", {"id": "b"}, "j.yaml:3:5"),
    ]


def test_defects_of_inline_rows_have_places() -> None:
    with pytest.raises(JourneyError) as caught:
        inline("  - {id: a, n: x, m: 1}\n  - {id: a, m: 2}\n  - {n: 1}\n", "id")
    assert [(item.code, str(item.span)) for item in caught.value.diagnostics] == [
        ("RF117", "j.yaml:2:16"),
        ("RF116", "j.yaml:2:22"),
        ("RF118", "j.yaml:3:10"),
        ("RF115", "j.yaml:4:1"),
    ]


@pytest.mark.parametrize(
    ("text", "type", "expected"),
    [
        ("5", "any", "5"), ("{{ x }}", "any", "{{ x }}"), ("", "string", ""), ("05", "string", "05"),
        ("05", "integer", 5), ("-5", "integer", -5), ("+5", "integer", 5), ("5", "number", 5),
        ("5.0", "number", 5.0), (".5", "number", 0.5), ("1e3", "number", 1000.0),
        ("true", "boolean", True), ("FALSE", "boolean", False), ("[1]", "array", [1]),
        ('{"a": 1}', "object", {"a": 1}), (" [1] ", "array", [1]),
    ],
)  # fmt: skip
def test_text_is_read_as_its_type(text, type, expected) -> None:
    value = read_typed(text, type)
    assert (value, value.__class__) == (expected, expected.__class__)


@pytest.mark.parametrize(
    ("text", "type"),
    [
        ("", "integer"), ("5.0", "integer"), ("1_0", "integer"), ("٣", "integer"), ("9" * 5000, "integer"),
        ("nan", "number"), ("inf", "number"), ("1e400", "number"), ("0x1", "number"), ("1,5", "number"),
        ("1", "boolean"), ("yes", "boolean"), ("", "boolean"), ("null", "array"), ("[NaN]", "array"),
        ("[" * 10_000, "array"), ("[1]", "object"), ("", "object"),
    ],
)  # fmt: skip
def test_text_of_another_type_is_refused(text, type) -> None:
    with pytest.raises(ValueError, match=r"^(must be|is too large)"):
        read_typed(text, type)


@pytest.mark.parametrize(
    ("value", "type", "sentence"),
    [
        (None, "any", None), (1, "any", None), ("a", "string", None), (1, "integer", None),
        (1, "number", None), (1.5, "number", None), (True, "boolean", None), ([], "array", None),
        ({}, "object", None),
        (True, "integer", "must be a whole number, not true"),
        (1.5, "integer", "must be a whole number, not the number 1.5"),
        (None, "string", "must be text, not nothing"),
        (1, "string", "must be text, not the number 1"),
        ([], "object", "must be a JSON object, not a list"),
        ("x" * 99, "number", f"must be a number, not the text `{'x' * 39}…`"),
    ],
)  # fmt: skip
def test_json_is_checked_against_its_type(value, type, sentence) -> None:
    assert check_type(value, type) == sentence
