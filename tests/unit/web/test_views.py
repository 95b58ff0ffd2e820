"""What the page is given: as in the file of a session, and what of a run is not over."""

from __future__ import annotations

import dataclasses
import json

from html_pages import broken, result, step
from journeys import value

from pytest_reqflo.artifact.model import Artifact, RequestSpec, StepSpec
from pytest_reqflo.result import StepResult
from pytest_reqflo.web import views
from pytest_reqflo.web.lines import ended_line, matches, open_line
from pytest_reqflo.web.source import (
    ListedRun,
    RunPage,
    RunQuery,
    SeenRun,
    SeenSchedule,
    SeenWorker,
    UnderWay,
)

HOSTILE = "</script><img src=x onerror=alert(1)>\u202e\x1b[31m"


def seen(one, **changes):
    document = one.to_json()
    line = ended_line(document, status=one.outcome, test="orders.journey.yaml::run")
    return SeenRun(**{"line": line, "document": document, "is_over": True, **changes})


def not_reached(name):
    return StepResult(
        id=name, name=name, pointer="/steps/1", outcome="skipped", skip_reason=views.NOT_REACHED
    )


def test_a_run_shows_its_bodies_and_headers_also_where_it_passed():
    shown = views.run_view(seen(result(1)))
    [exchange] = shown["detail"]["steps"][0]["tries"][0]["exchanges"]
    assert exchange["response"]["body"]["text"] == '{"id": 25.0, "tags": ["a", "b"]}'
    assert exchange["request"]["headers"] == [["Content-Type", "application/json"]]
    assert shown["run"]["status"] == "passed"
    assert shown["journey"]["version"] == "v3"
    assert shown["is_over"] is True


def test_of_a_run_under_way_the_step_at_hand_has_its_try_and_later_ones_wait():
    one = result(1, step("create"), not_reached("pay"), not_reached("read"))
    steps = views.run_view(seen(one, is_over=False, under_way=UnderWay(step=1, attempt=2)))
    assert [
        (each["outcome"], each.get("attempt"), each.get("reason"))
        for each in steps["detail"]["steps"]
    ] == [("passed", None, None), ("running", 2, None), ("waiting", None, None)]


def test_the_step_at_hand_may_have_failed_before():
    one = result(1, dataclasses.replace(broken().steps[0]), not_reached("read"))
    shown = views.run_view(seen(one, is_over=False, under_way=UnderWay(step=0, attempt=2)))
    assert [each["outcome"] for each in shown["detail"]["steps"]] == ["running", "waiting"]
    assert len(shown["detail"]["steps"][0]["tries"]) == 1


def test_a_run_that_nobody_carries_on_has_no_step_at_hand():
    one = result(1, step("create"), not_reached("pay"))
    shown = views.run_view(seen(one, is_over=False))
    assert [each["outcome"] for each in shown["detail"]["steps"]] == ["passed", "waiting"]


def test_what_was_logged_is_a_section():
    assert views.run_view(seen(result(1), log="a line\n"))["detail"]["sections"] == [
        ["log", "a line\n"]
    ]


def test_a_part_of_the_list_says_where_it_goes_on():
    run = ListedRun(at=2.5, run_id=f"run_{1:032x}", line={"id": "x"})
    assert views.page_view(RunPage((run,), run.key)) == {
        "runs": [{"id": "x"}], "next": f"2.5:run_{1:032x}",
    }  # fmt: skip
    assert views.page_view(RunPage()) == {"runs": [], "next": None}


def test_an_artifact_shows_what_it_does_and_a_difference_is_that_of_the_command():
    request = RequestSpec(method="GET", url=value("/orders/{{ inputs.id }}"))
    before = Artifact(journey_id="j", steps=(StepSpec(id="a", name="A", request=request),))
    after = dataclasses.replace(before, steps=())
    shown = views.artifact_view("artifact_0123456789ab", before)
    assert shown["steps"] == [
        {"id": "a", "name": "A", "method": "GET", "url": "/orders/{{ inputs.id }}"}
    ]
    assert json.loads(shown["content"])["journey_id"] == "j"
    assert views.difference_view(before, after) == {"lines": ["step `a` removed"]}


def test_texts_of_others_are_printable():
    schedule = SeenSchedule(
        name=HOSTILE, cron="* * * * *", timezone="UTC", is_paused=True, last_at="", next_at="",
        journey=HOSTILE, artifact="artifact_0", environment=HOSTILE, case=HOSTILE,
    )  # fmt: skip
    worker = SeenWorker(id="w", host=HOSTILE, pid=1, version="v", state="live", expires_in_s=-3.2)
    line = open_line(
        run_id="r", status="running", journey_id=HOSTILE, environment=HOSTILE, case=HOSTILE,
        row_number=1, artifact="artifact_0", dispatched_at=5.0, test=HOSTILE,
    )  # fmt: skip
    shown = [views.schedules_view([schedule]), views.workers_view([worker]), line]
    assert "\x1b" not in json.dumps(shown, ensure_ascii=False)
    assert "\u202e" not in json.dumps(shown, ensure_ascii=False)
    assert shown[1]["workers"][0]["state"] == "gone"
    assert (views.schedules_view(None), views.workers_view(None)) == (
        {"schedules": None}, {"workers": None},
    )  # fmt: skip


def test_a_line_is_found_by_each_of_its_words():
    line = ended_line(broken(7, case="Happy path").to_json(), status="failed")
    for query in (
        RunQuery(),
        RunQuery(text="ORDERS happy"),
        RunQuery(text=f"{7:032x}", statuses=("failed", "error")),
        RunQuery(journey="orders", environment="staging", artifact="artifact_0123"),
        RunQuery(text="difference"),
    ):
        assert matches(line, query), query
    for query in (
        RunQuery(text="orders nothing"),
        RunQuery(statuses=("passed",)),
        RunQuery(journey="order"),
        RunQuery(environment="stag"),
        RunQuery(artifact="artifact_1"),
    ):
        assert not matches(line, query), query
