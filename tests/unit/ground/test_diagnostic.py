from __future__ import annotations

from pytest_reqflo.diagnostic import (
    Diagnostic,
    label_at,
    name_hint,
    nearest_name,
    render_diagnostic,
)
from pytest_reqflo.source import Position, SourceMap, SourceText, Span

SOURCE = SourceText("journeys/a.yaml", "journey:\n\texpcted: 201\n  name: x\n")


def test_a_diagnostic_shows_sentence_place_excerpt_facts_and_hint():
    diagnostic = Diagnostic(
        code="RF104",
        title="unknown key `expcted` in step `a`",
        labels=(
            label_at(SOURCE, SOURCE.span(2, 2, 7), "here"),
            label_at(SOURCE, SOURCE.span(3, 3, 4), "produced here"),
        ),
        notes=("a fact",),
        hint="did you mean `expected`?",
    )
    assert render_diagnostic(diagnostic) == "\n".join(
        [
            "error[RF104]: unknown key `expcted` in step `a`",
            " --> journeys/a.yaml:2:2",
            "  |",
            "2 |  expcted: 201",
            "  |  ^^^^^^^ here",
            "...",
            "3 |   name: x",
            "  |   ---- produced here",
            "  |",
            "  = a fact",
            "hint: did you mean `expected`?",
        ]
    )


def test_a_line_of_a_megabyte_is_shown_around_the_mark():
    source = SourceText("a.yaml", "x" * 500_000 + "MARK" + "y" * 500_000)
    diagnostic = Diagnostic(
        code="RF101", title="t", labels=(label_at(source, source.span(1, 500_001, 4)),)
    )
    text = render_diagnostic(diagnostic)
    assert len(text) < 600
    excerpt, pointer = text.splitlines()[3:5]
    assert excerpt[pointer.index("^") :].startswith("MARK")


def test_control_characters_of_a_file_never_reach_the_terminal():
    source = SourceText("a\x1b.yaml", "key: \x1b[31m\u202e")
    diagnostic = Diagnostic(
        code="RF101", title="\x1b", labels=(label_at(source, source.span(1, 1)),)
    )
    assert "\x1b" not in render_diagnostic(diagnostic)
    assert "\u202e" not in render_diagnostic(diagnostic)


def test_the_nearest_name_is_never_the_word_itself():
    assert nearest_name("expected", ["expected", "path"]) is None
    assert nearest_name("expcted", ["expected", "path"]) == "expected"
    assert name_hint("expcted", ["expected", "path"]) == (
        "did you mean `expected`? Keys here: expected, path"
    )
    assert name_hint("zzz", []) == ""


def test_the_nearest_name_differs_in_case_or_goes_on():
    assert nearest_name("KNOWN", ["knowing", "Known"]) == "Known"
    assert nearest_name("opena", ["close-a-product", "open-a-product"]) == "open-a-product"
    assert nearest_name("rows", ["rows-and-cases-of-orders", "other"]) == "rows-and-cases-of-orders"
    assert nearest_name("rows", ["rows-and-cases-of-orders", "rows-of-other-orders"]) is None
    assert nearest_name("ro", ["rows-and-cases-of-orders"]) is None
    assert nearest_name("--", ["orders"]) is None


def test_a_pointer_without_a_place_has_that_of_its_nearest_parent():
    span = Span("a.yaml", Position(2, 1), Position(2, 5))
    places = SourceMap(SOURCE, {"/journey/steps/0": span}, {})
    assert places.span_of("/journey/steps/0/assertions/3") == span
    assert places.key_span_of("/nowhere") == SOURCE.span(1, 1)
