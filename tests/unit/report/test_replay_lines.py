"""What a replay shows, compared whole with a golden file, and its JSON."""

from __future__ import annotations

from pathlib import Path

from pytest_reqflo.report.replay import render_replay, replay_json
from pytest_reqflo.result import CheckResult, Difference, RunIdentity
from pytest_reqflo.run.replay_model import Replay, ReplayedCheck, ReplayedStep
from pytest_reqflo.source import SourceMap, SourceText
from pytest_reqflo.values import printable

GOLDEN = Path(__file__).parents[2] / "golden" / "pages" / "replay.txt"

SOURCE = SourceText(
    "orders.journey.yaml",
    "journey:\n  steps:\n    - id: create\n      assertions:\n"
    "        - {type: status_code, expected: 201}\n"
    "      outputs:\n"
    "        - {name: order_id, path: body.order_id}\n",
)
PLACES = SourceMap(
    SOURCE,
    {
        "/journey/steps/0/assertions/0/expected": SOURCE.span(5, 39, 3),
        "/journey/steps/0/outputs/0": SOURCE.span(7, 11, 37),
    },
)
FAILED = ReplayedCheck(
    verdict="failed",
    kind="assertion",
    subject="body",
    pointer="/steps/0/assertions/0",
    operator="equals",
    expected={"id": 1},
    was="passed",
    check=CheckResult(
        pointer="/steps/0/assertions/0",
        type="body_equals",
        subject="body",
        operator="equals",
        passed=False,
        expected={"id": 1},
        actual={"id": 2},
        message='body: expected {"id": 1}, got {"id": 2} (1 difference, first at $.id)',
        differences=(Difference(path="$.id", change="changed", expected=1, actual=2),),
    ),
)
REPLAY = Replay(
    recorded=RunIdentity(
        run_id="run_01",
        journey_id="orders",
        journey_name="Orders",
        artifact="artifact_0123456789ab",
        version="v3",
        environment="local",
        case="Happy path",
    ),
    was="error",
    notices=("the artifact of the run is not in the store",),
    removed=("old",),
    steps=(
        ReplayedStep(
            id="create",
            pointer="/steps/0",
            was="passed",
            tries=2,
            method="POST",
            url="http://shop.test/orders",
            status=201,
            notices=("the recorded answer belongs to another request: request: url changed",),
            checks=(
                FAILED,
                ReplayedCheck(
                    verdict="undecidable",
                    kind="assertion",
                    subject="$.token",
                    pointer="/steps/0/assertions/1",
                    operator="equals",
                    expected="[sensitive:token]",
                    was="passed",
                    reason="the recorded value is masked ([sensitive:token])",
                ),
                ReplayedCheck(
                    verdict="failed",
                    kind="output",
                    subject="output order_id",
                    pointer="/steps/0/outputs/0",
                    reason="`body.order_id` does not exist",
                ),
                ReplayedCheck(
                    verdict="passed",
                    kind="assertion",
                    subject="status",
                    pointer="",
                    was="failed",
                ),
            ),
        ),
        ReplayedStep(
            id="clean",
            pointer="/finally/0",
            phase="finally",
            gap="the recorded run had no such step",
            hint="did `old` of the record become `clean`? Steps are matched by id",
            checks=(
                ReplayedCheck(
                    verdict="no record",
                    kind="assertion",
                    subject="status",
                    pointer="",
                    operator="equals",
                    expected=204,
                    reason="the recorded run had no such step",
                ),
            ),
        ),
    ),
)


def test_a_replay_reads_as_its_golden_file() -> None:
    text = render_replay(REPLAY, PLACES, shown="orders.journey.yaml")
    assert text + "\n" == GOLDEN.read_text(encoding="utf-8")


def test_the_json_has_the_verdicts_and_their_counts() -> None:
    document = replay_json(REPLAY)
    assert document["outcome"] == "failed"
    assert document["counts"] == {
        "passed": 1,
        "failed": 2,
        "undecidable": 1,
        "skipped": 0,
        "no_record": 1,
    }
    assert document["steps"][0]["checks"][1]["reason"].startswith("the recorded value is masked")


def test_nothing_of_a_record_can_steer_a_terminal_or_begin_a_line() -> None:
    hostile = "x\x1b[31m\n::error::y"
    check = ReplayedCheck(
        verdict="undecidable", kind="assertion", subject=hostile, pointer="", reason=hostile
    )
    step = ReplayedStep(
        id=hostile,
        pointer="",
        status=200,
        method=hostile,
        url=hostile,
        notices=(hostile,),
        checks=(check,),
    )
    identity = RunIdentity(
        run_id=hostile, journey_id=hostile, journey_name=hostile, artifact=hostile
    )
    found = Replay(recorded=identity, was="passed", steps=(step,), removed=(hostile,))
    text = render_replay(found, None, shown=hostile)
    assert printable(text) == text
    assert not any(line.startswith("::") for line in text.split("\n"))
