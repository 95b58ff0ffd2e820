"""Results as one HTTP archive: valid, in order of time, and with no more than the evidence holds."""

from __future__ import annotations

import results as make
from har_schema import validate_har
from naughty import NAUGHTY

from pytest_reqflo.evidence.model import Body, RequestRecord, ResponseRecord, Timing
from pytest_reqflo.report.har import render_log, render_run


def entries_of(*results) -> list[dict]:
    runs = [render_run(each, f"a.journey.yaml::{number}") for number, each in enumerate(results)]
    document = render_log(runs, version="1")
    validate_har(document)
    return document["log"]["entries"]


def entry_of(exchange) -> dict:
    [entry] = entries_of(make.result(make.step("pay", make.tried(exchange))))
    return entry


def test_phases_are_in_milliseconds_and_those_that_did_not_happen_say_so() -> None:
    timing = Timing(total_s=0.2, pool_s=0.001, connect_s=0.01, tls_s=0.02, send_s=0.002, wait_s=0.1, receive_s=0.003)  # fmt: skip
    entry = entry_of(make.exchange(timing=timing))
    assert entry["timings"] == {
        "blocked": 1.0, "dns": -1, "connect": 30.0, "ssl": 20.0, "send": 2.0, "wait": 100.0, "receive": 3.0,
    }  # fmt: skip
    assert entry["time"] == 136.0
    assert entry_of(make.exchange(timing=Timing(total_s=0.2)))["timings"]["wait"] == 200.0
    assert entry_of(make.exchange(timing=None))["time"] == 0


def test_both_sides_are_told_as_they_were_recorded() -> None:
    request = RequestRecord(
        method="POST",
        url="http://shop.test/a?x=%201&flag&y=#z",
        headers=(("Cookie", "a=b; sid=[sensitive:sid]"), ("Content-Type", "text/plain")),
        body=make.body("hello"),
    )
    response = ResponseRecord(
        status=302,
        reason="Found",
        headers=(("location", "/b"), ("Set-Cookie", "sid=[sensitive:sid]; Path=/")),
        body=Body(text="AAEC", size_bytes=900, encoding="base64", is_shortened=True),
    )
    entry = entry_of(make.exchange(request=request, response=response))
    asked, got = entry["request"], entry["response"]
    # As they were sent: what is hidden was looked for in this spelling.
    assert [(each["name"], each["value"]) for each in asked["queryString"]] == [
        ("x", "%201"), ("flag", ""), ("y", ""),
    ]  # fmt: skip
    assert [each["name"] for each in asked["cookies"]] == ["a", "sid"]
    assert asked["postData"] == {"mimeType": "text/plain", "text": "hello"}
    assert asked["bodySize"] == 5
    assert got["content"] == {
        "size": 900, "mimeType": "x-unknown", "text": "AAEC", "encoding": "base64",
        "comment": "only the beginning of 900 bytes",
    }  # fmt: skip
    assert got["redirectURL"] == "/b"
    assert got["cookies"] == [{"name": "sid", "value": "[sensitive:sid]"}]


def test_no_answer_is_status_0_with_the_reason() -> None:
    got = entry_of(make.exchange(response=None, error="connection refused"))["response"]
    assert (got["status"], got["_error"]) == (0, "connection refused")


def test_hops_follow_each_other_and_checks_stand_at_the_last() -> None:
    hops = (make.exchange("http://shop.test/1"), make.exchange("http://shop.test/2"))
    later = make.result(
        make.step("x", make.tried(make.exchange(), started_at="2026-01-02T03:04:05.100000Z")),
        identity={"run_id": "run_2"},
    )
    first, between, last = entries_of(later, make.result(make.step("pay", make.tried(*hops))))
    starts = [each["startedDateTime"][17:23] for each in (first, between, last)]
    assert starts == ["05.000", "05.100", "05.250"]
    assert [each["pageref"] for each in (first, between, last)] == ["run_1", "run_2", "run_1"]
    assert first["_reqflo"]["checks"] == []
    assert last["_reqflo"]["checks"] == [
        {"subject": "status", "operator": "equals", "passed": True, "expected": 200, "actual": 200, "line": None},
    ]  # fmt: skip


def test_any_text_gives_a_valid_file() -> None:
    for number, text in enumerate(NAUGHTY):
        url = f"http://shop.test/{text}?{text}"
        headers = (("Content-Type", text), ("Set-Cookie", text), (text, text))
        exchange = make.exchange(url, text, headers=headers, error=text)
        entries_of(
            make.result(make.step(text, make.tried(exchange)), identity={"run_id": str(number), "journey_name": text})
        )  # fmt: skip
