"""Each type of assertion against an answer: what holds, and the sentence when it does not."""

from __future__ import annotations

import journeys as make
import pytest

from pytest_reqflo.result import CheckResult, Difference
from pytest_reqflo.run.effects import Hop, PhaseTimes, Sent

BODY = '{"id":7,"state":"paid","items":[{"id":1},{"id":2}],"none":null,"empty":[]}'
HEADERS = (
    ("Content-Type", "application/json"),
    ("Link", "<a>"),
    ("link", "<b>"),
    ("Set-Cookie", "sid=abcdef; Path=/; HttpOnly; Max-Age=60"),
)


def check(
    type, expected=None, *, body=BODY, status=200, parse="auto", names=None, **fields
) -> CheckResult:
    spec = make.step("a", assertions=(make.assertion(type, expected, **fields),), parse=parse)
    named = {name: make.resolved(name, data) for name, data in (names or {}).items()}
    answer = make.response(body, status, HEADERS)
    return make.attempt(spec, answer, plan_=make.plan(spec, names=named)).result.checks[0]


@pytest.mark.parametrize(
    ("type", "expected", "fields"),
    [
        ("status_code", 200, {}),
        ("status_code", "200", {}),
        ("status_code", "2xx", {}),
        ("status_code", [204, "200-201"], {}),
        ("json_path", 7, {"target": "$.id"}),
        ("json_path", 7.0, {"target": "$.id"}),
        ("json_path", [1, 2], {"target": "$.items[*].id"}),
        ("json_path", 2, {"target": "$.items[*].id", "operator": "contains"}),
        ("json_path", None, {"target": "$.none", "operator": "exists"}),
        ("json_path", None, {"target": "$.nr", "operator": "not_exists"}),
        ("json_path", None, {"target": "$.items[*].nr", "operator": "not_exists"}),
        ("json_path", None, {"target": "$.items[*].nr", "operator": "is_empty"}),
        ("header", "application/json", {"target": "content-type"}),
        ("header", "<a>, <b>", {"target": "LINK"}),
        ("header", ["<a>", "<b>"], {"target": "link", "all": True}),
        ("header", None, {"target": "x-none", "operator": "not_exists"}),
        ("header", [], {"target": "x-none", "all": True}),
        ("cookie", "abcdef", {"target": "sid"}),
        ("cookie", "/", {"target": "sid", "attribute": "path"}),
        ("cookie", True, {"target": "sid", "attribute": "httponly"}),
        ("cookie", 60, {"target": "sid", "attribute": "max-age"}),
        ("cookie", None, {"target": "sid", "attribute": "secure", "operator": "not_exists"}),
        ("cookie", False, {"target": "sid", "attribute": "secure"}),
        ("body_contains", '"state":"paid"', {}),
        ("body_equals", BODY, {}),
        ("body_equals", {"a": 1}, {"body": '{"a": 1.0}'}),
        ("body_matches", "p[a-z]id", {}),
        ("response_time", 250, {"operator": "less_or_equal"}),
        ("value", 7, {"value": "{{ response.body.id }}"}),
        ("value", "<a>", {"value": "{{ response.headers_all.Link | first }}"}),
        ("value", None, {"value": "{{ response.body.nr }}", "operator": "not_exists"}),
        ("value", len(BODY), {"value": "{{ response.bytes }}"}),
        ("value", [], {"value": "{{ response.redirects }}"}),
        ("value", 7, {"value": "{{ inputs.n }}", "names": {"n": 7}}),
        ("json_path", "{{ inputs.s }}", {"target": "$.state", "names": {"s": "paid"}}),
        ("json_path", "{{ response.body.id }}", {"target": "$.id"}),
        ("body_equals", "7", {"body": "7", "parse": "text"}),
    ],
)  # fmt: skip
def test_what_holds(type: str, expected: object, fields: dict) -> None:
    result = check(type, expected, **fields)
    assert result.passed, result.message
    assert result.message == ""


