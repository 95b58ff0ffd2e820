"""The static Run check of expressions."""

from __future__ import annotations

import pytest
from compiling import Folder, marked

from pytest_reqflo.artifact.model import OutputSpec


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


def implicit(name, source, *path):
    return OutputSpec(name=name, source=source, path=path, required=False, is_declared=False)


HEAD = """
inputs: [{name: a}]
variables:
  - {name: v, value: "{{ variables.w }}/x"}
  - {name: w, value: "{{ steps.one.outputs.id }}-{{ secrets.DEEP }}"}
  - {name: s, source: secret}
"""
ONE = "- {id: one, template: GET /one, outputs: [{name: id, path: body.id}]}\n"


@pytest.mark.parametrize(
    ("expression", "code", "mark", "hint"),
    [
        ("inputs.b", "RF202", "inputs.b", "a"),
        ("inputs", "RF202", "inputs", ""),
        ("inputs.v", "RF202", "inputs.v", "write `variables.v`"),
        ("variables.a", "RF202", "variables.a", "write `inputs.a`"),
        ("variables.vv", "RF202", "variables.vv", "did you mean `v`?"),
        ("input.a", "RF202", "input", "did you mean `inputs`?"),
        ("steps.on.body", "RF202", "steps.on.body", "did you mean `one`?"),
        ("steps", "RF202", "steps", "one"),
        ("steps.one", "RF202", "steps.one", "status"),
        ("steps.one.bdy", "RF202", "steps.one.bdy", "did you mean `body`?"),
        ("steps.one.outputs.ident", "RF202", "steps.one.outputs.ident", "id"),
        ("steps.one.outputs", "RF202", "steps.one.outputs", "id"),
        ("steps.one.status.x", "RF215", "steps.one.status.x", "`status`"),
        ("steps.two.body", "RF203", "steps.two.body", "response"),
        ("steps.three.body", "RF203", "steps.three.body", "move `three` before `two`"),
        ("steps.last.body", "RF203", "steps.last.body", ""),
        ("env", "RF201", "env", "env.NAME"),
        ("secrets.A.b", "RF202", "secrets.A.b", "secrets.A"),
        ("case.nam", "RF202", "case.nam", "did you mean `name`?"),
        ("row.index", "RF202", "row.index", "number"),
        ("run", "RF201", "run", "id"),
        ("response.status", "RF204", "response.status", "inputs"),
        ("inputs.a + 1", "RF201", "+", ""),
        ("inputs.a | jsn", "RF202", "jsn", "did you mean `json`?"),
        ("uid()", "RF202", "uid", "did you mean `uuid`?"),
    ],
)
def test_each_wrong_expression_is_marked_exactly(folder, expression, code, mark, hint):
    steps = (
        ONE
        + f'- {{id: two, template: GET /two, values: {{q: "x {{{{ {expression} }}}} y"}}}}\n'
        + "- {id: three, template: GET /three}\n"
    )
    head = HEAD + "finally: [{id: last, template: GET /last}]"
    (problem,) = folder.diagnostics(steps, head=head)
    assert (problem.code, marked(problem)) == (code, mark)
    assert hint in problem.hint


@pytest.mark.parametrize(
    "expression",
    [
        "inputs.a", "inputs.a.b[0]['c d']", "variables.v", "variables.s", "steps.one.outputs.id.deep",
        "steps.one.body", "steps.one.headers.x-id", "steps.one.headers_all.x-id[0]",
        "steps.one.cookies.sid", "steps.one.status", "steps.one.url", "steps.one.request.url",
        "env.a-b", "secrets.A", "me.name", "case.name", "row.number", "row.key", "run.id",
        "run.started_at", "uuid()", "now('%Y') | string",
    ],
)  # fmt: skip
def test_each_documented_expression_is_allowed_in_step_values(folder, expression):
    steps = ONE + f'- {{id: two, template: GET /two, values: {{q: "{{{{ {expression} }}}}"}}}}\n'
    assert folder.problems(steps, head=HEAD) == []


def test_a_forward_reference_shows_both_places(folder):
    steps = """
    - id: read
      template: GET /x/{id}
      values: {id: "{{ steps.make.body.id }}"}
    - id: make
      template: POST /x
    """
    (problem,) = folder.diagnostics(steps, head="")
    assert problem.title == "step `read` uses an output of `make`, which runs later"
    assert [label.text for label in problem.labels] == ["needed here", "produced here"]
    assert (marked(problem), marked(problem, 1)) == ("steps.make.body.id", "make")


