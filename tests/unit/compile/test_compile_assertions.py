"""Assertions, conditions, polls, retries and outputs of a step."""

from __future__ import annotations

import pytest
from compiling import Folder, marked

from pytest_reqflo.artifact.model import (
    AssertionSpec,
    ConditionSpec,
    OutputSpec,
    PollSpec,
    RetrySpec,
)
from pytest_reqflo.lang.expression import LiteralValue
from pytest_reqflo.lang.template import parse_value


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


def lit(value):
    return LiteralValue(value)


def val(data):
    return parse_value(data)[0]


def step_of(folder, keys, head=""):
    return folder.steps(f"- {{id: a, template: GET /a, {keys}}}", head=head).artifact.steps[0]


def checked(folder, assertion):
    (spec,) = step_of(folder, f"assertions: [{assertion}]").assertions
    return spec


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("{type: status_code, expected: 201}", {"type": "status_code", "expected": lit(201)}),
        ("{type: status_code, expected: '201'}", {"type": "status_code", "expected": lit("201")}),
        (
            "{type: status_code, expected: [200, 2xx, 200-204]}",
            {"type": "status_code", "expected": lit([200, "2xx", "200-204"])},
        ),
        (
            "{type: json_path, path: $.a, expected: null}",
            {"type": "json_path", "target": "$.a", "expected": lit(None)},
        ),
        (
            "{type: json_path, path: $.a}",
            {"type": "json_path", "target": "$.a", "operator": "exists"},
        ),
        (
            "{type: json_path, path: $.a, operator: contains, expected: '{{ response.status }}'}",
            {
                "type": "json_path",
                "target": "$.a",
                "operator": "contains",
                "expected": val("{{ response.status }}"),
            },
        ),
        ("{type: header, name: X-A}", {"type": "header", "target": "X-A", "operator": "exists"}),
        (
            "{type: header, name: X-A, expected: b, all: true}",
            {"type": "header", "target": "X-A", "expected": lit("b"), "all": True},
        ),
        (
            "{type: cookie, name: sid, attribute: path, expected: /}",
            {"type": "cookie", "target": "sid", "attribute": "path", "expected": lit("/")},
        ),
        (
            "{type: body_contains, expected: x, soft: true, message: Why}",
            {
                "type": "body_contains",
                "operator": "contains",
                "expected": lit("x"),
                "soft": True,
                "message": "Why",
            },
        ),
        ("{type: body_equals, expected: x}", {"type": "body_equals", "expected": lit("x")}),
        (
            "{type: body_matches, expected: 'a\\d+'}",
            {"type": "body_matches", "operator": "matches", "expected": lit("a\\d+")},
        ),
        (
            "{type: json_schema, schema: {type: object}}",
            {"type": "json_schema", "operator": "matches", "schema": {"type": "object"}},
        ),
        (
            "{type: response_time, expected: 800}",
            {"type": "response_time", "operator": "less_or_equal", "expected": lit(800)},
        ),
        (
            "{type: value, value: '{{ response.bytes }}', operator: greater_than, expected: 1}",
            {
                "type": "value",
                "value": val("{{ response.bytes }}"),
                "operator": "greater_than",
                "expected": lit(1),
            },
        ),
    ],
)
def test_each_type_of_assertion(folder, text, fields):
    assert checked(folder, text) == AssertionSpec(index=0, **fields)


def test_files_of_assertions_become_part_of_the_artifact(folder):
    folder.write("f/s.yaml", "type: object\n")
    folder.write("f/s.json", b'\xef\xbb\xbf{"type": "object"}')
    folder.write("f/e.json", "[1]")
    folder.write("f/e.txt", b"text\n")
    step = step_of(
        folder,
        "assertions: [{type: json_schema, file: f/s.yaml}, {type: json_schema, file: f/s.json},"
        "{type: json_path, path: $, expected_file: f/e.json},"
        "{type: body_equals, expected_file: f/e.txt}]",
    )
    first, second, third, fourth = step.assertions
    assert first.schema == second.schema == {"type": "object"}
    assert (third.operator, third.expected) == ("equals", lit([1]))
    assert fourth.expected == lit("text\n")


