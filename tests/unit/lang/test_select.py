from __future__ import annotations

import pytest

from pytest_reqflo.lang.jsonpath import compile_jsonpath
from pytest_reqflo.lang.select import QueryProblem, SelectProblem, compile_query
from pytest_reqflo.values import MAX_JSON_DEPTH, parse_json

BODY = {"orders": [{"id": 1, "s": "x"}, {"id": 2, "s": "y"}], "": 0, "n": None}


@pytest.mark.parametrize(
    ("text", "is_singular", "selected"),
    [
        ("$", True, (BODY,)),
        ("$.orders[0].id", True, (1,)),
        ("$.orders[-1]['id']", True, (2,)),
        ("$.orders[2].id", True, ()),
        ("$.orders[-3]", True, ()),
        ("$.orders.id", True, ()),
        ("$[0]", True, ()),
        ("$['']", True, (0,)),
        ("$.n", True, (None,)),
        ("$.orders[*].id", False, (1, 2)),
        ("$.orders[0:1].id", False, (1,)),
        ("$..id", False, (1, 2)),
        ("$.orders[?@.id > 1].s", False, ("y",)),
        ("$.orders[?match(@.s, '[xz]')].id", False, (1,)),
        ("$.orders[?search(@.s, @.s)].id", False, (1, 2)),
        ("$.orders[?@['id', 's'] && count(@.*) == 2].id", False, (1, 2)),
        ("$.nope[*]", False, ()),
    ],
)
def test_a_query_selects(text, is_singular, selected):
    query = compile_query(text)
    assert (query.is_singular, query.select(BODY)) == (is_singular, selected)


@pytest.mark.parametrize(
    ("text", "offset", "message"),
    [
        ("orders[0]", 0, "a JSONPath begins with `$`"),
        ("", 0, "a JSONPath begins with `$`"),
        ("{{ inputs.x }}", 0, "a JSONPath begins with `$`"),
        ("$.orders[", 8, ""),
        ("$.orders[?foo(@)]", 10, "function 'foo' is not defined"),
        (
            "$.orders[?match(@.s, '[')]",
            22,
            "the pattern of `match` is malformed: `[` is not possible here",
        ),
        ("$[?@.a == 1e999]", 0, "a JSONPath holds a number that is too large"),
        ("$[" + "9" * 400 + "]", 2, "index out of range"),
        ("$" + ".a" * 3000, 0, "a JSONPath has 4000 characters at most"),
        ("$[?" + "(" * 1500 + "@.a" + ")" * 1500 + "]", 0, "a JSONPath is nested too deeply"),
    ],
)
def test_a_malformed_query_says_where(text, offset, message):
    with pytest.raises(QueryProblem) as caught:
        compile_query(text)
    assert caught.value.offset == offset
    assert caught.value.message.startswith(message)


def test_a_query_without_its_root_is_shown_how_to_write_it():
    with pytest.raises(QueryProblem) as caught:
        compile_query("orders[0].id")
    assert caught.value.hint == "write `$.orders[0].id`"


def test_whatever_depth_can_be_read_can_be_searched():
    deep = parse_json('{"a":' * MAX_JSON_DEPTH + "1" + "}" * MAX_JSON_DEPTH)
    assert len(compile_query("$..a").select(deep)) == MAX_JSON_DEPTH


def test_a_value_too_deep_is_a_problem_and_no_crash():
    deep = [1]
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(SelectProblem, match="nested too deeply"):
        compile_query("$..a").select(deep)


@pytest.mark.parametrize("query", ["$..nothing", "$[?count($..*) > 0]", "$[?@.s && $..[?$..x]]"])
def test_a_selection_ends_when_its_time_is_up(query):
    with pytest.raises(SelectProblem, match=r"took longer than 0\.0 s"):
        compile_query(query).select(BODY, limit_s=0.0)


def test_a_quadratic_query_is_stopped():
    wide = {"items": [{"x": i} for i in range(20_000)]}
    with pytest.raises(SelectProblem, match=r"took longer than 0\.1 s"):
        compile_query("$.items[?count($.items[*]) > 0]").select(wide, limit_s=0.1)


def test_a_pattern_from_the_response_cannot_run_away():
    body = [{"s": "a" * 60 + "!", "p": "(a|aa)+"}]
    with pytest.raises(SelectProblem, match=r"a pattern in .* took too long"):
        compile_query("$[?match(@.s, @.p)]").select(body)


@pytest.mark.parametrize(
    "text", ["$", "$.a", "$.a_1.B[0]", "$[0][12].é", "$['a'].b", "$.a[00]", "$.a[-1]", "$.a b", "$.1", "$.a\n", "$.", "$[*]"]
)  # fmt: skip
def test_plain_queries_mean_what_the_parser_says(text):
    def outcome(compile_text):
        try:
            return compile_text(text)
        except QueryProblem as problem:
            return problem.args

    by_parser = outcome(lambda text: compile_jsonpath(text)[0])
    assert outcome(lambda text: compile_query(text).path) == by_parser
