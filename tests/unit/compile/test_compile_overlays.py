"""Overlays change templates and steps, and what they bring is shown where it is written."""

from __future__ import annotations

import pytest
from compiling import Folder, marked

from pytest_reqflo.lang.expression import LiteralValue


@pytest.fixture
def folder(tmp_path):
    folder = Folder(tmp_path)
    folder.write(
        "templates/t.yaml",
        """
        name: List orders
        method: GET
        url: /orders
        headers: {X-Old: "1", X-Kept: "2"}
        query: {limit: 20}
        assertions: [{type: status_code, expected: 200}]
        """,
    )
    return folder


STEPS = """
- {id: a, name: First, template: List orders, assertions: [{type: status_code, expected: 2xx}]}
- {name: Second step, template: GET /other}
"""


def lit(value):
    return LiteralValue(value)


def overlay(folder, text, name="o"):
    folder.write(f"overlays/{name}.yaml", f"overlay:\n  name: {name}\n{text}")


def test_templates_and_steps_are_patched_in_listed_order(folder):
    overlay(
        folder,
        """
  templates:
    list-orders: {headers: {X-Old: null, X-New: "3"}, query: {limit: 5, page: 1}}
  steps:
    a: {name: Changed, request: {query: {page: 2}}}
    second-step: {delay_s: 1}
""",
    )
    overlay(folder, "  templates: {List orders: {query: {limit: 6}}}\n", "p")
    first, second = folder.steps(STEPS, head="overlays: [o, p]").artifact.steps
    assert first.name == "Changed"
    assert first.request.headers == {"X-Kept": lit("2"), "X-New": lit("3")}
    assert first.request.query == {"limit": lit(6), "page": lit(2)}
    assert second.delay_s == 1.0
    other = folder.steps(STEPS, head="overlays: [p, o]").artifact.steps[0]
    assert other.request.query["limit"] == lit(5)


def test_assertions_run_template_first_then_step_then_overlays_each_numbered(folder):
    overlay(folder, "  add_assertions: {a: [{type: status_code, expected: 201}]}\n")
    overlay(
        folder,
        "  add_assertions: {a: [{type: status_code, expected: 202}, {type: response_time, expected: 5}]}\n",
        "p",
    )
    (step, _) = folder.steps(STEPS, head="overlays: [o, p]").artifact.steps
    found = [(each.origin, each.index, each.expected) for each in step.assertions]
    assert found == [
        ("template", 0, lit(200)),
        ("step", 0, lit("2xx")),
        ("overlay", 0, lit(201)),
        ("overlay", 1, lit(202)),
        ("overlay", 2, lit(5)),
    ]


@pytest.mark.parametrize(
    ("text", "code", "mark"),
    [
        ("  templates: {List ordrs: {url: /x}}\n", "RF205", "List ordrs"),
        ("  steps: {aa: {name: x}}\n", "RF202", "aa"),
        ("  add_assertions: {aa: [{type: status_code, expected: 1xx}]}\n", "RF202", "aa"),
        ("  templates:\n    List orders:\n      urll: /x\n", "RF104", "urll"),
        ("  templates:\n    List orders:\n      method: 7\n", "RF106", "7"),
        ("  steps:\n    a:\n      delay_s: soon\n", "RF106", "soon"),
        ("  steps:\n    a:\n      assertions: [{type: status_code}]\n", "RF105", None),
        ("  steps:\n    a:\n      values: {q: '{{ inputs.nope }}'}\n", "RF214", "q"),
        ("  steps:\n    a:\n      request: {query: {q: 'x {{ inputs.nope }}'}}\n", "RF202", "inputs.nope"),
        ("  steps:\n    a:\n      request:\n        query: {q: 'x {{ env.x'}\n", "RF201", "{{"),
        ("  templates: {List orders: {headers: {X-A: '{{ steps.a.body }}'}}}\n", "RF203", "steps.a.body"),
        ("  templates: {List orders: {assertions: [{type: json_path, path: '$.['}]}}\n", "RF207", None),
        ("  add_assertions: {a: [{type: body_matches, expected: 'a('}]}\n", "RF208", None),
        ("  add_assertions: {a: [{type: value, value: '{{ env }}', expected: 1}]}\n", "RF201", "env"),
    ],
)  # fmt: skip
def test_each_defect_of_an_overlay_is_shown_in_the_overlay(folder, text, code, mark):
    overlay(folder, text)
    (problem,) = folder.diagnostics(STEPS, head="overlays: [o]")
    assert (problem.code, problem.span.file) == (code, "overlays/o.yaml")
    whole = (folder.path / "overlays" / "o.yaml").read_text().split("\n")
    assert problem.labels[0].line_text == whole[problem.span.start.line - 1]
    if mark is not None:
        assert marked(problem) == mark


def test_a_defect_in_what_the_overlay_left_alone_is_shown_in_the_journey(folder):
    overlay(folder, "  steps:\n    a: {delay_s: 1}\n")
    steps = '- {id: a, template: GET /x, values: {q: "{{ inputs.nope }}"}}'
    (problem,) = folder.diagnostics(steps, head="overlays: [o]")
    assert (problem.span.file, marked(problem)) == ("t.journey.yaml", "inputs.nope")


def test_files_that_an_overlay_names_are_relative_to_the_overlay(folder):
    folder.write("overlays/body.txt", b"from overlays")
    overlay(folder, "  steps:\n    a: {request: {method: POST, body_file: body.txt}}\n")
    compiled = folder.steps(STEPS, head="overlays: [o]", name="journeys/t.journey.yaml")
    assert list(compiled.blobs.values()) == [b"from overlays"]


def test_a_list_replaced_by_two_overlays_is_shown_in_the_last(folder):
    overlay(folder, "  steps: {a: {assertions: [{type: status_code, expected: 1}]}}\n")
    overlay(folder, "  steps: {a: {assertions: [{type: status_code, expected: 2}]}}\n", "p")
    (problem,) = folder.diagnostics(STEPS, head="overlays: [o, p]")
    assert (problem.span.file, marked(problem)) == ("overlays/p.yaml", "2")


def test_an_unknown_overlay_is_told_with_the_nearest_name(folder):
    overlay(folder, "  steps: {a: {delay_s: 1}}\n", "eu-region")
    (problem,) = folder.diagnostics(STEPS, head="overlays: [eu-regoin]")
    assert (problem.code, marked(problem)) == ("RF212", "eu-regoin")
    assert "did you mean `eu-region`?" in problem.hint


def test_the_places_of_results_stay_those_of_the_journey_file(folder):
    overlay(folder, "  steps: {a: {assertions: [{type: status_code, expected: 200}]}}\n")
    compiled = folder.steps(STEPS, head="overlays: [o]")
    span = compiled.source_map.span_of("/journey/steps/0/assertions/0")
    assert span.file == "t.journey.yaml"
