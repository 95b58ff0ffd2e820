"""Runs are part of the OpenTelemetry trace that is under way, and of none otherwise."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import pytest

SPANS = """
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

tracer = TracerProvider().get_tracer("suite")

@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    with tracer.start_as_current_span(item.name) as span:
        with open("spans", "a") as file:
            file.write(f"{span.get_span_context().trace_id:032x}\\n")
        return (yield)
"""


def traces_in(meeting) -> list[str | None]:
    """Return the trace of each test that JUnit names, in order."""
    cases = ElementTree.parse(meeting.path / "out.xml").iter("testcase")
    properties = [
        {each.get("name"): each.get("value") for each in case.iter("property")} for case in cases
    ]
    return [each.get("reqflo.trace_id") for each in properties]  # fmt: skip


@pytest.mark.parametrize("mode", ["auto", "off"])
def test_the_span_of_a_test_is_the_parent_of_its_requests(meeting, mode) -> None:
    meeting.write("conftest.py", SPANS)
    meeting.rows("a.journey.yaml", 3, "/row/{{ inputs.n }}")
    path = meeting.journey("b.journey.yaml", "/own", "/none", "/theirs")
    steps = path.read_text().split("      assertions:")
    own = "      request: {headers: {Traceparent: mine}}\n"
    none = "      request: {headers: {traceparent: null}}\n"
    path.write_text(
        steps[0] + own + "      assertions:" + steps[1] + none + "      assertions:" + steps[2]
        + "      assertions:" + steps[3]
    )  # fmt: skip
    meeting.run("--junitxml=out.xml", "-o", f"reqflo_trace={mode}").assert_outcomes(passed=4)

    spans = (meeting.path / "spans").read_text().split()
    sent = [each.header("traceparent") for each in meeting.server.requests]
    *rows, own, none, theirs = sent
    assert (own, none) == ("mine", None)
    if mode == "off":
        assert [*rows, theirs] == [None] * 4
        assert traces_in(meeting) == [None] * 4
        return
    found = [
        re.fullmatch("00-([0-9a-f]{32})-[0-9a-f]{16}-0[0-9a-f]", each) for each in (*rows, theirs)
    ]
    assert [each and each[1] for each in found] == spans
    assert traces_in(meeting) == spans


def test_runs_in_flight_share_the_span_of_the_session(meeting) -> None:
    meeting.server.holds = {"/row/": 3}
    spans = SPANS.replace("pytest_runtest_protocol(item)", "pytest_runtestloop()")
    meeting.write("conftest.py", spans.replace("item.name", '"session"'))
    meeting.rows("a.journey.yaml", 3, "/row/{{ inputs.n }}")
    meeting.run("--junitxml=out.xml").assert_outcomes(passed=3)
    [span] = (meeting.path / "spans").read_text().split()
    assert traces_in(meeting) == [span] * 3
    assert meeting.server.peak() == 3
