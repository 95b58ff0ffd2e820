from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pytest_reqflo.lang.expression import CallExpression, PathExpression, Pipe
from pytest_reqflo.lang.render import render_value
from pytest_reqflo.lang.template import PIPES, ROOTS, TemplateProblem, expression_text, parse_text

PIECES = [
    "{{", "}}", "{{{{", "${{", "{", "}", "inputs", "steps", ".", "x", "[", "]", "0", "-1", '"', "'",
    "\\", "|", "json", "default", "(", ")", ",", " ", "\n", "uuid()", "+", "1.5", "null", "é", "\ud800",
]  # fmt: skip
NEARLY_TEMPLATES = st.lists(st.sampled_from(PIECES), max_size=25).map("".join)

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
LITERALS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), TEXTS
)
PLAIN_PIPES = [spec.name for spec in PIPES.values() if not spec.arguments]
PIPE_LISTS = st.lists(
    st.one_of(
        st.sampled_from(PLAIN_PIPES).map(Pipe),
        LITERALS.map(lambda value: Pipe("default", (value,))),
        TEXTS.map(lambda text: Pipe("join", (text,))),
    ),
    max_size=3,
).map(tuple)
SEGMENTS = st.one_of(TEXTS, st.integers(-(10**9) + 1, 10**9 - 1))
EXPRESSIONS = st.one_of(
    st.builds(
        PathExpression,
        root=st.sampled_from(list(ROOTS)),
        path=st.lists(SEGMENTS, max_size=5).map(tuple),
        pipes=PIPE_LISTS,
    ),
    st.builds(
        CallExpression,
        function=st.just("random_choice"),
        args=st.lists(LITERALS, min_size=1, max_size=4).map(tuple),
        pipes=PIPE_LISTS,
    ),
)


def find_problem(text):
    try:
        parse_text(text)
    except TemplateProblem as problem:
        return problem
    return None


@given(st.one_of(st.text(), NEARLY_TEMPLATES))
def test_parsing_raises_nothing_but_template_problem_with_a_place(text):
    problem = find_problem(text)
    assert problem is None or (problem.message and 0 <= problem.offset < len(text))


@given(EXPRESSIONS)
def test_the_text_of_an_expression_reads_as_that_expression(expression):
    text = expression_text(expression)
    again = parse_text("{{ " + text + " }}")
    assert again == expression
    assert expression_text(again) == text


class EchoScope:
    """Answers every path with one text."""

    def __init__(self, text):
        self.text = text
        self.asked = 0

    def lookup(self, expression):
        self.asked += 1
        return self.text

    def call(self, expression, site):
        self.asked += 1
        return self.text


@given(st.one_of(TEXTS, NEARLY_TEMPLATES), TEXTS.filter(lambda text: "{{" not in text))
def test_what_an_expression_gives_is_never_read_again(result, around):
    scope = EchoScope(result)
    lone = parse_text("{{ inputs.x }}")
    mixed = parse_text(f"{around}\n{{{{ inputs.x }}}}{{{{ uuid() }}}}")
    assert render_value(lone, scope, site="s") == result
    assert render_value(mixed, scope, site="s") == f"{around}\n{result}{result}"
    assert scope.asked == 3
