"""One try from effects to its record: checks, captures, redaction and what a retry needs."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import journeys as make
import pytest

from pytest_reqflo.artifact.model import BasicAuth, JsonBody, PollSpec
from pytest_reqflo.evidence.model import Body, Exchange, RequestRecord, ResponseRecord, Timing
from pytest_reqflo.evidence.redact import Redactor
from pytest_reqflo.plan.model import EnvironmentSnapshot, Service
from pytest_reqflo.result import CapturedValue, CheckResult, Problem, TryResult, ValueUse
from pytest_reqflo.run.cookies import CookieJars
from pytest_reqflo.run.effects import (
    Captured,
    Hop,
    Interrupted,
    PhaseTimes,
    SendFailure,
    Sent,
    TryDone,
    WireRequest,
)
from pytest_reqflo.run.headers import user_agent
from pytest_reqflo.values import digest_of

ORDER = '{"order":{"id":"ord-1","total":2}}'
SECRET = "s3cr3t-canary-value"


def everything(tried: make.Tried) -> str:
    """Return all that is kept of a try, as one text."""
    from pytest_reqflo.codec import to_json

    return json.dumps(to_json(tried.result))


def test_the_whole_outcome_of_a_try() -> None:
    spec = make.step(
        "create",
        request=make.request(
            method="POST", body=JsonBody(value=make.value({"customer": "{{ inputs.customer }}"}))
        ),
        assertions=(
            make.assertion("status_code", 201),
            make.assertion("json_path", "ord-2", index=1, target="$.order.id"),
        ),
        outputs=(make.output("order_id", "body.order.id"), make.implicit("status")),
    )
    names = {"customer": make.resolved("customer", "c-1", detail="case `Happy path`")}
    answer = make.response(ORDER, 201, [("Content-Type", "application/json")])
    tried = make.attempt(spec, answer, plan_=make.plan(spec, names=names))
    assert tried.effects == ["Draw", "Send"]
    assert tried.done == TryDone(
        captured={
            "outputs.order_id": Captured(value="ord-1"),
            "status": Captured(value=201),
        },
        jars=CookieJars(),
        elapsed_s=0.25,
        error_kind="assertion",
        result=TryResult(
            number=1,
            outcome="failed",
            started_at=make.NOW,
            elapsed_s=0.25,
            exchanges=(
                Exchange(
                    request=RequestRecord(
                        method="POST",
                        url="http://shop.test/orders",
                        headers=(
                            ("User-Agent", user_agent()),
                            ("Accept", "*/*"),
                            ("Content-Type", "application/json"),
                        ),
                        body=Body(
                            text='{"customer":"c-1"}',
                            size_bytes=18,
                            sha256=digest_of(b'{"customer":"c-1"}'),
                        ),
                    ),
                    response=ResponseRecord(
                        status=201,
                        headers=(("Content-Type", "application/json"),),
                        body=Body(
                            text=ORDER, size_bytes=len(ORDER), sha256=digest_of(ORDER.encode())
                        ),
                    ),
                    timing=Timing(total_s=0.25),
                    curl="curl -X POST http://shop.test/orders \\\n"
                    f"  -H 'User-Agent: {user_agent()}' \\\n"
                    "  -H 'Accept: */*' \\\n"
                    "  -H 'Content-Type: application/json' \\\n"
                    """  --data-raw '{"customer":"c-1"}'""",
                ),
            ),
            checks=(
                CheckResult(
                    pointer="/steps/0/assertions/0",
                    type="status_code",
                    subject="status",
                    operator="equals",
                    passed=True,
                    expected=201,
                    actual=201,
                ),
                CheckResult(
                    pointer="/steps/0/assertions/1",
                    type="json_path",
                    subject="$.order.id",
                    operator="equals",
                    passed=False,
                    expected="ord-2",
                    actual="ord-1",
                    message='$.order.id: expected "ord-2", got "ord-1"',
                ),
            ),
            captured=(
                CapturedValue(name="order_id", path="body.order.id", value="ord-1"),
                CapturedValue(name="status", path="status", value=201, is_declared=False),
            ),
            values_used=(
                ValueUse(
                    expression="{{ inputs.customer }}", value="c-1", origin="case `Happy path`"
                ),
            ),
        ),
    )


# --- what a retry needs --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "assertions", "outcome", "kind"),
    [
        (200, (make.assertion("status_code", 200),), "passed", None),
        (404, (make.assertion("status_code", 200),), "failed", "assertion"),
        (503, (make.assertion("status_code", 200),), "failed", "error"),
        (503, (make.assertion("status_code", 503),), "passed", None),
        (503, (), "passed", "error"),
        (404, (make.assertion("status_code", 200, soft=True),), "passed", None),
    ],
)
def test_a_server_error_is_told_apart_from_a_failed_check(status, assertions, outcome, kind):
    spec = make.step("a", assertions=assertions)
    tried = make.attempt(spec, make.response(status=status))
    assert (tried.result.outcome, tried.done.error_kind) == (outcome, kind)


def failure(send, category="connection", code="RF401", message="no connection") -> Sent:
    hop = Hop(request=send.request, response=None, times=PhaseTimes(total_s=0.1))
    cause = SendFailure(code=code, category=category, message=message, hint="is it running?")
    return Sent(hops=(hop,), jars=send.jars, elapsed_s=0.1, failure=cause)


@pytest.mark.parametrize(
    ("category", "is_retryable"),
    [("connection", True), ("timeout", True), ("tls", True), ("protocol", True),
     ("refused", False), ("limit", False)],
)  # fmt: skip
def test_no_answer_is_an_error_with_its_cause(category: str, is_retryable: bool) -> None:
    spec = make.step("a", outputs=(make.output("id", "body.id"),))
    tried = make.attempt(spec, lambda send: failure(send, category))
    assert tried.result.outcome == "error"
    assert tried.done.error_kind == "error"
    assert tried.done.is_retryable is is_retryable
    assert tried.result.problems == (
        Problem(
            code="RF401", category=category, message="no connection", pointer="/steps/0",
            hint="is it running?",
        ),
    )  # fmt: skip
    assert tried.result.exchanges[0].error == "no connection"
    assert tried.result.exchanges[0].response is None
    assert tried.done.captured == {"outputs.id": Captured(missing="step `a` got no usable answer")}


def test_an_interruption_of_any_effect_ends_the_try() -> None:
    tried = make.attempt(make.step("a"), Interrupted(reason="Ctrl-C"))
    assert tried.result.outcome == "interrupted"
    assert [each.code for each in tried.result.problems] == ["RF507"]


# --- warnings ------------------------------------------------------------------------------------


def test_a_soft_failure_and_a_bad_status_without_a_check_warn() -> None:
    soft = make.step("a", assertions=(make.assertion("status_code", 200, soft=True),))
    tried = make.attempt(soft, make.response(status=404))
    assert [(each.code, each.message, each.pointer) for each in tried.result.warnings] == [
        ("RF502", "expected status 200, got 404", "/steps/0/assertions/0")
    ]
    bare = make.attempt(make.step("a"), make.response(status=404))
    assert [(each.code, each.message) for each in bare.result.warnings] == [
        ("RF503", "the step has no assertion and was answered 404")
    ]


# --- captures ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "fields", "expected"),
    [
        ("body.order.id", {}, "ord-1"),
        ("body", {}, {"order": {"id": "ord-1", "total": 2}}),
        ("$.order.total", {}, 2),
        ("$..id", {}, ["ord-1"]),
        ("headers.X-ID", {}, "h-1, h-2"),
        ("headers_all.x-id", {}, ["h-1", "h-2"]),
        ("headers_all.x-id[1]", {}, "h-2"),
        ("status", {}, 200),
        ("url", {}, "http://shop.test/final"),
        ("request.method", {}, "GET"),
        ("request.headers.Accept", {}, "*/*"),
        ("headers.x-id", {"pattern": "h-([0-9])"}, "1"),
        ("headers.x-id", {"pattern": "h-[0-9]"}, "h-1"),
        ("headers.x-id", {"pattern": "(?P<kind>h)-(?P<n>[0-9])"}, {"kind": "h", "n": "1"}),
    ],
)
def test_an_output_takes_its_value(path: str, fields: dict, expected: object) -> None:
    spec = make.step("a", outputs=(make.output("out", path, **fields),))
    headers = [("X-Id", "h-1"), ("x-id", "h-2")]
    tried = make.attempt(spec, make.response(ORDER, 200, headers, url="http://shop.test/final"))
    assert tried.done.captured == {"outputs.out": Captured(value=expected)}
    assert tried.result.captured[0].value == expected


@pytest.mark.parametrize(
    ("path", "fields", "reason"),
    [
        (
            "body.order.nr",
            {},
            "`body.order.nr` does not exist; `body.order` has the keys id, total",
        ),
        ("$.order.nr", {}, "`body.order.nr` does not exist; `body.order` has the keys id, total"),
        ("headers.x-id", {}, "the answer has no header `x-id`; it has content-type"),
        ("cookies.sid", {}, "the answer sets no cookie `sid`; it has none"),
        ("body.order.id", {"pattern": "x(.)"}, "the pattern `x(.)` is not found in the value"),
    ],
)
def test_a_required_output_that_is_missing_fails_the_try(path, fields, reason) -> None:
    outputs = (make.implicit("body.nowhere"), make.output("out", path, **fields))
    spec = make.step("a", outputs=outputs)
    tried = make.attempt(spec, make.response(ORDER, 200, [("Content-Type", "application/json")]))
    assert tried.result.outcome == "failed"
    assert tried.result.problems == (
        Problem(
            code="RF506",
            category="capture",
            message=f"output `out` could not be captured: {reason}",
            pointer="/steps/0/outputs/0",
        ),
    )
    assert tried.done.captured["outputs.out"] == Captured(missing=reason)
    assert tried.done.captured["body.nowhere"].missing.startswith("`body.nowhere` does not exist")


def test_an_output_of_a_body_that_is_no_json_says_so() -> None:
    spec = make.step("a", outputs=(make.output("out", "body.id"),))
    tried = make.attempt(spec, make.response("<html>"))
    assert tried.result.problems[0].message == (
        "output `out` could not be captured: `body.id` does not exist; the body is not JSON: "
        "expecting value at line 1, column 1"
    )


def test_a_failed_check_says_more_than_a_missing_output() -> None:
    spec = make.step(
        "a", assertions=(make.assertion("status_code", 201),),
        outputs=(make.output("id", "body.id"),),
    )  # fmt: skip
    assert make.attempt(spec, make.response(status=500)).result.problems == ()


def test_an_optional_output_may_be_missing() -> None:
    spec = make.step("a", outputs=(make.output("id", "body.id", required=False),))
    tried = make.attempt(spec, make.response("{}"))
    assert tried.result.outcome == "passed"
    assert tried.done.captured["outputs.id"].missing == (
        "`body.id` does not exist; `body` has no keys"
    )


# --- polling -------------------------------------------------------------------------------------

POLLING = make.step(
    "a",
    assertions=(make.assertion("status_code", 200),),
    poll=PollSpec(
        until=(make.assertion("json_path", "paid", target="$.state"),),
        stop_on=(make.assertion("json_path", "rejected", target="$.state"),),
    ),
)


def test_assertions_of_a_polling_step_wait_for_the_last_answer() -> None:
    again = make.attempt(POLLING, make.response('{"state":"pending"}'))
    assert (again.done.poll, again.result.outcome) == ("again", "failed")
    assert [(check.pointer, check.origin, check.message) for check in again.result.checks] == [
        ("/steps/0/poll/until/0", "poll", '$.state: expected "paid", got "pending"')
    ]
    last = make.attempt(POLLING, make.response('{"state":"paid"}', status=202))
    assert (last.done.poll, last.result.outcome) == ("done", "failed")
    assert [check.pointer for check in last.result.checks] == [
        "/steps/0/poll/until/0", "/steps/0/assertions/0",
    ]  # fmt: skip


def test_a_state_that_ends_polling_is_named() -> None:
    tried = make.attempt(POLLING, make.response('{"state":"rejected"}'))
    assert (tried.done.poll, tried.result.outcome) == ("stop", "failed")
    assert tried.result.problems == (
        Problem(
            code="RF505",
            category="poll",
            message='polling met a state that ends it: $.state is "rejected"',
            pointer="/steps/0/poll/stop_on/0",
        ),
    )


def test_polling_goes_on_without_an_answer_unless_trying_again_cannot_help() -> None:
    assert make.attempt(POLLING, failure).done.poll == "again"
    assert make.attempt(POLLING, lambda send: failure(send, "refused")).done.poll is None


# --- redaction -----------------------------------------------------------------------------------


def test_secrets_are_read_by_name_only_and_never_kept() -> None:
    service = Service(
        base_url="http://shop.test", headers=make.values({"x-key": "{{ secrets.HEADER_KEY }}"})
    )
    spec = make.step(
        "a",
        request=make.request(
            "/x/{{ variables.path }}",
            auth=BasicAuth(username=make.value("ada"), password=make.value("{{ secrets.PW }}")),
            query={"digest": "v-{{ secrets.PW | sha256 }}"},
        ),
        assertions=(make.assertion("body_equals", "{{ secrets.PW }}!"),),
    )
    names = {"path": make.resolved("path", "p-{{ secrets.PATH_KEY | base64 }}")}
    environment = EnvironmentSnapshot(name="local", services={"shop": service})
    plan = make.plan(spec, names=names, environment=environment)
    secrets = {"PW": SECRET, "PATH_KEY": "path-canary-value", "HEADER_KEY": "head-canary-value"}

    def echo(send) -> Sent:
        sent = f"{send.request.url} {send.request.headers} {secrets}"
        return make.sent_back(send, make.response(sent, 200, [("x-echo", sent)]))

    tried = make.attempt(spec, echo, plan_=plan, secrets=secrets)
    assert tried.effects == ["Draw", "ReadSecrets", "Send"]
    kept = everything(tried)
    assert "canary" not in kept
    for _, header in tried.request.headers[:1]:
        assert header.removeprefix("Basic ") not in kept
    for hidden in tried.request.url.partition("/x/")[2].split("?digest="):
        assert hidden.removeprefix("p-").removeprefix("v-") not in kept
    assert "[secret:PW]" in kept
    assert "[secret:PATH_KEY]" in kept


def test_a_secret_can_be_expected_and_neither_side_is_shown() -> None:
    spec = make.step(
        "a", assertions=(make.assertion("json_path", "{{ secrets.PW }}", target="$.v"),)
    )
    right = make.attempt(spec, make.response(json.dumps({"v": SECRET})), secrets={"PW": SECRET})
    assert right.result.outcome == "passed"
    wrong = make.attempt(spec, make.response('{"v":"other"}'), secrets={"PW": SECRET})
    [check] = wrong.result.checks
    assert check.message == '$.v: expected "[secret:PW]", got "other"'
    assert (check.expected, check.actual) == ("[secret:PW]", "other")


def test_values_of_telling_places_are_hidden_before_anything_is_recorded() -> None:
    body = json.dumps({"access_token": "tok-canary-1", "echo": "tok-canary-1 sid-canary-2"})
    headers = [("Set-Cookie", "sid=sid-canary-2; Path=/"), ("x-echo", "sid-canary-2")]
    spec = make.step(
        "login",
        assertions=(
            make.assertion("body_contains", "nothing"),
            make.assertion("json_path", "x", index=1, target="$.access_token"),
            make.assertion("cookie", "x", index=2, target="sid"),
        ),
        outputs=(
            make.implicit("body.access_token"),
            make.implicit("body"),
            make.implicit("cookies.sid"),
        ),
    )
    tried = make.attempt(spec, make.response(body, 200, headers))
    assert "canary" not in everything(tried)
    assert tried.done.captured == {
        "body.access_token": Captured(value="tok-canary-1", sensitive=True),
        "body": Captured(value=json.loads(body), sensitive=True),
        "cookies.sid": Captured(value="sid-canary-2", sensitive=True),
    }


TELLING_ANSWERS = {
    "field": (b"access_token=tok-canary-1&scope=all tok-canary-1", []),
    "field_of_text": (b'<a>{"token":"tok-canary-1"}</a> tok-canary-1', []),
    "header": (b'{"echo":"tok-canary-1"}', [("X-Api-Key", "tok-canary-1")]),
    "scheme": (b'{"echo":"tok-canary-1"}', [("Authorization", "Bearer tok-canary-1")]),
    "location": (b'{"echo":"tok-canary-1"}', [("Location", "/next?token=tok-canary-1")]),
    "one_of_two_cookies": (
        b'{"echo":"tok-canary-1"}',
        [("Set-Cookie", "sid=tok-canary-1; Path=/a"), ("Set-Cookie", "sid=; Path=/b")],
    ),
}


@pytest.mark.parametrize("place", TELLING_ANSWERS)
def test_what_stands_in_a_telling_place_is_hidden_everywhere_else(place) -> None:
    body, headers = TELLING_ANSWERS[place]
    spec = make.step("login", assertions=(make.assertion("body_contains", "nothing"),))
    tried = make.attempt(spec, make.response(body, 200, headers))
    assert "canary" not in everything(tried)


@pytest.mark.parametrize("parse", ["auto", "text"])
@pytest.mark.parametrize("value", ["tok-canary-1", "q7q"])
def test_a_pattern_that_takes_a_telling_field_out_of_a_text_gives_a_hidden_value(
    parse, value
) -> None:
    bodies = (f"access_token={value}&scope=all", json.dumps({"access_token": value}))
    output = make.output("taken", "body", pattern=r'access_token"?[=:] ?"?([^&"]+)')
    spec = make.step("login", outputs=(output,), parse=parse)
    for body in bodies if parse == "text" else bodies[:1]:
        tried = make.attempt(spec, make.response(body))
        assert tried.done.captured == {"outputs.taken": Captured(value=value, sensitive=True)}
        assert value not in everything(tried)


def test_a_token_of_an_answer_that_redirects_is_hidden_in_the_last_one() -> None:
    def answer(send):
        sent = make.sent_back(send, make.response('{"access_token":"tok-canary-1"}', 302))
        last = make.sent_back(send, make.response('{"echo":"tok-canary-1"}'))
        return replace(last, hops=(*sent.hops, *last.hops))

    tried = make.attempt(make.step("login"), answer)
    assert "canary" not in everything(tried)


def test_very_many_tokens_of_one_answer_take_bounded_time() -> None:
    tokens = [{"token": f"tok-canary-{number:06}"} for number in range(50_000)]
    body = json.dumps({"items": tokens, "echo": "tok-canary-049999"})
    redactor = Redactor()
    begun = time.process_time()
    tried = make.attempt(make.step("list"), make.response(body), redactor=redactor)
    assert time.process_time() - begun < 10
    assert redactor.size < 60_000
    assert "canary" not in everything(tried)


def test_short_values_of_telling_places_are_hidden_by_position() -> None:
    spec = make.step(
        "login",
        request=make.request(headers={"x-pin": "{{ inputs.pin }}"}),
        assertions=(
            make.assertion("json_path", "zz9", target="$.token"),
            make.assertion("json_path", {"token": "zz9"}, index=1, target="$"),
        ),
        outputs=(make.output("pin", "body.token", sensitive=True),),
    )
    names = {"pin": make.resolved("pin", "q7q", sensitive=True)}
    answer = make.response('{"token":"q7q"}')
    tried = make.attempt(spec, answer, plan_=make.plan(spec, names=names))
    kept = everything(tried)
    assert "q7q" not in kept
    assert "zz9" not in kept


def test_sensitive_values_of_earlier_steps_are_known_to_a_new_redactor() -> None:
    first = make.step(
        "login", outputs=(make.output("session", "headers.x-session", sensitive=True),)
    )
    second = make.step("read", "/me?s={{ steps.login.outputs.session }}")
    captured = {"login": {"outputs.session": Captured(value="ses-canary-1", sensitive=True)}}
    tried = make.attempt(
        second,
        make.response("ses-canary-1"),
        plan_=make.plan(first, second),
        captured=captured,
        redactor=Redactor(),
    )
    assert tried.request.url == "http://shop.test/me?s=ses-canary-1"
    assert "canary" not in everything(tried)
    assert tried.result.values_used == (
        ValueUse(
            expression="{{ steps.login.outputs.session }}",
            value="[sensitive:session]",
            origin="step `login`",
        ),
    )


def test_me_values_and_what_pipes_make_of_them_are_hidden() -> None:
    environment = EnvironmentSnapshot(
        name="local",
        services={"shop": Service(base_url="http://shop.test")},
        me={"nick": "nick-canary"},
    )
    spec = make.step("a", "/x?h={{ me.nick | sha256 }}&n={{ me.nick }}")
    plan = make.plan(spec, environment=environment)
    tried = make.attempt(spec, lambda send: make.sent_back(
        send, make.response(send.request.url)), plan_=plan)  # fmt: skip
    hashed = tried.request.url.partition("h=")[2].partition("&")[0]
    assert hashed not in everything(tried)
    assert "canary" not in everything(tried)


def test_the_origin_of_every_value_in_play_is_told() -> None:
    environment = EnvironmentSnapshot(
        name="staging",
        services={"shop": Service(base_url="http://shop.test", values={"region": "eu"})},
        values={"host": "h-1"},
    )
    spec = make.step(
        "read",
        "/x",
        request=make.request(
            query={
                "a": "{{ steps.create.outputs.id }}",
                "b": "{{ variables.path }}",
                "c": "{{ env.host }}-{{ env.region }}-{{ env.base_url }}",
                "d": "{{ row.number }}-{{ run.id }}",
                "e": "{{ random_int(3, 3) }}",
            }
        ),
        assertions=(make.assertion("value", 1, value="{{ response.status }}"),),
    )
    names = {"path": make.resolved("path", "{{ steps.create.outputs.id }}", detail="the journey")}
    plan = make.plan(
        make.step("create", outputs=(make.output("id", "body.id"),)), spec,
        names=names, environment=environment, row_number=3, row_key="k",
    )  # fmt: skip
    captured = {"create": {"outputs.id": Captured(value=7)}}
    tried = make.attempt(spec, plan_=plan, captured=captured)
    uses = [(use.expression, use.value, use.origin) for use in tried.result.values_used]
    assert uses == [
        ("{{ steps.create.outputs.id }}", 7, "step `create`"),
        ("{{ variables.path }}", 7, "the journey"),
        ("{{ env.host }}", "h-1", "environment `staging`"),
        ("{{ env.region }}", "eu", "environment `staging`"),
        ("{{ env.base_url }}", "http://shop.test", "environment `staging`"),
        ("{{ row.number }}", 3, "this run"),
        ("{{ run.id }}", "run1", "this run"),
        ("{{ random_int(3, 3) }}", 3, "drawn for this run"),
    ]


def test_each_hop_of_a_redirect_is_an_exchange_and_only_the_last_holds_the_failure() -> None:
    def redirected(send) -> Sent:
        first = Hop(
            request=send.request, response=make.response(status=302), times=PhaseTimes(total_s=0.1)
        )
        target = WireRequest(method="GET", url="http://shop.test/next")
        last = Hop(request=target, response=None, times=PhaseTimes(total_s=0.1))
        cause = SendFailure(code="RF401", category="connection", message="gone")
        return Sent(hops=(first, last), jars=send.jars, failure=cause)

    exchanges = make.attempt(make.step("a"), redirected).result.exchanges
    assert [(each.request.url, each.error) for each in exchanges] == [
        ("http://shop.test/orders", ""), ("http://shop.test/next", "gone"),
    ]  # fmt: skip
