"""A journey against a recorded run: verdicts, what the record cannot tell, and which step is which."""

from __future__ import annotations

import base64
from dataclasses import replace

import journeys as make
import pytest
from replays import recorded, recorded_run, replayed, step_result, told

from pytest_reqflo.artifact.model import Artifact, ConditionSpec, PollSpec, VariableDeclaration
from pytest_reqflo.evidence.model import Body
from pytest_reqflo.evidence.redact import Redactor
from pytest_reqflo.lang.outputs import parse_output_path
from pytest_reqflo.result import CheckResult, JourneyResult, Problem, ValueOrigin, ValueUse
from pytest_reqflo.run.effects import PhaseTimes, SendFailure, Sent
from pytest_reqflo.run.replay import replay
from pytest_reqflo.secret import Secret

BODY = '{"id":7,"token":"tok-4711","items":[{"n":1},{"n":2}],"pin":90125,"key":"k-secret"}'
HEADERS = (
    ("Content-Type", "application/json"),
    ("X-Key", "a k-secret z"),
    ("Set-Cookie", "sid=abcdef; Path=/; HttpOnly"),
)


def redactor() -> Redactor:
    found = Redactor()
    found.add_secret(Secret("KEY", "k-secret"))
    found.add_value("pin", 90125)
    return found


def run_of(body: str | bytes = BODY, headers=HEADERS, status: int = 200, **fields) -> JourneyResult:
    spec = make.step("a", assertions=fields.pop("assertions", ()))
    answer = make.response(body, status, headers)
    tried = make.attempt(spec, answer, redactor=redactor())
    return recorded_run(spec, tried, **fields)


def check(run: JourneyResult, type: str, expected: object = None, *, parse="auto", **fields) -> str:
    """Return ``verdict`` or ``verdict: reason`` of one assertion."""
    spec = make.step("a", assertions=(make.assertion(type, expected, **fields),), parse=parse)
    (found,) = replayed(run, spec).checks
    return f"{found.verdict}: {found.reason}" if found.reason else found.verdict


@pytest.mark.parametrize(
    ("type", "expected", "fields", "verdict"),
    [
        ("status_code", 200, {}, "passed"),
        ("status_code", "4xx", {}, "failed"),
        ("json_path", 7, {"target": "$.id"}, "passed"),
        ("json_path", [1, 3], {"target": "$.items[*].n"}, "failed"),
        ("json_path", None, {"target": "$.token", "operator": "exists"}, "passed"),
        ("json_path", None, {"target": "$.tok", "operator": "exists"}, "failed"),
        ("json_path", None, {"target": "$.pin", "operator": "exists"}, "passed"),
        ("json_path", 1, {"target": "$.items[?@.n == 1].n", "operator": "contains"},
         "undecidable: its filter may look at what is masked ([sensitive:token])"),
        ("json_path", "tok-4711", {"target": "$.token"},
         "undecidable: the recorded value is masked ([sensitive:token])"),
        ("json_path", "string", {"target": "$.token", "operator": "has_type"},
         "undecidable: the recorded value is masked ([sensitive:token])"),
        ("json_path", None, {"target": "$.key", "operator": "not_exists"}, "failed"),
        ("header", "a ", {"target": "x-key", "operator": "starts_with"}, "passed"),
        ("header", "a b", {"target": "x-key"}, "failed"),
        ("header", "a .* z", {"target": "x-key", "operator": "matches"},
         "undecidable: the recorded value is masked ([secret:KEY])"),
        ("cookie", None, {"target": "sid", "operator": "exists"}, "passed"),
        ("cookie", True, {"target": "sid", "attribute": "httponly"}, "passed"),
        ("cookie", "abcdef", {"target": "sid"},
         "undecidable: the recorded value is masked ([sensitive:set-cookie])"),
        ("body_contains", '"id":7', {}, "passed"),
        ("body_contains", "k-se",
         {}, "undecidable: the recorded value is masked ([sensitive:token])"),
        ("body_equals", {"id": 8}, {}, "failed"),
        ("json_schema", None, {"schema": {"required": ["id"]}},
         "undecidable: the recorded body is masked ([sensitive:token])"),
        ("response_time", 250, {"operator": "less_or_equal"}, "passed"),
        ("response_time", 249, {"operator": "less_or_equal"}, "failed"),
        ("value", len(BODY), {"value": "{{ response.bytes }}"}, "passed"),
        ("value", 8, {"value": "{{ response.body.token | length }}"},
         "undecidable: `response.body.token` is masked in the record ([sensitive:token]), "
         "and its pipes need it"),
        ("value", 2, {"value": "{{ response.body.items | length }}"}, "passed"),
    ],
)  # fmt: skip
def test_every_type_is_judged_as_far_as_the_record_tells(type, expected, fields, verdict) -> None:
    assert check(run_of(), type, expected, **fields) == verdict


