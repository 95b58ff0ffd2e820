"""Finding the template that a step means."""

from __future__ import annotations

import pytest
from compiling import Folder, marked


@pytest.fixture
def folder(tmp_path):
    folder = Folder(tmp_path)
    folder.write(
        "templates/orders.yaml",
        "template: {name: Get order, service: shop, method: GET, url: '/orders/:id'}",
    )
    folder.write(
        "templates/deep/list.yaml", "name: List orders\nmethod: GET\nurl: /orders\nservice: shop\n"
    )
    folder.write(
        "templates/archive.yaml",
        "template: {name: List archived orders, service: archive, method: GET, url: /orders}",
    )
    return folder


def template_of(folder, name, more="", head="", **options):
    step = f'- {{id: a, template: "{name}", values: {{id: 1}}{more}}}'
    if "id" not in name and name not in ("Get order", "get-order"):
        step = f'- {{id: a, template: "{name}"{more}}}'
    return folder.steps(step, head=head, **options).artifact.steps[0].template


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("Get order", "Get order"),
        ("get-order", "Get order"),
        ("GET /orders/:id", "Get order"),
        ("GET /orders/{id}", "Get order"),
        ("GET  /orders/{id}/", "Get order"),
        ("POST /orders", "POST /orders"),
    ],
)
def test_a_template_is_found_by_name_slug_and_both_forms_of_method_and_path(folder, name, found):
    assert template_of(folder, name) == found


def test_the_names_of_placeholders_are_the_matter_of_the_template(folder):
    step = "- {id: a, template: 'GET /orders/{order_id}', values: {id: 1}}"
    assert folder.steps(step).artifact.steps[0].template == "Get order"


def test_a_method_and_path_never_means_a_template_of_a_like_name(folder):
    folder.write("templates/l.yaml", "template: {name: Get lines, method: POST, url: /v2/lines}")
    assert template_of(folder, "GET /lines") == "GET /lines"


def test_request_may_hold_the_name_of_a_template(folder):
    step = "- {id: a, request: get-order, values: {id: 1}}"
    assert folder.steps(step).artifact.steps[0].template == "Get order"


def test_two_templates_of_one_path_are_told_apart_by_the_service(folder):
    (problem,) = folder.diagnostics("- {id: a, template: GET /orders}", head="")
    assert (problem.code, marked(problem)) == ("RF205", "GET /orders")
    assert "`List archived orders`" in problem.title
    assert "`List orders`" in problem.title
    assert template_of(folder, "GET /orders", ", service: shop") == "List orders"
    assert template_of(folder, "GET /orders", head="service: archive") == "List archived orders"


def test_the_service_of_the_journey_does_not_hide_the_only_template(folder):
    compiled = folder.steps(
        "- {id: a, template: 'GET /orders/{id}', values: {id: 1}}", head="service: other"
    )
    (step,) = compiled.artifact.steps
    assert (step.template, step.request.service) == ("Get order", "shop")


def test_the_base_template_is_that_of_each_step_that_names_none(folder):
    steps = """
    - {id: a, values: {id: 1}}
    - {id: b, values: {id: 2}, request: {query: {x: 1}}}
    - {id: c, template: GET /other}
    - {id: d, request: {method: GET, url: /whole}}
    """
    found = folder.steps(steps, head="base_template: Get order").artifact.steps
    assert [step.template for step in found] == ["Get order", "Get order", "GET /other", ""]


def test_an_unknown_base_template_is_told_once(folder):
    steps = "- {id: a}\n- {id: b}"
    (problem,) = folder.diagnostics(steps, head="base_template: Get ordr")
    assert (problem.code, marked(problem)) == ("RF205", "Get ordr")
    assert "did you mean `Get order`?" in problem.hint


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("GET /order/{id}", "GET /orders/:id"),
        ("GET /orders/{id}/x", None),
        ("DELETE /orders/{id}", None),
        ("GET /invoices/{id}", None),
    ],
)
def test_an_ad_hoc_request_nearly_like_an_entry_warns(folder, name, near):
    compiled = folder.steps(f"- {{id: a, template: '{name}', values: {{id: 1}}}}")
    assert [item.code for item in compiled.warnings] == (["RF213"] if near else [])
    if near:
        assert near in compiled.warnings[0].hint


@pytest.mark.parametrize(
    ("adhoc", "errors", "warnings"),
    [("allow", [], []), ("warn", [], ["RF213"]), ("error", ["RF213"], [])],
)
def test_the_policy_for_ad_hoc_requests(folder, adhoc, errors, warnings):
    step = "- {id: a, template: POST /else}"
    assert folder.codes(step, head="", adhoc=adhoc) == errors
    if not errors:
        compiled = folder.steps(step, adhoc=adhoc)
        assert [item.code for item in compiled.warnings] == warnings


def test_a_broken_library_is_told_alone_and_only_to_journeys_that_use_it(folder):
    folder.write("templates/broken.yaml", "template: {name: Broken, method: GET}")
    using = "- {id: a, template: Get order, values: {id: 1}}\n- {id: b, template: GET /x}"
    found = folder.diagnostics(using, head="")
    assert [(item.code, item.span.file) for item in found] == [("RF105", "templates/broken.yaml")]
    assert folder.codes("- {id: a, request: {method: GET, url: /x}}", head="") == []


def test_a_template_used_twice_tells_its_problems_once(folder):
    folder.write(
        "templates/t.yaml",
        "template: {name: T, method: GET, url: /t, headers: {X-A: '{{ inputs.none }}'}}",
    )
    found = folder.diagnostics("- {id: a, template: T}\n- {id: b, template: T}", head="")
    assert [(item.code, item.span.file) for item in found] == [("RF202", "templates/t.yaml")]
