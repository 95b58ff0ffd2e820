from __future__ import annotations

import pytest

from pytest_reqflo.lang.expression import PathExpression, ValueMissing
from pytest_reqflo.lang.render import (
    RenderProblem,
    render_parts,
    render_value,
    to_text,
    walk_path,
)
from pytest_reqflo.lang.template import parse_value
from pytest_reqflo.secret import Secret

VALUES = {
    "text": "Ab c/ü",
    "int": 7,
    "float": 1.0,
    "true": True,
    "null": None,
    "list": ["a", 2, None],
    "none": [],
    "object": {"k": 'v"'},
    "tricky": "{{ inputs.text }}",
    "half": "\ud800",
}
SECRETS = {"TOKEN": Secret("TOKEN", 'se"cret')}


class FixedScope:
    def lookup(self, expression: PathExpression):
        root = SECRETS if expression.root == "secrets" else VALUES
        return walk_path(root, expression.path, shown=expression.root)

    def call(self, expression, site):
        return f"<{expression.function} at {site}>"


def render(data):
    value, problems = parse_value(data)
    assert problems == ()
    return render_value(value, FixedScope(), site="s/json")


def revealed(rendered):
    assert isinstance(rendered, Secret)
    return (rendered.name, rendered.reveal())


@pytest.mark.parametrize("name", VALUES)
def test_a_lone_expression_keeps_value_and_type(name):
    result = render("{{ inputs." + name + " }}")
    assert (type(result), result) == (type(VALUES[name]), VALUES[name])


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("a {{ inputs.text }}", "a Ab c/ü"),
        ("{{ inputs.int }}/{{ inputs.float }}/{{ inputs.true }}", "7/1.0/true"),
        ("{{ inputs.null }}!", "null!"),
        ("{{ inputs.object | json }}!", '{"k":"v\\""}!'),
        ("{{ inputs.tricky }} {{ inputs.tricky }}", "{{ inputs.text }} {{ inputs.text }}"),
        ("{{ inputs.text | base64 }}", "QWIgYy/DvA=="),
        ("{{ inputs.text | base64url }}", "QWIgYy_DvA"),
        ("{{ inputs.text | urlencode }}", "Ab%20c%2F%C3%BC"),
        (
            "{{ inputs.int | sha256 }}",
            "7902699be42c8a8e46fbbb4501726517e86b22c56a189f7625a6da49081b2451",
        ),
        ("{{ inputs.text | upper }}", "AB C/Ü"),
        ("{{ inputs.text | lower }}", "ab c/ü"),
        ('{{ inputs.x | default(" x ") | trim }}', "x"),
        ("{{ inputs.int | string }}", "7"),
        ("{{ inputs.float | int }}", 1),
        ('{{ inputs.x | default(" 007 ") | int }}', 7),
        ('{{ inputs.x | default("-12") | number }}', -12),
        ('{{ inputs.x | default("1e2") | number }}', 100.0),
        ('{{ inputs.x | default("TRUE") | boolean }}', True),
        ("{{ inputs.list | length }}", 3),
        ("{{ inputs.text | length }}", 6),
        ("{{ inputs.object | length }}", 1),
        ("{{ inputs.list | first }}", "a"),
        ("{{ inputs.list | last }}", None),
        ("{{ inputs.list | join }}", "a,2,null"),
        ('{{ inputs.list | join("; ") }}', "a; 2; null"),
        ("{{ inputs.list | json }}", '["a",2,null]'),
        ("{{ inputs.none | json }}", "[]"),
        ("{{ inputs.null | default(1) }}", 1),
        ("{{ inputs.int | default(1) }}", 7),
        ("{{ inputs.x | upper | default(false) }}", False),
        ("{{ inputs.none | first | default(0) }}", 0),
    ],
)
def test_text_and_pipes_give(text, result):
    rendered = render(text)
    assert (type(rendered), rendered) == (type(result), result)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("{{ secrets.TOKEN }}", 'se"cret'),
        ("Bearer {{ secrets.TOKEN }}", 'Bearer se"cret'),
        ("{{ secrets.TOKEN | base64 }}", "c2UiY3JldA=="),
        ("{{ secrets.TOKEN | urlencode | upper }}", "SE%22CRET"),
        ("{{ secrets.TOKEN | string | trim }}", 'se"cret'),
        ("{{ secrets.TOKEN | json }}", '"se\\"cret"'),
        ("{{ secrets | json }}", '{"TOKEN":"se\\"cret"}'),
    ],
)
def test_what_is_made_from_a_secret_is_secret(text, secret):
    assert revealed(render(text)) == ("TOKEN", secret)