def test_a_masked_text_has_a_type_and_fits_a_schema_where_no_number_is_masked() -> None:
    run = run_of('{"token":"tok-4711"}')
    assert check(run, "json_path", "string", target="$.token", operator="has_type") == "passed"
    assert check(run, "json_schema", schema={"properties": {"token": {"type": "null"}}}) == "failed"
    pattern = {"properties": {"token": {"pattern": "^tok"}}}
    assert check(run, "json_schema", schema=pattern).startswith("undecidable")


def test_a_shortened_body_tells_what_its_head_shows() -> None:
    run = run_of('{"id":7,"text":"' + "x" * 70_000 + '"}')
    gap = "undecidable: only the head of the body was recorded, of 70018 bytes"
    assert check(run, "body_contains", '"id":7') == "passed"
    assert check(run, "body_matches", "^.id").startswith("undecidable")
    assert check(run, "body_equals", "x") == "failed"
    assert check(run, "json_path", 7, target="$.id") == gap
    assert check(run, "json_schema", schema={"type": "object"}) == gap
    assert check(run, "status_code", 200) == "passed"
    assert check(run, "value", 70018, value="{{ response.bytes }}") == "passed"


def test_a_body_that_is_no_text_is_read_from_its_base64() -> None:
    run = run_of('{"id":7}'.encode("utf-16"), ())
    assert check(run, "json_path", 7, target="$.id") == "passed"
    damaged = with_body(run, Body(text="*", size_bytes=1, encoding="base64"))
    assert check(damaged, "json_path", 7, target="$.id") == (
        "undecidable: the recorded body is masked"
    )


def test_text_in_another_charset_is_read_as_it_was_sent() -> None:
    headers = [("Content-Type", "application/json; charset=iso-8859-1")]
    run = run_of('{"name":"Zoë"}'.encode(), headers)
    assert check(run, "json_path", "Zoë", target="$.name") == "passed"


def with_body(run: JourneyResult, body: Body | None) -> JourneyResult:
    step = run.steps[0]
    (tried,) = step.tries
    (exchange,) = tried.exchanges
    response = replace(exchange.response, body=body)
    tried = replace(tried, exchanges=(replace(exchange, response=response),))
    return replace(run, steps=(replace(step, tries=(tried,)),))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (None, "no body was recorded"),
        (Body(text="[sensitive:all]", size_bytes=9),
         "the recorded body can no longer be read as JSON: [sensitive:all] hides a part of it"),
        (Body(text='{"a":[sensitive:x]', size_bytes=9),
         "the recorded body can no longer be read as JSON: [sensitive:x] hides a part of it"),
        (Body(text=base64.b64encode(b"ab").decode(), size_bytes=9, encoding="base64", is_shortened=True),
         "only the head of the body was recorded, of 9 bytes"),
    ],
)  # fmt: skip
def test_a_body_that_is_not_in_the_record_decides_nothing(body: Body | None, reason: str) -> None:
    run = with_body(run_of(), body)
    assert check(run, "json_path", 1, target="$.a") == f"undecidable: {reason}"
    assert check(run, "value", 1, value="{{ response.body.a }}") == f"undecidable: {reason}"
    assert check(run, "status_code", 200) == "passed"


def test_a_text_body_that_a_mask_made_no_json_is_still_no_json_by_order() -> None:
    run = with_body(run_of(), Body(text="[sensitive:all]", size_bytes=9))
    assert check(run, "json_path", 1, target="$.a", parse="text") == "failed"


