from __future__ import annotations

import pytest

from pytest_reqflo.lang.expression import (
    CallExpression,
    ListValue,
    LiteralValue,
    ObjectValue,
    PathExpression,
    Pipe,
    TextValue,
)
from pytest_reqflo.lang.template import (
    FUNCTIONS,
    PIPES,
    ROOTS,
    TemplateProblem,
    expression_text,
    parse_text,
    parse_value,
    path_text,
    walk_expressions,
)

X = PathExpression("inputs", ("x",))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", LiteralValue("plain")),
        ("", LiteralValue("")),
        ("{{ inputs.x }}", X),
        ("{{inputs.x}}", X),
        ("{{\n inputs.x\n}}", X),
        ("${{ inputs.x }}", X),
        ("$${{ inputs.x }}", TextValue(("$", X))),
        ("a {{ inputs.x }} b", TextValue(("a ", X, " b"))),
        ("{{ inputs.x }}{{ inputs.x }}", TextValue((X, X))),
        ("{{{{ inputs.x }}", LiteralValue("{{ inputs.x }}")),
        ("{{{{{{ inputs.x }}", TextValue(("{{", X))),
        ("}} {x}", LiteralValue("}} {x}")),
        ('{"a": {{ inputs.x }}}', TextValue(('{"a": ', X, "}"))),
        (
            '{{ steps.a-b.body.items[0]["odd }} key"][-1] }}',
            PathExpression("steps", ("a-b", "body", "items", 0, "odd }} key", -1)),
        ),
        ("{{ steps.a.body['it\\'s \"x\"'] }}", PathExpression("steps", ("a", "body", 'it\'s "x"'))),
        ("{{ steps.a.body.2fa }}", PathExpression("steps", ("a", "body", "2fa"))),
        ("{{ steps.a.body.größe }}", PathExpression("steps", ("a", "body", "größe"))),
        ("{{ uuid() }}", CallExpression("uuid")),
        (
            "{{ random_int(-1, 5) | string }}",
            CallExpression("random_int", (-1, 5), (Pipe("string"),)),
        ),
        (
            '{{ inputs.x|default("a, | }} b") | upper() }}',
            PathExpression("inputs", ("x",), (Pipe("default", ("a, | }} b",)), Pipe("upper"))),
        ),
        (
            "{{ inputs.x | default(null) }}",
            PathExpression("inputs", ("x",), (Pipe("default", (None,)),)),
        ),
        (
            "{{ inputs.x | default(1.5) }}",
            PathExpression("inputs", ("x",), (Pipe("default", (1.5,)),)),
        ),
    ],
)
def test_a_text_is_literal_or_expression_or_mixed(text, value):
    assert parse_text(text) == value


