"""YAML text becomes the JSON of YAML 1.2, or a message with a place."""

from __future__ import annotations

import pytest

from pytest_reqflo.errors import JourneyError
from pytest_reqflo.source import Position, SourceText
from pytest_reqflo.syntax import load
from pytest_reqflo.syntax.load import FAST_LOADER, PURE_LOADER, load_document, parse_yaml
from pytest_reqflo.syntax.load import scalar_offset_span as offset_span
from pytest_reqflo.values import canonical_json

LOADERS = [pytest.param(FAST_LOADER, id="fast"), pytest.param(PURE_LOADER, id="pure")]

ACCEPTED = [
    ("", None),
    ("# only a comment\n", None),
    ("---\n", None),
    ("~\n", None),
    ("a\n", "a"),
    ("- 1\n- 2\n", [1, 2]),
    ("a: no", {"a": "no"}),
    ("a: off", {"a": "off"}),
    ("a: Yes", {"a": "Yes"}),
    ("a: y", {"a": "y"}),
    ("a: true", {"a": True}),
    ("a: TRUE", {"a": True}),
    ("a: tRUE", {"a": "tRUE"}),
    ("a: False", {"a": False}),
    ("a: null", {"a": None}),
    ("a: ~", {"a": None}),
    ("a:", {"a": None}),
    ("a: NuLL", {"a": "NuLL"}),
    ("a: 0", {"a": 0}),
    ("a: -17", {"a": -17}),
    ("a: +17", {"a": 17}),
    ("a: 0123", {"a": 123}),
    ("a: 0o17", {"a": 15}),
    ("a: 0xff", {"a": 255}),
    ("a: 0b11", {"a": "0b11"}),
    ("a: -0x1", {"a": "-0x1"}),
    ("a: 1_000", {"a": "1_000"}),
    ("a: 1:20", {"a": "1:20"}),
    ("a: 22:22", {"a": "22:22"}),
    ("a: 2024-01-02", {"a": "2024-01-02"}),
    ("a: 2024-01-02T03:04:05Z", {"a": "2024-01-02T03:04:05Z"}),
    ("a: 1e3", {"a": 1000.0}),
    ("a: 1.5E-2", {"a": 0.015}),
    ("a: .5", {"a": 0.5}),
    ("a: 5.", {"a": 5.0}),
    ("a: 1.10", {"a": 1.1}),
    ("a: .", {"a": "."}),
    ("-", [None]),
    ("a: e3", {"a": "e3"}),
    ("a: 1e", {"a": "1e"}),
    ("a: 1.2.3", {"a": "1.2.3"}),
    ("a: '1'", {"a": "1"}),
    ('a: "true"', {"a": "true"}),
    ("a: 'it''s'", {"a": "it's"}),
    ('a: "tab\\tnul\\0 \\u00e9 \\U0001F600"', {"a": "tab\tnul\0 é 😀"}),
    ("on: 1", {"on": 1}),
    ("yes: 1\nno: 2", {"yes": 1, "no": 2}),
    ("404: x", {"404": "x"}),
    ("0404: x", {"0404": "x"}),
    ("null: x", {"null": "x"}),
    ("1.50: x", {"1.50": "x"}),
    ("'': x", {"": "x"}),
    ("'<<': x", {"<<": "x"}),
    ("a: |\n  x\n  y\n", {"a": "x\ny\n"}),
    ("a: |-\n  x\n", {"a": "x"}),
    ("a: >\n  x\n  y\n", {"a": "x y\n"}),
    ("a: x\n  y", {"a": "x y"}),
    ('{"a": [1, {"b": null}], "c": "d"}', {"a": [1, {"b": None}], "c": "d"}),
    ("a: [x, y,]", {"a": ["x", "y"]}),
    ("a: {}\nb: []", {"a": {}, "b": []}),
    ("a: &x [1]\nb: *x", {"a": [1], "b": [1]}),
    ("&k a: 1\nb: *k", {"a": 1, "b": "a"}),
    ("a: x # no\nb: 'x # yes'", {"a": "x", "b": "x # yes"}),
    ("a: http://x/y?z=1#f", {"a": "http://x/y?z=1#f"}),
    ("a: Bearer {{ b }}", {"a": "Bearer {{ b }}"}),
    ("a: ${{ b }}", {"a": "${{ b }}"}),
    ('a: "{{ b }}"', {"a": "{{ b }}"}),
    ("a: '{{ b[\"c\"] }}'", {"a": '{{ b["c"] }}'}),
    ("a:\r\n  b: 1\r\n", {"a": {"b": 1}}),
    ("a:\r  b: 1\r", {"a": {"b": 1}}),
    ("\ufeffa: 1", {"a": 1}),
    ("a: é 😀", {"a": "é 😀"}),
    ("%YAML 1.2\n---\na: 1\n", {"a": 1}),
    ("a: 1\n...\n", {"a": 1}),
    ("? a\n: 1", {"a": 1}),
    ("a: 12345678901234567890", {"a": 12345678901234567890}),
]

