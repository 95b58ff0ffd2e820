"""What is known of a step before any value is: once for all its runs."""

from __future__ import annotations

import journeys as make
import pytest

from pytest_reqflo.artifact.model import AssertionSpec, JsonBody, OutputSpec
from pytest_reqflo.lang.expression import PathExpression
from pytest_reqflo.run import body, reading
from pytest_reqflo.run.reading import expressions_in, find_telling, read_step


def test_expressions_are_found_in_the_order_in_which_they_stand() -> None:
    value = make.value({"a": ["{{ inputs.one }}", "x"], "b": "{{ inputs.two }} {{ inputs.three }}"})
    spec = AssertionSpec(type="value", index=0, value=value, expected=make.value("{{ env.four }}"))

    found = [each.path[0] for each in expressions_in((None, {"k": JsonBody(value=value)}, spec))]

    assert found == ["one", "two", "three", "four", "one", "two", "three"]


def test_a_step_is_read_once_for_all_its_tries(monkeypatch) -> None:
    step = make.step("a", url="/{{ inputs.x }}")
    read = read_step(step)
    monkeypatch.setattr(reading, "expressions_in", pytest.fail)

    assert read_step(step) is read
    assert read.sources == read.request == (PathExpression("inputs", ("x",)),)


def test_what_may_lead_to_what_is_hidden_is_told_from_plain_inputs() -> None:
    texts = [
        "{{ inputs.plain }}", "{{ inputs.card }}", "{{ variables.indirect }}", "{{ steps.a.status }}",
        "{{ secrets.KEY }}", "{{ me.name }}", "{{ inputs.none }}", "{{ env.host }}", "{{ now() }}",
    ]  # fmt: skip
    step = make.step(
        "b", request=make.request(query={str(at): text for at, text in enumerate(texts)})
    )
    names = {
        "plain": make.resolved("plain", "x"),
        "card": make.resolved("card", "4111", sensitive=True),
        "indirect": make.resolved("indirect", "{{ inputs.card }}"),
    }

    found = find_telling(read_step(step).sources, make.plan(step, names=names))

    assert [each.path[0] for each in found] == ["card", "indirect", "a", "KEY", "name", "none"]


def test_outputs_are_known_by_the_paths_that_expressions_write() -> None:
    declared = OutputSpec(name="id", source="body", path=("id",))
    implicit = OutputSpec(name="headers.X-Id", source="headers", path=("X-Id",), is_declared=False)

    keys = [key for key, _ in read_step(make.step("a", outputs=(declared, implicit))).outputs]

    assert keys == ["outputs.id", "headers.x-id"]


def test_a_constant_body_is_rendered_once(monkeypatch) -> None:
    spec = JsonBody(value=make.value({"a": 1}))
    rendered = body._CONSTANT.of(spec)
    monkeypatch.setattr(body, "json_bytes", pytest.fail)

    assert body._CONSTANT.of(spec) is rendered
    assert rendered.content == b'{"a":1}'
