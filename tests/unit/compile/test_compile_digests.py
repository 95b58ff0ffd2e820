"""What changes the digest of a journey, and what does not; all problems at once, in order."""

from __future__ import annotations

import pytest
from compiling import Folder

from pytest_reqflo.artifact.codec import from_bytes, to_bytes

JOURNEY = """
journey:
  name: Orders
  id: orders
  owner: a
  tags: [x]
  description: d
  version: "1"
  inputs:
    - {name: a, description: one}
  cases:
    - {name: One, values: {a: "{{ secrets.S }}{{ env.e }}{{ me.m }}"}}
  skip: {reason: x, when: "{{ env.k }}"}
  settings: {request: {headers: {X-B: "2", X-A: "1"}}, fixtures: [f], group: g}
  steps:
    - id: one
      description: d
      template: Make
      values: {y: 2, x: 1, z: "{{ inputs.a }}"}
    - {id: two, template: "GET /o/{id}", values: {id: "{{ steps.one.body.id }}", q: 1}}
"""
TEMPLATE = """
template:
  name: Make
  method: POST
  url: /o
  description: d
  tags: [t]
  body: {multipart: []}
  values: [{name: x, in: body, description: d, example: e}, {name: y, in: body}, {name: z, in: body}]
"""


@pytest.fixture
def folder(tmp_path):
    folder = Folder(tmp_path)
    folder.write("templates/t.yaml", TEMPLATE)
    return folder


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name: Orders", "name: Other"),
        ("owner: a", "owner: b"),
        ("tags: [x]", "tags: [y, z]"),
        ("description: d", "description: e"),
        ('version: "1"', 'version: "2"'),
        ("description: one", "description: two"),
        ("name: One", "name: Two"),
        ("{{ secrets.S }}", "{{ secrets.T }}"),
        ("env.k", "env.l"),
        ("fixtures: [f], group: g", "fixtures: [], group: h"),
        ("{y: 2, x: 1, z:", "{x: 1, y: 2, z:"),
        ('{X-B: "2", X-A: "1"}', '{X-A: "1", X-B: "2"}'),
        ("template: Make", "template: POST /o"),
        ("template: Make", "template: make"),
        ('"GET /o/{id}"', '"GET /o/:id"'),
        ("{{ steps.one.body.id }}", "{{steps.one.body['id']}}"),
        ("\n  steps:", "\n\n  # a comment\n  steps:   "),
    ],
)
def test_what_changes_no_run_changes_no_digest(folder, old, new):
    assert old in JOURNEY
    before = folder.compile(JOURNEY).digest
    assert folder.compile(JOURNEY.replace(old, new, 1), name="sub/other.yaml").digest == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("id: orders", "id: other"),
        ("id: one", "id: uno"),
        ("x: 1", "x: 3"),
        ("GET /o/{id}", "GET /p/{id}"),
        ('X-A: "1"', 'X-A: "3"'),
        ("{name: a,", "{name: a, required: false,"),
    ],
)
def test_what_changes_a_run_changes_the_digest(folder, old, new):
    assert old in JOURNEY
    before = folder.compile(JOURNEY).digest
    changed = JOURNEY.replace(old, new, 1).replace(f"steps.{old[4:]}.", f"steps.{new[4:]}.")
    assert folder.compile(changed).digest != before


@pytest.mark.parametrize(
    ("old", "new", "is_changed"),
    [
        ("url: /o", "url: /changed", True),
        ("method: POST", "method: PUT", True),
        ("description: d", "description: e", False),
        ("tags: [t]", "tags: []", False),
        ("example: e", "example: f", False),
    ],
)
def test_an_edited_template_changes_the_journeys_that_use_it(folder, old, new, is_changed):
    before = folder.compile(JOURNEY).digest
    folder.write("templates/t.yaml", TEMPLATE.replace(old, new, 1))
    assert (folder.compile(JOURNEY).digest != before) == is_changed


def test_a_file_that_a_journey_sends_changes_its_digest(folder):
    folder.write("b.txt", b"one")
    steps = "- {id: a, request: {method: POST, url: /x, body_file: b.txt}}"
    before = folder.steps(steps).digest
    folder.write("b.txt", b"two")
    assert folder.steps(steps).digest != before


def test_the_artifact_is_the_same_after_its_bytes(folder):
    artifact = folder.compile(JOURNEY).artifact
    assert from_bytes(to_bytes(artifact)) == artifact


def test_all_problems_are_told_at_once_those_of_the_journey_first(folder):
    folder.write(
        "templates/a.yaml",
        "template: {name: A, method: GET, url: /a, headers: {X: '{{ inputs.t }}'}}",
    )
    text = """
    journey:
      name: T
      tags: [skip]
      variables: [{name: v, value: "{{ variables.w }}"}]
      cases: [{name: c, values: {none: 1}}]
      steps:
        - {id: a, template: A, when: "no"}
        - {id: a, template: "POST /b/{x}", outputs: [{name: o, path: nope}]}
        - {id: c, template: GET /c, assertions: [{type: json_path, path: "$[", operator: exists}]}
    """
    found = folder.diagnostics(text)
    places = [(item.code, item.span.file, item.span.start.line) for item in found]
    journey = "t.journey.yaml"
    assert places == [
        ("RF119", journey, 4),
        ("RF202", journey, 5),
        ("RF202", journey, 6),
        ("RF106", journey, 8),
        ("RF206", journey, 9),
        ("RF110", journey, 9),
        ("RF215", journey, 9),
        ("RF207", journey, 10),
        ("RF202", "templates/a.yaml", 1),
    ]