def test_a_variable_is_checked_where_it_is_used(folder):
    """Two uses of one variable, one before and one after the step that it reads."""
    head = (
        'variables: [{name: v, value: "{{ variables.w }}"}, {name: w, value: "{{ steps.b.body }}"}]'
    )
    steps = """
    - {id: a, template: GET /a, values: {q: "{{ variables.v }}"}}
    - {id: b, template: GET /b}
    - {id: c, template: GET /c, values: {q: "{{ variables.v }}"}}
    """
    (problem,) = folder.diagnostics(steps, head=head)
    assert (problem.code, marked(problem)) == ("RF203", "variables.v")


def test_a_variable_that_is_never_used_is_checked_too(folder):
    head = 'variables: [{name: v, value: "{{ inputs.x }} {{ steps.y.body }} {{ response.body }}"}]'
    codes = folder.codes("- {id: a, template: GET /a}", head=head)
    assert codes == ["RF202", "RF202", "RF204"]


def test_finally_steps_read_all_steps_and_earlier_finally_steps(folder):
    head = """
    finally:
      - {id: f, template: GET /f, values: {q: "{{ steps.b.body }}{{ steps.a.status }}"}}
      - {id: g, template: GET /g, values: {q: "{{ steps.f.body }}"}}
      - {id: h, template: GET /h, values: {q: "{{ steps.i.body }}"}}
      - {id: i, template: GET /i}
    """
    steps = "- {id: a, template: GET /a}\n- {id: b, template: GET /b}"
    problems = folder.problems(steps, head=head)
    assert len(problems) == 1
    assert "step `h` uses an output of `i`, which runs later" in problems[0]


def test_what_later_steps_read_becomes_an_implicit_output_of_the_producer(folder):
    steps = """
    - id: a
      template: GET /a
      outputs: [{name: id, path: body.id}]
    - id: b
      template: GET /b
      values: {q: "{{ steps.a.body.z }} {{ steps.a.outputs.id }} {{ variables.v }}"}
      assertions:
        - {type: value, value: "{{ steps.a.headers.X-Id }}", expected: "{{ steps.a.status }}"}
    """
    head = "variables: [{name: v, value: \"{{ steps.a.body.items[0]['odd key'] | json }}\"}]"
    compiled = folder.steps(steps, head=head)
    assert compiled.artifact.steps[0].outputs == (
        OutputSpec(name="id", source="body", path=("id",)),
        implicit('body.items[0]["odd key"]', "body", "items", 0, "odd key"),
        implicit("body.z", "body", "z"),
        implicit("headers.X-Id", "headers", "X-Id"),
        implicit("status", "status"),
    )
    assert compiled.artifact.steps[1].outputs == ()


def test_every_problem_of_one_value_is_told(folder):
    steps = """
    - id: a
      request:
        method: POST
        url: /a
        json:
          bad: "{{ inputs.x + 1 }}"
          worse: ["{{ inputs.nope }}", {deep: "{{ steps.z.body }} {{ env }}"}]
          "{{ key }}": 1
    """
    assert folder.problems(steps, head="") == [
        "RF201 t.journey.yaml:9:29 expressions have no operators, found `+`",
        "RF202 t.journey.yaml:10:23 input `nope` is not declared",
        "RF202 t.journey.yaml:10:51 there is no step `z`",
        "RF201 t.journey.yaml:10:70 `env` must be followed by a name",
        "RF204 t.journey.yaml:11:11 a key cannot hold an expression",
    ]


def test_conditions_cannot_read_secrets_by_any_way(folder):
    steps = """
    - {id: one, template: GET /one, outputs: [{name: id, path: body.id}]}
    - {id: a, template: GET /a, when: "{{ secrets.A }}"}
    - {id: b, template: GET /b, when: {value: "{{ variables.v }}", expected: "{{ variables.s }}"}}
    - {id: c, template: GET /c, when: "{{ inputs.a }}"}
    """
    found = folder.diagnostics(steps, head=HEAD)
    assert [(item.code, marked(item)) for item in found] == [
        ("RF204", "secrets.A"),
        ("RF204", "variables.v"),
        ("RF204", "variables.s"),
    ]