REFUSED = [
    ("a: 1\na: 2", "RF103", 2, 1),
    ("a:\n  b: 1\n  'b': 2", "RF103", 3, 3),
    ("a: {b: 1, b: 2}", "RF103", 1, 11),
    ("1: a\n'1': b", "RF103", 2, 1),
    ("a: {{ b }}", "RF109", 1, 4),
    ("a: {{ b }}/c", "RF109", 1, 4),
    ('a: {{ b["c"] }}', "RF109", 1, 4),
    ("a: {{ b | default(1, 2) }}", "RF109", 1, 4),
    ("a: [{{ b }}]", "RF109", 1, 5),
    ("a: [${{ b }}]", "RF109", 1, 5),
    ("- {{ b }}", "RF109", 1, 3),
    ("{{ a }}: 1", "RF109", 1, 1),
    ("a: {{\n  b\n  }}", "RF109", 1, 4),
    ("a: .nan", "RF108", 1, 4),
    ("a: -.inf", "RF108", 1, 4),
    ("a: 1e400", "RF102", 1, 4),
    ("a: " + "9" * 401, "RF102", 1, 4),
    ("a: 0x" + "f" * 5000, "RF102", 1, 4),
    ("a: !!str 1", "RF108", 1, 4),
    ("a: ! 1", "RF108", 1, 4),
    ("a: !ENV x", "RF108", 1, 4),
    ("a: &x !t 1", "RF108", 1, 7),
    ("a: !!python/object/apply:os.system [id]", "RF108", 1, 4),
    ("a: !!map\n  b: 1", "RF108", 1, 4),
    ("!!map\na: 1", "RF108", 1, 1),
    ("a: &x {b: 1}\nc:\n  <<: *x", "RF108", 3, 3),
    ("a: 1\n---\nb: 1", "RF108", 2, 1),
    ("? [a]\n: 1", "RF108", 1, 3),
    ("? {a: 1}\n: 1", "RF108", 1, 3),
    ("?\n: 1", "RF108", 1, None),
    ("a: &x\n  b: *x", "RF108", 2, 6),
    ("a: *x", "RF101", 1, 4),
    ("a:\n\tb: 1", "RF101", 2, 1),
    ("a: b: c", "RF101", 1, 5),
    ("a: 1\n  b: 2", "RF101", 2, 4),
    ("a: 'x\nb: 1\n", "RF101", 1, 4),
    ('a: "x', "RF101", 1, 4),
    ("a: [1\nb: 2", "RF101", 2, 2),
    ("a: {b: 1\nc: 2", "RF101", 2, 2),
    ("a:\n  - 1\n b: 2", "RF101", 3, 2),
    ('a: "\\d"', "RF101", 1, 5),
    ('a: "\\ud800"', "RF101", 1, None),
    ('a: "\\UFFFFFFFF"', "RF101", 1, None),
    ("a: *.json", "RF101", 1, 4),
    ("a: @x", "RF101", 1, 4),
    ("a: `x`", "RF101", 1, 4),
    ("a: %x", "RF101", 1, 4),
    ("a: - b", "RF101", 1, 4),
    ("a: -", "RF101", 1, 4),
    (": 1", "RF101", 1, 1),
    ("a: 'x'y", "RF101", 1, 7),
    ("a: |x\n  b", "RF101", 1, 5),
    ("a: 1\nb\n", "RF101", 2, 1),
    ("- a\nb: 1", "RF101", 2, 1),
    ("a: ]", "RF101", 1, 4),
    ("a: 1\n...\nfoo", "RF101", 3, 1),
    ("a: x\0y", "RF101", 1, 5),
    ("a: x\u2028y", "RF101", 1, 5),
    ("a: x\ud800", "RF101", 1, 5),
    ("a: x\x1b[31m", "RF101", 1, 5),
    ("[" * 65, "RF102", 1, 65),
    ("[" * 200_000, "RF102", 1, 65),
    ("a: 1\nb: " + "[" * 5_000 + "]" * 5_000, "RF102", 2, 67),
    ("a: " + "{b: " * 2_000 + "c" + "}" * 2_000, "RF102", 1, 256),
    ("a: " + "{b: " * 70, "RF102", 1, None),
    ("- " * 70 + "a", "RF102", 1, None),
    ("[" + "1," * 100_001, "RF102", 1, None),
    ("a: " + "x" * 1024 * 1024, "RF102", None, None),
]