@pytest.mark.parametrize("pipe", ["int", "number", "boolean", "length", "first", "join"])
def test_a_pipe_that_would_show_part_of_a_secret_refuses(pipe):
    with pytest.raises(RenderProblem, match=rf"^`secrets.TOKEN \| {pipe}`: .* a secret") as caught:
        render("{{ secrets.TOKEN | " + pipe + " }}")
    assert "cret'" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a{{ inputs.list }}", "`inputs.list`: an array cannot become text by itself; write `| json`"),
        ("a{{ inputs.object }}", "`inputs.object`: an object cannot become text by itself; write `| json`"),
        ("{{ inputs.text | int }}", "`inputs.text | int`: `int` cannot read this text as an integer"),
        ("{{ inputs.true | int }}", "`inputs.true | int`: `int` cannot read a boolean as an integer"),
        ('{{ inputs.x | default("1e999") | number }}', '`inputs.x | default("1e999") | number`: `number` cannot read this text as a number'),
        ("{{ inputs.text | boolean }}", "`inputs.text | boolean`: `boolean` cannot read this text as true or false"),
        ("{{ inputs.int | length }}", "`inputs.int | length`: `length` cannot measure an integer"),
        ("{{ inputs.null | upper }}", "`inputs.null | upper`: `upper` takes text, not null"),
        ("{{ inputs.null | upper | default(1) }}", "`inputs.null | upper | default(1)`: `upper` takes text, not null"),
        ("{{ inputs.half | base64 }}", "`inputs.half | base64`: a text holds half of a surrogate pair, which has no bytes"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_used_so_is_a_problem_that_quotes_no_value(text, message):
    with pytest.raises(RenderProblem) as caught:
        render(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ inputs.nope }}", "`inputs.nope` does not exist; `inputs` has the keys text, int, float,"),
        ("x{{ inputs.object.a.b }}", "`inputs.object.a` does not exist; `inputs.object` has the keys k"),
        ("{{ inputs.list[3] }}", "`inputs.list[3]` does not exist; `inputs.list` is a list of 3"),
        ("{{ inputs.list.a }}", "`inputs.list.a` does not exist; `inputs.list` is a list of 3"),
        ("{{ inputs.object[0] }}", "`inputs.object[0]` does not exist; `inputs.object` has the keys k"),
        ("{{ inputs.int.a }}", "`inputs.int.a` does not exist; `inputs.int` is integer"),
        ("{{ secrets.TOKEN.a }}", "`secrets.TOKEN.a` does not exist; `secrets.TOKEN` is a secret text"),
        ("{{ inputs.none | last }}", "`inputs.none | last`: the list is empty, so it has no last item"),
    ],
)  # fmt: skip
def test_a_missing_value_says_what_is_there_instead(text, message):
    with pytest.raises(ValueMissing) as caught:
        render(text)
    assert str(caught.value).startswith(message)
    assert not isinstance(caught.value, RenderProblem)


def test_each_call_has_a_site_of_its_own():
    assert render({"a/b": ["{{ uuid() }}", "{{ uuid() }} {{ uuid() }}"], "c": "{{ uuid() }}"}) == {
        "a/b": ["<uuid at s/json/a~1b/0>", "<uuid at s/json/a~1b/1#0> <uuid at s/json/a~1b/1#2>"],
        "c": "<uuid at s/json/c>",
    }


def test_only_results_of_expressions_are_encoded():
    value, _ = parse_value("/a b/{{ inputs.text }}/{{ secrets.TOKEN }}")
    rendered = render_parts(value, FixedScope(), site="s/url", encode=lambda t: f"<{t}>")
    assert revealed(rendered) == ("TOKEN", '/a b/<Ab c/ü>/<se"cret>')
    literal, _ = parse_value("/a b")
    assert render_parts(literal, FixedScope(), site="s/url", encode=str.upper) == "/a b"


def test_a_text_for_the_wire_is_never_the_python_form():
    assert [to_text(v) for v in (True, None, 1.5, 2, "x")] == ["true", "null", "1.5", "2", "x"]