@pytest.mark.parametrize(
    ("type", "expected", "fields", "message"),
    [
        ("status_code", 201, {}, "expected status 201, got 200"),
        ("status_code", ["4xx", 500], {}, "expected status 4xx or 500, got 200"),
        (
            "status_code",
            "{{ inputs.s }}",
            {"names": {"s": "fine"}},
            '"fine" is no status; write 201, "2xx", "200-204" or a list of these',
        ),
        ("json_path", 8, {"target": "$.id"}, "$.id: expected 8, got 7"),
        ("json_path", None, {"target": "$.nr", "operator": "exists"},
         "$.nr: expected a value, got nothing"),
        ("json_path", 1, {"target": "$.nr"}, "$.nr: expected 1, got nothing"),
        ("json_path", 1, {"target": "$.id", "body": "<p>"},
         "$.id: the body is not JSON: expecting value at line 1, column 1"),
        ("json_path", None, {"target": "$.id", "body": "", "operator": "not_exists"},
         "$.id: the body is not JSON: it is empty"),
        ("json_path", 1, {"target": "$.id", "parse": "text"},
         "$.id: the body is not JSON: the step says `parse: text`"),
        ("header", "x", {"target": "X-None"}, 'header X-None: expected "x", got nothing'),
        ("cookie", "x", {"target": "none"}, 'cookie none: expected "x", got nothing'),
        ("cookie", "Lax", {"target": "sid", "attribute": "samesite"},
         'cookie sid (samesite): expected "Lax", got nothing'),
        ("cookie", "other1", {"target": "sid"},
         'cookie sid: expected "other1", got "abcdef"'),
        ("body_contains", "shipped", {"body": "paid"},
         'body: expected a value that contains "shipped", got "paid"'),
        ("response_time", 100, {"operator": "less_or_equal"},
         "response time in ms: expected at most 100, got 250.0"),
        ("value", 8, {"value": "{{ response.status }}"},
         "value {{ response.status }}: expected 8, got 200"),
        ("value", 8, {"value": "{{ response.body.nr }}"},
         "value {{ response.body.nr }}: expected 8, got nothing: `response.body.nr` does not exist; "
         "`response.body` has the keys id, state, items, none, empty"),
        ("json_path", "{{ inputs.gone }}", {"target": "$.id"},
         "$.id: the check needs a value that is not there: "
         "`inputs.gone` has no value in this run"),
    ],
)  # fmt: skip
def test_the_sentence_of_what_does_not_hold(type, expected, fields, message: str) -> None:
    result = check(type, expected, **fields)
    assert not result.passed
    assert result.message == message


def test_a_pattern_that_runs_away_is_a_failed_check() -> None:
    result = check("body_matches", "^(a|aa)+$", body="a" * 60 + "!")
    assert "body: expected text matching" in result.message
    assert "took longer than" in result.message


def test_a_query_that_goes_too_deep_is_a_failed_check() -> None:
    body = "[" * 150 + "]" * 150
    result = check("json_path", 1, target="$..[?@..[?@..x]]", body=body)
    assert not result.passed
    assert result.message.startswith("$..[?@..[?@..x]]: ")


def test_differences_of_structures_are_listed() -> None:
    result = check("json_path", {"id": 1, "new": 2}, target="$.items[0]")
    assert result.differences == (Difference(path="$.new", change="missing", expected=2),)
    assert result.message.startswith("$.items[0]: expected {")


def test_a_schema_names_each_place_that_does_not_fit() -> None:
    schema = {"type": "object", "required": ["nr"], "properties": {"id": {"type": "string"}}}
    result = check("json_schema", schema=schema)
    assert not result.passed
    assert result.message.startswith("body does not fit the schema: ")
    assert "$.id" in result.message
    assert check("json_schema", schema={"type": "object"}).passed
    assert check("json_schema", schema={}, body="<p>").message == (
        "body: the body is not JSON: expecting value at line 1, column 1"
    )


def test_template_assertions_come_first_and_point_at_the_step() -> None:
    spec = make.step(
        "a",
        assertions=(
            make.assertion("status_code", 200),
            make.assertion("status_code", 201, origin="overlay"),
            make.assertion("status_code", 202, origin="template", message="the API accepts"),
        ),
    )
    checks = make.attempt(spec, make.response()).result.checks
    assert [(each.origin, each.pointer, each.expected) for each in checks] == [
        ("template", "/steps/0", 202),
        ("step", "/steps/0/assertions/0", 200),
        ("step", "/steps/0", 201),
    ]
    assert [each.author_message for each in checks] == ["the API accepts", "", ""]