@pytest.mark.parametrize(
    ("assertion", "code", "mark"),
    [
        ("{type: json_path, path: $.a, operator: equals}", "RF210", None),
        ("{type: json_path, path: $.a, operator: exists, expected: 1}", "RF210", "expected"),
        ("{type: json_path, path: $.a, operator: in, expected: 1}", "RF210", "1"),
        ("{type: json_path, path: $.a, operator: has_type, expected: text}", "RF210", "text"),
        ("{type: json_path, path: $.a, operator: greater_than, expected: [1]}", "RF210", "[1]"),
        ("{type: value, value: 1}", "RF210", None),
        ("{type: json_path, path: '$.a[', operator: exists}", "RF207", None),
        ("{type: json_path, path: a.b, operator: exists}", "RF207", "a"),
        ("{type: json_path, path: '$.a[{{ env.x }}]', operator: exists}", "RF204", "{{"),
        ("{type: json_path, path: $.a, operator: matches, expected: 'ab('}", "RF208", None),
        ("{type: body_matches, expected: 'ab(c'}", "RF208", None),
        ("{type: body_matches, expected: 'x{{ env.x }}'}", "RF204", "{{"),
        ("{type: header, name: '{{ env.x }}'}", "RF204", "{{"),
        ("{type: cookie, name: 'a{{ env.x }}'}", "RF204", "{{"),
        ("{type: json_schema, schema: {type: objekt}}", "RF209", None),
        ("{type: json_schema, schema: {$ref: other.json}}", "RF209", None),
        ("{type: json_schema, file: nope.json}", "RF113", "nope.json"),
        ("{type: json_schema, file: bad.json}", "RF209", "bad.json"),
        ("{type: json_schema}", "RF105", None),
        ("{type: json_schema, schema: {}, file: bad.json}", "RF112", "file"),
        ("{type: json_path, path: $, expected: 1, expected_file: bad.json}", "RF112", None),
        ("{type: json_path, path: $, expected_file: bad.json}", "RF115", "bad.json"),
        ("{type: body_equals, expected_file: bytes.bin}", "RF115", "bytes.bin"),
        ("{type: value, value: '{{ response.bdy }}', expected: 1}", "RF202", "response.bdy"),
        ("{type: value, value: '{{ steps.a.body }}', expected: 1}", "RF203", "steps.a.body"),
    ],
)
def test_each_defect_of_an_assertion_has_its_code_and_place(folder, assertion, code, mark):
    folder.write("bad.json", "{")
    folder.write("bytes.bin", b"\xff\xfe\x00")
    (problem,) = folder.diagnostics(
        f"- id: a\n  template: GET /a\n  assertions:\n    - {assertion}", head=""
    )
    assert (problem.code, problem.span.start.line) == (code, 7)
    if mark is not None:
        assert marked(problem) == mark


def test_an_unusable_status_is_refused(folder):
    found = folder.diagnostics(
        "- {id: a, template: GET /a, assertions: [{type: status_code, expected: 20}]}", head=""
    )
    assert [marked(item) for item in found] == ["20"]


def test_the_caret_stands_at_the_offset_in_the_query_and_the_pattern(folder):
    steps = """
    - id: a
      template: GET /a
      assertions:
        - {type: json_path, path: "$.a.b[?", operator: exists}
        - {type: body_matches, expected: 'one)two'}
    """
    query, pattern = folder.diagnostics(steps, head="")
    text = query.labels[0].line_text
    assert text.index("$.a.b[?") < query.span.start.column - 1 < text.index(", operator")
    assert pattern.labels[0].line_text[pattern.span.start.column - 1] == ")"


def test_response_is_read_in_assertions_of_templates_and_polls_too(folder):
    folder.write(
        "templates/t.yaml",
        """
        template:
          name: T
          method: GET
          url: /t
          assertions: [{type: value, value: "{{ response.url }}", expected: "{{ response.text }}"}]
        """,
    )
    poll = '{until: [{type: value, value: "{{ response.status }}", expected: 200}]}'
    assert folder.problems(f"- {{id: a, template: T, poll: {poll}}}", head="") == []