def test_the_names_that_a_journey_reads_are_gathered(folder):
    head = """
    inputs: [{name: a}]
    variables:
      - {name: k, source: secret, key: KEY}
      - {name: v, value: "{{ me.mail }}"}
      - {name: n, source: me, key: nick}
      - {name: e, source: environment}
    settings: {request: {headers: {X-A: "{{ env.trace }}"}}}
    cases: [{name: c, values: {a: "{{ secrets.OF_CASE }}{{ env.of_case }}{{ me.of_case }}"}}]
    skip: {reason: x, when: "{{ env.of_mark }}"}
    """
    artifact = folder.steps(
        '- {id: a, template: GET /a, values: {q: "{{ secrets.B }}"}}', head=head
    )
    artifact = artifact.artifact
    assert artifact.secrets == ("B", "KEY")
    assert artifact.me_values == ("mail", "nick")
    assert artifact.environment_values == ("e", "trace")


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("{{ inputs.a }}", "RF204"),
        ("{{ variables.v }}", "RF204"),
        ("{{ steps.one.body }}", "RF204"),
        ("{{ run.id }}", "RF204"),
        ("{{ case.name }}", "RF204"),
        ("{{ nope.x }}", "RF202"),
        ("{{ env.x | }}", "RF201"),
    ],
)
def test_case_and_preset_values_read_only_what_is_known_before_a_run(folder, value, code):
    folder.write(
        "presets/p.yaml", f'preset: {{name: p, values: {{a: "{value}", other: "{value}"}}}}\n'
    )
    cases = f'cases: [{{name: c, values: {{a: "{value}"}}, presets: [p]}}]'
    assert folder.codes(ONE, head=HEAD + cases) == [code, code]


def test_secrets_environment_me_and_functions_are_allowed_in_cases(folder):
    value = "{{ secrets.A }}{{ env.b }}{{ me.c }}{{ uuid() }}"
    assert folder.problems(ONE, head=HEAD + f'cases: [{{name: c, values: {{a: "{value}"}}}}]') == []


def test_marks_read_only_the_environment(folder):
    head = """
    skip: {reason: x, when: "{{ env.a }}"}
    xfail: {reason: x, when: "{{ inputs.a }}"}
    inputs: [{name: a}]
    """
    assert folder.codes("- {id: a, template: GET /a}", head=head) == ["RF204"]


@pytest.mark.parametrize(
    ("variables", "count"),
    [
        ('[{name: a, value: "{{ variables.a }}"}]', 1),
        ('[{name: a, value: "{{ variables.b }}"}, {name: b, value: "x {{ variables.a }}"}]', 1),
        (
            '[{name: a, value: "{{ variables.b }}"}, {name: b, value: [{x: "{{ variables.b }}"}]}]',
            1,
        ),
        ('[{name: a, value: "{{ variables.b }}"}, {name: b, value: "x"}]', 0),
    ],
)
def test_variables_in_a_circle_are_told_once(folder, variables, count):
    head = f"variables: {variables}"
    assert folder.codes("- {id: a, template: GET /a}", head=head) == ["RF211"] * count


def test_variables_that_multiply_are_refused_in_time(folder):
    """Thirty levels of two uses each would be a thousand million expansions."""
    names = ["{name: v0, value: x}"]
    names += [
        f'{{name: v{n}, value: "{{{{ variables.v{n - 1} }}}}{{{{ variables.v{n - 1} }}}}"}}'
        for n in range(1, 40)
    ]
    head = "variables:\n" + "\n".join(f"  - {name}" for name in names)
    steps = '- {id: a, template: GET /a, values: {q: "{{ variables.v39 }}"}}'
    assert set(folder.codes(steps, head=head)) == {"RF211"}


def test_a_long_chain_of_variables_is_refused_and_not_a_traceback(folder):
    names = ["{name: v0, value: x}"]
    names += [f'{{name: v{n}, value: "{{{{ variables.v{n - 1} }}}}"}}' for n in range(1, 3000)]
    head = "variables:\n" + "\n".join(f"  - {name}" for name in names)
    steps = '- {id: a, template: GET /a, values: {q: "{{ variables.v2999 }}"}}'
    assert set(folder.codes(steps, head=head)) == {"RF211"}


@pytest.mark.parametrize("name", ["", "../x", "-x", "a b", "REQFLO_MASTER_KEY", "x" * 201])
def test_a_secret_of_a_name_that_no_provider_may_be_asked_for_is_refused(folder, name):
    url = f'''"{{{{ secrets['{name}'] }}}}"'''
    assert folder.codes(f"- {{request: {{method: GET, url: {url}}}}}", head="") == ["RF217"]


def test_the_key_of_a_secret_variable_is_a_name_of_a_secret(folder):
    head = """
    variables:
      - {name: a, source: secret, key: ../x}
      - {name: reqflo_b, source: secret}
      - {name: c, source: me, key: ../x}
    """
    found = folder.diagnostics("- {template: GET /}", head=head)
    assert [(item.code, marked(item)) for item in found] == [
        ("RF217", "../x"),
        ("RF217", "reqflo_b"),
    ]
