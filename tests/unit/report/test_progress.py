"""How far a session is, told at the right moments."""

from __future__ import annotations

import pytest

from pytest_reqflo.report.progress import Marks, Progress, render_end, render_progress


def at(done: int, total: int = 10_000, failed: int = 0, elapsed_s: float = 10.0) -> Progress:
    return Progress(done=done, total=total, failed=failed, elapsed_s=elapsed_s)


@pytest.mark.parametrize(
    ("progress", "shown"),
    [
        (at(0, elapsed_s=0.0), "0 of 10,000 runs"),
        (at(3412, failed=2, elapsed_s=4.2), "3,412 of 10,000 runs, 2 failed, 812/s, 8 s left"),
        (at(25, 1000), "25 of 1,000 runs, 2.5/s, 6 min 30 s left"),
        (at(3, 300, 3, 60.0), "3 of 300 runs, 3 failed, 3.0/min, 1 h 39 min left"),
        (at(9999), "9,999 of 10,000 runs, 1,000/s, 1 s left"),
        # More than were counted: a rerun, or two workers for each test.
        (at(500, 400), "500 of 500 runs, 50/s, 1 s left"),
    ],
)
def test_progress_in_words(progress: Progress, shown: str) -> None:
    assert render_progress(progress, 80) == shown


def test_what_matters_most_stays_in_a_narrow_terminal() -> None:
    progress = at(3412, failed=2, elapsed_s=4.2)
    shown = {render_progress(progress, room) for room in range(60)}
    assert shown == {
        "3,412 of 10,000 runs, 2 failed, 812/s, 8 s left",
        "3,412 of 10,000 runs, 2 failed, 8 s left",
        "3,412 of 10,000 runs, 2 failed",
        "34%, 2 failed",
        "",
    }
    assert all(len(render_progress(progress, room)) <= room for room in range(60))


def test_the_end_of_a_file() -> None:
    assert render_end(at(1, 1, 0, 0.012)) == "1 run, 12 ms"
    assert render_end(at(10_000, 10_000, 3, 75.0)) == "10,000 runs, 3 failed, 1 min 15 s"


def test_lines_are_due_at_each_tenth_and_not_at_the_end() -> None:
    marks = Marks(0.0)
    due = [done for done in range(1, 256) if marks.is_due(at(done, 255), 1.0)]
    assert due == [26, 51, 77, 102, 128, 153, 179, 204, 230]


def test_after_a_minute_of_silence_a_line_is_due() -> None:
    marks = Marks(0.0)
    due = [seconds for seconds in range(1, 200) if marks.is_due(at(seconds, 5000), float(seconds))]
    assert due == [60, 120, 180]
