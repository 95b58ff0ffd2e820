from __future__ import annotations

from dataclasses import replace

from pytest_reqflo.artifact.difference import diff_artifacts
from pytest_reqflo.artifact.model import (
    Artifact,
    AssertionSpec,
    BearerAuth,
    InputDeclaration,
    JsonBody,
    OutputSpec,
    PollSpec,
    RequestSpec,
    RunSettings,
    StepSpec,
    VariableDeclaration,
)
from pytest_reqflo.lang.template import parse_text, parse_value


def step(name, url="/x", **others):
    method = others.pop("method", "GET")
    request = others.pop("request", None) or RequestSpec(method=method, url=parse_text(url))
    return StepSpec(id=name, name=name, request=request, **others)


def artifact(*steps, **others):
    return Artifact(journey_id="orders", steps=steps, **others)


def body(data):
    value, problems = parse_value(data)
    assert not problems
    return JsonBody(value=value)


def check(expected, index=0, **others):
    return AssertionSpec(
        type="status_code", index=index, expected=parse_value(expected)[0], **others
    )


def test_equal_artifacts_have_no_difference():
    assert diff_artifacts(artifact(step("a")), artifact(step("a"))) == ()


def test_steps_added_removed_and_moved_are_named_with_their_new_neighbour():
    before = artifact(step("a"), step("b"), step("c"), step("gone"))
    after = artifact(step("new", "/n", method="POST"), step("b"), step("c"), step("a"))
    assert diff_artifacts(before, after) == (
        "step `new` added at the beginning: POST /n",
        "step `a` moved after `c`",
        "step `gone` removed",
    )


def test_a_changed_request_is_shown_part_by_part_as_authors_write_it():
    before = step(
        "a",
        request=RequestSpec(
            method="POST",
            url=parse_text("/orders"),
            headers={"X-A": parse_text("one"), "X-Old": parse_text("1")},
            body=body({"item": {"sku": "s-1", "count": 1}}),
        ),
    )
    after = step(
        "a",
        request=RequestSpec(
            method="PUT",
            url=parse_text("/v2/orders"),
            headers={"X-A": parse_text("{{ inputs.a }}-x")},
            body=body({"item": {"sku": "s-1", "count": "{{ inputs.count }}"}}),
            auth=BearerAuth(token=parse_text("{{ secrets.TOKEN }}")),
            timeout_s=5.0,
        ),
    )
    assert diff_artifacts(artifact(before), artifact(after)) == (
        'step `a`: request.method changed from "POST" to "PUT"',
        'step `a`: request.url changed from "/orders" to "/v2/orders"',
        'step `a`: request.headers.X-A changed from "one" to "{{ inputs.a }}-x"',
        'step `a`: request.headers.X-Old removed, it was "1"',
        'step `a`: request.body.value.item.count changed from 1 to "{{ inputs.count }}"',
        'step `a`: request.auth.token added: "{{ secrets.TOKEN }}"',
        "step `a`: request.timeout_s added: 5.0",
    )


def test_assertions_are_compared_by_what_they_say_and_not_by_their_number():
    first = AssertionSpec(type="json_path", index=0, target="$.id", operator="exists")
    before = artifact(step("a", assertions=(first, check(201, 1))))
    after = artifact(step("a", assertions=(check(200, 0), replace(first, index=1, soft=True))))
    assert diff_artifacts(before, after) == (
        "step `a`: assertion added: status_code equals 200",
        "step `a`: assertion added: json_path $.id exists (soft)",
        "step `a`: assertion removed: json_path $.id exists",
        "step `a`: assertion removed: status_code equals 201",
    )


def test_declared_outputs_count_and_implicit_ones_do_not():
    declared = OutputSpec(name="id", source="body", path=("id",))
    implicit = OutputSpec(name="body.x", source="body", path=("x",), is_declared=False)
    before = artifact(step("a", outputs=(implicit,)))
    after = artifact(step("a", outputs=(declared,)))
    assert diff_artifacts(before, after) == (
        'step `a`: output added: name "id", source "body", path ["id"]',
    )


def test_polls_declarations_settings_and_finally_steps_are_compared():
    poll = PollSpec(until=(check(200),))
    before = artifact(
        step("a", poll=poll),
        step("b", poll=poll),
        inputs=(InputDeclaration(name="x"), InputDeclaration(name="old")),
        variables=(VariableDeclaration(name="v", source="me", key="v"),),
    )
    after = artifact(
        step("a"),
        step("b", poll=replace(poll, every_s=2.0, until=(check(204),))),
        inputs=(InputDeclaration(name="x", type="integer"), InputDeclaration(name="new")),
        variables=(VariableDeclaration(name="v", source="secret", key="v"),),
        settings=RunSettings(on_failure="continue"),
        finally_steps=(step("z"),),
    )
    assert diff_artifacts(before, after) == (
        'journey: settings.on_failure added: "continue"',
        'input `x`: type added: "integer"',
        "input `new` added",
        "input `old` removed",
        'variable `v`: source changed from "me" to "secret"',
        "step `a`: poll removed",
        "step `b`: poll.every_s added: 2.0",
        "step `b`: poll.until added: status_code equals 204",
        "step `b`: poll.until removed: status_code equals 200",
        "finally step `z` added at the beginning: GET /x",
    )


def test_long_values_are_cut():
    before, after = (artifact(step("a", f"/{letter * 500}")) for letter in "ab")
    (line,) = diff_artifacts(before, after)
    assert len(line) < 400
    assert "503 characters in all" in line