def parse(text: str, loader: object = FAST_LOADER) -> object:
    return parse_yaml(SourceText("f.yaml", text), loader=loader)[0].data


def problems(text: str, loader: object = FAST_LOADER) -> tuple:
    with pytest.raises(JourneyError) as caught:
        parse(text, loader)
    return caught.value.diagnostics


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(("text", "expected"), ACCEPTED)
def test_text_is_read_as_yaml_1_2(text, expected, loader) -> None:
    """Compared as canonical JSON, so that 1 is neither true nor 1.0."""
    assert canonical_json(parse(text, loader)) == canonical_json(expected)


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(
    ("text", "code", "line", "column"), REFUSED, ids=[repr(row[0][:24]) for row in REFUSED]
)
def test_text_is_refused_with_code_and_place(text, code, line, column, loader) -> None:
    found = problems(text, loader)
    assert [item.code for item in found] == [code]
    if column is not None:
        assert found[0].span.start == Position(line, column)


def test_aliases_are_limited_by_what_they_expand_to() -> None:
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x,x]"]
    lines += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert [item.code for item in problems("\n".join(lines))] == ["RF102"]


def test_aliases_are_limited_by_the_depth_they_expand_to() -> None:
    text = "a0: &a0 [[[[[[[[[x]]]]]]]]]\n"
    text += "".join(f"a{n}: &a{n} [[[[[[[[[*a{n - 1}]]]]]]]]]\n" for n in range(1, 9))
    assert [item.title for item in problems(text)] == ["the file is nested deeper than 64 levels"]


def test_all_problems_of_a_file_are_reported_in_file_order() -> None:
    text = "a: {{ x }}\nb: !t 1\nc: 1\nc: 2\nd: .nan\ne: [1\n"
    places = [(item.code, item.span.start.line) for item in problems(text)]
    assert places == [("RF109", 1), ("RF108", 2), ("RF103", 4), ("RF108", 5), ("RF101", 6)]


def test_a_duplicate_names_both_lines() -> None:
    found = problems("b: 1\na: 1\na: 2\n")[0]
    assert [(label.span.start.line, label.text) for label in found.labels] == [
        (3, ""),
        (2, "first here"),
    ]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("a: {{ b }}", 'write "{{ b }}"'),
        ("a: {{ b }}/{{ c }} # why", 'write "{{ b }}/{{ c }}"'),
        ("a: [{{ b }}, 1]", 'write "{{ b }}"'),
        ('a: {{ b["c"] }}', "write '{{ b[\"c\"] }}'"),
    ],
)
def test_an_unquoted_expression_is_written_out_in_quotes(text, hint) -> None:
    assert [item.hint for item in problems(text)] == [hint]


@pytest.mark.parametrize("text", ["0123", "-007", "+4930123", "00", "01.5"])
def test_a_number_that_looks_like_a_code_is_warned_of(text) -> None:
    _, warnings = parse_yaml(SourceText("f.yaml", f"a:\n  - {text}\n"))
    assert [(item.code, item.severity, item.hint) for item in warnings] == [
        ("RF111", "warning", f'write "{text}" to keep it as text')
    ]
    assert warnings[0].span == SourceText("f.yaml", "").span(2, 5, len(text))


@pytest.mark.parametrize("text", ["0", "0.5", "10", "'0123'", "-1", "1.10", "0x1", "+", "x01"])
def test_other_values_are_not_warned_of(text) -> None:
    assert parse_yaml(SourceText("f.yaml", f"0123: {text}"))[1] == ()


def test_places_of_values_and_keys_are_json_pointers() -> None:
    document, _ = parse_yaml(SourceText("f.yaml", "a/b:\n  - x: 'é'\n    y~: [1, 2]\n"))
    places = {
        pointer: (span.start.line, span.start.column, span.end.line, span.end.column)
        for pointer, span in document.map.values.items()
    }
    assert places == {
        "": (1, 1, 3, 15),
        "/a~1b": (2, 3, 3, 15),
        "/a~1b/0": (2, 5, 3, 15),
        "/a~1b/0/x": (2, 8, 2, 11),
        "/a~1b/0/y~0": (3, 9, 3, 15),
        "/a~1b/0/y~0/0": (3, 10, 3, 11),
        "/a~1b/0/y~0/1": (3, 13, 3, 14),
    }
    assert {p: (s.start.line, s.start.column) for p, s in document.map.keys.items()} == {
        "/a~1b": (1, 1),
        "/a~1b/0/x": (2, 5),
        "/a~1b/0/y~0": (3, 5),
    }