# --- conditions ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("true", ConditionSpec(value=lit(True))),
        ("'{{ inputs.x }}'", ConditionSpec(value=val("{{ inputs.x }}"))),
        (
            "{value: '{{ inputs.x }}', expected: 1}",
            ConditionSpec(value=val("{{ inputs.x }}"), operator="equals", expected=lit(1)),
        ),
        (
            "{value: '{{ inputs.x }}', expected: null}",
            ConditionSpec(value=val("{{ inputs.x }}"), operator="equals", expected=lit(None)),
        ),
        (
            "{value: '{{ inputs.x }}', operator: not_empty}",
            ConditionSpec(value=val("{{ inputs.x }}"), operator="not_empty"),
        ),
    ],
)
def test_conditions(folder, when, expected):
    assert step_of(folder, f"when: {when}", head="inputs: [{name: x}]").when == expected


@pytest.mark.parametrize(
    ("when", "code"),
    [
        ("'yes'", "RF106"),
        ("''", "RF106"),
        ("'x {{ inputs.x }}'", "RF106"),
        ("{value: 1}", "RF210"),
        ("{value: 1, operator: exists, expected: 1}", "RF210"),
        ("{value: 1, operator: matches, expected: '('}", "RF208"),
        ("{value: 1, operator: in, expected: 1}", "RF210"),
        ("'{{ steps.a.body }}'", "RF203"),
        ("'{{ response.status }}'", "RF204"),
    ],
)
def test_each_defect_of_a_condition_has_its_code(folder, when, code):
    head = "inputs: [{name: x}]"
    assert folder.codes(f"- {{id: a, template: GET /a, when: {when}}}", head=head) == [code]


# --- retry, poll and the rest --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("retry", "expected"),
    [
        ("{count: 2}", RetrySpec(count=2)),
        ("{count: 0}", None),
        ("{count: 1, on: error}", RetrySpec(count=1, on=("error",))),
        ("{count: 1, on: [error, assertion, error]}", RetrySpec(count=1)),
        ("{count: 1, delay_s: 1, backoff: 2}", RetrySpec(count=1, delay_s=1.0, backoff=2.0)),
    ],
)
def test_retries(folder, retry, expected):
    assert step_of(folder, f"retry: {retry}").retry == expected


def test_polls(folder):
    step = step_of(
        folder,
        "poll: {until: [{type: status_code, expected: 200}], every_s: 2, timeout_s: 9,"
        "stop_on: [{type: status_code, expected: 5xx}, {type: body_contains, expected: x}]}",
    )
    assert step.poll == PollSpec(
        until=(AssertionSpec(type="status_code", index=0, expected=lit(200)),),
        stop_on=(
            AssertionSpec(type="status_code", index=0, expected=lit("5xx")),
            AssertionSpec(type="body_contains", index=1, operator="contains", expected=lit("x")),
        ),
        every_s=2.0,
        timeout_s=9.0,
    )


@pytest.mark.parametrize(
    ("clear", "jars"), [("true", ("default",)), ("false", ()), ("mine", ("mine",))]
)
def test_jars_to_empty(folder, clear, jars):
    assert step_of(folder, f"clear_cookies: {clear}").clear_cookies == jars


# --- outputs -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{name: n, path: body}", OutputSpec(name="n", source="body")),
        ("{name: n, path: 'body.a[0]'}", OutputSpec(name="n", source="body", path=("a", 0))),
        ("{name: n, path: response.body.a}", OutputSpec(name="n", source="body", path=("a",))),
        ("{name: n, path: status}", OutputSpec(name="n", source="status")),
        ("{name: n, path: $.a}", OutputSpec(name="n", source="json_path", query="$.a")),
        (
            "{name: n, path: headers.X-A, pattern: '(.)', sensitive: true, required: false}",
            OutputSpec(
                name="n",
                source="headers",
                path=("X-A",),
                pattern="(.)",
                sensitive=True,
                required=False,
            ),
        ),
    ],
)
def test_outputs(folder, text, expected):
    assert step_of(folder, f"outputs: [{text}]").outputs == (expected,)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{name: n, path: bodi.a}", "RF215"),
        ("{name: n, path: ''}", "RF215"),
        ("{name: n, path: 'body.{{ env.x }}'}", "RF215"),
        ("{name: n, path: '$.a['}", "RF207"),
        ("{name: n, path: '$.{{ env.x }}'}", "RF204"),
        ("{name: n, path: body, pattern: '('}", "RF208"),
        ("{name: n, path: body}, {name: n, path: status}", "RF110"),
    ],
)
def test_each_defect_of_an_output_has_its_code(folder, text, code):
    assert folder.codes(f"- {{id: a, template: GET /a, outputs: [{text}]}}", head="") == [code]