def test_the_time_of_an_answer_leaves_out_the_wait_for_a_connection() -> None:
    spec = make.step(
        "a", assertions=(make.assertion("response_time", 0, operator="less_or_equal"),)
    )

    def slow_pool(send) -> Sent:
        times = PhaseTimes(total_s=2.5, pool_s=2.0)
        hops = tuple(
            Hop(request=send.request, response=make.response(status=status), times=times)
            for status in (302, 200)
        )
        return Sent(hops=hops, jars=send.jars)

    assert make.attempt(spec, slow_pool).result.checks[0].actual == 1000.0


def test_long_actual_values_are_kept_as_their_head() -> None:
    result = check("body_equals", "x", body="y" * 100_000)
    assert len(result.actual) < 5_000
    assert result.actual.endswith("(100000 characters in all)")


@pytest.mark.parametrize("pipe", ["upper", "base64", "sha256", "upper | lower | base64url", "json"])
def test_what_pipes_make_of_an_echoed_secret_is_hidden(pipe: str) -> None:
    checked = make.assertion("value", "x", value="{{ response.body.got | " + pipe + " }}")
    spec = make.step(
        "a",
        request=make.request(headers={"x-api-key": "{{ secrets.KEY }}"}),
        assertions=(checked,),
    )
    answer = make.response('{"got":"canary-of-the-shop"}')
    tried = make.attempt(spec, answer, secrets={"KEY": "canary-of-the-shop"})
    [result] = tried.result.checks
    head = "value {{ response.body.got | " + pipe + " }}: "
    assert result.message == head + 'expected "x", got "[secret:KEY]"'
    assert result.expected == "x"


def test_a_short_derived_text_is_hidden_by_its_place_and_a_length_is_not() -> None:
    checks = (
        make.assertion("value", "x", value="{{ response.body.all | first | upper }}"),
        make.assertion("value", 3, index=1, value="{{ response.body.got | length }}"),
    )
    spec = make.step(
        "a", request=make.request(headers={"k": "{{ secrets.KEY }}"}), assertions=checks
    )
    answer = make.response('{"got":"canary-1","all":["canary-1"]}')
    tried = make.attempt(spec, answer, secrets={"KEY": "canary-1"})
    assert "CANARY" not in repr(tried.result)
    assert tried.result.checks[1].message.endswith("expected 3, got 8")


@pytest.mark.parametrize(
    ("sent", "shown"),
    [("dark", "dark"), ("0123456789", "[sensitive:t]"), ("lightest", "[sensitive:t]")],
)
def test_a_short_cookie_is_shown_and_a_long_one_hidden(sent: str, shown: str) -> None:
    spec = make.step("a", assertions=(make.assertion("cookie", "light", target="t"),))
    answer = make.response(f"it is {sent}", headers=[("Set-Cookie", f"t={sent}; Path=/")])
    tried = make.attempt(spec, answer)
    assert tried.result.checks[0].message == f'cookie t: expected "light", got "{shown}"'
    response = tried.result.exchanges[0].response
    assert response.body.text == f"it is {shown}"
    assert response.headers[0][1] == (
        f"t={'[sensitive:t]' if shown != sent else '[sensitive:set-cookie]'}; Path=/"
    )


def test_a_cookie_that_the_author_wrote_out_hides_nothing() -> None:
    check = make.assertion("cookie", "light-theme", target="t", operator="not_equals")
    spec = make.step("a", assertions=(check,))
    answer = make.response("light-theme", headers=[("Set-Cookie", "t=light-theme")])
    tried = make.attempt(spec, answer)
    assert tried.result.checks[0].actual == "light-theme"
    assert tried.result.exchanges[0].response.body.text == "light-theme"


def test_of_a_long_structure_the_sentence_says_only_where_it_differs() -> None:
    wanted = {"id": 7, "note": "n" * 120}
    result = check("body_equals", wanted, body='{"id":8,"note":"%s"}' % ("n" * 120))
    assert result.message == "body: 1 difference from what is expected, first at $.id"
    assert result.expected == wanted