@pytest.mark.parametrize(
    ("text", "offset", "length", "columns"),
    [
        ("a: hello", 1, 3, (5, 8)),
        ("a: 'it''s x'", 5, 1, (11, 12)),
        ("a: 'it''s x'", 2, 1, (7, 9)),
        ('a: "\\u00e9\\"x"', 2, 1, (13, 14)),
        ('a: "x\\U0001F600y"', 2, 1, (16, 17)),
        ("a: &n 'xyz'", 1, 1, (9, 10)),
        ("a: hello", 50, 3, (9, 10)),
    ],
)
def test_a_place_inside_a_one_line_scalar_is_exact(text, offset, length, columns) -> None:
    span = offset_span(parse_yaml(SourceText("f.yaml", text))[0], "/a", offset, length)
    assert (span.start.column, span.end.column) == columns


@pytest.mark.parametrize("text", ["a: |\n  hello\n", "a: >-\n  hello\n", 'a: "hel\n  lo"\n'])
def test_a_place_inside_a_longer_scalar_is_its_first_line(text) -> None:
    span = offset_span(parse_yaml(SourceText("f.yaml", text))[0], "/a", 3, 1)
    first = text.split("\n")[0]
    assert (span.start, span.end) == (Position(1, 4), Position(1, len(first) + 1))


def test_a_place_of_a_repeated_value_is_where_it_is_repeated() -> None:
    document, _ = parse_yaml(SourceText("f.yaml", "a: &n hello\nb: *n\n"))
    assert offset_span(document, "/b", 0, 2).start == Position(2, 4)


class TestLoadDocument:
    def test_a_byte_order_mark_is_no_text(self, tmp_path) -> None:
        (tmp_path / "f.yaml").write_bytes(b"\xef\xbb\xbfa: 1\n")
        document, warnings = load_document(tmp_path / "f.yaml", "f.yaml")
        assert (document.data, document.map.keys["/a"].start, warnings) == (
            {"a": 1},
            Position(1, 1),
            (),
        )

    @pytest.mark.parametrize(
        ("content", "code", "place"),
        [
            (b"a: 1\nb: \xe9\n", "RF101", Position(2, 4)),
            ("é: \xff".encode("latin-1"), "RF101", Position(1, 1)),
            ("a: 1".encode("utf-16"), "RF101", None),
            (b"a: " + b"x" * 2**20, "RF102", None),
            (b"a: \0", "RF101", Position(1, 4)),
        ],
        ids=["latin-1", "latin-1-first", "utf-16", "large", "nul"],
    )
    def test_unusable_bytes_are_refused(self, tmp_path, content, code, place) -> None:
        (tmp_path / "f.yaml").write_bytes(content)
        with pytest.raises(JourneyError) as caught:
            load_document(tmp_path / "f.yaml", "f.yaml")
        (found,) = caught.value.diagnostics
        assert (found.code, found.span and found.span.start) == (code, place)

    @pytest.mark.parametrize(
        ("name", "code"),
        [("none.yaml", "RF113"), (".", "RF114"), ("x" * 300, "RF114"), ("a\0b", "RF114")],
    )
    def test_a_file_that_cannot_be_read_is_explained(self, tmp_path, name, code) -> None:
        with pytest.raises(JourneyError) as caught:
            load_document(tmp_path / name, "shown.yaml")
        assert [item.code for item in caught.value.diagnostics] == [code]


NESTED = "a:\n  b:\n    c:\n    - d: {e: 1}\n    - x\n  '~/': y\nz: [1,\n  2]\n"


def test_lines_are_those_of_the_places() -> None:
    document, _ = parse_yaml(SourceText("f.yaml", NESTED))
    lines = {pointer: document.map.line_of(pointer) for pointer in ("/a/b", "/a/b/c/1/q", "/no")}
    assert lines == {"/a/b": 3, "/a/b/c/1/q": 5, "/no": 1}
    for pointer, span in document.map.values.items():
        fresh, _ = parse_yaml(SourceText("f.yaml", NESTED))
        assert (pointer, fresh.map.line_of(pointer)) == (pointer, span.start.line)


def test_places_are_read_only_when_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    document, _ = parse_yaml(SourceText("f.yaml", NESTED))
    calls = []
    find = load.expand
    monkeypatch.setattr(load, "expand", lambda *given: calls.append(given) or find(*given))
    assert (document.data["a"]["~/"], document.map.line_of("/a/~0~1")) == ("y", 6)
    assert calls == []
    document.map.span_of("/a"), document.map.key_span_of("/z")
    assert len(calls) == 1
