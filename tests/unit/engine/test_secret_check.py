"""Before anything is sent, secrets must be there and be such that they can be hidden."""

from __future__ import annotations

import pytest

from pytest_reqflo.artifact.model import Artifact
from pytest_reqflo.engine.secret_check import (
    find_secret_problems,
    hold_secrets,
    refused_result,
    teach_redactor,
)
from pytest_reqflo.engine.secrets.chain import make_secret_source
from pytest_reqflo.engine.secrets.provider import SecretsChoice
from pytest_reqflo.evidence.redact import Redactor
from pytest_reqflo.lang.expression import LiteralValue
from pytest_reqflo.plan.model import EnvironmentSnapshot, Plan, ResolvedValue
from pytest_reqflo.result import Problem, RunIdentity, ValueOrigin
from pytest_reqflo.run.effects import RunStart

IDENTITY = RunIdentity(
    run_id="run-1", journey_id="orders", journey_name="Orders", artifact="artifact_123456789abc"
)
START = RunStart(seed="00", started_at="2026-01-01T00:00:00.000000Z")


def make_plan(*secret_names: str, names=(), me=()) -> Plan:
    return Plan(
        artifact=Artifact(journey_id="orders", steps=()),
        identity=IDENTITY,
        environment=EnvironmentSnapshot(name="qa", me=dict(me)),
        names={value.name: value for value in names},
        secret_names=secret_names,
    )


def problems_of(plan: Plan, **process_env: str) -> tuple[Problem, ...]:
    source = make_secret_source(SecretsChoice(providers=("env",)), process_env)
    return find_secret_problems(plan, hold_secrets(plan, source))


def test_nothing_is_wrong_when_all_are_there():
    assert problems_of(make_plan("A", "B"), A="value-a", B="value-b") == ()


def test_all_missing_names_are_one_problem_that_says_who_was_asked():
    assert problems_of(make_plan("A", "B", "C", "D"), B="value-b") == (
        Problem(
            code="RF302",
            category="run_check",
            message="the secrets `A`, `C` and `D` are missing",
            notes=("asked, in this order: environment variables",),
            hint="set them in one of these; nothing was sent",
        ),
    )


def test_one_missing_name_reads_well():
    (problem,) = problems_of(make_plan("A"))

    assert (problem.message, problem.hint) == (
        "the secret `A` is missing",
        "set it in one of these; nothing was sent",
    )


def test_what_can_be_no_name_is_told_shortly():
    name = "../" + "x" * 10_000
    (problem,) = problems_of(make_plan(name))

    assert problem.message.startswith("the secret `../xxx")
    assert problem.notes[0] == "asked, in this order: no provider"
    assert "is no name of a secret: it is longer than 200 characters" in problem.notes[1]
    assert problem.hint == "use another name; nothing was sent"
    assert len(problem.message + problem.notes[1]) < 500


def test_a_provider_that_cannot_be_used_is_the_only_problem():
    plan = make_plan("A", "B")
    choice = SecretsChoice(providers=("env", "vault"))
    held = hold_secrets(plan, make_secret_source(choice, {"A": "x"}))
    (problem,) = find_secret_problems(plan, held)

    assert (problem.code, problem.message) == (
        "RF307",
        "the secret provider `vault` cannot be used: there is no such provider",
    )


def test_a_plan_without_secrets_asks_nobody():
    source = make_secret_source(SecretsChoice(providers=("vault",)), {})
    assert find_secret_problems(make_plan(), hold_secrets(make_plan(), source)) == ()


@pytest.mark.parametrize("value", ["abc", "true", "NULL"])
def test_a_secret_that_cannot_be_hidden_is_RF305_and_not_quoted(value):
    (problem,) = problems_of(make_plan("PIN"), PIN=value)

    assert problem.code == "RF305"
    assert problem.message == "the secret `PIN` is too short or too common to be hidden"


def test_missing_and_bare_secrets_are_told_at_once():
    assert [p.code for p in problems_of(make_plan("A", "B"), B="x")] == ["RF302", "RF305"]


def test_secrets_are_read_once_and_only_those_of_the_plan():
    process_env = {"A": "value-a", "B": "value-b"}
    plan = make_plan("A")
    held = hold_secrets(plan, make_secret_source(SecretsChoice(providers=("env",)), process_env))
    process_env["A"] = "changed"

    assert {name: s.reveal() for name, s in held.get_many(["A", "B"]).items()} == {"A": "value-a"}


def test_the_redactor_knows_secrets_me_values_and_sensitive_values():
    card = ResolvedValue(
        name="card",
        value=LiteralValue({"number": "4111 1111"}),
        origin=ValueOrigin(name="card", kind_of_name="input", layer="set"),
        sensitive=True,
    )
    plan = make_plan("A", names=(card,), me={"auth_token": "token-of-mine"})
    held = hold_secrets(
        plan, make_secret_source(SecretsChoice(providers=("env",)), {"A": "value-a"})
    )

    redactor = Redactor()
    teach_redactor(redactor, plan, held)

    assert redactor.text("value-a token-of-mine 4111 1111") == (
        "[secret:A] [sensitive:auth_token] [sensitive:card]"
    )


def test_a_run_that_never_began_has_a_full_result():
    problems = problems_of(make_plan("A"))
    result = refused_result(make_plan("A"), START, problems)

    assert (result.outcome, result.category) == ("error", "run_check")
    assert result.problems == problems
    assert result.steps == ()
    assert result.fingerprint
