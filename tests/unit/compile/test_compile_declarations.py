"""Inputs, variables, cases, tags, data, ids: what a journey declares."""

from __future__ import annotations

import pytest
from compiling import Folder, marked

from pytest_reqflo.artifact.model import InputDeclaration, RunSettings, VariableDeclaration
from pytest_reqflo.diagnostic import render_diagnostic
from pytest_reqflo.lang.template import parse_value

STEP = "- {id: a, template: GET /a}"


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


def test_inputs_and_variables_as_the_artifact_holds_them(folder):
    head = """
    inputs:
      - {name: a}
      - {name: b, type: integer, default: 1}
      - {name: c, default: null, sensitive: true}
      - {name: d, required: false}
    variables:
      - {name: e, source: me, key: mail}
      - {name: f, source: secret, sensitive: true}
      - {name: g, value: "x{{ inputs.a }}"}
      - {name: h, value: null}
      - {name: i, source: preset, default: {x: 1}}
      - {name: j}
    """
    artifact = folder.steps(STEP, head=head).artifact
    assert artifact.inputs == (
        InputDeclaration(name="a"),
        InputDeclaration(name="b", type="integer", required=False, has_default=True, default=1),
        InputDeclaration(name="c", required=False, has_default=True, sensitive=True),
        InputDeclaration(name="d", required=False),
    )
    assert artifact.variables == (
        VariableDeclaration(name="e", source="me", key="mail"),
        VariableDeclaration(name="f", source="secret", key="f", sensitive=True),
        VariableDeclaration(
            name="g", source="value", key="g", value=parse_value("x{{ inputs.a }}")[0]
        ),
        VariableDeclaration(name="h", source="value", key="h", value=parse_value(None)[0]),
        VariableDeclaration(
            name="i", source="preset", key="i", required=False, has_default=True, default={"x": 1}
        ),
        VariableDeclaration(name="j", source="manual", key="j"),
    )


def test_settings_that_decide_a_run_are_in_the_artifact(folder):
    head = """
    settings:
      on_failure: continue
      timeout_s: 120
      finally_timeout_s: 5
      on_interrupt: restart
      fixtures: [shop]
      serial: true
      group: stock
    """
    assert folder.steps(STEP, head=head).artifact.settings == RunSettings(
        on_failure="continue", timeout_s=120.0, finally_timeout_s=5.0, on_interrupt="restart"
    )


@pytest.mark.parametrize(
    ("head", "code", "mark"),
    [
        ("inputs: [{name: a}, {name: a}]", "RF110", "a"),
        ("inputs: [{name: a}]\nvariables: [{name: a}]", "RF110", "a"),
        ("variables: [{name: a}, {name: a}]", "RF110", "a"),
        ("cases: [{name: A b}, {name: A b}]", "RF110", "A b"),
        ("finally: [{id: a, template: GET /b}]", "RF110", "a"),
        ("finally: [{name: A, template: GET /b}]", "RF110", "A"),
        ("inputs: [{name: a, type: integer, default: x}]", "RF117", "x"),
        ("inputs: [{name: a, default: '{{ env.x }}'}]", "RF204", "'{{ env.x }}'"),
        ("variables: [{name: a, default: ['{{ env.x }}']}]", "RF204", "['{{ env.x }}']"),
        ("variables: [{name: a, source: me, value: 1}]", "RF112", "value"),
        ("cases: [{name: c, values: {a: 1}}]", "RF202", "a"),
        ("inputs: [{name: a, type: integer}]\ncases: [{name: c, values: {a: x}}]", "RF117", "x"),
        ("cases: [{name: c, presets: [nope]}]", "RF212", "nope"),
        ("tags: [parametrize]", "RF119", "parametrize"),
        ("tags: [skip]", "RF119", "skip"),
        ("tags: [xfail]", "RF119", "xfail"),
        ("tags: [usefixtures]", "RF119", "usefixtures"),
        ("tags: [filterwarnings]", "RF119", "filterwarnings"),
        ("tags: [tryfirst]", "RF119", "tryfirst"),
        ("tags: [flaky]", "RF119", "flaky"),
        ("tags: [_private]", "RF119", "_private"),
        ("tags: ['two words']", "RF119", "'two words'"),
        ("tags: ['a:b']", "RF119", "'a:b'"),
        ("tags: ['a(b)']", "RF119", "'a(b)'"),
        ("tags: [not]", "RF119", "not"),
        ("cases: [{name: c, tags: [skipif]}]", "RF119", "skipif"),
        ("data: nope.csv", "RF113", "nope.csv"),
        ("data: {file: ../x.csv}", "RF114", "../x.csv"),
        ("data: {rows: [{}], case: nope}", "RF212", "nope"),
        ("data: {key: a}", "RF105", None),
        ("inputs: [{name: a}]\ndata: {file: x.csv, rows: [{a: 1}]}", "RF112", "rows"),
        ("inputs: [{name: a, sensitive: true}]\ndata: {key: a, rows: [{a: 1}]}", "RF115", "a"),
    ],
)
def test_each_defect_of_a_declaration_has_its_code_and_place(folder, head, code, mark):
    (problem,) = folder.diagnostics(STEP, head=head)
    assert problem.code == code
    if mark is not None:
        assert marked(problem) == mark


