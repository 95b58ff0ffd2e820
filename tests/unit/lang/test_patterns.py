from __future__ import annotations

import pytest

from pytest_reqflo.lang.iregexp import compile_iregexp
from pytest_reqflo.lang.patterns import (
    PatternProblem,
    PatternTimeout,
    compile_pattern,
    search,
)

NEVER_ENDS = "a" * 60 + "!"


def test_a_pattern_is_searched_anywhere_and_captures():
    found = search(compile_pattern(r"id=(?P<id>\d+)"), "x id=42;")
    assert found is not None
    assert (found.group(), found.group(1), found.groupdict(), found.start()) == (
        "id=42",
        "42",
        {"id": "42"},
        2,
    )
    assert search(compile_pattern("^b"), "ab") is None


@pytest.mark.parametrize("text", [r"^(a|aa)+$", r"^(a|aa|aaa)*$"])
def test_a_pattern_that_runs_away_is_stopped(text):
    with pytest.raises(PatternTimeout, match=r"took longer than 0\.05 s"):
        search(compile_pattern(text), NEVER_ENDS, limit_s=0.05)


@pytest.mark.parametrize(
    ("text", "message", "offset"),
    [
        ("a(b", "missing )", 2),
        ("[a", "unterminated character set", 1),
        ("a**", "multiple repeat", 2),
        ("\\", "bad escape (end of pattern)", 0),
        ("a{1000000000}", "the repetitions of a pattern multiply to too large a number", 0),
        ("(?:(?:[ab]{100}){100}c){100}", "the repetitions of a pattern multiply to too large a number", 0),
        (r"\d{1000000,}", "the repetitions of a pattern multiply to too large a number", 0),
        ("[" + "ab" * 500 + "]{1000}", "the repetitions of a pattern multiply to too large a number", 0),
        ("(?x)(?:a{1000})#\n{1000}", "a pattern has neither comments nor the flag `x`", 0),
        ("b(?i-s:(?sx:(?:a{1000})#\n{1000}))", "a pattern has neither comments nor the flag `x`", 0),
        ("(?:a{1000})(?i){1000}", "the repetitions of a pattern multiply to too large a number", 0),
        ("((?1)?a)", "a pattern cannot call itself or one of its groups", 0),
        ("a(?R)?", "a pattern cannot call itself or one of its groups", 0),
        ("(?P<x>a)(?:(?&x)|(?P>x))", "a pattern cannot call itself or one of its groups", 0),
        ("(?:a{1000})(?#){1000}", "a pattern has neither comments nor the flag `x`", 0),
        ("x{0,99999999999999999999}", "repeat count too big", 2),
        ("(" * 1000 + ")" * 1000, "a pattern is nested too deeply", 0),
        ("a" * 2001, "a pattern has 2000 characters at most", 0),
    ],
)  # fmt: skip
def test_a_pattern_that_cannot_be_used_is_refused(text, message, offset):
    with pytest.raises(PatternProblem) as caught:
        compile_pattern(text)
    assert (caught.value.message, caught.value.offset) == (message, offset)


@pytest.mark.parametrize(
    "text",
    [
        "[[]{3}",
        "[]a]",
        "a{2}b{3,}",
        "(a)(b)|c",
        "[a&&b]",
        "[a||b]",
        r"\)",
        r"\(?x",
        "[(?x]",
        "(?P<x>a)",
        "(?:x)",
        "(?=x)",
    ],
)
def test_ordinary_patterns_compile_as_in_python(text):
    assert compile_pattern(text).text == text


@pytest.mark.parametrize(
    "text",
    [
        "a*",
        "(a|b)+c?",
        "a{2,3}",
        "[^a-z]",
        "[-a]",
        "[a-]",
        r"[\]\p{Lu}]",
        r"\p{L}\P{Nd}\.",
        "",
        "^a$",
        "é",
    ],
)
def test_an_i_regexp_is_accepted(text):
    assert compile_iregexp(text, whole=True)


@pytest.mark.parametrize(
    "text",
    ["*a", "a**", "(", ")", "(*a)", "[", "[]", "[a--b]", r"\d", r"\b", "a{", "}", "(?:a)", "(?i)a", r"\p{Foo}", "[b-a]"],
)  # fmt: skip
def test_what_is_no_i_regexp_is_refused(text):
    with pytest.raises(PatternProblem):
        compile_iregexp(text, whole=True)
