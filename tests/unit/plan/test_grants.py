"""Grants of an environment: by name of the secret, and by id, tag or file of the journey."""

from __future__ import annotations

import pytest

from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.plan.grants import (
    Grant,
    Grantee,
    Grants,
    find_refused,
    read_grants,
    refused_problem,
)

CHECKOUT = Grantee(
    journey="checkout-eu", tags=("payments", "smoke"), file="journeys/payments/eu.journey.yaml"
)


def refused(*names: str, grantee: Grantee = CHECKOUT, **grants: dict) -> tuple[str, ...]:
    return find_refused(names, grantee, read_grants(grants, "environments/prod.yaml"))


def test_without_grants_nothing_is_refused():
    assert find_refused(["A"], CHECKOUT, None) == ()


def test_with_grants_what_no_grant_names_is_refused():
    assert refused("A", "B", A={"journeys": ["*"]}) == ("B",)
    assert refused("A") == ("A",)
    assert refused("A", A={}) == ("A",)


@pytest.mark.parametrize(
    ("pattern", "name", "is_granted"),
    [
        ("PAYMENTS_*", "PAYMENTS_KEY", True),
        ("PAYMENTS_*", "PAYMENTS_", True),
        ("PAYMENTS_*", "MY_PAYMENTS_KEY", False),
        ("PAYMENTS_*", "payments_key", False),
        ("*_KEY", "A_KEY", True),
        ("*", "ANY", True),
        ("**", "ANY", True),
        ("A.B", "AxB", False),
        ("A?", "AB", False),
        ("[AB]", "A", False),
        ("A", "A\n", False),
    ],
)
def test_names_of_secrets(pattern, name, is_granted):
    assert (refused(name, **{pattern: {"journeys": ["*"]}}) == ()) == is_granted


@pytest.mark.parametrize(
    ("grant", "is_granted"),
    [
        ({"journeys": ["checkout-*"]}, True),
        ({"journeys": ["checkout"]}, False),
        ({"journeys": ["other", "*-eu"]}, True),
        ({"tags": ["payments"]}, True),
        ({"tags": ["pay*"]}, True),
        ({"tags": ["payment"]}, False),
        ({"files": ["journeys/payments/**"]}, True),
        ({"files": ["journeys/**/*.yaml"]}, True),
        ({"files": ["**/eu.journey.yaml"]}, True),
        ({"files": ["journeys/*"]}, False),
        ({"files": ["payments/**"]}, False),
        ({"files": ["journeys/payments"]}, False),
        ({"journeys": ["x"], "tags": ["x"], "files": ["**"]}, True),
    ],
)
def test_one_of_id_tag_and_file_is_enough(grant, is_granted):
    assert (refused("A", A=grant) == ()) == is_granted


def test_a_journey_without_known_file_is_in_no_folder():
    assert refused("A", grantee=Grantee(journey="x"), A={"files": ["**", "*", ""]}) == ("A",)


def test_any_grant_that_names_the_secret_is_enough():
    assert refused("AB", **{"A*": {"journeys": ["x"]}, "*B": {"tags": ["smoke"]}}) == ()


def test_the_problem_names_all_refused_the_file_and_whom_the_grants_name():
    grants = Grants(
        file="environments/prod.yaml",
        grants=(Grant(secrets="A*", journeys=("x", "y"), files=("z/**",)),),
    )
    assert refused_problem(("AB", "C"), "prod", grants) == Diagnostic(
        code="RF306",
        title="the secrets `AB` and `C` are not granted to this journey",
        notes=(
            "environment `prod` grants each secret by name: environments/prod.yaml",
            "`AB` is granted to journeys x, y; files z/**",
            "`C` is granted to nobody",
        ),
        hint="grant them under `secrets.grants` there; nothing was sent",
    )