def test_a_masked_key_may_be_any_key() -> None:
    run = run_of('{"id":1,"k-secret":2}')
    masked = "undecidable: a key of the recorded body is masked ([secret:KEY])"
    assert check(run, "json_path", 1, target="$.id") == "passed"
    assert check(run, "json_path", None, target="$.other", operator="exists") == masked
    assert check(run, "json_path", [1, 2], target="$.*") == masked
    assert check(run, "json_schema", schema={"required": ["x"]}).startswith("undecidable")


def test_no_times_decide_no_response_time() -> None:
    run = run_of()
    (tried,) = run.steps[0].tries
    bare = replace(tried, exchanges=(replace(tried.exchanges[0], timing=None),))
    run = replace(run, steps=(replace(run.steps[0], tries=(bare,)),))
    assert check(run, "response_time", 9, operator="less_than") == (
        "undecidable: no times were recorded"
    )


# --- values --------------------------------------------------------------------------------------


def origin(name: str, value: object, layer: str = "case", **fields) -> ValueOrigin:
    return ValueOrigin(name=name, kind_of_name="input", layer=layer, value=value, **fields)


def expecting(run: JourneyResult, expected: str, actual: object, *names, **fields) -> str:
    """Return the verdict on *expected*, an expression, against *actual*; *names* are declared."""
    checks = (make.assertion("value", expected, value=actual),)
    spec = make.step("a", assertions=checks)
    artifact = Artifact(journey_id="shop", steps=(spec,), variables=names, **fields)
    (found,) = replay(artifact, run, artifact).checks
    return f"{found.verdict}: {found.reason}" if found.reason else found.verdict


def variable(name: str, source="manual", **fields) -> VariableDeclaration:
    return VariableDeclaration(name=name, source=source, key=name, **fields)


def test_expectations_read_the_values_of_the_recorded_run() -> None:
    values = [
        origin("n", 7),
        origin("card", "[sensitive:card]", sensitive=True),
        origin("drawn", "{{ uuid() }}"),
        origin("cell", "{{ uuid() }}", "row"),
        origin("none", None, "unset"),
        origin("path", "/o/{{ variables.n }}", "source"),
        origin("long", "x… (9999 characters in all)"),
    ]
    run = run_of(values=values)
    names = [variable(each.name) for each in values if each.name != "path"]
    path = variable("path", "value", value=make.value("/o/{{ variables.n }}"))
    default = variable("later", has_default=True, default=5)

    def verdict(expected: str, actual: object) -> str:
        return expecting(run, expected, actual, *names, path, default, variable("unknown"))

    assert verdict("{{ variables.n }}", 7) == "passed"
    assert verdict("{{ variables.n }}", 8) == "failed"
    assert verdict("{{ variables.path }}", "/o/7") == "passed"
    assert verdict("{{ variables.later }}", 5) == "passed"
    assert verdict("{{ variables.cell }}", "{{ variables.cell }}") == "passed"
    assert verdict("{{ variables.drawn }}", "{{ variables.drawn }}") == "passed"
    assert verdict("{{ variables.drawn }}", "{{ variables.cell }}") == "failed"
    assert verdict("{{ variables.none }}", 1) == "failed"
    assert verdict("{{ run.id }}", "run_1") == "passed"
    assert verdict("{{ variables.card }}", "x") == (
        "undecidable: `variables.card` is sensitive, so its value is not in the record"
    )
    assert verdict("{{ variables.unknown }}", 1) == (
        "undecidable: `variables.unknown` is not in the record"
    )
    assert verdict("{{ variables.long }}", 1) == (
        "undecidable: only the head of `variables.long` was recorded"
    )


def test_the_environment_is_known_as_far_as_the_run_used_it() -> None:
    run = run_of()
    (tried,) = run.steps[0].tries
    used = ValueUse(expression="{{ env.zone }}", value={"name": "north"})
    run = replace(run, steps=(replace(run.steps[0], tries=(replace(tried, values_used=(used,)),)),))
    assert expecting(run, "{{ env.zone.name }}", "north") == "passed"
    assert expecting(run, "{{ env.other }}", "north") == (
        "undecidable: the recorded run did not use `env.other`, so its value is not in the record"
    )


