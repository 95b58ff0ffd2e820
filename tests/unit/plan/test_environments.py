from __future__ import annotations

from pathlib import Path

import pytest

from pytest_reqflo.errors import RunCheckError
from pytest_reqflo.lang.expression import PathExpression, TextValue
from pytest_reqflo.plan.environments import (
    find_environment_name,
    find_me_name,
    find_origin,
    find_service,
    read_me_values,
    snapshot_environment,
)
from pytest_reqflo.plan.grants import Grant, Grants
from pytest_reqflo.plan.model import EnvironmentSnapshot, Service


def titles(caught):
    return [item.title for item in caught.value.diagnostics]


def test_the_only_environment_is_used_without_asking():
    assert find_environment_name(["local"], None) == "local"


def test_without_environment_files_the_implicit_one_is_used():
    assert find_environment_name([], None) is None
    assert find_environment_name([], "default") is None


def test_several_environments_need_a_choice():
    with pytest.raises(RunCheckError) as caught:
        find_environment_name(["local", "staging"], None)
    assert titles(caught) == ["no environment is chosen, and there are 2: local, staging"]


def test_an_unknown_environment_names_the_nearest():
    with pytest.raises(RunCheckError) as caught:
        find_environment_name(["local", "staging"], "stagin")
    assert caught.value.diagnostics[0].hint.startswith("did you mean `staging`?")


def test_a_snapshot_holds_every_part_of_the_file():
    snapshot = snapshot_environment(
        {
            "name": "local",
            "values": {"currency": "EUR", "text": "{{ not.an.expression }}"},
            "values_from_env": {"host": "TEST_HOST", "zone": "TEST_ZONE"},
            "services": {
                "shop": {
                    "base_url": "https://shop.test",
                    "headers": {"authorization": "Bearer {{ secrets.TOKEN }}"},
                    "timeout_s": 3.0,
                    "follow_redirects": True,
                    "tls": {"verify": True, "ca_file": "../ca.pem"},
                    "warehouse": "north",
                },
                "open": {"base_url": None, "tls": False, "follow_redirects": False},
            },
            "allowed_origins": ["https://cdn.test"],
        },
        process_env={"TEST_HOST": "h1"},
        me={"name": "ada"},
        folder=Path("/project/environments"),
    )
    bearer = TextValue(("Bearer ", PathExpression("secrets", ("TOKEN",))))
    assert snapshot == EnvironmentSnapshot(
        name="local",
        values={"currency": "EUR", "text": "{{ not.an.expression }}", "host": "h1"},
        services={
            "shop": Service(
                base_url="https://shop.test",
                headers={"authorization": bearer},
                timeout_s=3.0,
                follow_redirects=5,
                ca_file="/project/environments/../ca.pem",
                values={"warehouse": "north"},
            ),
            "open": Service(base_url="", verify_tls=False, follow_redirects=0),
        },
        allowed_origins=("https://cdn.test",),
        me={"name": "ada"},
        unset_variables={"zone": "TEST_ZONE"},
    )


@pytest.mark.parametrize(
    ("secrets", "grants"),
    [
        (None, None),
        ({"grants": None}, None),
        ({"grants": {}}, Grants(file="environments/x.yaml")),
        (
            {"grants": {"A*": {"journeys": ["j"], "tags": [], "files": ["f/**"]}}},
            Grants(
                file="environments/x.yaml",
                grants=(Grant(secrets="A*", journeys=("j",), files=("f/**",)),),
            ),
        ),
    ],
)
def test_a_snapshot_holds_the_grants_when_there_are_any(secrets, grants):
    data = {"name": "x", "secrets": secrets}
    assert snapshot_environment(data, process_env={}, file="environments/x.yaml").grants == grants


def test_our_own_settings_are_never_read():
    with pytest.raises(RunCheckError) as caught:
        snapshot_environment(
            {"name": "x", "values_from_env": {"key": "reqflo_master_key"}},
            process_env={"reqflo_master_key": "k"},
        )
    assert titles(caught) == [
        "value `key` of environment `x` reads `reqflo_master_key`, a setting of ours"
    ]


def test_a_header_of_a_service_knows_no_steps():
    with pytest.raises(RunCheckError) as caught:
        snapshot_environment(
            {"name": "x", "services": {"s": {"headers": {"a": "{{ steps.b.body }}", "c": "{{"}}}},
            process_env={},
        )
    assert len(caught.value.diagnostics) == 2
    assert "uses `steps`, which is not known there" in titles(caught)[0]


@pytest.mark.parametrize(
    ("services", "wanted", "expected"),
    [
        ({"a": 1}, "", "a"),
        ({"a": 1, "default": 1}, "", "default"),
        ({"a": 1, "b": 1}, "", None),
        ({"a": 1, "b": 1}, "b", "b"),
        ({"a": 1}, "b", None),
        ({}, None, None),
    ],
)
def test_find_service(services, wanted, expected):
    known = {name: Service(base_url=f"http://{name}.test") for name in services}
    found = find_service(EnvironmentSnapshot(name="x", services=known), wanted)
    assert (found[0] if found else None) == expected


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://A.test:443/v1", "https://a.test"),
        ("http://user:pw@a.test:8080", "http://a.test:8080"),
        ("http://[::1]:80/", "http://[::1]"),
        ("ftp://a.test", None),
        ("a.test", None),
        ("http://a.test:99999", None),
        ("http://", None),
    ],
)
def test_find_origin(url, origin):
    assert find_origin(url) == origin


def test_me_values_come_from_process_variables_before_files():
    values = read_me_values(
        {"REQFLO_ME_AUTH_TOKEN": "t1", "REQFLO_ME_NAME": "ada", "REQFLO_ME_": "x", "HOME": "/"},
        [{"auth-token": "t0", "age": 7, "is_admin": True, "list": [1]}, {"age": 8, "zip": "1"}],
    )
    assert values == {
        "auth-token": "t1", "name": "ada", "age": "7", "is_admin": "true", "zip": "1"
    }  # fmt: skip


def test_a_me_name_is_found_in_any_spelling():
    assert find_me_name(["AUTH_token"], "auth-token") == "AUTH_token"
    assert find_me_name(["a", "A"], "A") == "A"
    assert find_me_name(["a"], "b") is None