@pytest.mark.parametrize("tag", ["smoke", "a-b", "a.b", "A_1", "2fa", "größe", "c++"])
def test_a_tag_that_pytest_can_select_is_a_tag(folder, tag):
    assert folder.problems(STEP, head=f"tags: ['{tag}']") == []


def test_a_duplicate_shows_both_places(folder):
    (problem,) = folder.diagnostics(f"{STEP}\n- {{id: b, template: GET /b}}\n{STEP}", head="")
    assert [(label.text, label.span.start.line) for label in problem.labels] == [
        ("again here", 6),
        ("first here", 4),
    ]


def test_a_preset_may_hold_more_than_a_journey_declares_but_must_fit_it(folder):
    folder.write("presets/p.yaml", "preset: {name: gold, values: {a: text, other: 1}}")
    head = "inputs: [{name: a, type: integer}]\ncases: [{name: c, presets: [gold]}]"
    (problem,) = folder.diagnostics(STEP, head=head)
    assert (problem.code, problem.span.file, marked(problem)) == ("RF117", "presets/p.yaml", "text")


def test_a_sensitive_value_that_does_not_fit_is_not_shown(folder):
    head = (
        "inputs: [{name: a, type: integer, sensitive: true}]\n"
        "cases: [{name: c, values: {a: hunter2}}]"
    )
    (problem,) = folder.diagnostics(STEP, head=head)
    assert problem.code == "RF117"
    assert "hunter2" not in render_diagnostic(problem)


def test_defects_of_rows_are_told_with_the_other_problems(folder):
    folder.write("rows.csv", "a,b\nx,1\n")
    head = "inputs: [{name: a, type: integer}, {name: a}]\ndata: rows.csv"
    assert folder.codes(STEP, head=head) == ["RF110", "RF116"]
    inline = "inputs: [{name: a, type: integer}, {name: c}, {name: c}]\ndata: {rows: [{a: x}]}"
    assert folder.codes(STEP, head=inline) == ["RF110", "RF117"]


def test_the_data_file_is_found_from_the_journey(folder):
    path = folder.write("data/rows.csv", "a\n1\n")
    head = "inputs: [{name: a}]\ndata: {file: ../data/rows.csv}"
    compiled = folder.steps(STEP, head=head, name="journeys/t.journey.yaml")
    assert compiled.rows_file == path.resolve()
    assert compiled.blobs == {}


@pytest.mark.parametrize(
    ("step", "step_id"),
    [
        ("{id: own, name: Other}", "own"),
        ("{name: Create an order}", "create-an-order"),
        ("{name: v1.2 of it}", "v1-2-of-it"),
        ("{name: 2nd}", "step-2nd"),
        ("{name: 注文}", "step-1"),
        ("{}", "step-1"),
    ],
)
def test_ids_of_steps(folder, step, step_id):
    step = step[:-1] + (", " if len(step) > 2 else "") + "template: GET /x}"
    (found,) = folder.steps(f"- {step}").artifact.steps
    assert found.id == step_id


@pytest.mark.parametrize(
    ("head", "journey_id"),
    [("", "t"), ("id: Own_id-1", "Own_id-1"), ("name: Café & Preis!", "cafe-preis")],
)
def test_ids_of_journeys(folder, head, journey_id):
    text = f"journey:\n  name: T\n  {head}\n  steps:\n    {STEP}\n"
    if head.startswith("name"):
        text = text.replace("  name: T\n", "", 1)
    assert folder.compile(text).artifact.journey_id == journey_id
