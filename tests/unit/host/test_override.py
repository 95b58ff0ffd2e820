"""What a fixture may change of the environment."""

from __future__ import annotations

import pytest

from pytest_reqflo.errors import UsageProblem
from pytest_reqflo.host.environment import override_environment
from pytest_reqflo.plan.model import EnvironmentSnapshot, Service

EMPTY = EnvironmentSnapshot(name="local")
ONE = EnvironmentSnapshot(
    name="local", values={"a": 1, "b": 2}, services={"shop": Service(base_url="http://old")}
)
TWO = EnvironmentSnapshot(
    name="local",
    services={"shop": Service(base_url="http://old"), "users": Service(base_url="http://u")},
)


@pytest.mark.parametrize("given", [None, {}, ""])
def test_nothing_changes_nothing(given: object) -> None:
    assert override_environment(ONE, given) is ONE


@pytest.mark.parametrize("given", ["http://new", {"base_url": "http://new"}])
@pytest.mark.parametrize(
    ("snapshot", "name"), [(EMPTY, "default"), (ONE, "shop"), (TWO, "default")]
)
def test_a_base_url_is_that_of_the_only_service_else_of_default(
    snapshot: EnvironmentSnapshot, name: str, given: object
) -> None:
    changed = override_environment(snapshot, given)
    assert changed.services[name].base_url == "http://new"
    assert changed.services.keys() == {*snapshot.services, name}


def test_values_and_services_are_laid_over() -> None:
    changed = override_environment(
        ONE,
        {
            "values": {"b": 3},
            "services": {"shop": {"key": "k"}, "users": "http://u"},
            "allowed_origins": ["http://o"],
        },
    )
    assert changed == EnvironmentSnapshot(
        name="local",
        values={"a": 1, "b": 3},
        services={
            "shop": Service(base_url="http://old", values={"key": "k"}),
            "users": Service(base_url="http://u"),
        },
        allowed_origins=("http://o",),
    )


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (42, "is no mapping"),
        ({1: 2}, "is no mapping"),
        ({"base_url": 42}, "has no text as base_url of `default`"),
        ({"base": "x"}, "unknown key `base`"),
        ({"services": {"a": 1}}, "`services.a` is no mapping"),
        ({"services": {"a": {}}}, "has no text as base_url of `a`"),
        ({"values": {"a": object()}}, "gives `a` a object"),
        ({"values": {"a": float("nan")}}, "gives `a` a float"),
        ({"allowed_origins": "http://o"}, "no list of texts"),
    ],
)
def test_nonsense_is_one_sentence(given: object, sentence: str) -> None:
    with pytest.raises(UsageProblem, match="reqflo_environment") as caught:
        override_environment(EMPTY, given)
    assert sentence in caught.value.diagnostics[0].title
    assert caught.value.diagnostics[0].code == "RF801"