@pytest.mark.parametrize("name", ["secrets.KEY", "me.token"])
def test_secrets_are_never_read(name: str) -> None:
    assert expecting(run_of(), f"{{{{ {name} }}}}", "x") == (
        f"undecidable: `{name}` is in no record, and a replay does not read it"
    )


def test_a_record_without_a_seed_does_not_know_what_was_drawn() -> None:
    run = replace(run_of(), seed="", started_at="never")
    assert expecting(run, "{{ uuid() }}", "x").startswith("undecidable: the record does not hold")
    run = replace(run_of(), started_at="never")
    run = replace(
        run, steps=(replace(run.steps[0], tries=(replace(run.steps[0].tries[0], started_at=""),)),)
    )
    assert expecting(run, "{{ now() }}", "x").startswith("undecidable: the record does not hold")


# --- outputs -------------------------------------------------------------------------------------


def two_steps(*outputs, expected: str) -> list[str]:
    """Record ``a`` and ``b``, then replay them with *outputs* of ``a`` and an expectation of ``b``."""
    first = make.attempt(make.step("a"), make.response(BODY, 200, HEADERS), redactor=redactor())
    second = make.attempt(make.step("b"), make.response('{"id":7,"t":"x"}'))
    run = recorded(step_result("a", first.result), step_result("b", second.result))
    checks = (make.assertion("json_path", expected, target="$.id"),)
    return told(replayed(run, make.step("a", outputs=outputs), make.step("b", assertions=checks)))


def test_an_edited_output_is_taken_anew_and_read_by_later_steps() -> None:
    edited = make.output("n", "body.items[1].n")
    assert two_steps(edited, expected="{{ steps.a.outputs.n }}") == [
        "a passed output n",
        "b failed $.id",
    ]
    same = make.output("n", "body.id")
    assert two_steps(same, expected="{{ steps.a.outputs.n }}")[1] == "b passed $.id"


def test_outputs_that_are_not_there_fail_and_masked_ones_stay_open() -> None:
    assert two_steps(
        make.output("gone", "body.gone"),
        make.output("maybe", "body.gone", required=False),
        make.output("token", "body.token"),
        make.output("part", "body.token", pattern="tok-(.*)"),
        make.output("filtered", "$.items[?@.n == 1]"),
        expected="{{ steps.a.outputs.token }}",
    ) == [
        "a failed output gone: `body.gone` does not exist; `body` has the keys id, token, items, "
        "pin, key",
        "a passed output token",
        "a undecidable output part: the recorded value is masked ([sensitive:token]), and its "
        "pattern needs it",
        "a undecidable output filtered: its filter may look at what is masked ([sensitive:token])",
        "b undecidable $.id: the expected value is masked in the record ([sensitive:token])",
    ]


def test_what_reads_an_open_output_is_open() -> None:
    part = make.output("part", "body.token", pattern="tok-(.*)")
    assert two_steps(part, expected="{{ steps.a.outputs.part }}")[1] == (
        "b undecidable $.id: `steps.a.outputs.part` is not in the record: the recorded value is "
        "masked ([sensitive:token]), and its pattern needs it"
    )


def test_the_record_says_which_outputs_were_taken() -> None:
    spec = make.step("a", outputs=(make.output("id", "body.id"), make.output("no", "body.no")))
    run = recorded_run(spec, make.attempt(spec, make.response(BODY)))
    assert [check.was for check in replayed(run, spec).checks] == ["passed", "failed"]
    assert parse_output_path("body.id").path == ("id",)


# --- steps ---------------------------------------------------------------------------------------


def test_steps_are_matched_by_id_and_renamed_ones_are_hinted_at() -> None:
    run = run_of()
    ok = (make.assertion("status_code", 200),)
    found = replayed(
        run,
        make.step("renamed", assertions=ok),
        make.step("new", "/other", assertions=ok, outputs=(make.output("x", "body.x"),)),
        before=make.plan(make.step("a")).artifact,
    )
    assert told(found) == [
        "renamed no record status: the recorded run had no such step",
        "new no record status: the recorded run had no such step",
        "new no record output x: the recorded run had no such step",
    ]
    assert [step.hint for step in found.steps] == [
        "did `a` of the record become `renamed`? Steps are matched by id",
        "",
    ]
    assert found.removed == ("a",)
    assert found.is_empty
    assert not found.has_failed


