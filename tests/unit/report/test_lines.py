"""Which results are asked where their parts stand in the file."""

from __future__ import annotations

from dataclasses import replace

import pytest
from html_pages import BROKEN, HELD, broken, problem, result, step

from pytest_reqflo.report.lines import is_smooth


def with_warning():
    silent = step("create")
    [one] = silent.tries
    return result(1, replace(silent, tries=(replace(one, warnings=(problem("RF503"),)),)))


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (result(), True),
        (result(1, step("create", HELD)), True),
        (broken(), False),
        (result(1, step("create", HELD, replace(BROKEN, soft=True))), False),
        (with_warning(), False),
        (result(warnings=(problem("RF511"),)), False),
        (result(outcome="skipped"), False),
    ],
)
def test_a_run_that_passed_without_a_word_has_nothing_to_look_up(one, expected):
    assert is_smooth(one) is expected
