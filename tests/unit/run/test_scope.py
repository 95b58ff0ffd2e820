"""The names of a run: what each root gives, and the sentence when it gives nothing."""

from __future__ import annotations

import journeys as make
import pytest

from pytest_reqflo.lang.expression import PathExpression, ValueMissing
from pytest_reqflo.lang.render import RenderProblem, render_value
from pytest_reqflo.plan.model import EnvironmentSnapshot, Service
from pytest_reqflo.run.effects import Captured
from pytest_reqflo.run.reading import expressions_in, output_key, secret_names_of
from pytest_reqflo.run.scope import RunScope
from pytest_reqflo.secret import Secret

CAPTURED = {
    "create": {
        "outputs.status": Captured(value="declared"),
        "status": Captured(value=201),
        "body.order": Captured(value={"id": 7, "lines": [1, 2]}),
        "headers.x-id": Captured(value="h-1"),
        "outputs.gone": Captured(missing="`body.gone` does not exist; `body` has the keys order"),
        "outputs.session": Captured(value="s-1", sensitive=True),
    }
}


def scope(**changes) -> RunScope:
    names = {
        "sku": make.resolved("sku", "a-1"),
        "path": make.resolved("path", "/o/{{ steps.create.body.order.id }}"),
        "key": make.resolved("key", "{{ secrets.KEY }}"),
        "indirect": make.resolved("indirect", "{{ variables.key }}-x"),
        "card": make.resolved("card", "4111", sensitive=True),
        "masked": make.resolved("masked", "{{ inputs.card }}"),
    }
    environment = EnvironmentSnapshot(
        name="staging",
        values={"host": "h"},
        services={"shop": Service(base_url="http://shop.test", values={"host": "no", "zone": "z"})},
        me={"auth_token": "t-1"},
    )
    plan = make.plan(
        make.step("create"), names=names, environment=environment, case="Gold", row_number=2,
        row_key="k-2",
    )  # fmt: skip
    settings = {"captured": CAPTURED, "now": make.NOW, "secrets": {"KEY": Secret("KEY", "s3cr3t")}}
    return RunScope(plan, make.START, **{**settings, **changes})


def look(text: str, **changes) -> object:
    return render_value(make.value("{{ " + text + " }}"), scope(**changes), site="x")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("inputs.sku", "a-1"),
        ("variables.path", "/o/7"),
        ("steps.create.status", 201),
        ("steps.create.outputs.status", "declared"),
        ("steps.create.body.order.lines[1]", 2),
        ("steps.create.body.order", {"id": 7, "lines": [1, 2]}),
        ("steps.create.headers.X-ID", "h-1"),
        ("steps.create.outputs.gone | default('none')", "none"),
        ("env.host", "h"),
        ("env.zone", "z"),
        ("env.base_url", "http://shop.test"),
        ("me.AUTH-TOKEN", "t-1"),
        ("case.name", "Gold"),
        ("row.number", 2),
        ("row.key", "k-2"),
        ("run.id", "run1"),
        ("run.started_at", make.START.started_at),
        ("now()", "2026-01-02T03:04:06Z"),
    ],
)
def test_each_root_gives_its_values(text: str, expected: object) -> None:
    assert look(text) == expected


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("inputs.none", "`inputs.none` has no value in this run"),
        (
            "steps.create.outputs.gone",
            "`steps.create.outputs.gone` has no value: `body.gone` does not exist; "
            "`body` has the keys order",
        ),
        (
            "steps.create.body.order.nr",
            "`steps.create.body.order.nr` does not exist; "
            "`steps.create.body.order` has the keys id, lines",
        ),
        ("steps.later.status", "`steps.later.status` has no value: it has not run"),
        ("env.none", "`env.none` does not exist; `env` has the keys host, zone, base_url"),
        ("me.none", "`me.none` has no value"),
        ("secrets.NONE", "the secret `NONE` is missing"),
    ],
)
def test_a_missing_value_says_what_is_there_instead(text: str, sentence: str) -> None:
    with pytest.raises(ValueMissing) as missing:
        look(text)
    assert str(missing.value) == sentence


def test_a_missing_value_of_a_step_names_the_step() -> None:
    with pytest.raises(ValueMissing) as missing:
        look("steps.create.body.order.nr")
    assert missing.value.step == "create"


def test_the_answer_at_hand_is_known_in_assertions_only() -> None:
    answer = {"headers": {"x-id": "1"}}
    value = make.value("{{ response.headers.X-Id }}")
    assert render_value(value, scope().with_response(lambda: answer), site="x") == "1"
    with pytest.raises(RenderProblem, match="`response` is not known here"):
        render_value(value, scope(), site="x")


def test_secrets_cannot_be_read_without_a_request_and_no_default_hides_that() -> None:
    with pytest.raises(RenderProblem, match="cannot be read here"):
        look("secrets.KEY | default('x')", secrets=None)


def test_secrets_are_found_through_variables_of_variables() -> None:
    plan = scope().plan
    assert secret_names_of(expressions_in(make.value("{{ variables.indirect }}")), plan) == ("KEY",)
    assert secret_names_of(expressions_in(make.value("{{ inputs.sku }}")), plan) == ()


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (("inputs", "card"), "card"),
        (("variables", "masked"), "masked"),
        (("inputs", "sku"), ""),
        (("me", "auth_token"), "auth_token"),
        (("steps", "create", "outputs", "session"), "session"),
        (("steps", "create", "status"), ""),
        (("steps", "create", "body", "order", "token"), "token"),
    ],
)
def test_what_is_hidden_is_hidden_under_its_name(path: tuple[str, ...], name: str) -> None:
    assert scope().hidden_name(PathExpression(path[0], path[1:])) == name


def test_a_declared_output_never_takes_the_place_of_a_part_of_the_answer() -> None:
    assert output_key(make.output("status", "body.state")) == "outputs.status"
    assert output_key(make.implicit("status")) == "status"
    assert output_key(make.implicit("headers.X-Id")) == "headers.x-id"
