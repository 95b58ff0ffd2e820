"""T7, redirects, retries and polls without end: bounded in number and in time."""

from __future__ import annotations

import time

import pytest
from field import Field, field_fixture, problem_of  # noqa: F401
from servers import ScriptedServer, json_reply, redirect_to, reply

LOOPS = {
    "to-itself": lambda number: "/a",
    "to-ever-new": lambda number: f"/a/{number}",
    "growing": lambda number: "x/" * number,
}


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize(("follow", "requests"), [("true", 6), ("20", 21), ("1", 2), ("false", 1)])
def test_redirects_end(field: Field, loop: str, follow: str, requests: int) -> None:
    def handle(request, connection):
        return redirect_to(LOOPS[loop](len(server.requests)))

    with ScriptedServer(handle) as server:
        field.environment(f'api: {{base_url: "{server.url}"}}')
        result = field.run(
            f"- {{id: a, request: {{method: GET, url: /a, follow_redirects: {follow}}}}}"
        )

    assert len(server.requests) == requests
    if follow != "false":
        assert problem_of(result).code == "RF408"
        assert "redirects more often than allowed" in problem_of(result).message


@pytest.mark.parametrize(
    "step",
    [
        "request: {method: GET, url: /a, follow_redirects: 21}",
        "{template: GET /a, retry: {count: 1001}}",
        "{template: GET /a, retry: {count: 1e99}}",
        "{template: GET /a, retry: {count: 1, delay_s: 86401}}",
        "{template: GET /a, retry: {count: 1, backoff: .inf}}",
        "{template: GET /a, poll: {until: [{type: status_code, expected: 200}], timeout_s: 86401}}",
        "{template: GET /a, poll: {until: [{type: status_code, expected: 200}], timeout_s: .inf}}",
        "{template: GET /a, poll: {until: [{type: status_code, expected: 200}], every_s: 0}}",
        "{template: GET /a, poll: {until: [{type: status_code, expected: 200}], timeout_s: null}}",
    ],
)
def test_no_journey_may_ask_for_more(field: Field, step: str) -> None:
    text = f"- {step}" if step.startswith("{") else f"- {{id: a, {step}}}"
    assert [problem[:3] for problem in field.problems(text)] == ["RF1"]


def test_a_step_is_tried_as_often_as_its_author_wrote(field: Field) -> None:
    with ScriptedServer(lambda request, connection: reply(503)) as server:
        field.environment(f'api: {{base_url: "{server.url}"}}')
        checks = "assertions: [{type: status_code, expected: 200}]"
        field.run(f"- {{id: a, template: POST /once, {checks}}}")
        field.run(f"- {{id: a, template: GET /once, {checks}}}")
        field.run(f"- {{id: a, template: POST /thrice, retry: {{count: 2}}, {checks}}}")

    lines = [request.line for request in server.requests]
    assert lines == ["POST /once", "GET /once", *["POST /thrice"] * 3]


@pytest.mark.parametrize(
    "after", ["86400", "999999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT", "-1"]
)
def test_a_server_does_not_decide_how_long_is_waited(field: Field, after: str) -> None:
    with ScriptedServer(
        lambda request, connection: reply(429, b"", [("Retry-After", after)])
    ) as server:
        field.environment(f'api: {{base_url: "{server.url}"}}')
        started = time.monotonic()
        field.run(
            "- {id: a, template: GET /a, retry: {count: 2, delay_s: 0.01},"
            " assertions: [{type: status_code, expected: 200}]}"
        )

    assert len(server.requests) == 3
    assert time.monotonic() - started < 60


def test_retries_of_a_journey_without_a_deadline_end_within_a_day(field: Field) -> None:
    """The wait would be longer than the day that is left, so the step ends instead of waiting."""
    with ScriptedServer(lambda request, connection: reply(503)) as server:
        field.environment(f'api: {{base_url: "{server.url}"}}')
        result = field.run(
            "- {id: a, template: GET /a, retry: {count: 1000, delay_s: 86400},"
            " assertions: [{type: status_code, expected: 200}]}"
        )

    assert result.outcome == "failed"
    assert len(server.requests) == 1


def test_a_poll_ends_by_its_own_time(field: Field) -> None:
    with ScriptedServer(lambda request, connection: reply(202)) as server:
        field.environment(f'api: {{base_url: "{server.url}"}}')
        result = field.run(
            "- {id: a, template: GET /a, poll: {every_s: 0.05, timeout_s: 1,"
            " until: [{type: status_code, expected: 200}]}}"
        )

    assert problem_of(result).code in ("RF504", "RF501") or result.steps[0].problems
    assert "RF504" in {problem.code for problem in result.steps[0].problems}
    assert 2 <= len(server.requests) <= 21


def test_evidence_of_a_long_poll_is_bounded(field: Field) -> None:
    def handle(request, connection):
        return json_reply(
            {"state": "done" if len(server.requests) == 200 else "open", "pad": "x" * 9_000}
        )

    with ScriptedServer(handle) as server:
        field.environment(f'api: {{base_url: "{server.url}"}}')
        result = field.run(
            "- {id: a, template: GET /a, poll: {every_s: 0.0001,"
            " until: [{type: json_path, path: $.state, expected: done}]}}"
        )

    tries = result.steps[0].tries
    assert (result.outcome, len(tries)) == ("passed", 200)
    kept = [each.number for each in tries if each.exchanges]
    assert kept == [*range(1, 11), *range(191, 201)]
    assert len({each.started_at for each in tries}) == 200