def test_a_step_without_an_answer_has_no_record() -> None:
    spec = make.step("a", assertions=(make.assertion("status_code", 200),))
    failure = SendFailure(code="RF401", category="connection", message="connection refused")
    tried = make.attempt(spec, Sent(hops=(), jars=make.do(spec).jars, failure=failure))
    skipped = step_result("b", skip_reason="step `a` could not be completed")
    problem = Problem(code="RF508", category="timeout", message="the time is used up")
    late = step_result("c", outcome="error", problems=(problem,))
    run = recorded(step_result("a", tried.result), skipped, late)
    later = make.step("c", assertions=(make.assertion("value", 1, value="{{ steps.a.status }}"),))
    assert told(replayed(run, spec, make.step("b", assertions=spec.assertions), later)) == [
        "a no record status: no answer was recorded: connection refused",
        "b no record status: it was not sent: step `a` could not be completed",
        "c no record value {{ steps.a.status }}: it was not sent: the time is used up",
    ]


def test_what_reads_a_step_without_a_record_is_open() -> None:
    spec = make.step("a", assertions=(make.assertion("value", 1, value="{{ steps.z.status }}"),))
    first = make.step("z", outputs=(make.implicit("status"),))
    assert told(replayed(run_of(), first, spec)) == [
        "a undecidable value {{ steps.z.status }}: `steps.z.status` is not in the record: "
        "step `z`: the recorded run had no such step"
    ]


def test_the_last_answer_of_the_last_try_counts() -> None:
    spec = make.step("a")

    def answered(body):
        return make.attempt(spec, make.response(body)).result

    redirected = make.attempt(
        spec,
        lambda send: Sent(
            hops=(
                make.sent_back(send, make.response("", 302)).hops[0],
                make.sent_back(send, make.response('{"id":2}'), PhaseTimes(total_s=1, pool_s=0.5)).hops[0],
            ),
            jars=send.jars,
        ),
    ).result  # fmt: skip
    run = recorded(step_result("a", answered('{"id":1}'), redirected))
    assert check(run, "json_path", 2, target="$.id") == "passed"
    assert check(run, "value", 302, value="{{ response.redirects[0].status }}") == "passed"
    assert check(run, "response_time", 750, operator="equals") == "passed"


def test_a_poll_is_judged_by_its_until_first() -> None:
    until = make.assertion("json_path", "done", target="$.state")
    after = make.assertion("status_code", 201)
    spec = make.step("a", poll=PollSpec(until=(until,)), assertions=(after,))
    waiting = recorded_run(spec, make.attempt(spec, make.response('{"state":"open"}')))
    found = replayed(waiting, spec)
    assert told(found) == ["a failed $.state"]
    assert found.steps[0].notices == (
        "its `until` does not hold, so its assertions are not evaluated",
    )
    edited = make.assertion("json_path", "open", target="$.state")
    edited = make.step("a", poll=PollSpec(until=(edited,)), assertions=(after,))
    assert told(replayed(waiting, edited)) == ["a passed $.state", "a failed status"]


def test_only_one_step_is_told_of_but_all_are_evaluated() -> None:
    spec = make.step("a", outputs=(make.output("id", "body.id"),))
    run = recorded_run(spec, make.attempt(spec, make.response(BODY)))
    other = make.step("b")
    artifact = make.plan(spec, other).artifact
    found = replay(artifact, run, artifact, only="b")
    assert [step.id for step in found.steps] == ["b"]


# --- the record ----------------------------------------------------------------------------------