@pytest.mark.parametrize(
    ("text", "code", "message", "offset", "hint"),
    [
        ("ab {{ inputs.x", "RF201", "an expression is not closed by `}}`", 3, "close it;"),
        ("{{", "RF201", "an expression is not closed by `}}`", 0, "close it;"),
        ('{{ inputs.x | default("a }}', "RF201", "a quote is not closed", 22, ""),
        ("{{ }}", "RF201", "an expression is empty", 0, "Roots: inputs, "),
        ("{{{ inputs.x }}}", "RF201", "an expression cannot begin with `{`", 2, "`{{{{` writes"),
        ("{{ input.x }}", "RF202", "unknown root `input`", 3, "did you mean `inputs`?"),
        ("{{ uuid }}", "RF202", "unknown root `uuid`", 3, "write `uuid()`"),
        ("{{ uid() }}", "RF202", "unknown function `uid`", 3, "did you mean `uuid`?"),
        ("{{ inputs.x | jsn }}", "RF202", "unknown pipe `jsn`", 14, "did you mean `json`?"),
        ("{{ 1 }}", "RF201", "an expression begins with a root or a function, found `1`", 3, "Roots"),
        ("{{ $guid }}", "RF201", "an expression begins with a root or a function, found `$`", 3, "Roots"),
        ("{{ inputs.a + inputs.b }}", "RF201", "expressions have no operators, found `+`", 12, "to join"),
        ("{{ inputs.a == 1 }}", "RF201", "expressions have no operators, found `==`", 12, "compare with"),
        ("{{ inputs.a ? 1 : 2 }}", "RF201", "expressions have no operators, found `?`", 12, "for a fallback"),
        ("{{ inputs.a or 1 }}", "RF201", "expressions have no operators, found `or`", 12, "for a fallback"),
        ("{{ inputs.a || 1 }}", "RF201", "expressions have no operators, found `||`", 12, "for a fallback"),
        ("{{ inputs.a | default: 1 }}", "RF201", "expressions have no operators, found `:`", 21, "pipe arg"),
        ("{{ inputs.a b }}", "RF201", "`|` or `}}` must follow, found `b`", 12, ""),
        ("{{ inputs.x() }}", "RF201", "a path cannot be called, found `(`", 11, "functions stand alone"),
        ("{{ inputs. }}", "RF201", "a name must follow `.`, found ` `", 10, "write odd keys"),
        ("{{ inputs.x.0 }}", "RF201", "`.0` is neither item nor key", 12, "write `[0]`"),
        ("{{ inputs[x] }}", "RF201", "brackets hold an index or a quoted key, found `x`", 10, "write `[0]`"),
        ("{{ inputs[1.5] }}", "RF201", "brackets hold an index or a quoted key, found `1`", 10, "write"),
        ("{{ inputs[0 }}", "RF201", "`]` must follow, found `}`", 12, ""),
        ("{{ inputs.x | }}", "RF201", "the name of a pipe must follow `|`, found `}`", 14, "Pipes: json"),
        ("{{ random_int(1) }}", "RF201", "`random_int` is given 1 arguments", 3, "write `random_int(low"),
        ("{{ random_int(9, 1) }}", "RF201", "`random_int` has no integer from 9 to 1", 3, "write"),
        ('{{ random_int("1", 2) }}', "RF201", "`low` of `random_int` must be an integer, not string", 3, "w"),
        ("{{ random_int(true, 2) }}", "RF201", "`low` of `random_int` must be an integer, not boolean", 3, "w"),
        ('{{ now("%Q") }}', "RF201", "`%Q` is no part of a time format; there are %Y", 3, "write `now("),
        ('{{ now("%Y", "tomorrow") }}', "RF201", "`tomorrow` is no shift;", 3, "write"),
        ('{{ now("%Y", "+999999w") }}', "RF201", "`+999999w` is more than 36525 days", 3, "write"),
        ("{{ random_hex(0) }}", "RF201", "`random_hex` makes 1 to 10000 characters, not 0", 3, "write"),
        ("{{ inputs.x | default }}", "RF201", "`default` is given 0 arguments", 14, "write `default(value)`"),
        ("{{ inputs.x | default(y) }}", "RF201", "arguments are literals, found `y`", 22, "quote text"),
        ("{{ inputs.x | default(1e999) }}", "RF201", "a number is not written as in JSON, or is", 22, ""),
        ("{{ inputs.x | default(01) }}", "RF201", "a number is not written as in JSON, or is", 22, ""),
        ('{{ inputs["\\q"] }}', "RF201", "a text has an unknown escape", 10, "escapes are"),
        ('{{ inputs["\\ud800"] }}', "RF201", "a text has an unknown escape", 10, "escapes are"),
    ],
)  # fmt: skip
def test_a_malformed_expression_says_what_where_and_how_else(text, code, message, offset, hint):
    with pytest.raises(TemplateProblem) as caught:
        parse_text(text)
    problem = caught.value
    assert (problem.code, problem.offset) == (code, offset)
    assert problem.message.startswith(message)
    assert problem.hint.startswith(hint)


def test_a_part_without_expressions_is_one_literal():
    value, problems = parse_value({"a": [1, "{{ inputs.x }}"], "b": {"c": ["{{{{", None]}})
    assert problems == ()
    assert value == ObjectValue(
        {"a": ListValue((LiteralValue(1), X)), "b": LiteralValue({"c": ["{{", None]})}
    )
    assert parse_value({}) == (LiteralValue({}), ())


def test_every_problem_of_a_value_is_found_with_its_place():
    _, problems = parse_value({"a": ["{{", "ok"], "b/c": "{{ nope.x }}", "{{ k }}": 1})
    assert [(p.pointer, p.problem.code, p.is_in_key) for p in problems] == [
        ("/{{ k }}", "RF204", True),
        ("/a/0", "RF201", False),
        ("/b~1c", "RF202", False),
    ]


def test_expressions_are_walked_with_their_places():
    value, _ = parse_value({"a": ["x {{ inputs.x }}{{ uuid() }}"], "b": "{{ env.y }}", "c": 1})
    assert [(pointer, expression_text(e)) for pointer, e in walk_expressions(value)] == [
        ("/a/0", "inputs.x"),
        ("/a/0", "uuid()"),
        ("/b", "env.y"),
    ]


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        (
            "{{steps.a.body['order'][0]['odd key']|json()}}",
            'steps.a.body.order[0]["odd key"] | json',
        ),
        ("{{ random_choice('a',1.50,null) }}", 'random_choice("a", 1.5, null)'),
    ],
)
def test_an_expression_has_one_spelling(text, canonical):
    assert expression_text(parse_text(text)) == canonical


def test_a_path_is_written_as_authors_write_it():
    assert path_text(("body", "a", 0, "b-c", "", "7")) == 'body.a[0].b-c[""]["7"]'


def test_every_word_of_the_vocabulary_has_one_line():
    lines = [*ROOTS.values(), *(spec.description for spec in (FUNCTIONS | PIPES).values())]
    assert all(line and "\n" not in line for line in lines)
    assert FUNCTIONS["now"].signature == "now([format], [shift])"
    assert FUNCTIONS["random_choice"].signature == "random_choice(value, ...)"
