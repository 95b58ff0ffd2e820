"""Texts and times in columns."""

from __future__ import annotations

import pytest

from pytest_reqflo.report.columns import align, display_width, fit, show_time


@pytest.mark.parametrize(
    ("text", "width"),
    [("", 0), ("abc", 3), ("größe", 5), ("日本", 4), ("e\u0301", 1), ("🚀", 2), ("ｗide", 5)],
)
def test_width_is_that_on_a_terminal(text: str, width: int) -> None:
    assert display_width(text) == width


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("pay", 3, "pay"),
        ("payment", 6, "payme…"),
        ("日本語", 6, "日本語"),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日…"),
        ("a\x1b[2Kb", 20, r"a\x1b[2Kb"),
        ("a\n\tb\r", 20, "a b"),
        ("a\u202eb", 20, r"a\u202eb"),
    ],
)
def test_a_text_is_cut_where_it_would_be_too_wide_and_steers_nothing(text, width, shown) -> None:
    assert fit(text, width) == shown


def test_columns_stand_under_each_other_also_with_wide_characters() -> None:
    rows = [["name", "runs", "what"], ["日本", "1", "x"], ["e\u0301te", "1,000", ""]]
    assert align(rows, "<><") == [
        "name   runs  what",
        "日本      1  x",
        "e\u0301te   1,000",
    ]


@pytest.mark.parametrize(
    ("time_s", "shown"),
    [
        (0.0, "0 ms"), (0.0124, "12 ms"), (0.9996, "1.00 s"), (1.236, "1.24 s"),
        (59.996, "1 min 00 s"), (185.4, "3 min 05 s"), (3900.0, "1 h 05 min"),
    ],
)  # fmt: skip
def test_times_are_shown_with_their_unit(time_s: float, shown: str) -> None:
    assert show_time(time_s) == shown