def test_a_changed_verdict_says_what_it_was() -> None:
    checks = (make.assertion("status_code", 200), make.assertion("json_path", 8, index=1, target="$.id"))  # fmt: skip
    run = run_of(assertions=checks)
    edited = (
        make.assertion("json_path", 7, target="$.id"),
        make.assertion("status_code", 201, index=1),
        make.assertion("json_path", "x", index=2, target="$.token"),
        make.assertion("header", None, index=3, target="x-key", operator="exists", soft=True),
    )
    found = replayed(run, make.step("a", assertions=edited))
    assert [(each.verdict, each.was, each.is_changed) for each in found.checks] == [
        ("passed", "failed", True),
        ("failed", "passed", True),
        ("undecidable", "", False),
        ("passed", "", False),
    ]
    assert found.has_failed
    assert found.is_undecided


def test_a_soft_failure_fails_nothing() -> None:
    soft = make.assertion("status_code", 404, soft=True)
    found = replayed(run_of(), make.step("a", assertions=(soft,)))
    assert found.count("failed") == 1
    assert not found.has_failed


def test_two_checks_alike_are_two_checks_of_the_record() -> None:
    checks = tuple(
        make.assertion("status_code", want, index=i) for i, want in enumerate((200, 404))
    )
    found = replayed(run_of(assertions=checks), make.step("a", assertions=checks[::-1]))
    assert [(each.verdict, each.was) for each in found.checks] == [
        ("failed", "failed"),
        ("passed", "passed"),
    ]
    assert all(isinstance(each.check, CheckResult) for each in found.checks)


def test_an_edited_request_is_said_to_be_another() -> None:
    before = make.plan(make.step("a", "/orders")).artifact
    after = make.step("a", request=make.request("/v2", "POST"))
    (step,) = replayed(run_of(), after, before=before).steps
    assert step.notices == (
        'the recorded answer belongs to another request: request: method changed from "GET" to "POST"',
        'the recorded answer belongs to another request: request: url changed from "/orders" to "/v2"',
    )


def test_an_unknown_artifact_leaves_open_what_was_edited() -> None:
    found = replay(make.plan(make.step("a")).artifact, run_of(), None)
    assert found.notices == (
        "the artifact of the run is not in the store, so it is not known whether requests were edited",
    )


def test_edited_declarations_are_named_and_the_recorded_values_count() -> None:
    before = Artifact(journey_id="shop", steps=(), variables=(variable("n"),))
    after = replace(before, variables=(variable("n", has_default=True, default=2), variable("m")))
    assert replay(after, run_of(), before).notices == (
        "the record has the values of the run: variable `n`: has_default added: true",
        "the record has the values of the run: variable `n`: default added: 2",
        "the record has the values of the run: variable `m` added",
    )


def test_a_mask_that_was_cut_in_two_is_no_text_of_the_server() -> None:
    run = with_body(run_of(), Body(text='{"a":"[sensiti', size_bytes=99, is_shortened=True))
    assert check(run, "body_contains", "[sens").startswith("undecidable")
    assert check(run, "body_equals", '{"a":"xyz"}').startswith("undecidable")
    assert check(run, "body_contains", '{"a"') == "passed"


def test_an_unedited_output_of_a_shortened_body_is_what_the_run_took() -> None:
    body = '{"id":7,"token":"tok-4711","text":"' + "x" * 70_000 + '"}'
    kept = make.output("id", "body.id")
    spec = make.step("a", outputs=(kept, make.output("token", "body.token")))
    run = recorded_run(spec, make.attempt(spec, make.response(body)))
    edited = replace(spec, outputs=(*spec.outputs, make.output("other", "body.id")))
    gap = "only the head of the body was recorded, of 70037 bytes"
    assert told(replayed(run, edited, before=make.plan(spec).artifact)) == [
        "a passed output id",
        f"a undecidable output token: {gap}",
        f"a undecidable output other: {gap}",
    ]


def test_a_step_that_its_own_when_left_out_is_skipped_while_that_is_unedited() -> None:
    when = ConditionSpec(value=make.value("{{ inputs.n }}"))
    spec = make.step("a", assertions=(make.assertion("status_code", 200),), when=when)
    run = recorded(step_result("a", skip_reason="`when` does not hold"))
    found = replayed(run, spec)
    assert told(found) == ["a skipped status: it was not sent: `when` does not hold"]
    assert not found.is_undecided
    assert replayed(run, spec, before=make.plan(replace(spec, when=None)).artifact).is_undecided
